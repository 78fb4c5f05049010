"""A search finds exactly the best of what its filter lets pass, in every store."""

from __future__ import annotations

import numpy as np
import pytest

from rag.document import PUT_METADATA
from rag.errors import EmbedderMismatchError, EmbeddingError, UsageError
from rag.index import Filter
from rag.testing import HashingEmbedder
from tests.index.contract.kept import KeptIndex, nearest_ids, scores_by_words, varied
from tests.index.world import document

FILTERS = {
    "everything": Filter(),
    "nobody": Filter(readers=frozenset()),
    "a stranger": Filter(readers=frozenset({"*"})),
    "staff": Filter(readers=frozenset({"staff"})),
    "one document": Filter(readers=frozenset({"one", "unheard of"})),
    "a folder": Filter(folders=("/it",)),
    "two folders": Filter(folders=("/hr", "/it/old/")),
    "tags": Filter(tags=("signed", "new")),
    "a type": Filter(media_types=("application/pdf",)),
    "times": Filter(modified_from=20_000.0, modified_until=41_000.0),
    "staff, in a folder": Filter(folders=("/it",), also=Filter(readers=frozenset({"staff"}))),
    "nothing there": Filter(folders=("/nowhere",)),
    "by id": Filter(document_ids=(1, 2, 3, 2**62)),
}


@pytest.fixture
def full(kept: KeptIndex) -> KeptIndex:
    """Three generations: documents were put, changed and taken out."""
    first, changed = varied(60), varied(10, seed=8)
    kept.publish(*first)
    kept.publish(*changed)
    kept.publish(remove=[item.uri for item in first[20:25]])
    return kept


def test_the_nearest_permitted_chunks_are_found_in_order(full: KeptIndex) -> None:
    snapshot = full.snapshot()
    rows = full.rows(snapshot)
    for query in ("boiler valve", "fan part7", "nothing of this"):
        vector = full.embedder.embed_query(query)
        for name, filter in FILTERS.items():
            for k in (1, 10, 500):
                ids = snapshot.dense(vector, k, filter).chunk_ids.tolist()
                assert ids == nearest_ids(rows, vector, k, filter), (name, k)


def test_the_best_permitted_chunks_by_words_are_found_in_order(full: KeptIndex) -> None:
    snapshot = full.snapshot()
    rows = full.rows(snapshot)
    for query in (["boiler", "valve"], ["part7"], ["pump", "part3", "motor"]):
        for name, filter in FILTERS.items():
            scores = scores_by_words(rows, query, filter)
            by_hand = sorted(scores.values(), reverse=True)
            ids = snapshot.lexical(" ".join(query), 400, filter).chunk_ids.tolist()
            assert set(ids) == set(scores), (name, query)
            # Documents that are gone still count a little in a store's statistics.
            tolerance = 0.1 * max(by_hand, default=0)
            assert [scores[i] for i in ids] == pytest.approx(by_hand, abs=tolerance), (name, query)
            assert snapshot.lexical(" ".join(query), 5, filter).chunk_ids.tolist() == ids[:5]


def test_words_and_stems_name_the_permitted_documents_that_have_them(full: KeptIndex) -> None:
    snapshot = full.snapshot()
    rows = full.rows(snapshot)
    for name, filter in FILTERS.items():
        having = {
            word: {row.document_id for row in rows if row.passes(filter) and word in row.text}
            for word in ("boiler", "part7 ", "valve")
        }
        both = snapshot.documents_with_words(["boiler", "valve"], filter)
        assert both == having["boiler"] & having["valve"], name
        assert snapshot.documents_with_stem("boilers", filter) == having["boiler"], name
    assert snapshot.documents_with_words([], Filter()) == frozenset()


def test_only_words_of_readable_documents_are_known(kept: KeptIndex) -> None:
    from tests.index.world import document

    kept.publish(
        document("/a.txt", ["the open plan"], readers=("*",)),
        document("/b.txt", ["project nightingale"], readers=("board",)),
    )
    snapshot = kept.snapshot()
    stranger, board = Filter(readers=frozenset({"*"})), Filter(readers=frozenset({"board"}))
    assert snapshot.known_words(board).has_form("nightingale")
    assert not snapshot.known_words(stranger).has_form("nightingale")
    assert snapshot.known_words(stranger).count("plan") == 1
    assert len(snapshot.lexical("nightingal", 5, board).chunk_ids) == 1
    assert len(snapshot.lexical("nightingal", 5, stranger).chunk_ids) == 0


def test_compounds_are_found_by_their_parts(kept: KeptIndex) -> None:
    from tests.index.world import document

    kept.publish(
        document("/a.txt", ["Die Kündigungsfrist beträgt drei Monate."], language="de"),
        document("/b.txt", ["Die Frist endet am Montag."], language="de"),
        document("/c.txt", ["Der Kaffee ist heiß."], language="de"),
        document("/d.txt", ["Eine Kündigung ist schriftlich."], language="de"),
    )
    snapshot = kept.snapshot()
    for query, uris in (
        ("Frist", ["/b.txt", "/a.txt"]),
        ("Kündigung", ["/d.txt", "/a.txt"]),
        ("Kaffee", ["/c.txt"]),
    ):
        ids = snapshot.lexical(query, 3, Filter()).chunk_ids.tolist()
        assert [snapshot.chunks([chunk_id])[chunk_id].uri for chunk_id in ids] == uris, query


