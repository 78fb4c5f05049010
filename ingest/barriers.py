"""What the parser's process can no longer do: barriers of the Linux kernel, raised before it sees a file.

- *network*: a network namespace of its own, and no new sockets;
- *files*: Landlock lets it read its own libraries, and nothing else; it changes no file;
- *calls*: seccomp refuses what a parser has no use for, among it signals to other processes, shared memory
  beyond the memory limit, raised limits and, unless pictures are read, new processes;
- *privileges*: it gains none by starting another program.

Beside them a control group bounds the memory and the processes of all that a parser starts, where systemd has
delegated one (`Delegate=`). The parent makes it, so that the child has no part in it.

Each is raised by itself, so that an old kernel still gives the others. The numbers and structures are those
of the kernel's stable interface: landlock(7), seccomp(2), <linux/audit.h>, <asm/unistd.h>.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import platform
import signal
import struct
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

BARRIERS = ("network", "files", "calls", "privileges")

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights to files each version of Landlock knows; later ones add none."""
_NET_RIGHTS, _SCOPES = 0b11, 0b11
"""Bind and connect TCP (version 4); abstract UNIX sockets and signals (version 6)."""
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin")
_SYSTEM_FILES = (
    *("/etc/fonts", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/alternatives"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/fs/cgroup"),
    *("/dev/urandom", "/dev/random"),
)

_REFUSED = """
socket 41 198; connect 42 203; bind 49 200; listen 50 201; accept 43 202; accept4 288 242; kill 62
129; tkill 200 130; ptrace 101 117; process_vm_readv 310 270; process_vm_writev 311 271; pidfd_open
434 434; pidfd_send_signal 424 424; pidfd_getfd 438 438; memfd_create 319 279; memfd_secret 447 447;
shmget 29 194; shmat 30 196; shmctl 31 195; mq_open 240 180; msgget 68 186; semget 64 190; keyctl
250 219; add_key 248 217; request_key 249 218; userfaultfd 323 282; bpf 321 280; perf_event_open 298
241; io_uring_setup 425 425; io_uring_enter 426 426; io_uring_register 427 427; mount 165 40;
umount2 166 39; pivot_root 155 41; chroot 161 51; unshare 272 97; setns 308 268; open_by_handle_at
304 265; name_to_handle_at 303 264; init_module 175 105; finit_module 313 273; kexec_load 246 104;
personality 135 92; syslog 103 116; setsid 112 157; setpgid 109 154; truncate 76 45; ftruncate 77
46; fallocate 285 47; unlink 87 -; unlinkat 263 35; rename 82 -; renameat 264 38; renameat2 316 276;
link 86 -; linkat 265 37; symlink 88 -; symlinkat 266 36; mkdir 83 -; mkdirat 258 34; rmdir 84 -;
mknod 133 -; mknodat 259 33; creat 85 -; chmod 90 -; fchmod 91 52; fchmodat 268 53; fchmodat2 452
452; chown 92 -; fchown 93 55; lchown 94 -; fchownat 260 54; utime 132 -; utimes 235 -; utimensat
280 88; futimesat 261 -; setxattr 188 5; lsetxattr 189 6; fsetxattr 190 7; removexattr 197 14;
lremovexattr 198 15; fremovexattr 199 16; rt_sigqueueinfo 129 138; rt_tgsigqueueinfo 297 240;
sched_setscheduler 144 119; sched_setattr 314 274; setpriority 141 140; ioprio_set 251 30; open_tree
428 428; move_mount 429 429; fsopen 430 430; fsmount 432 432; mount_setattr 442 442; quotactl 179
60; swapon 167 224; swapoff 168 225; reboot 169 142; sethostname 170 161; setdomainname 171 162;
acct 163 89; process_madvise 440 440; vmsplice 278 75; inotify_init 253 -; inotify_init1 294 26;
fanotify_init 300 262
"""
"""System calls that a parser has no use for, with their numbers on x86-64 and on AArch64."""
_LOOKED_INTO = """
clone 56 220; execve 59 221; execveat 322 281; fork 57 -; mmap 9 222; prlimit64 302 261; setrlimit
160 164; tgkill 234 131; vfork 58 -; clone3 435 435
"""
_MACHINES = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}
"""By machine: the kernel's number for its calling convention, and that of seccomp itself."""
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_X32_BIT, _CLONE_THREAD, _SHARED_ANONYMOUS = 0x40000000, 0x10000, 0x21


