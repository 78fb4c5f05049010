"""A folder that goes empty deletes nothing, and a run can be told what it would do."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from ingest import ingest
from ingest.errors import MassDeletionError
from rag.errors import UsageError
from rag.index import IndexWriter
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ingest.house import IngestedFolder


def note(house: IngestedFolder, *names: str) -> None:
    for name in names:
        house.write(name, f"# {name}\n\nWords about {name}.\n")


def digests(folder: Path) -> dict[str, str]:
    """Every file but those that SQLite keeps beside its own while anybody reads."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".db-wal", ".db-shm"}
    }


@pytest.fixture
def full(house: IngestedFolder) -> IngestedFolder:
    note(house, "a.md", "b.md", "hr/c.md", "hr/d.md")
    house.ingest()
    return house


def test_a_folder_that_goes_empty_between_two_runs_deletes_nothing(full: IngestedFolder) -> None:
    """A share that is not mounted is an empty folder: its own sentence, and not a byte has changed."""
    before = digests(full.data)
    shutil.rmtree(full.docs)
    full.docs.mkdir()
    with pytest.raises(MassDeletionError) as caught:
        full.ingest()
    assert str(caught.value) == (
        f"All 4 documents below {full.docs} are gone, more than the share of 0.5 that one run may delete "
        "(ingest.max_delete); nothing was deleted or changed. Is the folder mounted? If they are meant to "
        "go: --max-delete 1"
    )
    assert caught.value.exit_code == 1
    assert digests(full.data) == before
    assert full.dry_run().stops == str(caught.value)
    assert full.dry_run().exit_code == 1
    full.settings = {"ingest": {"max_delete": 1}}
    assert full.ingest().deleted == 4


@pytest.mark.parametrize(
    ("share", "stops"), [(0, True), (0.4, True), (0.5, False), (0.9, False), (1, False)]
)
def test_more_than_the_share_stops_the_run_and_as_much_does_not(
    full: IngestedFolder, share: float, stops: bool
) -> None:
    shutil.rmtree(full.docs / "hr")
    note(full, "new.md")
    full.settings = {"ingest": {"max_delete": share}}
    if not stops:
        assert (full.ingest().deleted, full.dry_run().stops) == (2, "")
        return
    with pytest.raises(MassDeletionError, match=f"2 of the 4 documents below {full.docs} are gone"):
        full.ingest()
    assert full.overview().documents == 4, "and nothing was added either"


def test_each_folder_is_judged_by_itself(full: IngestedFolder) -> None:
    """A small share that goes away is not hidden behind a large one that stays."""
    other = full.docs.parent / "other"
    other.mkdir()
    (other / "x.md").write_text("# X\n\nWords.\n")
    full.ingest(full.docs, other)
    (other / "x.md").unlink()
    full.write("new.md", "# New\n\nNew words.\n")
    forecast = full.dry_run(full.docs, other)
    report = full.ingest(full.docs, other)
    assert (report.added, report.deleted, report.exit_code) == (1, 0, 1), "the others go on"
    assert [(Path(root.uri).name, root.exit_code) for root in report.roots] == [
        ("docs", 0),
        ("other", 1),
    ]
    assert f"The only document below {other} is gone" in report.roots[1].reason
    assert f"The only document below {other} is gone" in forecast.stops
    assert forecast.exit_code == 1
    assert full.overview().documents == 6, "what is guarded stays searchable"


def test_what_has_only_moved_is_not_gone(full: IngestedFolder) -> None:
    """Within the folder, and from one folder of the run to the other."""
    for name in ("a.md", "b.md", "hr/c.md", "hr/d.md"):
        (full.docs / "renamed" / name).parent.mkdir(parents=True, exist_ok=True)
        (full.docs / name).rename(full.docs / "renamed" / name)
    assert len(full.dry_run().moved) == 4
    assert full.ingest().moved == 4
    other = full.docs.parent / "other"
    shutil.move(full.docs / "renamed", other)
    assert full.ingest(full.docs, other).moved == 4


def test_a_pattern_that_leaves_nearly_everything_out_stops_the_run_too(
    full: IngestedFolder,
) -> None:
    (full.docs / ".inhouseignore").write_text("*.md\n")
    with pytest.raises(MassDeletionError):
        full.ingest()


def test_a_folder_that_is_away_altogether_is_wrong_usage(full: IngestedFolder) -> None:
    full.docs.rename(full.docs.with_name("away"))
    with pytest.raises(UsageError, match="There is no folder"):
        full.ingest()


