"""A source of kind rclone, with the real program: a disk, and WebDAV that it serves itself."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from tests.ingest.sources.world import SourceHome, page

_PROGRAM = shutil.which("rclone") or ""
pytestmark = pytest.mark.skipif(not _PROGRAM, reason="rclone is not installed")


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """A folder of five pages, one of them with a name that is hard to say."""
    folder = tmp_path / "share"
    (folder / "sub").mkdir(parents=True)
    for number, name in enumerate(
        ["a.md", "b.md", "sub/c.md", "sub/d.md", "sub/é [1] #%20 'x'.md"]
    ):
        (folder / name).write_text(page(number))
    return folder


@pytest.fixture
def rclone(tmp_path: Path, share: Path) -> SourceHome:
    """The source that reads it through a remote of a configuration file."""
    config = tmp_path / "rclone.conf"
    config.write_text("[share]\ntype = local\n")
    config.chmod(0o600)
    return SourceHome(
        tmp_path, kind="rclone", name="share", remote=f"share:{share}", config=str(config), readers=["*"]
    )  # fmt: skip


def change(share: Path) -> None:
    """One file changes, one is gone, one is renamed."""
    (share / "a.md").write_text(page(50))
    (share / "b.md").unlink()
    (share / "sub/d.md").rename(share / "sub/e.md")


def test_a_remote_is_followed(rclone: SourceHome, share: Path) -> None:
    """A second run reads nothing; changes, deletions and new names are seen."""
    report = rclone.ingest()
    assert (report.added, report.exit_code) == (5, 0)
    assert "sub/é [1] #%20 'x'.md" in rclone.readers()
    report = rclone.ingest()
    assert (report.unchanged, report.changes, report.chunks_embedded) == (5, 0, 0)
    change(share)
    report = rclone.ingest()
    assert (report.updated, report.added, report.deleted, report.chunks_embedded) == (1, 1, 2, 1)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"remote": "nowhere:Policies"}, "didn't find section in config file"),
        ({"config": "/nowhere/rclone.conf"}, "has no configuration file"),
        ({"remote": "share:/nowhere/at/all"}, "directory not found"),
    ],
)
def test_a_fault_deletes_nothing(rclone: SourceHome, settings: dict[str, str], reason: str) -> None:
    """It is one sentence and an exit code."""
    rclone.ingest()
    rclone.settings |= settings
    report = rclone.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert reason in report.roots[0].reason


@pytest.mark.parametrize("remote", ["--config=/etc/passwd", "no-colon"])
def test_what_is_no_remote_is_refused(rclone: SourceHome, remote: str) -> None:
    """Nothing can be slipped to the program as an option."""
    rclone.settings["remote"] = remote
    with pytest.raises(ConfigurationError, match="is no remote of rclone"):
        rclone.ingest()


def test_a_secret_in_the_remote_is_refused(rclone: SourceHome) -> None:
    """A list of processes would show it; the message does not."""
    rclone.settings["remote"] = ":s3,access_key_id=reader,secret_access_key=hunter22:bucket"
    with pytest.raises(ConfigurationError, match="holds a secret") as caught:
        rclone.ingest()
    assert "hunter22" not in str(caught.value)


@pytest.fixture
def webdav(share: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`rclone serve webdav` for the folder, with a user and a password."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            _PROGRAM, "serve", "webdav", f"--addr=127.0.0.1:{port}", "--dir-cache-time=0s", str(share)
        ],
        env={**os.environ, "RCLONE_USER": "reader", "RCLONE_PASS": "right-password"},
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield server, port
    server.kill()
    server.wait()


def configure(rclone: SourceHome, port: int, password: str) -> None:
    """A remote of WebDAV, its password as rclone keeps it."""
    hidden = subprocess.run(
        [_PROGRAM, "obscure", password], capture_output=True, text=True, check=True
    ).stdout.strip()  # fmt: skip
    Path(rclone.settings["config"]).write_text(
        f"[share]\ntype = webdav\nurl = http://127.0.0.1:{port}\nvendor = other\n"
        f"user = reader\npass = {hidden}\n"
    )
    rclone.settings["remote"] = "share:"


def test_webdav_is_read_like_a_disk(
    rclone: SourceHome, share: Path, webdav: tuple[subprocess.Popen[bytes], int]
) -> None:
    """Wrong credentials and a server that is gone are faults that delete nothing."""
    server, port = webdav
    configure(rclone, port, "right-password")
    assert rclone.ingest().added == 5
    assert (rclone.ingest().unchanged, rclone.ingest().chunks_embedded) == (5, 0)
    change(share)
    report = rclone.ingest()
    assert (report.updated, report.added, report.deleted) == (1, 1, 2)
    configure(rclone, port, "wrong-password")
    report = rclone.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert "does not accept the credentials, or they have expired" in report.roots[0].reason
    configure(rclone, port, "right-password")
    server.kill()
    server.wait()
    report = rclone.ingest()
    assert (report.changes, report.exit_code, len(rclone.readers())) == (0, 1, 4)
    assert "cannot be read" in report.roots[0].reason
