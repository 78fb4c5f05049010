"""Reading in the background: in order, bounded, and never in the way of an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import IngestError, ParserCrashError, UnreadableFileError
from ingest.loaded import LoadedDocument
from ingest.planning.source import SourceFile, look, resolve_roots
from ingest.read_ahead import ReadAhead, ReadFile
from ingest.sandbox import Sandbox
from rag.document import Chunk, Document
from rag.settings import IngestSettings


def find_folder(root: Path, texts: dict[str, str]) -> list[SourceFile]:
    root.mkdir()
    for name, text in texts.items():
        (root / name).write_text(text)
    return [file for file, _ in look(resolve_roots([root]), IngestSettings()).files]


def one_chunk_a_word(file: SourceFile, loaded: LoadedDocument) -> Document:
    chunks = tuple(Chunk(0, len(word), word) for word in loaded.text.split())
    return Document(
        uri=file.uri,
        root=file.root,
        title="",
        text=loaded.text,
        media_type="",
        source_sha256="",
        chunks=chunks,
    )


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def names(batch: list[ReadFile]) -> list[str]:
    return [read.file.path.name for read in batch]


def test_files_come_in_order_each_with_its_document_or_its_error(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    files = find_folder(
        tmp_path / "docs", {"a.md": "one two", "b.pdf": "no", "c.md": "", "d.md": "x"}
    )
    (tmp_path / "docs/d.md").unlink()

    with ReadAhead(files, sandbox, one_chunk_a_word) as ahead:
        read = [item for batch in ahead.batches(10) for item in batch]

    assert names(read) == ["a.md", "b.pdf", "c.md", "d.md"]
    good, damaged, empty, gone = read
    assert good.document is not None
    assert [chunk.text for chunk in good.document.chunks] == ["one", "two"]
    assert isinstance(damaged.outcome, UnreadableFileError)
    assert isinstance(empty.outcome, LoadedDocument)
    assert isinstance(gone.outcome, UnreadableFileError)
    assert [item.document for item in (damaged, empty, gone)] == [None, None, None]


def test_a_batch_has_no_more_chunks_than_asked_unless_one_file_has(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    sizes = [3, 3, 3, 9, 1, 1]
    files = find_folder(tmp_path / "docs", {f"{n}.md": "w " * size for n, size in enumerate(sizes)})
    all_read = threading.Event()

    def note(file: SourceFile, loaded: LoadedDocument) -> Document:
        if file.path.name == "5.md":
            all_read.set()
        return one_chunk_a_word(file, loaded)

    with ReadAhead(files, sandbox, note) as ahead:
        assert all_read.wait(60)
        time.sleep(0.1)
        batches = [names(batch) for batch in ahead.batches(7)]

    assert batches == [["0.md", "1.md"], ["2.md"], ["3.md"], ["4.md", "5.md"]]


def test_reading_pauses_while_nobody_takes(tmp_path: Path, sandbox: Sandbox) -> None:
    """However many files there are, only so much of them is held."""
    files = find_folder(tmp_path / "docs", {f"{n:02}.md": "four words in it" for n in range(40)})
    converted: list[str] = []

    def note(file: SourceFile, loaded: LoadedDocument) -> Document:
        converted.append(file.path.name)
        return one_chunk_a_word(file, loaded)

    with ReadAhead(files, sandbox, note, max_waiting=10) as ahead:
        deadline = time.monotonic() + 60
        while len(converted) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.5)
        # Three files of four chunks fill the ten places; a fourth is read and waits for its place.
        assert len(converted) == 4
        read = [name for batch in ahead.batches(8) for name in names(batch)]

    assert read == converted == [f"{n:02}.md" for n in range(40)]


def test_a_text_that_cannot_be_cut_stops_no_other(tmp_path: Path, sandbox: Sandbox) -> None:
    files = find_folder(tmp_path / "docs", {"a.md": "good", "b.md": "bad", "c.md": "good"})

    def cut(file: SourceFile, loaded: LoadedDocument) -> Document:
        if loaded.text == "bad":
            raise LookupError("no such thing")
        return one_chunk_a_word(file, loaded)

    with ReadAhead(files, sandbox, cut) as ahead:
        first, second, third = (item for batch in ahead.batches(1) for item in batch)

    assert first.document is not None
    assert third.document is not None
    assert isinstance(second.outcome, ParserCrashError)
    assert second.outcome.reason == "cannot be cut into chunks (LookupError: no such thing)"


def test_an_end_in_the_middle_of_a_file_does_not_wait_for_it(tmp_path: Path) -> None:
    slow = ("some words of text " * 5 + "\n") * 600_000
    files = find_folder(tmp_path / "docs", {"a.md": "good", "b.md": slow})
    stop = threading.Event()

    converted: list[str] = []

    def convert(file: SourceFile, loaded: LoadedDocument) -> Document:
        converted.append(file.path.name)
        return one_chunk_a_word(file, loaded)

    with ReadAhead(files, Sandbox(timeout_s=60), convert) as ahead:
        batches = ahead.batches(10, stop.is_set)
        assert names(next(batches)) == ["a.md"]
        stop.set()
        assert next(batches, None) is None

    assert converted == ["a.md"]
    assert not any(thread.name == "read-ahead" for thread in threading.enumerate())


def test_a_trouble_that_is_not_a_files_is_raised_to_who_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = find_folder(tmp_path / "docs", {"a.md": "good"})
    monkeypatch.setattr("sys.executable", "/bin/false")

    with (
        ReadAhead(files, Sandbox(), one_chunk_a_word) as ahead,
        pytest.raises(IngestError, match="The parser process does not start"),
    ):
        next(ahead.batches(10))