def test_a_count_is_of_what_passes(full: KeptIndex) -> None:
    snapshot = full.snapshot()
    rows = full.rows(snapshot)
    for name, filter in FILTERS.items():
        permitted = [row for row in rows if row.passes(filter)]
        count = snapshot.count(filter)
        assert count.chunks == len(permitted), name
        assert count.documents == len({row.document_id for row in permitted}), name
        assert set(snapshot.document_ids(filter).tolist()) == {r.document_id for r in permitted}


def test_metadata_conditions_act_inside_the_search(kept: KeptIndex) -> None:
    from tests.index.world import document

    def said(**values: object) -> dict[str, object]:
        return {"titled_by": "document", "given": values}

    kept.publish(
        document("/a.txt", ["alpha one"], metadata=said(year=2024, kind=["memo", "draft"])),
        document("/b.txt", ["alpha two"], metadata=said(year="2024", kind="memo", signed=True)),
        document("/c.txt", ["alpha three"], metadata=said(year=2025.5, signed=1, kind=None)),
        document("/d.txt", ["alpha four"]),
    )
    snapshot, vector = kept.snapshot(), kept.embedder.embed_query("alpha")
    for metadata, names in (
        ({"year": 2024}, "a"),
        ({"year": "2024"}, "b"),
        ({"kind": "memo"}, "ab"),
        ({"kind": ["draft", None]}, "ac"),
        ({"signed": True}, "b"),
        ({"signed": 1}, "c"),
        ({"year": {"from": 2024, "until": 2025}}, "a"),
        ({"year": {"from": "2020"}}, "b"),
        ({"year": 2024, "kind": "draft"}, "a"),
        ({"unheard of": None}, ""),
    ):
        filter = Filter(metadata=metadata)
        uris = {f"/{name}.txt" for name in names}
        for ids in (snapshot.dense(vector, 9, filter), snapshot.lexical("alpha", 9, filter)):
            chunks = snapshot.chunks(ids.chunk_ids.tolist())
            assert {row.uri for row in chunks.values()} == uris, metadata


def test_a_query_that_is_no_vector_is_refused(full: KeptIndex) -> None:
    snapshot = full.snapshot()
    with pytest.raises(EmbeddingError, match="shape"):
        snapshot.dense(np.ones(3, np.float32), 5, Filter())
    with pytest.raises(EmbeddingError, match="finite"):
        snapshot.dense(np.full(full.embedder.identity.dimension, np.nan, np.float32), 5, Filter())
    with pytest.raises(UsageError, match="k is -1"):
        snapshot.lexical("boiler", -1, Filter())


def test_another_embedder_is_refused_with_both_names(full: KeptIndex) -> None:
    other = HashingEmbedder("other").identity.to_json()
    with pytest.raises(EmbedderMismatchError, match="other"):
        full.snapshot().check_embedder(other)
    with (
        pytest.raises(EmbedderMismatchError, match="other"),
        full.store.open_writer(other),
    ):
        pass


def test_the_character_zero_finds_nothing(kept: KeptIndex) -> None:
    """It is not part of any word, place or label, and no error of a store."""
    said = {PUT_METADATA: {"team": "it", "year": 2026}}
    kept.publish(document("/it/a.txt", ["boiler valve"], tags=("new",), metadata=said))
    snapshot = kept.snapshot()
    assert len(snapshot.lexical("boiler\0valve", 5, Filter()).chunk_ids) == 1
    assert not len(snapshot.lexical("boi\0ler", 5, Filter()).chunk_ids)
    assert not snapshot.documents_with_words(["boiler\0"], Filter())
    assert not snapshot.find(["/it/a.txt\0"])
    assert snapshot.find_present(["/it/a.txt\0", "/it/a.txt"], Filter()) == {"/it/a.txt"}
    assert snapshot.document_view(Filter()).document("/it/a.txt\0") is None
    for filter in (
        Filter(readers=frozenset({"staff\0"}), tags=("old",)),
        Filter(folders=("/it\0",)),
        Filter(tags=("new\0",)),
        Filter(media_types=("text/plain\0",)),
        Filter(metadata={"team\0": "it"}),
        Filter(metadata={"team": "it\0"}),
        Filter(metadata={"team": {"from": "it\0"}}),
        Filter(metadata={"team": {"until": "i\0"}}),
    ):
        assert snapshot.count(filter).documents == 0, filter
    for metadata in ({"team": ["x\0", "it"]}, {"team": {"from": "i\0", "until": "it"}}):
        assert snapshot.count(Filter(metadata=metadata)).documents == 1, metadata


def test_numbers_beyond_64_bits_are_compared(kept: KeptIndex) -> None:
    said = {PUT_METADATA: {"size": 10**22}}
    kept.publish(document("/a.txt", ["boiler"], metadata=said), document("/b.txt", ["valve"]))
    for metadata, count in (
        ({"size": 10**22}, 1),
        ({"size": [10**23, 1]}, 0),
        ({"size": {"from": 10**21, "until": 10**23}}, 1),
        ({"size": {"from": 10**23}}, 0),
        ({"size": {"from": -(10**30)}}, 1),
    ):
        assert kept.snapshot().count(Filter(metadata=metadata)).documents == count, metadata
