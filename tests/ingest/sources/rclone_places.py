"""Places that rclone reads, each behind a real server: WebDAV, SFTP, S3 and SMB."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.ingest.sources.dovecot import PASSWORD, USER
from tests.ingest.sources.places import OUTAGE_BYTES, SourcePlace, find_free_port, wait_for
from tests.ingest.sources.proxy import BreakableLine, StatusServer

RCLONE = shutil.which("rclone") or ""
_MOTO = Path(__file__).parents[3] / "build" / "s3" / "bin" / "moto_server"
MOTO = shutil.which(os.environ.get("TEST_S3", str(_MOTO))) or ""
"""The program moto_server, an S3 of the tests' own, which `make test-sources` installs."""
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
SAMBA = (shutil.which("smbd", path=_PATH) or "") if os.getuid() == 0 else ""
"""Samba's server, which changes to another user's rights: for root alone."""
_SAMBA_USER = "root"
_WRONG = "wrong-password"
_OF_HTTP = ("webdav", "s3")


class RclonePlace(SourcePlace):
    """A folder behind a server: rclone's own of WebDAV and SFTP, moto's of S3, or Samba."""

    def __init__(self, folder: Path, protocol: str) -> None:
        self._folder = folder / "share"
        self._folder.mkdir()
        self._protocol, self._port = protocol, find_free_port()
        self._config = folder / "rclone.conf"
        self._server = _serve(protocol, self._port, self._folder)
        wait_for(self._port)
        self._line = BreakableLine(self._port)
        self._refusing = StatusServer()
        self._configure(self._line.port)
        self.refusals: Sequence[int] = (401, 429) if protocol in _OF_HTTP else (401,)
        self.settings = {"kind": "rclone", "remote": "share:", "config": str(self._config)}
        if protocol in ("s3", "smb"):
            self.settings["remote"] = "share:parts"

    def put(self, name: str, text: str) -> None:
        (self._folder / f"{name}.md").write_text(text)

    def remove(self, name: str) -> None:
        (self._folder / f"{name}.md").unlink()

    def rename(self, old: str, new: str) -> None:
        (self._folder / f"{old}.md").rename(self._folder / f"{new}.md")

    def publish(self) -> None:
        if self._protocol == "s3":
            options = [f"--config={self._config}", "sync", "--", str(self._folder), "share:parts"]
            variables = {k: v for k, v in os.environ.items() if k != "AWS_CA_BUNDLE"}
            subprocess.run([RCLONE, *options], check=True, stderr=subprocess.DEVNULL, env=variables)

    def break_off(self) -> None:
        self._line.limit = OUTAGE_BYTES

    def mend(self) -> None:
        self._line.limit = None

    def refuse(self, status: int) -> dict[str, Any]:
        """Over HTTP a server that answers with this status; else the real one, and a wrong password."""
        refused = self._config.with_name("refused.conf")
        self._refusing.status = status
        if self._protocol in _OF_HTTP:
            self._configure(self._refusing.port, refused)
        else:
            self._configure(self._line.port, refused, _WRONG)
        return {"config": str(refused)}

    def close(self) -> None:
        self._server.terminate()  # Samba ends its children then
        self._server.wait()
        self._line.close()
        self._refusing.close()

    def _configure(self, port: int, config: Path | None = None, password: str = PASSWORD) -> None:
        hidden = subprocess.run(
            [RCLONE, "obscure", password], capture_output=True, text=True, check=True
        ).stdout.strip()
        address, at_port = f"http://127.0.0.1:{port}", f"host = 127.0.0.1\nport = {port}\n"
        entries = {
            "webdav": f"url = {address}\nvendor = other\nuser = {USER}\npass = {hidden}\n",
            "sftp": f"{at_port}user = {USER}\npass = {hidden}\nshell_type = unix\n",
            "smb": f"{at_port}user = {_SAMBA_USER}\npass = {hidden}\n",
            "s3": f"provider = Other\nendpoint = {address}\naccess_key_id = A\nsecret_access_key = B\n"
            "region = us-east-1\n",
        }
        config = config or self._config
        config.write_text(f"[share]\ntype = {self._protocol}\n{entries[self._protocol]}")
        config.chmod(0o600)


def _serve(protocol: str, port: int, folder: Path) -> subprocess.Popen[bytes]:
    variables = {**os.environ, "RCLONE_USER": USER, "RCLONE_PASS": PASSWORD}
    command = [
        RCLONE, "serve", protocol, f"--addr=127.0.0.1:{port}", "--dir-cache-time=0s", str(folder)
    ]  # fmt: skip
    if protocol == "s3":
        command = [MOTO, "-H", "127.0.0.1", "-p", str(port)]
    elif protocol == "smb":
        config = _configure_samba(port, folder)
        command = [SAMBA, "--foreground", f"--configfile={config}"]
    return subprocess.Popen(
        command, env=variables, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


def _configure_samba(port: int, folder: Path) -> Path:
    """A server that stands alone, with the share `parts` and all that it writes beside the folder."""
    home = folder.with_name("samba")
    home.mkdir(mode=0o755)
    kinds = (
        "private dir",
        "lock directory",
        "state directory",
        "cache directory",
        "pid directory",
        "ncalrpc dir",
    )
    folders = "".join(f"{kind} = {home}\n" for kind in kinds)
    config = home / "smb.conf"
    config.write_text(
        f"[global]\nserver role = standalone server\nsmb ports = {port}\ninterfaces = 127.0.0.1\n"
        f"bind interfaces only = yes\ndisable netbios = yes\ndisable spoolss = yes\nload printers = no\n"
        f"passdb backend = tdbsam:{home}/users.tdb\nlog file = {home}/log\n{folders}"
        f"[parts]\npath = {folder}\nread only = yes\n"
    )
    add_user = [
        shutil.which("pdbedit", path=_PATH) or "pdbedit",
        f"--configfile={config}",
        "--create",
        f"--user={_SAMBA_USER}",
        "--password-from-stdin",
    ]
    twice = f"{PASSWORD}\n{PASSWORD}\n".encode()
    subprocess.run(add_user, input=twice, check=True, capture_output=True)
    return config
