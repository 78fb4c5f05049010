"""Every file ends in exactly one state, the numbers add up, and a failed file is left alone."""

from __future__ import annotations

import io
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from ingest.planning.source import Root, look
from ingest.sandbox import Sandbox
from rag.index.catalog import database
from rag.index.catalog.schema import FORMAT
from rag.index.views.overview import read_overview
from rag.settings import IngestSettings
from tests.ingest.house import IngestedFolder


def pdf(*pages: str) -> bytes:
    """A PDF; a page without words has a drawing."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file)
    for words in pages:
        canvas.drawString(72, 720, words) if words else canvas.rect(100, 100, 200, 200, fill=1)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


GOOD, BROKEN, EMPTY = "# Title {}\n\nSome words.\n", b"\x00\x01 binary \x00" * 40, b" \n"


class Mess:
    """Somebody who does everything to a folder that can be done to one."""

    def __init__(self, house: IngestedFolder, seed: int) -> None:
        self.house, self.random, self.count = house, random.Random(seed), 0
        self.doings = (
            self.write, self.write, self.write, self.change, self.change, self.delete, self.rename,
            self.replace_by_a_link, self.rename_a_folder, self.ignore, self.touch,
        )  # fmt: skip

    def files(self) -> list[Path]:
        listed = sorted(p for p in self.house.docs.rglob("*") if p.is_file() or p.is_symlink())
        return [p for p in listed if not p.name.startswith(".")]

    def any_file(self) -> Path:
        return self.random.choice(self.files() or [self.write()])

    def write(self, name: str = "") -> Path:
        self.count += 1
        folder = self.random.choice(("", "a/", "a/b/", "c d/", "ü/"))
        suffix = self.random.choice((".md", ".md", ".txt", ".pdf", ".zip", ""))
        path = self.house.docs / (name or f"{folder}{self.count}{suffix}")
        if path.is_symlink():
            path.unlink()
        kinds: tuple[str | bytes, ...] = (
            GOOD.format(self.count),
            GOOD.format(1),
            BROKEN,
            EMPTY,
            b"",
        )
        content = self.random.choice(kinds)
        if suffix == ".pdf" and self.random.random() < 0.7:
            content = pdf("Words.", "", f"More {self.count}.")
        return self.house.write(str(path.relative_to(self.house.docs)), content)

    def change(self) -> None:
        self.write(str(self.any_file().relative_to(self.house.docs)))

    def touch(self) -> None:
        path = self.any_file()
        if path.exists():
            os.utime(path)

    def delete(self) -> None:
        self.any_file().unlink()

    def rename(self) -> None:
        path = self.any_file()
        path.rename(path.with_name(f"r{self.count}{path.name}"))

    def rename_a_folder(self) -> None:
        folder = self.house.docs / "a"
        other = self.house.docs / "z"
        if folder.exists() and not other.exists():
            folder.rename(other)
        elif other.exists():
            shutil.rmtree(other)

    def replace_by_a_link(self) -> None:
        path = self.any_file()
        path.unlink()
        path.symlink_to("/etc/hosts")

    def ignore(self) -> None:
        path = self.house.docs / ".inhouseignore"
        path.write_text(self.random.choice(("", "*.txt\n", "b/\n")))


@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_add_up_to_the_listing_whatever_happens(
    house: IngestedFolder, seed: int
) -> None:
    """After every run: one row for each entry, its state that of the report, the documents those indexed."""
    house.settings = {"ingest": {"max_delete": 1}}
    mess = Mess(house, seed)
    for _ in range(10):
        mess.write()
    for _ in range(6):
        report = house.ingest()
        listing = look([Root(house.docs, house.docs)], IngestSettings())
        listed = {f.uri for f, _ in listing.files} | {e.uri for e in listing.unlisted}
        overview = house.overview()
        problems = {problem.uri: problem for problem in overview.problems}
        assert sum(overview.files.values()) == len(listed)
        assert problems.keys() <= listed
        good = report.added + report.updated + report.unchanged + report.moved
        assert good + len(report.failed) + len(report.skipped) == len(listed)
        assert overview.documents == good == overview.files["indexed"] + overview.files["partial"]
        for problems_reported, states in (
            (report.failed, {"failed", "empty"}),
            (report.skipped, {"skipped"}),
        ):
            assert len({problem.uri for problem in problems_reported}) == len(problems_reported)
            for listed_problem in problems_reported:
                assert problems[listed_problem.uri].state in states
                assert problems[listed_problem.uri].reason == listed_problem.reason
        assert 0 <= overview.coverage.pages_with_text <= overview.coverage.pages
        forecast = house.dry_run()
        assert (forecast.added, forecast.updated, forecast.moved, forecast.deleted) == ((),) * 4
        assert forecast.unchanged == good
        for _ in range(5):
            mess.random.choice(mess.doings)()


def test_coverage_is_the_share_of_pages_with_text(house: IngestedFolder) -> None:
    """3 of 4 pages, 0 of 2, 1 of 1 without pages, 0 of 1 that failed: 4 of 8; what is skipped counts not."""
    house.write("some.pdf", pdf("One.", "", "Three.", "Four."))
    house.write("scan.pdf", pdf("", ""))
    house.write("note.md", "# Note\n\nWords.\n")
    house.write("broken.md", BROKEN)
    house.write("archive.zip", b"PK")
    report = house.ingest()
    overview = house.overview()
    assert {s.value: n for s, n in overview.files.items()} == {
        "indexed": 1, "partial": 1, "empty": 1, "failed": 1, "skipped": 1,
    }  # fmt: skip
    assert overview.coverage.to_json() == {"pages": 8, "pages_with_text": 4, "share": 0.5}
    (partial,) = (problem for problem in overview.problems if problem.state == "partial")
    assert partial.reason == "has no text on page 2"
    assert report.exit_code == 3
    (house.docs / "some.pdf").rename(house.docs / "moved.pdf")
    house.ingest()
    assert house.state(house.docs / "moved.pdf") == "partial"
    assert house.overview().coverage.pages == 8


def test_the_account_of_the_last_run_that_did_something(house: IngestedFolder) -> None:
    house.write("note.md", "# Note\n\nWords.\n")
    house.ingest(run_id="first")
    house.ingest(run_id="second")
    account = house.overview().last_run
    assert account is not None
    assert account["run"] == "first"
    assert (account["added"], account["stopped"]) == (1, False)
    house.write("broken.md", BROKEN)
    house.ingest(run_id="third")
    account = house.overview().last_run
    assert account is not None
    assert (account["run"], account["failed"]) == ("third", 1)


def _count_loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that a parser is given, from now on."""
    loaded: list[str] = []
    load = Sandbox._load

    def counted(self: Sandbox, path: Path, *more: Any) -> object:
        loaded.append(path.name)
        return load(self, path, *more)

    monkeypatch.setattr(Sandbox, "_load", counted)
    return loaded