def test_a_dry_run_foretells_what_the_run_then_does(full: IngestedFolder) -> None:
    """Each file under what will happen to it, and about as many chunks; nothing is written meanwhile."""
    note(full, "new.md", "hr/broken.md")
    full.write("hr/broken.md", b"\x00\x01 binary \x00" * 40)
    full.ingest()
    note(full, "e.md", "f.md")
    full.write("a.md", "# A\n\nQuite other words.\n\nAnd more of them.\n")
    (full.docs / "b.md").rename(full.docs / "bb.md")
    shutil.copy(full.docs / "hr/c.md", full.docs / "copy of c.md")
    (full.docs / "hr/d.md").unlink()
    (full.docs / "archive.zip").write_bytes(b"PK")
    full.settings = {"access": {"rules": [{"glob": "**/hr/**", "readers": ["hr"]},
                                          {"glob": "/**", "readers": ["*"]}]}}  # fmt: skip
    before = digests(full.data)
    forecast = full.dry_run()
    assert digests(full.data) == before
    names = {key: sorted(Path(uri).name for uri in getattr(forecast, key))
             for key in ("added", "updated", "relabelled", "deleted")}  # fmt: skip
    assert names == {
        "added": ["copy of c.md", "e.md", "f.md"], "updated": ["a.md"],
        "relabelled": ["c.md"], "deleted": ["d.md"],
    }  # fmt: skip
    assert forecast.moved == ((str(full.docs / "b.md"), str(full.docs / "bb.md")),)
    assert forecast.unchanged == 1
    report = full.ingest()
    assert (report.added, report.updated, report.moved, report.deleted, report.unchanged) == (
        3,
        2,
        1,
        1,
        1,
    )
    assert [problem.uri for problem in forecast.failed] == [
        problem.uri for problem in report.failed
    ]
    assert [problem.uri for problem in forecast.skipped] == [
        problem.uri for problem in report.skipped
    ]
    assert 3 <= report.chunks_embedded <= forecast.chunks <= 3 * report.chunks_embedded
    assert forecast.seconds is not None
    assert forecast.seconds > 0


def test_the_first_dry_run_says_that_it_cannot_know_how_long(house: IngestedFolder) -> None:
    note(house, "a.md")
    forecast = house.dry_run()
    assert (len(forecast.added), forecast.seconds) == (1, None)
    assert forecast.chunks >= 1
    assert not house.data.exists()
    assert forecast.to_json().keys() == {
        *("added", "updated", "relabelled", "moved", "deleted", "unchanged", "failed", "skipped"),
        *("outdated", "chunks", "seconds", "stops"),
    }


def test_a_dry_run_sees_what_a_killed_run_leaves(full: IngestedFolder) -> None:
    """What was staged and never published counts for nothing; a run under way is no hindrance."""
    note(full, "new.md")
    identity = HashingEmbedder().identity.to_json()
    with IndexWriter(full.data, identity) as writer:
        record = next(r for r in writer.files() if r.uri.endswith("a.md"))
        writer.remove(record.uri)
        writer.flush()
        assert [Path(uri).name for uri in full.dry_run().added] == ["new.md"]
    forecast = full.dry_run()
    assert [Path(uri).name for uri in forecast.added] == ["new.md"]
    assert [Path(uri).name for uri in forecast.updated] == ["a.md"]
    report = full.ingest()
    assert (report.added, report.updated + report.unchanged, report.chunks_embedded) == (1, 4, 1)


def test_settings_without_roots_and_paths_are_an_error(house: IngestedFolder) -> None:
    with pytest.raises(UsageError, match="Nothing to ingest was given"):
        ingest(data_dir=house.data, settings=Settings(), embedder=HashingEmbedder())


def test_configured_roots_give_their_documents_tags(full: IngestedFolder) -> None:
    """And a change of tags alone embeds nothing."""
    from rag import Assistant
    from rag.index import Filter

    def tagged(tag: str) -> set[str]:
        opened = Assistant.open(full.data, settings=Settings(), embedder=HashingEmbedder())
        return {Path(h.uri).name for h in opened.search("words", k=50, filter=Filter(tags=(tag,)))}

    roots = [
        {"path": str(full.docs), "tags": ["all"]},
        {"path": str(full.docs / "hr"), "tags": ["hr"]},
    ]
    full.settings = {"ingest": {"roots": roots}}
    report = full.ingest()
    assert (report.updated, report.chunks_embedded) == (4, 0)
    assert tagged("hr") == {"c.md", "d.md"}
    assert tagged("all") == {"a.md", "b.md"}
