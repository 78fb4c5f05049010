"""Run after run over a folder that changes: what is counted, what is embedded, what stays findable."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import IngestReport, ingest
from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder

NOBODY = 65534


class EditedFolder:
    """A folder of documents and its index, with an embedder that remembers what it was given."""

    def __init__(self, home: Path) -> None:
        self.docs, self.data = home / "docs", home / "data"
        self.docs.mkdir()
        self.write("leave.md", "# Leave\n\nParental leave is 16 weeks.\n")
        self.write("it/laptops.md", "# Laptops\n\nLaptops are replaced after four years.\n")
        self.write("it/printers.txt", "Printers stand on every floor.\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file as it would have been written an hour ago."""
        path = self.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        hour_ago = path.stat().st_mtime - 3600
        os.utime(path, (hour_ago, hour_ago))
        return path

    def ingest(self, *paths: Path, **options: object) -> IngestReport:
        self.embedder = HashingEmbedder()
        return ingest(
            list(paths) or [self.docs],
            data_dir=self.data,
            settings=Settings(),
            embedder=self.embedder,
            **options,  # type: ignore[arg-type]
        )

    def found(self, query: str) -> list[str]:
        """The files of what is found, best first, relative to the folder."""
        opened = Assistant.open(self.data, settings=Settings(), embedder=HashingEmbedder())
        uris = (hit.uri for hit in opened.search(query, k=50))
        return list(dict.fromkeys(os.path.relpath(uri, self.docs) for uri in uris))

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Every file of the data folder, but the lock, whose time says when it was looked at."""
        return {
            str(path.relative_to(self.data)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in self.data.rglob("*")
            if path.is_file() and path.name != "write.lock"
        }


@pytest.fixture
def house(tmp_path: Path) -> EditedFolder:
    return EditedFolder(tmp_path)


def counts(report: IngestReport) -> dict[str, int]:
    """What is not zero."""
    numbers = report.file_counts | {"embedded": report.chunks_embedded}
    return {name: number for name, number in numbers.items() if number}


def test_the_second_run_does_nothing_at_all(house: EditedFolder) -> None:
    """Everything is unchanged, nothing embedded, and no file of the data folder is touched."""
    assert counts(house.ingest()) == {"added": 3, "embedded": 3}
    assert len(house.embedder.texts) == 3
    before = house.files()
    report = house.ingest()
    assert counts(report) == {"unchanged": 3}
    assert report.generation == 1
    assert house.embedder.texts == []
    assert house.files() == before


def test_a_file_whose_time_alone_changed_is_unchanged(house: EditedFolder) -> None:
    house.ingest()
    os.utime(house.docs / "leave.md")
    report = house.ingest()
    assert counts(report) == {"unchanged": 3}
    assert report.generation == 1


def test_a_changed_file_is_updated_and_its_old_text_is_gone(house: EditedFolder) -> None:
    house.ingest()
    house.write("leave.md", "# Leave\n\nSabbaticals are possible.\n")
    assert counts(house.ingest()) == {"updated": 1, "unchanged": 2, "embedded": 1}
    opened = Assistant.open(house.data, settings=Settings(), embedder=HashingEmbedder())
    text = " ".join(hit.text for hit in opened.search("Parental leave sabbaticals", k=50))
    assert "Sabbaticals" in text
    assert "Parental" not in text


def test_a_change_within_the_clock_s_tick_is_seen(house: EditedFolder) -> None:
    """Same size, same time: a file that was read just after it was written is looked into again."""
    path = house.docs / "leave.md"
    path.write_text("# Leave\n\nParental leave is 16 weeks.\n")
    status = path.stat()
    house.ingest()
    path.write_text("# Leave\n\nParental leave is 18 weeks.\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert counts(house.ingest()) == {"updated": 1, "unchanged": 2, "embedded": 1}


def test_a_deleted_file_is_removed_and_no_longer_found(house: EditedFolder) -> None:
    house.ingest()
    (house.docs / "leave.md").unlink()
    assert counts(house.ingest()) == {"deleted": 1, "unchanged": 2}
    assert "leave.md" not in house.found("Parental leave")


def test_a_moved_folder_is_moved_and_nothing_is_embedded(house: EditedFolder) -> None:
    house.ingest()
    (house.docs / "it").rename(house.docs / "technology")
    assert counts(house.ingest()) == {"moved": 2, "unchanged": 1}
    assert house.embedder.texts == []
    assert house.found("Laptops")[0] == "technology/laptops.md"


def test_a_copy_is_added_and_nothing_is_embedded(house: EditedFolder) -> None:
    """The same content in two places is embedded once and found under both."""
    house.ingest()
    shutil.copy2(house.docs / "leave.md", house.docs / "it" / "leave.md")
    assert counts(house.ingest()) == {"added": 1, "unchanged": 3}
    assert {"leave.md", "it/leave.md"} <= set(house.found("Parental leave"))


def test_a_file_that_comes_back_costs_no_embedding(house: EditedFolder) -> None:
    house.ingest()
    kept = shutil.move(house.docs / "leave.md", house.data.parent / "kept.md")
    house.ingest()
    shutil.move(kept, house.docs / "leave.md")
    assert counts(house.ingest()) == {"added": 1, "unchanged": 2}


def test_what_was_ingested_from_elsewhere_stays(house: EditedFolder) -> None:
    """A run over one folder deletes nothing of another."""
    house.ingest(house.docs / "it")
    report = house.ingest(house.docs / "leave.md")
    assert counts(report) == {"added": 1, "embedded": 1}
    assert len(house.found("leave laptops printers")) == 3


def test_a_folder_inside_another_is_read_once(house: EditedFolder) -> None:
    assert counts(house.ingest(house.docs, house.docs / "it")) == {"added": 3, "embedded": 3}


def test_a_file_that_breaks_goes_and_one_that_is_mended_comes_back(house: EditedFolder) -> None:
    """Broken for good means that its old text must not answer any more."""
    house.ingest()
    house.write("leave.md", "\x00\x01\x02 binary \x00" * 50)
    assert counts(house.ingest()) == {"failed": 1, "unchanged": 2}
    before = house.files()
    assert counts(house.ingest()) == {"failed": 1, "unchanged": 2}
    assert house.files() == before, "a file that stays broken changes nothing"
    assert "leave.md" not in house.found("Parental leave")
    house.write("leave.md", "# Leave\n\nParental leave is 16 weeks.\n")
    assert counts(house.ingest()) == {"added": 1, "unchanged": 2}


class Meddler:
    """Somebody who changes the folder after it was listed and before it is read."""

    def __init__(self, meddle: object) -> None:
        self._meddle = meddle

    def start(self, stage: str, total: int) -> None:
        self._meddle()  # type: ignore[operator]

    def advance(self, done: int = 1, *, chunks: int = 0) -> None:
        pass


def test_a_file_that_vanishes_while_the_run_is_at_it_keeps_its_earlier_version(
    house: EditedFolder,
) -> None:
    """A passing trouble is reported, and the file is tried again."""
    house.ingest()
    path = house.write("leave.md", "# Leave\n\nSabbaticals are possible now.\n")
    away = house.data.parent / "away.md"
    report = house.ingest(progress=Meddler(lambda: path.rename(away)))
    assert counts(report) == {"failed": 1, "unchanged": 2}
    assert report.failed[0].reason == "vanished before it could be read"
    assert "leave.md" in house.found("Parental leave")
    away.rename(path)
    assert counts(house.ingest()) == {"updated": 1, "unchanged": 2, "embedded": 1}


def test_a_file_that_becomes_a_pipe_or_a_link_is_not_followed(house: EditedFolder) -> None:
    """Not even when it becomes one after the folder was listed."""
    house.ingest()
    path = house.write("leave.md", "# Leave\n\nSabbaticals are possible now.\n")

    def meddle() -> None:
        path.unlink()
        os.mkfifo(path)

    report = house.ingest(progress=Meddler(meddle))
    assert [(p.uri, p.reason) for p in report.failed] == [(str(path), "is not a regular file")]


def test_links_pipes_and_unknown_formats_are_skipped_and_named(house: EditedFolder) -> None:
    (house.docs / "link.md").symlink_to("/etc/passwd")
    (house.docs / "folder").symlink_to("/etc")
    (house.docs / "film.mp4").write_bytes(b"\0\0\0\x18ftyp")
    os.mkfifo(house.docs / "pipe.md")
    report = house.ingest()
    assert counts(report) == {"added": 3, "embedded": 3, "skipped": 4}
    assert {Path(p.uri).name: p.reason.split(",")[0] for p in report.skipped} == {
        "link.md": "is a link",
        "folder": "is a link",
        "pipe.md": "is a pipe or a device",
        "film.mp4": "is a .mp4 file",
    }


def test_names_that_are_no_utf_8_stay_apart(house: EditedFolder) -> None:
    """Two files whose names differ in a byte that cannot be said are two documents."""
    folder = os.fsencode(house.docs)
    for byte, text in ((b"\xff", "Apples are red.\n"), (b"\xfe", "Bananas are yellow.\n")):
        with open(folder + b"/fruit-" + byte + b".md", "wb") as file:  # noqa: PTH123
            file.write(text.encode())
    assert counts(house.ingest()) == {"added": 5, "embedded": 5}
    assert house.found("Apples")[0] == "fruit-\\xff.md"
    assert house.found("Bananas")[0] == "fruit-\\xfe.md"


def test_another_chunk_size_reads_everything_anew(house: EditedFolder) -> None:
    house.ingest()
    settings = Settings.model_validate({"chunker": {"max_tokens": 64}})
    report = ingest(
        [house.docs], data_dir=house.data, settings=settings, embedder=HashingEmbedder()
    )
    assert counts(report) == {"updated": 3}


def test_a_run_that_is_stopped_keeps_what_is_finished_and_deletes_nothing(
    house: EditedFolder,
) -> None:
    """The next run does the rest."""
    house.ingest()
    (house.docs / "leave.md").unlink()
    for number in range(20):
        house.write(f"new/{number}.md", "")
    stopped = house.ingest(stopped=lambda: True)
    assert stopped.deleted == 0
    assert len(stopped.failed) < 20, "it stopped among the files that failed"
    assert "leave.md" in house.found("Parental leave")
    report = house.ingest()
    assert counts(report) == {"deleted": 1, "unchanged": 2, "failed": 20}


@contextlib.contextmanager
def as_somebody_else() -> Iterator[None]:
    """Without root's right to read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared_house() -> Iterator[EditedFolder]:
    """A house that belongs to nobody in particular, in a place where everybody may go."""
    home = Path(tempfile.mkdtemp(prefix="inhouse-test-"))
    house = EditedFolder(home)
    house.ingest()  # as ourselves: everything is imported now
    if os.geteuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    yield house
    for path in (home, *home.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(home)


def test_a_folder_that_cannot_be_listed_deletes_nothing(shared_house: EditedFolder) -> None:
    """A share that is away for a moment must not empty the index."""
    (shared_house.docs / "it").chmod(0)
    with as_somebody_else():
        report = shared_house.ingest()
    assert counts(report) == {"failed": 1, "unchanged": 1}
    assert report.failed[0].reason == "cannot be listed: Permission denied"
    assert report.exit_code == 3
    (shared_house.docs / "it").chmod(0o700)
    assert "it/laptops.md" in shared_house.found("Laptops")
    assert counts(shared_house.ingest()) == {"unchanged": 3}


def test_a_file_that_may_not_be_read_just_now_keeps_its_earlier_version(
    shared_house: EditedFolder,
) -> None:
    path = shared_house.write("leave.md", "# Leave\n\nSabbaticals are possible now.\n")
    path.chmod(0)
    for _ in range(2):
        with as_somebody_else():
            report = shared_house.ingest()
        assert counts(report) == {"failed": 1, "unchanged": 2}
        assert report.failed[0].reason == "cannot be opened: Permission denied"
    path.chmod(0o600)
    assert "leave.md" in shared_house.found("Parental leave")
    assert counts(shared_house.ingest()) == {"updated": 1, "unchanged": 2, "embedded": 1}


def test_a_root_that_cannot_be_listed_deletes_nothing(shared_house: EditedFolder) -> None:
    shared_house.docs.chmod(0o100)
    with as_somebody_else():
        report = shared_house.ingest()
    shared_house.docs.chmod(0o700)
    assert counts(report) == {"failed": 1}
    assert len(shared_house.found("leave laptops printers")) == 3