_CGROUPS, _OWN_CGROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_GROUP_MARGIN = 512 * 2**20
"""Bytes beside `ingest.memory_mb`, which bounds what a file takes: for Python, libraries and tesseract."""
_GROUP_PROCESSES = 256
"""Processes and threads: parsers have a thread a core, and tesseract as many again."""
_TRIES = 20
_group_numbers = itertools.count()


class ControlGroup:
    """A control group (cgroup v2) of one parser's process, and of whatever that starts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def make(
        cls, memory_mb: int, *, root: Path = _CGROUPS, own: Path = _OWN_CGROUP
    ) -> ControlGroup | None:
        """A new group beside that of this process; None where none is delegated to this user.

        Only below a folder that systemd has marked as delegated: elsewhere groups are systemd's to make.
        """
        try:
            unit = _delegated(root / own.read_text("ascii").strip().rpartition("::")[2].lstrip("/"))
            if unit is None:
                return None
            (unit / "cgroup.subtree_control").write_text("+memory +pids")
            folder = unit / f"parser-{os.getpid()}-{next(_group_numbers)}"
            folder.mkdir()
        except (OSError, ValueError, AttributeError):  # not Linux; not delegated; another layout
            return None
        made = cls(folder)
        try:
            made._write("pids.max", _GROUP_PROCESSES)
            made._write("memory.max", memory_mb * 2**20 + _GROUP_MARGIN)
            made._write("memory.oom.group", 1)
        except OSError:
            made.end()
            return None
        with contextlib.suppress(OSError):  # not every kernel counts swap
            made._write("memory.swap.max", 0)
        return made

    def add(self, process: int) -> bool:
        """Put a process in; False where the kernel refuses."""
        try:
            self._write("cgroup.procs", process)
        except OSError:
            return False
        return True

    def end(self) -> bool:
        """End whatever is left in it, and remove it; whether it ever came to the limit of its memory."""
        events = ""
        with contextlib.suppress(OSError):
            events = (self._folder / "memory.events").read_text("ascii")
        with contextlib.suppress(OSError):
            self._write("cgroup.kill", 1)
        for _ in range(_TRIES):  # what was killed just now may not be gone yet
            with contextlib.suppress(OSError):
                self._folder.rmdir()
                break
            time.sleep(0.01)
        counts = dict(line.split() for line in events.splitlines())
        return counts.get("oom_kill", "0") != "0"

    def _write(self, name: str, value: int) -> None:
        (self._folder / name).write_text(str(value))


def _delegated(group: Path) -> Path | None:
    """The folder in which groups may be made: this process's own one, or that around it; None: neither.

    A group has processes or groups in it: where the own one is delegated, its processes move into `main`.
    """
    if _is_delegated(group.parent):
        return group.parent
    if not _is_delegated(group):
        return None
    main = group / "main"
    main.mkdir(exist_ok=True)
    for process in (group / "cgroup.procs").read_text("ascii").split():
        (main / "cgroup.procs").write_text(process)
    return group


def _is_delegated(group: Path) -> bool:
    """Whether systemd has marked a group as this user's to divide."""
    try:
        return os.getxattr(group, "user.delegate") == b"1"
    except OSError:
        return False


def raise_barriers(parent: int, *, starts_programs: bool) -> dict[str, bool]:
    """Raise every barrier that this kernel has; which of BARRIERS stand.

    The process dies with `parent`. `starts_programs`: it may start tesseract.
    """
    if sys.platform != "linux":
        return dict.fromkeys(BARRIERS, False)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    privileges = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    namespace = libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0
    files = _close_files(libc, starts_programs=starts_programs)
    calls = _refuse_calls(libc, starts_programs=starts_programs)
    return {"network": namespace or calls, "files": files, "calls": calls, "privileges": privileges}


