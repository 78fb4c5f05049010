"""A real Dovecot for the tests: on this machine alone, in a folder of its own, with one user."""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

PROGRAM = shutil.which("dovecot") or ""
MISSING = "dovecot is not installed"
USER, PASSWORD = "reader", "right-password"
_LONGEST_START_S = 20

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = no
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{folder}/mail:LAYOUT=fs
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
first_valid_gid = 0
default_internal_user = {login}
default_login_user = {login}
default_internal_group = {group}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


class Dovecot:
    """A running server; messages are put into its folders as files."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.port, self._process = folder, port, process
        self._count = 0

    def deliver(self, subject: str, text: str, folder: str = "") -> Path:
        """Put a message into a folder; "" is the inbox."""
        message = EmailMessage()
        message["From"], message["To"] = "ada@example.org", "reader@example.org"
        message["Subject"], message["Date"] = subject, "Mon, 03 Mar 2025 10:00:00 +0000"
        message.set_content(text)
        place = self.folder / "mail" / folder
        for part in ("new", "cur", "tmp"):
            (place / part).mkdir(parents=True, exist_ok=True)
        _give(self.folder / "mail")
        self._count += 1
        path = place / "cur" / f"17000000{self._count:02}.M{self._count}.host:2,"
        path.write_bytes(message.as_bytes())
        _give(place)
        return path

    def stop(self) -> None:
        """End it at once, as a machine that is switched off."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _user() -> str:
    """Whom it runs as: Dovecot reads no mail as root."""
    return "nobody" if os.geteuid() == 0 else getpass.getuser()


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, _user())


@contextlib.contextmanager
def running() -> Iterator[Dovecot]:
    """A server inside the `with` block. Its path is short: a socket's may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="imap-"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    entry = pwd.getpwnam(_user())
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder, uid=entry.pw_uid, gid=entry.pw_gid, port=port,
            login=_user(), group=grp.getgrgid(entry.pw_gid).gr_name,
        )
    )  # fmt: skip
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    (folder / "mail").mkdir()
    _give(folder / "mail")
    process = subprocess.Popen(
        [PROGRAM, "-F", "-c", str(configuration)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    server = Dovecot(folder, port, process)
    try:
        _wait(port, folder)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, folder: Path) -> None:
    for _ in range(_LONGEST_START_S * 20):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    log = folder / "log"
    raise AssertionError(log.read_text() if log.exists() else "dovecot wrote no log")
