"""An index that is moved to another store answers there as it did before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.document import Document
from rag.errors import UsageError
from rag.index import FileRecord, FileState, Filter, IndexStore, open_store
from rag.index.maintenance.move import move, read_document
from tests.index.contract.kept import WORDS, KeptIndex, varied
from tests.index.contract.test_views import manual
from tests.index.world import document

BAD = FileRecord("/shelf/bad.doc", "/shelf", FileState.FAILED, "is broken", 7, 8, "", "", 4.0)


def answers(store: IndexStore) -> object:
    """Everything that a snapshot says of its documents, and what searches find in it, without ids."""
    snapshot = store.open_reader().snapshot()
    state = store.read_state()
    assert state is not None
    documents = [read_document(snapshot, record)[0] for record in snapshot.list_records(Filter())]
    embedder = KeptIndex(store).embedder
    results = []
    for readers in (None, frozenset({"staff"}), frozenset({"*"})):
        filter = Filter(readers=readers)
        for query in ("boiler valve", "third part7", "sensor motor pump"):
            for hits in (
                snapshot.dense(embedder.embed_query(query), 20, filter),
                snapshot.lexical(query, 400, filter),
            ):
                rows = snapshot.chunks(hits.chunk_ids.tolist())
                results.append([(rows[i].uri, rows[i].ordinal) for i in hits.chunk_ids.tolist()])
    return (
        documents,
        sorted(state.files, key=lambda r: r.uri),
        state.labels,
        state.source_rules,
        results,
    )


def long_passages() -> list[Document]:
    """Passages of 20 to 300 words, of which many have nearly the same length."""
    random = np.random.default_rng(5)
    return [
        document(
            f"/long/{number}.txt",
            [" ".join(random.choice(WORDS, length)) for length in random.integers(20, 300, 6)],
        )
        for number in range(20)
    ]


def test_an_index_goes_to_the_other_store_and_back(
    kept: KeptIndex, postgres_address: str, tmp_path: Path
) -> None:
    with kept.writer() as writer:
        kept.stage(writer, [manual(), *varied(30), *long_passages()])
        writer.record(BAD)
        writer.note_source_rules({"roots": ["/shelf"]})
        writer.note_run({"started_at": 1.0, "seconds": 1.0})
        writer.publish({})
    before = answers(kept.store)
    database = open_store(postgres_address, beside=tmp_path / "notes")
    folder = open_store(tmp_path / "moved")
    done = move(kept.store, database)
    assert (done.generation, done.documents, done.chunks, done.files) == (1, 51, 243, 52)
    assert answers(database) == before
    move(database, folder)
    assert answers(folder) == before
    assert answers(kept.store) == before
    with pytest.raises(UsageError, match="already"):
        move(kept.store, folder)
    for store in (database, folder):
        assert store.verify(full=True).ok


def test_an_index_whose_documents_are_gone_is_not_moved(kept: KeptIndex, tmp_path: Path) -> None:
    kept.publish(*varied(2))
    kept.publish(remove=list(kept.documents))
    target = open_store(tmp_path / "moved")
    with pytest.raises(UsageError, match="no documents"):
        move(kept.store, target)
    assert not target.exists()
