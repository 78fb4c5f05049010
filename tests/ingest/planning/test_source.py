"""What is listed below a root, and what is left out."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ingest.errors import FileAccessError, FileChangedError
from ingest.loader import open_file
from ingest.opening import IsALinkError, open_unlinked
from ingest.planning.plan import hash_content
from ingest.planning.source import Root, check_roots, look, resolve_roots
from rag.errors import ConfigurationError, UsageError
from rag.settings import IngestSettings, RootSettings


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def listed(
    folder: Path | Sequence[Root], settings: IngestSettings | None = None, skip: Sequence[Path] = ()
) -> list[str]:
    """The files below a folder, relative to it, in order of name."""
    roots = [Root(folder, folder)] if isinstance(folder, Path) else folder
    listing = look(roots, settings or IngestSettings(), skip)
    return sorted(str(file.path.relative_to(roots[0].path)) for file, _ in listing.files)


def test_hidden_entries_are_left_out_unless_wanted(tmp_path: Path) -> None:
    """A name that begins with a dot, and all below it; the files of rules are never documents."""
    write(tmp_path, "a.md", ".b.md", ".git/c.md", ".inhouseignore", ".inhouse-readers")
    assert listed(tmp_path) == ["a.md"]
    assert listed(tmp_path, IngestSettings(hidden=True)) == [".b.md", ".git/c.md", "a.md"]


def test_the_traces_of_programs_are_left_out(tmp_path: Path) -> None:
    """The locks of open documents, and what Windows and macOS put beside them, also where dots are wanted."""
    write(tmp_path, "a.docx", "~$a.docx", ".~lock.a.docx#", "Thumbs.db", "desktop.ini", ".DS_Store")
    write(tmp_path, "__MACOSX/a.docx", "._a.docx", "~a.md")
    for hidden in (False, True):
        assert listed(tmp_path, IngestSettings(hidden=hidden)) == ["a.docx", "~a.md"]


def test_include_and_exclude_are_relative_to_the_root(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "a.bak", "hr/b.md", "hr/b.pdf", "hr/old/c.md", "old/d.md")
    assert listed(tmp_path, IngestSettings(exclude=("*.bak", "/old/"))) == [
        "a.md", "hr/b.md", "hr/b.pdf", "hr/old/c.md",
    ]  # fmt: skip
    assert listed(tmp_path, IngestSettings(include=("*.md",), exclude=("old/",))) == [
        "a.md",
        "hr/b.md",
    ]
    root = Root(tmp_path, tmp_path, include=("/hr/",))
    assert listed([root], IngestSettings(include=("*.md",))) == ["hr/b.md", "hr/old/c.md"]


IGNORED = {
    ".inhouseignore": "# drafts\n*.draft.md\n/private/\n**/tmp/**\nkeep/*.log\n\\#odd.md\nspace.md  \r\n",
    "hr/.inhouseignore": "!wanted.draft.md\nlocal.md\n",
}
NAMES = (
    *("a.md", "a.draft.md", "hr/wanted.draft.md", "hr/other.draft.md", "hr/local.md", "local.md"),
    *("private/x.md", "hr/private/y.md", "a/tmp/b/z.md", "keep/x.log", "keep/deep/x.log"),
    *("#odd.md", "space.md", "hr/deep/local.md"),
)


def test_ignore_files_mean_what_git_means_by_them(tmp_path: Path) -> None:
    """The oracle is Git itself, with the same lines as `.gitignore`."""
    write(tmp_path, *NAMES)
    for name, text in IGNORED.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).with_name(".gitignore").write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)  # noqa: S607
    done = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"],  # noqa: S607
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    names = [name for name in done.stdout.split("\0") if name and "/." not in f"/{name}"]
    assert listed(tmp_path) == sorted(names)
    assert 4 < len(names) < len(NAMES)


def test_an_ignore_file_counts_for_a_run_over_a_folder_below_it(tmp_path: Path) -> None:
    """What is private stays so, whichever folder a run begins in."""
    write(tmp_path, "hr/a.md", "hr/secret.md", "hr/closed/b.md")
    (tmp_path / ".inhouseignore").write_text("secret.md\nclosed/\n")
    assert listed(tmp_path / "hr") == ["a.md"]
    assert listed(tmp_path / "hr/closed") == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p.mkdir(), "cannot be read: It is not a regular file"),
        (lambda p: p.symlink_to("/etc/hosts"), "cannot be read: "),
        (os.mkfifo, "cannot be read: It is not a regular file"),
        (
            lambda p: p.write_bytes(b"#" * (1 << 20) + b"##"),
            "cannot be read: It is larger than 1 MiB",
        ),
        (lambda p: p.write_text("\n[z-a]"), "with a line that makes no sense"),
        (lambda p: p.write_text("\n" + "a*" * 12 + "b"), "with too many stars in line 2"),
        (lambda p: p.write_text("**/a/" * 9 + "b"), "with too many stars in line 1"),
    ],
)
def test_a_folder_whose_ignore_file_cannot_be_obeyed_is_not_read(
    tmp_path: Path, make: object, message: str
) -> None:
    """What it would have left out must not be indexed; the folder is named, the others are read."""
    write(tmp_path, "a.md", "hr/b.md", "hr/deep/c.md")
    make(tmp_path / "hr/.inhouseignore")  # type: ignore[operator]
    listing = look([Root(tmp_path, tmp_path)], IngestSettings())
    assert [file.path.name for file, _ in listing.files] == ["a.md"]
    (entry,) = listing.unlisted
    assert entry.failed
    assert entry.uri == f"{tmp_path}/hr/"
    assert message in entry.reason
    assert listing.unreachable == (f"{tmp_path}/hr/",)


def test_a_glob_that_makes_no_sense_is_a_configuration_error(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    with pytest.raises(ConfigurationError, match="holds a glob that makes no sense"):
        listed(tmp_path, IngestSettings(exclude=("[z-a]",)))


def test_the_data_folder_is_never_read(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "data/stamp.json", "data/deep/b.md")
    assert listed(tmp_path, skip=(tmp_path / "data",)) == ["a.md"]


@pytest.fixture
def deep_tree() -> Iterator[Path]:
    """2,500 folders in each other, deeper than a path may be long (and than pytest can clear up)."""
    folder, before = Path(tempfile.mkdtemp(prefix="inhouse-test-")), Path.cwd()
    try:
        os.chdir(folder)
        for _ in range(2500):
            os.mkdir("d")  # noqa: PTH102
            os.chdir("d")
        os.chdir(before)
        yield folder
    finally:
        os.chdir(before)
        subprocess.run(["rm", "-rf", str(folder)], check=True)  # noqa: S607


def test_a_tree_deeper_than_python_s_stack_is_listed(deep_tree: Path) -> None:
    """The folder that is too deep for the system is named, and nothing is followed in circles."""
    write(deep_tree, "a.md")
    (deep_tree / "loop").symlink_to(deep_tree)
    listing = look([Root(deep_tree, deep_tree)], IngestSettings())
    assert [file.path.name for file, _ in listing.files] == ["a.md"]
    reasons = [entry.reason for entry in listing.unlisted]
    assert reasons[0] == "is a link, which is not followed"
    assert reasons[1].endswith("File name too long")
    assert len(reasons) == 2


def test_configured_roots_have_their_own_tags_and_globs(tmp_path: Path) -> None:
    """Also a folder inside another one, a path inside one, and a path that holds one."""
    write(tmp_path, "all/a.md", "all/hr/b.md", "all/hr/old/c.md", "other/d.md")
    whole, hr, other = tmp_path / "all", tmp_path / "all/hr", tmp_path / "other"
    configured = (
        RootSettings(path=whole, tags=("company",)),
        RootSettings(path=hr, tags=("hr",), exclude=("old/",)),
    )
    assert [(r.path, r.base, r.tags) for r in resolve_roots([], configured)] == [
        (whole, whole, ("company",)),
        (hr, hr, ("hr",)),
    ]
    assert listed(resolve_roots([], configured)) == ["a.md", "hr/b.md"]
    assert listed(resolve_roots([whole], configured)) == ["a.md", "hr/b.md"]
    (inside,) = resolve_roots([hr / "old"], configured)
    assert (inside.path, inside.base, inside.tags) == (hr / "old", hr, ("hr",))
    assert listed([inside]) == []
    (elsewhere,) = resolve_roots([other], configured)
    assert (elsewhere.base, elsewhere.tags) == (other, ())


def test_a_configured_root_that_is_missing_matters_only_if_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "here/a.md")
    configured = (RootSettings(path=tmp_path / "away"),)
    (here,) = resolve_roots([tmp_path / "here"], configured)
    assert not here.fault
    assert any(root.fault for root in resolve_roots([tmp_path], configured)), "it stands in it"
    with pytest.raises(UsageError, match=r"There is no folder .*away"):
        check_roots(resolve_roots([], configured))
    with pytest.raises(UsageError, match="Nothing to ingest"):
        resolve_roots([])


def test_a_file_that_becomes_a_link_after_it_was_listed_is_not_read(tmp_path: Path) -> None:
    """Nor one whose folder does, at any level; the secret's bytes never reach the parser."""
    secret = tmp_path / "secret"
    write(secret, "a.md", "deep/a.md")
    root = tmp_path / "root"
    write(root, "a.md", "deep/a.md", "moved/a.md")
    listing = look([Root(root, root)], IngestSettings())
    files = {str(file.path.relative_to(root)): file for file, _ in listing.files}
    (root / "a.md").unlink()
    (root / "a.md").symlink_to(secret / "a.md")
    (root / "deep").rename(root / "elsewhere")
    (root / "deep").symlink_to(secret / "deep")
    for name in ("a.md", "deep/a.md"):
        with pytest.raises(FileAccessError, match="became a link"):
            open_file(files[name].path, files[name].identity)
        assert hash_content(files[name].path, files[name].identity) is None
    os.close(open_file(files["moved/a.md"].path, files["moved/a.md"].identity))


