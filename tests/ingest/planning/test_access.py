"""Who may read a file: globs, files of readers and permissions, and what they leave over together."""

from __future__ import annotations

import grp
import os
import pwd
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.planning.access import label
from ingest.planning.source import Root, look
from rag.readers import intersection, parse, to_stored
from rag.settings import AccessRule, AccessSettings, IngestSettings

EVERYBODY, NOBODY = ("*",), ()
NAMES = ("a.md", "hr/b.md", "hr/board/c.md", "it/d.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def readers(
    folder: Path,
    rules: Mapping[str, tuple[str, ...]] = {},
    *,
    posix: bool = False,
    below: str = "",
) -> dict[str, tuple[str, ...]]:
    """By name, who may read the files of the folder."""
    settings = AccessSettings(
        rules=tuple(AccessRule(glob=glob, readers=names) for glob, names in rules.items()),
        posix=posix,
    )
    root = folder / below
    labels, problems = label(look([Root(root, root)], IngestSettings()), settings)
    assert not problems
    return {
        os.path.relpath(uri, folder): file_labels.readers for uri, file_labels in labels.items()
    }


def test_without_a_rule_everybody_may_read_everything(folder: Path) -> None:
    assert readers(folder) == dict.fromkeys(NAMES, EVERYBODY)


def test_with_one_rule_what_it_does_not_speak_of_is_for_nobody(folder: Path) -> None:
    assert readers(folder, {"**/hr/": ("hr",)}) == {
        "a.md": NOBODY, "hr/b.md": ("hr",), "hr/board/c.md": ("hr",), "it/d.md": NOBODY,
    }  # fmt: skip


def test_of_several_rules_every_one_has_to_agree(folder: Path) -> None:
    """ "*" leaves what the others say; no reader in common is nobody."""
    rules = {
        f"{folder}/**": ("*",),
        f"{folder}/hr/**": ("hr", "board"),
        "**/board/*.md": ("board", "law"),
        "**/it/": ("it",),
        "**/d.md": ("law",),
    }
    assert readers(folder, rules) == {
        "a.md": EVERYBODY, "hr/b.md": ("board", "hr"), "hr/board/c.md": ("board",), "it/d.md": NOBODY,
    }  # fmt: skip


def test_a_rule_means_the_same_whichever_folder_a_run_begins_in(folder: Path) -> None:
    rules = {f"{folder}/hr/**": ("hr",), "/**": ("*",)}
    whole = readers(folder, rules)
    assert readers(folder, rules, below="hr") == {n: whole[n] for n in NAMES if "hr/" in n}
    assert readers(folder, rules, below="hr/b.md") == {"hr/b.md": ("hr",)}


def test_a_file_of_readers_speaks_of_its_folder_and_all_below(folder: Path) -> None:
    """A deeper one takes away, and never gives; without one above, nobody."""
    (folder / "hr/.inhouse-readers").write_text("# people\nhr\n\n  group:Domain Users \n")
    (folder / "hr/board/.inhouse-readers").write_text("hr\nit\n*")
    (folder / "it/.inhouse-readers").write_text("*\n")
    assert readers(folder) == {
        "a.md": NOBODY, "hr/b.md": ("group:Domain Users", "hr"),
        "hr/board/c.md": ("group:Domain Users", "hr"), "it/d.md": EVERYBODY,
    }  # fmt: skip
    (folder / "hr/board/.inhouse-readers").write_text("it\nhr\n")
    assert readers(folder)["hr/board/c.md"] == ("hr",)
    (folder / "hr/board/.inhouse-readers").write_text("")
    assert readers(folder)["hr/board/c.md"] == NOBODY


@pytest.mark.parametrize("below", ["hr/board", "hr/board/c.md"])
def test_a_file_of_readers_counts_for_a_run_that_begins_below_it(folder: Path, below: str) -> None:
    (folder / "hr/.inhouse-readers").write_text("hr")
    assert readers(folder, below=below) == {"hr/board/c.md": ("hr",)}


