"""Real runs of `ingest` with a small embedder: what they cost, and what they leave."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import IngestReport, ingest
from rag.assistant import Assistant
from rag.errors import UsageError
from rag.index import IndexWriter
from rag.index.maintenance.rollback import rollback
from rag.settings import Settings
from rag.testing import HashingEmbedder


class Tree:
    """A folder of documents and the index made of it. `embedded`: the texts of the last run."""

    def __init__(self, root: Path) -> None:
        self.docs, self.data = root / "docs", root / "data"
        self.docs.mkdir()
        self.embedder = HashingEmbedder()
        self.embedded: list[str] = []

    def write(self, name: str, text: str) -> None:
        path = self.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        # A file that was changed just now may change again unseen, so a run looks at it twice.
        os.utime(path, (time.time() - 60, time.time() - 60))

    def run(self, stopped: Callable[[], bool] = lambda: False) -> IngestReport:
        self.embedder.texts.clear()
        report = ingest(
            [self.docs],
            data_dir=self.data,
            embedder=self.embedder,
            settings=Settings(),
            stopped=stopped,
        )
        self.embedded = list(self.embedder.texts)
        return report

    def uris(self, query: str, k: int = 5) -> set[str]:
        assistant = Assistant.open(self.data, settings=Settings(), embedder=self.embedder)
        hits = assistant.search(query, k=k)
        return {str(Path(hit.uri).relative_to(self.docs)) for hit in hits if query in hit.text}

    def files(self) -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.data.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def paragraphs(count: int) -> list[str]:
    """Paragraphs of 150 words each, all different: about one chunk a paragraph."""
    return [" ".join(f"p{n}w{word}" for word in range(150)) for n in range(count)]


def test_a_second_run_over_an_unchanged_tree_changes_no_byte(tree: Tree) -> None:
    """No embedding, no new generation, the SHA-256 of every file in the data folder the same."""
    tree.write("a.md", "# Leave\n\nTen weeks of leave.")
    tree.write("sub/b.txt", "Badges are blue.")
    tree.write("bad.pdf", "no pdf at all")
    assert tree.run().generation == 1
    before = tree.files()
    report = tree.run()
    assert (report.generation, report.unchanged, tree.embedded) == (1, 2, [])
    assert len(report.failed) == 1
    assert tree.files() == before


def test_one_changed_paragraph_embeds_its_chunk_and_no_more_than_two_others(tree: Tree) -> None:
    """In a document of 500 paragraphs; every other vector is used again."""
    texts = paragraphs(500)
    tree.write("book.txt", "\n\n".join(texts))
    first = tree.run()
    assert len(tree.embedded) >= 500
    texts[250] = "changed " + texts[250]
    tree.write("book.txt", "\n\n".join(texts))
    report = tree.run()
    assert report.updated == 1
    assert 1 <= len(tree.embedded) <= 3
    assert report.chunks_reused >= first.chunks_embedded - 3


def test_a_renamed_folder_embeds_nothing_and_is_found_under_its_new_path(tree: Tree) -> None:
    for number, text in enumerate(paragraphs(5)):
        tree.write(f"old/{number}.txt", text)
    tree.run()
    (tree.docs / "old").rename(tree.docs / "new")
    report = tree.run()
    assert (report.moved, report.added, report.deleted, tree.embedded) == (5, 0, 0, [])
    assert tree.uris("p3w7") == {"new/3.txt"}


def test_the_same_file_in_two_places_is_embedded_once_and_found_under_both(tree: Tree) -> None:
    tree.write("a/one.txt", paragraphs(1)[0])
    tree.write("b/one.txt", paragraphs(1)[0])
    tree.run()
    assert len(tree.embedded) == len(set(tree.embedded)) == 1
    assert tree.uris("p0w7") == {"a/one.txt", "b/one.txt"}


def test_text_that_comes_back_is_not_embedded_again(tree: Tree) -> None:
    tree.write("a.txt", "first words")
    tree.run()
    tree.write("a.txt", "second words")
    tree.run()
    tree.write("a.txt", "first words")
    assert tree.run().generation == 3
    assert tree.embedded == []
    assert tree.uris("first words") == {"a.txt"}


def test_a_run_after_a_rollback_brings_the_index_up_to_the_files_again(tree: Tree) -> None:
    """Changed, added and deleted files alike, without embedding anything."""
    tree.write("changed.txt", "first words")
    tree.write("deleted.txt", "short lived")
    tree.write("same.txt", "ever the same")
    tree.run()
    tree.write("changed.txt", "second words")
    (tree.docs / "deleted.txt").unlink()
    tree.write("added.txt", "newly come")
    tree.run()
    rollback(tree.data, 1)
    assert tree.uris("short lived") == {"deleted.txt"}
    assert tree.uris("second words") == set()
    report = tree.run()
    assert (report.added, report.updated, report.deleted, report.unchanged) == (1, 1, 1, 1)
    assert tree.embedded == []
    assert tree.uris("second words") == {"changed.txt"}
    assert tree.uris("newly come") == {"added.txt"}
    assert tree.uris("short lived") == set()


def test_as_many_generations_are_kept_as_the_settings_say(tree: Tree) -> None:
    settings = Settings.model_validate({"index": {"keep_generations": 2, "keep_days": 0}})
    for number in range(1, 5):
        tree.write("a.txt", f"words {number}")
        ingest([tree.docs], data_dir=tree.data, embedder=tree.embedder, settings=settings)
    with pytest.raises(UsageError, match="Kept are: 3, 4"):
        rollback(tree.data, 1)


def test_what_a_stopped_run_had_flushed_is_done_again(tree: Tree) -> None:
    """A run that flushed a change and a removal, and died, leaves a ledger that knows of neither."""
    tree.write("changed.txt", "first words")
    tree.write("deleted.txt", "short lived")
    tree.run()
    with IndexWriter(tree.data, tree.embedder.identity.to_json()) as writer:
        from tests.index.world import document, record

        changed = document(f"{tree.docs}/changed.txt", ["second words"])
        writer.put_vectors(["second words"], tree.embedder.embed_documents(["second words"]))
        writer.put(changed, record(changed))
        writer.remove(f"{tree.docs}/deleted.txt")
        writer.flush()
    tree.write("changed.txt", "second words")
    (tree.docs / "deleted.txt").unlink()
    report = tree.run()
    assert (report.updated, report.deleted) == (1, 1)
    assert tree.uris("second words") == {"changed.txt"}
    assert tree.uris("short lived") == set()


def test_a_stopped_run_keeps_what_it_embedded_and_publishes_what_is_complete(tree: Tree) -> None:
    """The long texts go first; the run is stopped after the first 256 chunks."""
    for number in range(150):
        tree.write(f"long-{number:03}.md", f"one {number} " + "many words " * 20)
        tree.write(f"short-{number:03}.md", f"two {number}")

    report = tree.run(stopped=lambda: len(tree.embedder.texts) > 0)

    assert len(tree.embedded) == report.chunks_embedded > 0
    assert 0 < report.added < 300
    assert report.chunks_reused == 0
    first = set(tree.embedded)

    rest = tree.run()

    assert rest.added == 300 - report.added
    assert first.isdisjoint(tree.embedded)
    assert len(first) + len(tree.embedded) == 300
    assert rest.chunks_embedded + rest.chunks_reused == rest.added
