"""What a parser in the hands of a hostile file tries, and does not get."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.barriers import BARRIERS
from ingest.errors import IngestError
from ingest.parser_child import ParserChild, _environment

MEMORY_MB = 256
HOSTILE = """
import ctypes, json, mmap, os, resource, signal, socket, sys, threading
from pathlib import Path
from ingest import parser_process
from ingest.barriers import raise_barriers

home, other, secret_fd = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
parser_process._limit(int(sys.argv[4]))
stands = raise_barriers(os.getppid(), starts_programs=False)
libc = ctypes.CDLL(None, use_errno=True)

def call(function, *arguments):
    if function(*arguments) in (-1, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "refused")

def shared():
    libc.mmap.restype = ctypes.c_void_p
    call(libc.mmap, None, ctypes.c_size_t(1 << 30), 3, 0x21, -1, ctypes.c_long(0))

def fork():
    if os.fork() == 0:
        os._exit(0)

def connect(family, address):
    with socket.socket(family) as tried:
        tried.settimeout(1)
        tried.connect(address)

TRIES = {
    "read a secret": lambda: (home / "secret").read_text(),
    "read the working folder": lambda: list(Path.cwd().iterdir()),
    "write outside": lambda: (home / "written").write_text("x"),
    "truncate": lambda: os.truncate(home / "secret", 0),
    "delete": lambda: (home / "secret").unlink(),
    "open to everybody": lambda: (home / "secret").chmod(0o777),
    "connect": lambda: connect(socket.AF_INET, ("127.0.0.1", int(sys.argv[5]))),
    "reach a UNIX socket": lambda: connect(socket.AF_UNIX, str(home / "socket")),
    "signal": lambda: os.kill(other, signal.SIGTERM),
    "signal a thread": lambda: call(libc.syscall, 234, other, other, 15),
    "outlive": lambda: os.setsid() and fork(),
    "fork": fork,
    "start a program": lambda: os.execv("/bin/true", ["true"]),
    "take memory": lambda: bytearray(1 << 30),
    "share memory": shared,
    "share memory as a file": lambda: os.ftruncate(os.memfd_create("x"), 1 << 30),
    "share memory by name": lambda: call(libc.shmget, 1, ctypes.c_size_t(1 << 30), 0o1777),
    "lift a limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (1 << 20, 1 << 20)),
    "read another's memory": lambda: Path(f"/proc/{os.getppid()}/mem").open("rb"),
    "trace another": lambda: call(libc.ptrace, 16, other, 0, 0),
    "leave by a namespace": lambda: call(libc.unshare, 0x10000000),
}
got = []
for name, attempt in TRIES.items():
    try:
        attempt()
        got.append(name)
    except (OSError, MemoryError, ValueError):
        pass
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
import lxml.etree
print(json.dumps([stands, got]))
"""


@pytest.fixture
def victim() -> Iterator[int]:
    """Another process of the same user."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process.pid
        assert process.poll() is None, "it was ended by somebody else"
        process.kill()


def attempt(home: Path, victim: int) -> tuple[dict[str, bool], list[str]]:
    """The barriers that stand, and what the hostile program got in spite of them."""
    (home / "secret").write_text("secret")
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_UNIX) as named,
    ):
        named.bind(str(home / "socket"))
        named.listen()
        port = listening.getsockname()[1]
        arguments = [str(home), str(victim), "0", str(MEMORY_MB), str(port)]
        done = subprocess.run(
            [sys.executable, "-B", "-c", HOSTILE, *arguments],
            capture_output=True,
            text=True,
            cwd=home,
            env=_environment(),
        )
    assert done.returncode == 0, done.stderr
    stands, got = json.loads(done.stdout)
    assert (home / "secret").read_text() == "secret"
    return stands, got


def test_a_hostile_parser_gets_nothing(tmp_path: Path, victim: int) -> None:
    """Neither files nor network, processes, memory beyond its limit, or other processes' memory."""
    stands, got = attempt(tmp_path, victim)
    if missing := [name for name in BARRIERS if not stands[name]]:
        pytest.skip(f"this kernel does not offer: {', '.join(missing)}")
    assert got == []


def test_a_child_says_which_barriers_stand_around_it() -> None:
    child = ParserChild(10, MEMORY_MB)
    try:
        child.start()
        assert set(child.barriers) == set(BARRIERS)
    finally:
        child.end()


def test_where_barriers_are_required_none_may_be_missing() -> None:
    child = ParserChild(10, MEMORY_MB, needs_barriers=True)
    child.barriers = dict.fromkeys(BARRIERS, True)
    child._check_barriers()
    child.barriers["files"] = False
    with pytest.raises(IngestError, match="without these barriers: files"):
        child._check_barriers()