def test_a_file_of_readers_in_an_empty_folder_is_a_rule_too(folder: Path) -> None:
    """The others do not become public because the last secret file was moved away for a day."""
    (folder / "secret").mkdir()
    (folder / "secret/.inhouse-readers").write_text("hr")
    assert readers(folder) == dict.fromkeys(NAMES, NOBODY)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.write_bytes(b"hr\n\xff\n"),
        lambda p: p.write_text("hr, it\n"),
        lambda p: p.write_text("hr\x00\n"),
        lambda p: p.write_text("h" * 201),
        lambda p: p.symlink_to("/dev/null"),
        lambda p: p.mkdir(),
        os.mkfifo,
    ],
)
def test_a_file_of_readers_that_makes_no_sense_names_nobody_and_is_said(
    folder: Path, make: object
) -> None:
    make(folder / "hr/.inhouse-readers")  # type: ignore[operator]
    listing = look([Root(folder, folder)], IngestSettings())
    rules = (AccessRule(glob="/**", readers=("*",)),)
    labels, (problem,) = label(listing, AccessSettings(rules=rules))
    assert {os.path.relpath(uri, folder): file_labels.readers for uri, file_labels in labels.items()} == {
        "a.md": EVERYBODY, "hr/b.md": NOBODY, "hr/board/c.md": NOBODY, "it/d.md": EVERYBODY,
    }  # fmt: skip
    assert problem.failed
    assert problem.uri == f"{folder}/hr/.inhouse-readers"
    assert problem.reason.endswith("; nobody may read what stands below it")


def test_composed_and_decomposed_letters_are_the_same_name(tmp_path: Path) -> None:
    """A rule for Büro is one for the folder that a Mac has made."""
    (tmp_path / unicodedata.normalize("NFD", "Büro")).mkdir()
    (tmp_path / unicodedata.normalize("NFD", "Büro") / "a.md").write_text("x")
    for form in ("NFC", "NFD"):
        glob = unicodedata.normalize(form, "**/Büro/**")
        assert list(readers(tmp_path, {glob: ("hr",), "/**": ("*",)}).values()) == [("hr",)]


def me() -> tuple[str, str]:
    return f"user:{pwd.getpwuid(os.getuid())[0]}", f"group:{grp.getgrgid(os.getgid())[0]}"


@pytest.mark.parametrize(
    ("mode", "user", "group", "everybody"),
    [
        (0o644, False, False, True),
        (0o640, True, True, False),
        (0o600, True, False, False),
        (0o604, True, False, False),
        (0o044, False, False, False),
        (0o000, False, False, False),
    ],
)
def test_permissions_as_readers(
    folder: Path, mode: int, user: bool, group: bool, everybody: bool
) -> None:
    """Everybody, owner and group, owner, nobody; never more than the bits allow."""
    for path in (folder, folder / "hr", folder / "hr/board", folder / "it"):
        path.chmod(0o755)
    (folder / "a.md").chmod(mode)
    names = [name for name, is_in in zip(me(), (user, group), strict=True) if is_in]
    assert readers(folder, posix=True)["a.md"] == (EVERYBODY if everybody else tuple(sorted(names)))


def test_a_folder_that_lets_only_a_group_through_closes_what_is_below(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "it").chmod(0o755)
    (folder / "hr").chmod(0o750)
    (folder / "hr/board").chmod(0o755)
    for name in NAMES:
        (folder / name).chmod(0o644)
    user, group = me()
    assert readers(folder, posix=True) == {
        "a.md": EVERYBODY, "it/d.md": EVERYBODY,
        "hr/b.md": (group, user), "hr/board/c.md": (group, user),
    }  # fmt: skip
    assert readers(folder, {"**/hr/": (group,)}, posix=True)["hr/b.md"] == (group,)
    assert readers(folder, {"**/hr/": (group,)}, posix=True)["a.md"] == EVERYBODY


def test_an_access_control_list_leaves_the_owner_alone(folder: Path) -> None:
    """Who is on it is not looked into, so nobody else may read."""
    acl = b"\x02\x00\x00\x00" + b"".join(
        tag.to_bytes(2, "little") + perm.to_bytes(2, "little") + who.to_bytes(4, "little")
        for tag, perm, who in (
            (1, 6, 2**32 - 1), (2, 0, 12345), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 4, 2**32 - 1),
        )
    )  # fmt: skip
    try:
        os.setxattr(folder / "a.md", "system.posix_acl_access", acl)
    except OSError as exc:
        pytest.skip(f"this file system has no access control lists: {exc}")
    folder.chmod(0o755)
    assert readers(folder, posix=True)["a.md"] == (me()[0],)


tokens = st.lists(st.sampled_from(["a", "b", "c", "*"]), max_size=4)


@given(st.lists(tokens, min_size=1, max_size=4), st.sampled_from(["a", "b", "c", "stranger"]))
def test_somebody_may_read_exactly_what_all_rules_allow(several: list[list[str]], who: str) -> None:
    left = to_stored(intersection(parse(rule) for rule in several))
    allowed = all(who in rule or "*" in rule for rule in several)
    assert (who in left or "*" in left) is allowed
