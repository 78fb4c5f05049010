"""What every source gets: a complete list decides, only changes are read, faults delete nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest import Ingestor
from rag import Assistant
from rag.errors import ConfigurationError, UsageError
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.cli.conftest import CommandResult, inhouse_in_process
from tests.ingest.sources.world import WorldHome, page

__all__ = ["CommandResult", "inhouse_in_process"]


def test_a_second_run_reads_and_embeds_nothing(world: WorldHome) -> None:
    """What has the revision of before is not even fetched."""
    first = world.ingest()
    assert (first.added, first.exit_code) == (6, 0)
    assert len(world.read_paths()) == 6
    second = world.ingest()
    assert (second.unchanged, second.changes, second.chunks_embedded) == (6, 0, 0)
    assert second.generation == first.generation
    assert world.read_paths() == []


def test_only_changed_revisions_are_read(world: WorldHome) -> None:
    """A change, a deletion and an addition are followed; a dry run foretells them."""
    world.ingest()
    world.read_paths()
    world.put("parts/1.md", page(100), revision="2")
    del world.objects["parts/2.md"]
    world.put("parts/new.md", page(101))
    world.save()
    forecast = world.dry_run()
    assert (forecast.added, forecast.updated) == (
        ("world://w/parts/new.md",),
        ("world://w/parts/1.md",),
    )
    assert forecast.deleted == ("world://w/parts/2.md",)
    assert world.read_paths() == []
    report = world.ingest()
    assert (report.added, report.updated, report.deleted, report.unchanged) == (1, 1, 1, 4)
    assert world.read_paths() == ["parts/1.md", "parts/new.md"]


def test_a_move_is_followed_without_reading(world: WorldHome) -> None:
    """Where equal revisions mean equal content; not even the guard against deletions minds it."""
    world.objects.clear()
    for number in range(6):
        world.put(
            f"a/{number}.md", page(number), revision=f"sha{number}", revision_names_content=True
        )
    world.save()
    world.ingest()
    world.read_paths()
    for number in range(6):
        moved = world.objects.pop(f"a/{number}.md")
        world.objects[f"b/{number}.md"] = moved | {"path": f"b/{number}.md"}
    world.save()
    assert len(world.dry_run().moved) == 6
    report = world.ingest()
    assert (report.moved, report.added, report.deleted, report.exit_code) == (6, 0, 0, 0)
    assert world.read_paths() == []
    assert sorted(world.readers()) == [f"b/{number}.md" for number in range(6)]


@pytest.mark.parametrize("fault", ["breaks_at", "crashes_at"])
def test_a_list_that_breaks_off_deletes_nothing(world: WorldHome, fault: str) -> None:
    """Nor is anything read: the root is left as it was, in the report and in the ledger."""
    world.ingest()
    world.read_paths()
    world.put("parts/0.md", page(50), revision="2")
    world.save(**{fault: 3})
    report = world.ingest()
    assert (report.changes, report.exit_code, len(world.readers())) == (0, 1, 6)
    (root,) = report.roots
    assert (root.uri, root.exit_code) == ("world://w", 1)
    assert "lost the connection" in root.reason or "no such thing" in root.reason
    assert world.states()[""] == "failed"
    assert world.read_paths() == []
    world.save()
    assert (world.ingest().updated, world.states().get("")) == (1, None)


def test_a_source_that_dies_while_it_is_read_deletes_nothing(world: WorldHome) -> None:
    """What was read by then stays, the rest is read by the next run."""
    world.ingest()
    del world.objects["parts/0.md"]
    for number in range(10, 20):
        world.put(f"new/{number}.md", page(number))
    world.save(reads=4)
    report = world.ingest()
    assert (report.added, report.deleted, report.exit_code) == (3, 0, 1)
    assert report.roots[0].reason == "broke off: it asks to wait (a rate limit)"
    assert "parts/0.md" in world.readers()
    world.save()
    report = world.ingest()
    assert (report.added, report.deleted, report.exit_code) == (7, 1, 0)


def test_one_object_that_cannot_be_read_stops_no_other(world: WorldHome) -> None:
    """It is named, its earlier version stays, and the next run tries again."""
    world.ingest()
    world.put("parts/0.md", None, revision="2")
    world.put("parts/1.md", page(70), revision="2")
    world.save()
    report = world.ingest()
    assert (report.updated, report.exit_code) == (1, 3)
    assert [p.uri for p in report.failed] == ["world://w/parts/0.md"]
    assert "parts/0.md" in world.readers()
    assert world.states()["parts/0.md"] == "failed"
    world.put("parts/0.md", page(71), revision="2")
    world.save()
    assert (world.ingest().updated, world.ingest().unchanged) == (1, 6)


def test_an_object_may_say_why_it_is_not_read(world: WorldHome) -> None:
    """Left out for good, or unreadable just now: then its earlier version stays."""
    world.ingest()
    world.objects["parts/0.md"]["left_out"] = "is a link, which is not followed"
    world.objects["parts/1.md"]["unreadable"] = "answered 500"
    world.save()
    report = world.ingest()
    assert [(p.uri, p.reason) for p in report.skipped] == [
        ("world://w/parts/0.md", "is a link, which is not followed")
    ]
    assert [p.reason for p in report.failed] == ["answered 500"]
    assert "parts/0.md" not in world.readers()
    assert "parts/1.md" in world.readers()


def test_unknown_readers_are_nobody(world: WorldHome) -> None:
    """The source and its settings both have to agree, and access rules can only take readers away."""
    del world.settings["readers"]
    world.objects["parts/1.md"]["readers"] = ["*"]
    world.objects["parts/2.md"]["readers"] = ["group:press", "group:hr"]
    world.objects["parts/3.md"]["readers"] = []
    world.save()
    report = world.ingest()
    assert report.readable_by_nobody == 4
    readers = world.readers()
    assert readers["parts/0.md"] == () == readers["parts/3.md"]
    assert readers["parts/1.md"] == ("*",)
    assert readers["parts/2.md"] == ("group:hr", "group:press")
    world.settings["readers"] = ["group:press"]
    assert world.ingest().chunks_embedded == 0
    readers = world.readers()
    assert (
        readers["parts/2.md"] == readers["parts/1.md"] == readers["parts/0.md"] == ("group:press",)
    )
    rules = [
        {"glob": "**/parts/1.md", "readers": ["group:it"]},
        {"glob": "/srv/**", "readers": ["*"]},
    ]
    world.others["access"] = {"rules": rules}
    world.ingest()
    assert world.readers()["parts/1.md"] == ()
    assert world.readers()["parts/2.md"] == ("group:press",)


def test_title_and_metadata_come_from_the_source(world: WorldHome) -> None:
    """They stand in the hit, and a change of them alone is followed."""
    world.put("note", "The torque is 25 Nm.", media_type="text/plain", title="Torques",
              metadata={"url": "https://wiki.example.org/torques", "rank": 3}, modified_at=1.7e9)  # fmt: skip
    world.save()
    world.ingest()
    assistant = Assistant.open(world.data, embedder=HashingEmbedder())
    hit = assistant.search("torque Nm", k=1)[0]
    assert (hit.uri, hit.title) == ("world://w/note", "Torques")
    assert hit.metadata["url"] == "https://wiki.example.org/torques"
    world.objects["note"]["title"] = "Torques of the press"
    world.save()
    assert world.ingest().updated == 1


def test_globs_and_the_limit_of_objects(world: WorldHome) -> None:
    """Excluded objects are not there; more objects than allowed are a fault that changes nothing."""
    world.settings |= {"include": ["parts/**"], "exclude": ["parts/5.md"]}
    assert world.ingest().added == 5
    world.settings["max_objects"] = 3
    report = world.ingest()
    assert (report.deleted, report.exit_code) == (0, 1)
    assert "max_objects = 3" in report.roots[0].reason


def test_too_much_gone_is_guarded(world: WorldHome) -> None:
    """As for a folder: the root is left alone, and with no other root the run stops."""
    world.ingest()
    for number in range(5):
        del world.objects[f"parts/{number}.md"]
    world.save()
    assert "5 of the 6 documents below world://w are gone" in world.dry_run().stops
    world.ingest_settings["max_delete"] = 1
    assert world.ingest().deleted == 5


def test_a_folder_beside_a_broken_source_is_read(world: WorldHome, tmp_path: Path) -> None:
    """And one source alone can be named like a folder."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nWords.\n")
    world.ingest_settings["roots"] = [{"path": str(folder)}]
    world.save(breaks_at=0)
    report = world.ingest()
    assert (report.added, report.exit_code) == (1, 1)
    world.save()
    assert world.ingest("world://w").added == 6
    with pytest.raises(UsageError, match="There is no source world://other"):
        world.ingest("world://other")