def _close_files(libc: ctypes.CDLL, *, starts_programs: bool) -> bool:
    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    every = (1 << _FILE_RIGHTS[min(version, 5)]) - 1
    rights = [every, _NET_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("=QQQ", *rights)[:size]
    ruleset = libc.syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        return False
    try:
        read = _READ_FILE | _READ_FOLDER | _EXECUTE
        for path in _readable():
            _allow(libc, ruleset, path, read)
        _allow(libc, ruleset, "/dev/null", _READ_FILE | (_WRITE_FILE if starts_programs else 0))
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _readable() -> Iterator[str]:
    """Where libraries, fonts and this program stand; not the folder that a development copy stands in."""
    yield from (*_SYSTEM_FOLDERS, *_SYSTEM_FILES)
    yield from {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()} - {"/"}
    if tessdata := os.environ.get("TESSDATA_PREFIX"):
        yield tessdata
    package = Path(__file__).resolve().parents[1]
    yield from (str(package / name) for name in ("ingest", "rag"))
    # What was put on the path besides, as far as it is libraries; archives and other folders of modules.
    yield from (entry for entry in sys.path if entry.endswith(("-packages", ".zip")))


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    with contextlib.suppress(OSError):  # what is not there need not be allowed
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not os.path.isdir(path):  # noqa: PTH112 - it may be a link to one
                rights &= _READ_FILE | _EXECUTE | _WRITE_FILE
            rule = struct.pack("=Qi", rights, descriptor)
            libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
        finally:
            os.close(descriptor)


def _refuse_calls(libc: ctypes.CDLL, *, starts_programs: bool) -> bool:
    machine = platform.machine()
    if machine not in _MACHINES or sys.maxsize < 2**32:
        return False
    convention, seccomp = _MACHINES[machine]
    program = b"".join(_program(machine, convention, starts_programs=starts_programs))
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where they stand.
    filter_ = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(buffer))
    set_filter, all_threads = 1, 1
    return bool(libc.syscall(seccomp, set_filter, all_threads, filter_) == 0)


def _program(machine: str, convention: int, *, starts_programs: bool) -> Iterator[bytes]:
    """The filter as instructions of classic BPF: each refusal is a comparison and a return."""
    nr = _numbers(_LOOKED_INTO, machine)
    yield from (_step(_LOAD, 4), _step(_JUMP_EQUAL, convention, 1, 0), _step(_RETURN, _KILL))
    yield _step(_LOAD, 0)
    if machine == "x86_64":
        yield from (_step(_JUMP_AT_LEAST, _X32_BIT, 0, 1), _step(_RETURN, _EPERM))
    refused = [*_numbers(_REFUSED, machine).values()]
    if not starts_programs:
        refused += [
            nr[name] for name in ("fork", "vfork", "execve", "execveat", "setrlimit") if name in nr
        ]
        # A new process is no thread; a new limit is no question for the old one.
        yield from _if(nr["clone"], _argument(0), _step(_JUMP_SET, _CLONE_THREAD, 1, 0))
        yield from _if(nr["prlimit64"], _argument(2), _step(_JUMP_EQUAL, 0, 1, 0))
    for number in refused:
        yield from (_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, _EPERM))
    # Its flags stand in memory, where a filter cannot look: libraries then take clone.
    yield from (_step(_JUMP_EQUAL, nr["clone3"], 0, 1), _step(_RETURN, _ENOSYS))
    yield from _if(nr["tgkill"], _argument(0), _step(_JUMP_EQUAL, os.getpid(), 1, 0))
    # Memory that is shared and nobody's file counts against no limit of a process.
    masked = _step(_AND, _SHARED_ANONYMOUS)
    yield from _if(nr["mmap"], _argument(3), masked, _step(_JUMP_EQUAL, _SHARED_ANONYMOUS, 0, 1))
    yield _step(_RETURN, _ALLOW)


def _if(number: int, *steps: bytes) -> Iterator[bytes]:
    """For one system call: `steps`, whose last one jumps over a refusal; then the number again."""
    yield _step(_JUMP_EQUAL, number, 0, len(steps) + 2)
    yield from steps
    yield _step(_RETURN, _EPERM)
    yield _step(_LOAD, 0)


def _argument(index: int) -> bytes:
    """Load the lower half of an argument."""
    return _step(_LOAD, 16 + 8 * index)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _numbers(table: str, machine: str) -> dict[str, int]:
    column = list(_MACHINES).index(machine) + 1
    rows: Iterable[list[str]] = (row.split() for row in table.replace("\n", " ").split(";"))
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}
