"""Another embedder, and another format of the catalogue."""

from __future__ import annotations

import pytest

from rag.errors import (
    EmbedderMismatchError,
    IndexFormatError,
)
from rag.index import Filter, IndexWriter
from rag.index.catalog import database as catalogue
from rag.index.catalog.database import CATALOG
from rag.index.catalog.migrations import migrate
from rag.index.catalog.schema import FORMAT
from rag.index.maintenance.reembed import reembed
from rag.index.maintenance.rollback import rollback
from rag.index.maintenance.verify import verify
from rag.testing import HashingEmbedder
from tests.index.world import NEW, B, SmallIndex, document, passages


def test_another_embedder_is_refused_with_both_names_and_the_command(changed: SmallIndex) -> None:
    with (
        pytest.raises(EmbedderMismatchError, match=r"hashing, not with other.*inhouse reembed"),
        IndexWriter(changed.data, HashingEmbedder("other").identity.to_json()),
    ):
        pass


def test_reembedding_switches_when_it_is_whole(changed: SmallIndex) -> None:
    """The old state serves until then; then the index speaks with the other embedder."""
    other = HashingEmbedder("other", dimension=24)
    reader = changed.reader()
    seen = []
    done = reembed(
        changed.data, other, advance=lambda *_: seen.append(reader.snapshot().generation.id)
    )
    assert (done.generation, done.embedded, done.reused) == (3, 3, 0)
    assert seen == [2]
    assert reader.snapshot().embedder["name"] == "other"
    assert reader.snapshot().vectors.dimension == 24
    changed.embedder = other
    assert len(reader.snapshot().dense(other.embed_query("alpha"), 9, Filter()).chunk_ids) == 3
    assert changed.publish(B) == 4
    assert verify(changed.data, full=True).ok


def test_a_stopped_reembedding_goes_on_where_it_was(world: SmallIndex) -> None:
    world.publish(document("/a.txt", [f"w{n}" for n in range(1000)]))

    class Stopping(HashingEmbedder):
        def embed_documents(self, texts):  # type: ignore[no-untyped-def]
            if len(self.texts) >= 512:
                raise KeyboardInterrupt
            return super().embed_documents(texts)

    with pytest.raises(KeyboardInterrupt):
        reembed(world.data, Stopping("other"))
    assert world.publish(document("/b.txt", ["still the old one"])) == 2
    done = reembed(world.data, HashingEmbedder("other"))
    assert (done.generation, done.embedded, done.reused) == (3, 489, 512)
    assert verify(world.data, full=True).ok


def test_reembedding_with_the_indexs_own_embedder_changes_nothing(changed: SmallIndex) -> None:
    files = {name: sha for name, sha in changed.files().items() if "catalog.db-" not in name}
    assert reembed(changed.data, HashingEmbedder()).generation == 2
    assert {name: changed.files().get(name) for name in files} == files


def test_rolling_back_before_a_reembedding_brings_the_old_embedder_back(
    changed: SmallIndex,
) -> None:
    reembed(changed.data, HashingEmbedder("other", dimension=24))
    assert rollback(changed.data, 2).generation == 4
    reader = changed.reader()
    assert reader.snapshot().embedder["name"] == "hashing"
    assert passages(reader.snapshot()) == NEW


def test_a_newer_format_is_refused_by_readers_and_writers(changed: SmallIndex) -> None:
    changed.rows("UPDATE manifest SET value = ? WHERE key = 'format'", str(FORMAT + 1))
    with pytest.raises(IndexFormatError, match=f"format {FORMAT + 1}; .* format {FORMAT}"):
        changed.reader()
    with pytest.raises(IndexFormatError), changed.writer():
        pass


def test_migrations_run_in_order_all_or_none(changed: SmallIndex) -> None:
    """A step that fails takes back the ones before it; a missing one is refused before any."""
    connection = catalogue.connect(changed.data / CATALOG, writable=True)
    order = []

    def step(number: int, *, fails: bool = False):  # type: ignore[no-untyped-def]
        def run(given):  # type: ignore[no-untyped-def]
            given.execute(f"CREATE TABLE step{number} (x)")
            order.append(number)
            if fails:
                raise RuntimeError(number)

        return run

    first = FORMAT
    with pytest.raises(IndexFormatError, match="cannot read formats below"):
        migrate(connection, {first + 1: step(2)}, first + 2)
    with pytest.raises(RuntimeError):
        migrate(connection, {first: step(1), first + 1: step(2, fails=True)}, first + 2)
    assert changed.rows("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'step%'") == [(0,)]
    order.clear()
    assert migrate(connection, {first: step(1), first + 1: step(2)}, first + 2) == first
    assert order == [1, 2]
    assert catalogue.read_manifest(connection, "format") == first + 2
    connection.close()