def test_a_source_that_is_no_longer_listed_is_named(world: WorldHome) -> None:
    """Its documents stay until somebody says that they are meant to go."""
    world.ingest()
    world.settings |= {"name": "v"}
    report = world.ingest()
    assert report.unlisted_roots == ("world://w",)
    assert world.ingest(replace_rules=True).deleted == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "parts/0.md"}, "twice"),
        ({"path": "a/../b.md"}, "no name of an object"),
        ({"path": "a\nb.md"}, "cannot be stored"),
        ({"revision": ""}, "without a revision"),
        ({"readers": "everybody"}, "cannot be stored"),
        ({"readers": ["a,b"]}, "cannot be stored"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(
    world: WorldHome, change: dict[str, Any], message: str
) -> None:
    """With what is wrong about it, and nothing is changed."""
    world.ingest()
    world.objects["parts/3.md"] |= change
    world.save()
    report = world.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert message in report.roots[0].reason


def test_secrets_come_from_files_and_are_never_shown(
    world: WorldHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the text of the settings, not in a message; a file that everybody can read is refused."""
    password = tmp_path / "password"
    password.write_text("correct-horse\n")
    password.chmod(0o600)
    world.settings["secret"] = {"file": str(password)}
    world.save(breaks_at=0)
    reason = world.ingest().roots[0].reason
    assert "lost the connection as •••" in reason
    password.chmod(0o644)
    assert "every user of the machine" in world.ingest().roots[0].reason
    password.unlink()
    assert "cannot be read" in world.ingest().roots[0].reason
    world.settings["secret"] = {"env": "WORLD_PASSWORD"}
    assert "WORLD_PASSWORD, which is empty" in world.ingest().roots[0].reason
    monkeypatch.setenv("WORLD_PASSWORD", "battery-staple")
    assert "as •••" in world.ingest().roots[0].reason


def test_a_source_that_is_configured_wrongly_is_named(world: WorldHome) -> None:
    """An unknown kind, an unknown option and a password in plain text end the run, without the password."""
    world.settings |= {"kind": "wrold"}
    with pytest.raises(ConfigurationError, match="there is no kind 'wrold'"):
        world.ingest()
    world.settings = {"kind": "git", "name": "g", "url": "/srv/repository", "branch": "main"}
    with pytest.raises(ConfigurationError, match="git://g: there is no option branch"):
        world.ingest()
    world.settings = {"kind": "git", "name": "g", "url": "/srv/repository", "password": "hunter22"}
    with pytest.raises(ConfigurationError, match="say where the secret is") as caught:
        world.ingest()
    assert "hunter22" not in f"{caught.value}{caught.value.hint}"


def test_a_program_cannot_change_what_a_source_has(world: WorldHome) -> None:
    """What it puts or deletes under the uris of a source is refused or left alone."""
    world.ingest()
    with Ingestor(world.data, embedder=HashingEmbedder(), settings=Settings()) as ingestor:
        ingestor.delete_below("world:")
        ingestor.put("world://v/1", "Words of a program.", readers=["*"])
    assert (ingestor.report.deleted, ingestor.report.added) == (0, 1)
    with (
        pytest.raises(UsageError, match="is a document of the source world://w"),
        Ingestor(world.data, embedder=HashingEmbedder(), settings=Settings()) as ingestor,
    ):
        ingestor.put("world://w/parts/1.md", "Other words.")


def test_the_command_reads_configured_sources(
    world: WorldHome, tmp_path: Path, inhouse_in_process: Any
) -> None:
    """A fault is one sentence and an exit code."""
    world.ingest()
    config = tmp_path / "inhouse.toml"
    config.write_text(
        f'data = "{world.data}"\n[[ingest.sources]]\nkind = "world"\nname = "w"\nfile = "{world.file}"\n'
    )
    world.save(breaks_at=0)
    result: CommandResult = inhouse_in_process(
        "ingest", "--config", str(config), "--dry-run", "--json"
    )
    assert result.code == 1
    assert "lost the connection" in result.json()["stops"]