def test_another_file_of_the_same_name_is_not_taken_for_the_one_that_was_listed(
    tmp_path: Path,
) -> None:
    """A hard link to a secret takes the place of a file between listing and reading."""
    write(tmp_path, "root/a.md", "secret.md")
    ((file, _),) = look([Root(tmp_path / "root", tmp_path / "root")], IngestSettings()).files
    file.path.unlink()
    os.link(tmp_path / "secret.md", file.path)
    with pytest.raises(FileChangedError, match="another file"):
        open_file(file.path, file.identity)


def test_a_folder_that_becomes_a_link_while_it_is_listed_is_not_listed(tmp_path: Path) -> None:
    """Names and sizes of what stands elsewhere are nobody's either."""
    write(tmp_path, "secret/a.md", "root/b.md")
    (tmp_path / "root/inner").symlink_to(tmp_path / "secret")
    with pytest.raises(IsALinkError):
        open_unlinked(tmp_path / "root/inner", is_folder=True)
    with pytest.raises(IsALinkError):
        open_unlinked(tmp_path / "root/inner/a.md")
    assert listed(tmp_path / "root") == ["b.md"]


def test_a_race_of_links_never_wins(tmp_path: Path) -> None:
    """A thread swaps a file for a link and back while it is read a thousand times."""
    write(tmp_path, "root/a.md", "secret.md")
    (tmp_path / "secret.md").write_text("the secret")
    file, link, over = tmp_path / "root/a.md", tmp_path / "root/link", threading.Event()

    def swap() -> None:
        while not over.is_set():
            link.symlink_to(tmp_path / "secret.md")
            link.rename(file)
            link.write_text("open")
            link.rename(file)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(1_000):
            try:
                with os.fdopen(open_file(file), "rb") as opened:
                    assert opened.read() != b"the secret"
            except FileAccessError:
                pass
    finally:
        over.set()
        swapping.join()
