"""A parser's control group, in a folder that stands in for the kernel's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.barriers import ControlGroup


class ControlGroups:
    """/sys/fs/cgroup as this process would see it in a unit of systemd."""

    def __init__(self, folder: Path, group: str, *, delegated: str = "") -> None:
        self.root, self.own = folder / "cgroup", folder / "own"
        self.group = self.root / group
        self.group.mkdir(parents=True)
        self.own.write_text(f"0::/{group}\n")
        (self.group / "cgroup.procs").write_text(f"{os.getpid()}\n4321\n")
        if delegated:
            try:
                os.setxattr(self.root / delegated, "user.delegate", b"1")
            except OSError:
                pytest.skip("this file system keeps no extended attributes")

    def make(self) -> ControlGroup | None:
        return ControlGroup.make(256, root=self.root, own=self.own)


def test_a_group_is_made_beside_the_own_one(tmp_path: Path) -> None:
    """With limits of memory and processes; the process is in it, and its end ends all of it."""
    groups = ControlGroups(
        tmp_path, "system.slice/x.service/main", delegated="system.slice/x.service"
    )
    made = groups.make()
    assert made is not None
    unit = groups.group.parent
    assert (unit / "cgroup.subtree_control").read_text() == "+memory +pids"
    (folder,) = unit.glob("parser-*")
    assert int((folder / "memory.max").read_text()) == (256 + 512) * 2**20
    assert int((folder / "pids.max").read_text()) == 256
    assert (folder / "memory.swap.max").read_text() == "0"
    assert made.add(77)
    assert (folder / "cgroup.procs").read_text() == "77"
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 2\n")
    assert made.end(), "the kernel ended something for want of memory"
    assert (folder / "cgroup.kill").read_text() == "1"


def test_a_unit_s_processes_make_room_first(tmp_path: Path) -> None:
    """The kernel gives controllers only to a group without processes of its own."""
    groups = ControlGroups(tmp_path, "system.slice/x.service", delegated="system.slice/x.service")
    assert groups.make() is not None
    assert (groups.group / "main" / "cgroup.procs").read_text() == "4321"
    assert list(groups.group.glob("parser-*"))


@pytest.mark.parametrize(
    ("group", "delegated"),
    [
        ("system.slice/x.service", ""),
        ("system.slice/x.service", "system.slice/x.service"),
        ("", ""),
    ],
)
def test_without_delegation_nothing_is_made(tmp_path: Path, group: str, delegated: str) -> None:
    """Nor where a file stands in the way, nor in a container, whose group is the root."""
    groups = ControlGroups(tmp_path, group, delegated=delegated)
    if delegated:
        (groups.group / "cgroup.subtree_control").mkdir()
    before = sorted(groups.root.rglob("parser-*"))
    assert groups.make() is None
    assert sorted(groups.root.rglob("parser-*")) == before == []