def test_a_failed_file_is_read_again_only_when_it_changes(
    house: IngestedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when it is touched, not when another file changes; with `retry_failed` or `again` at any time."""
    broken = house.write("broken.md", BROKEN)
    house.write("empty.md", EMPTY)
    house.ingest()
    loaded = _count_loads(monkeypatch)
    house.write("new.md", "# New\n\nWords.\n")
    os.utime(broken)
    assert len(house.ingest().failed) == 2
    assert loaded == ["new.md"]
    house.ingest(retry_failed=True)
    assert sorted(loaded[1:]) == ["broken.md", "empty.md"]
    house.ingest(again=[str(broken), str(house.docs / "new.md")])
    assert sorted(loaded[3:]) == ["broken.md", "new.md"]
    house.write("broken.md", "# Mended\n\nWords.\n")
    assert house.ingest().added == 1
    assert loaded[5:] == ["broken.md"]


def test_a_document_whose_file_became_a_link_answers_no_more(house: IngestedFolder) -> None:
    """It is skipped, and its old text is out of the index."""
    path = house.write("note.md", "# Note\n\nWords.\n")
    house.write("other.md", "# Other\n\nWords.\n")
    house.ingest()
    path.unlink()
    path.symlink_to("/etc/hosts")
    report = house.ingest()
    assert len(report.skipped) == 1
    assert house.overview().documents == 1
    assert house.state(path) == "skipped"


def test_status_reads_an_index_of_the_format_before(house: IngestedFolder) -> None:
    """Without pages and counts, and without touching it; the next run brings it up to date."""
    house.write("note.md", "# Note\n\nWords.\n")
    house.ingest()
    connection = database.connect(house.data / "catalog.db", writable=True)
    connection.execute(
        "ALTER TABLE files DROP COLUMN changed_ns;"
        "ALTER TABLE files DROP COLUMN pages; ALTER TABLE files DROP COLUMN pages_with_text;"
        "ALTER TABLE files DROP COLUMN unread; ALTER TABLE files DROP COLUMN reader;"
        "UPDATE manifest SET value = '1' WHERE key = 'format'"
    )
    connection.close()
    before = read_overview(house.data)
    assert (before.coverage.pages, before.unread) == (1, {})
    house.write("more.pdf", pdf("One.", "Two."))
    house.ingest()
    assert read_overview(house.data).coverage.pages == 3
    connection = database.connect(house.data / "catalog.db")
    row = connection.execute("SELECT value FROM manifest WHERE key = 'format'").fetchone()
    assert row == (str(FORMAT),)
    connection.close()
