"""What is told of a run while it is at work."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import pytest

from ingest import ingest
from rag.embedder import Float32
from rag.errors import EmbeddingError
from rag.testing import HashingEmbedder
from tests.ingest.house import IngestedFolder

FILES, CHUNKS_EACH = 8, 30


class Recorder:
    """Remembers everything it was told."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.told: list[tuple[int, int]] = []

    def start(self, stage: str, total: int) -> None:
        self.started.append(total)

    def advance(self, done: int = 1, *, chunks: int = 0) -> None:
        self.told.append((done, chunks))


class SlowEmbedder(HashingEmbedder):
    """Takes 20 ms a text, and remembers how many it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        self.calls.append(len(texts))
        time.sleep(0.02 * len(texts))
        return super().embed_documents(texts)


def write_files(house: IngestedFolder) -> None:
    for number in range(FILES):
        # Each section is long enough to be a chunk of its own.
        sections = [
            f"# Part {part}\n\n" + " ".join(f"w{number}x{part}x{word}" for word in range(200))
            for part in range(CHUNKS_EACH)
        ]
        house.write(f"{number}.md", "\n\n".join(sections))


def test_files_are_told_of_little_by_little_and_add_up(house: IngestedFolder) -> None:
    """Also where many are embedded together; in the end it is every file and every chunk."""
    write_files(house)
    recorder = Recorder()
    report = house.ingest(progress=recorder)
    assert recorder.started == [FILES]
    assert sum(files for files, _ in recorder.told) == FILES
    assert sum(chunks for _, chunks in recorder.told) == report.chunks_embedded
    assert all(files >= 0 and chunks >= 0 for files, chunks in recorder.told)
    assert max(chunks for _, chunks in recorder.told) <= 256


def test_a_slow_embedder_is_given_less_at_a_time(house: IngestedFolder) -> None:
    """What 20 ms a text makes of two seconds: about a hundred, not as many as there are."""
    write_files(house)
    embedder = SlowEmbedder()
    ingest(house.docs, data_dir=house.data, embedder=embedder)
    assert sum(embedder.calls) == len(embedder.texts) >= FILES * CHUNKS_EACH
    assert max(embedder.calls) <= 110


def test_a_run_that_finds_nothing_new_tells_of_no_file(house: IngestedFolder) -> None:
    house.write("a.md", "# A\n\nSome words.\n")
    house.ingest()
    recorder = Recorder()
    house.ingest(progress=recorder)
    assert recorder.started == [0]
    assert recorder.told == []


class LoadingEmbedder(HashingEmbedder):
    """An embedder with a model to load, which may fail."""

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.loaded_in: list[str] = []
        self._broken = broken

    def load(self) -> None:
        self.loaded_in.append(threading.current_thread().name)
        if self._broken:
            raise EmbeddingError("The model cannot be loaded.")

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        if self._broken:
            self.load()
        return super().embed_documents(texts)


def test_the_model_is_loaded_beside_the_first_files(house: IngestedFolder) -> None:
    """In a thread of its own, and not at all where nothing is read."""
    house.write("a.md", "# A\n\nSome words.\n")
    first, second = LoadingEmbedder(), LoadingEmbedder()
    ingest(house.docs, data_dir=house.data, embedder=first)
    ingest(house.docs, data_dir=house.data, embedder=second)
    assert first.loaded_in == ["load-embedder"]
    assert second.loaded_in == []


def test_a_model_that_cannot_be_loaded_is_one_error(house: IngestedFolder) -> None:
    """Raised where it is used; the thread that tried before says nothing."""
    house.write("a.md", "# A\n\nSome words.\n")
    with pytest.raises(EmbeddingError, match="cannot be loaded"):
        ingest(house.docs, data_dir=house.data, embedder=LoadingEmbedder(broken=True))


def test_an_embedder_of_ones_own_needs_no_langchain() -> None:
    """Nobody waits for LangChain's import who does not use it."""
    program = (
        "import sys; from rag.embedder import as_embedder; from rag.testing import HashingEmbedder; "
        "given = HashingEmbedder(); assert as_embedder(given) is given; "
        "assert not any(name.startswith('langchain') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
