"""The lexical half against plain BM25, and its filters against brute force."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest

from rag.index import Filter, Snapshot
from rag.index.search.lexical_query import EXACT_BOOST
from rag.index.search.statistics import ROUNDED_TO
from tests.index.search.test_vectors import FILTERS, random_world
from tests.index.world import SmallIndex, document, every_row

K1, B = 1.2, 0.75
WORDS = ["alpha", "bravo", "delta", "gamma", "kappa", "lambda", "omega", "sigma", "zeta"]
"""Words that the English stemmer leaves alone, so that both fields hold the same."""


def bm25(passages: list[list[str]], query: list[str]) -> list[float]:
    """Okapi BM25 of every passage (Robertson and Zaragoza 2009), with tantivy's idf.

    idf = ln(1 + (N - n + 0.5) / (n + 0.5)); tf part = tf (k1 + 1) / (tf + k1 (1 - b + b L / L_avg)).
    """
    average = sum(map(len, passages)) / len(passages)
    scores = [0.0] * len(passages)
    for word in dict.fromkeys(query):
        holding = sum(word in passage for passage in passages)
        idf = math.log(1 + (len(passages) - holding + 0.5) / (holding + 0.5))
        for number, passage in enumerate(passages):
            tf = Counter(passage)[word]
            length = K1 * (1 - B + B * len(passage) / average)
            scores[number] += idf * tf * (K1 + 1) / (tf + length)
    return scores


def passages_of(seed: int, count: int) -> list[list[str]]:
    """Random passages of 3 to 30 words: lengths that tantivy's one-byte norms hold exactly."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(WORDS) + 1)
    return [
        list(random.choice(WORDS, random.integers(3, 30), p=weights / weights.sum()))
        for _ in range(count)
    ]


def words_world(world: SmallIndex, passages: list[list[str]]) -> Snapshot:
    world.publish(document("/a.txt", [" ".join(words) for words in passages]))
    return world.snapshot()


@pytest.mark.parametrize("query", [["zeta"], ["alpha", "omega"], WORDS[2:7], ["unheard"]])
def test_scores_are_those_of_a_second_bm25(world: SmallIndex, query: list[str]) -> None:
    """Each word counts once stemmed and EXACT_BOOST times as it stands."""
    passages = passages_of(1, 200)
    snapshot = words_world(world, passages)
    first = every_row(world)[0].chunk_id
    candidates = snapshot.lexical(" ".join(query), 200, Filter())
    expected = {
        first + number: score * (1 + EXACT_BOOST)
        for number, score in enumerate(bm25(passages, query))
        if score > 0
    }
    assert set(candidates.chunk_ids.tolist()) == set(expected)
    scores = [expected[i] for i in candidates.chunk_ids.tolist()]
    assert np.allclose(candidates.scores, scores, rtol=1e-4, atol=10**-ROUNDED_TO)


def test_bm25s_gives_the_same_scores(world: SmallIndex) -> None:
    """The published library bm25s, method "lucene", agrees up to the constant factor k1 + 1."""
    bm25s = pytest.importorskip("bm25s")
    passages = passages_of(2, 120)
    snapshot = words_world(world, passages)
    first = every_row(world)[0].chunk_id
    other = bm25s.BM25(method="lucene", k1=K1, b=B)
    other.index(passages, show_progress=False)
    scores = other.get_scores(["kappa", "sigma"]) * (K1 + 1) * (1 + EXACT_BOOST)
    candidates = snapshot.lexical("kappa sigma", 120, Filter())
    assert np.allclose(candidates.scores, scores[candidates.chunk_ids - first], rtol=1e-4)


def test_equal_scores_come_in_order_of_id(world: SmallIndex) -> None:
    snapshot = words_world(world, [["alpha", "bravo"]] * 30)
    everything = snapshot.lexical("alpha", 30, Filter()).chunk_ids.tolist()
    assert everything == sorted(everything)
    assert snapshot.lexical("alpha", 7, Filter()).chunk_ids.tolist() == everything[:7]


def test_filters_permit_what_brute_force_permits(world: SmallIndex) -> None:
    """The same sets as the dense half; scores do not depend on the filter."""
    random_world(world, 3000, 1)
    snapshot, rows = world.snapshot(), every_row(world)
    for filter in FILTERS:
        candidates = snapshot.lexical("passage", 3000, filter)
        assert set(candidates.chunk_ids.tolist()) == {r.chunk_id for r in rows if r.passes(filter)}
        assert len(set(candidates.scores.tolist())) <= 1
    one = next(row for row in rows if row.tags == ["red"])
    alone = snapshot.lexical(one.text, 1, Filter(tags=("red",)))
    assert alone.scores[0] == snapshot.lexical(one.text, 1, Filter()).scores[0]


def test_odd_values_are_filtered_alike(world: SmallIndex) -> None:
    """Empty tags, tags with quotes, names with spaces, and times that differ by a microsecond."""
    odd = ["", " ", "it's", 'say "no"', "ä", "A", "a", "x" * 300, "%_", "名", "tab\t"]
    world.publish(
        *(
            document(f"/odd {tag[:20]}/{n}.txt", ["alpha"], tags=(tag,), readers=(tag,),
                     media_type=tag, modified_at=1_700_000_000 + n * 1e-6)
            for n, tag in enumerate(odd)
        )
    )  # fmt: skip
    snapshot, rows = world.snapshot(), every_row(world)
    filters = [
        filter
        for n, tag in enumerate(odd)
        for filter in (
            Filter(tags=(tag,)),
            Filter(readers=frozenset({tag})),
            Filter(media_types=(tag,)),
            Filter(folders=(f"/odd {tag[:20]}",)),
            Filter(modified_from=1_700_000_000 + n * 1e-6),
            Filter(modified_until=1_700_000_000 + n * 1e-6),
        )
    ]
    query = world.embedder.embed_query("alpha")
    for filter in filters:
        expected = [row.chunk_id for row in rows if row.passes(filter)]
        assert snapshot.lexical("alpha", 20, filter).chunk_ids.tolist() == expected, filter
        assert snapshot.dense(query, 20, filter).chunk_ids.tolist() == expected, filter


def test_nothing_in_a_query_is_an_operator(world: SmallIndex) -> None:
    snapshot = words_world(world, [["alpha"], ["bravo"]])
    for query in (
        'alpha AND bravo NOT "',
        "+alpha -bravo",
        "text_en:alpha OR bravo*",
        "(alpha bravo",
    ):
        assert len(snapshot.lexical(query, 5, Filter()).chunk_ids) == 2
    for query in ("", "  ", '"*?', "the"):
        assert len(snapshot.lexical(query, 5, Filter()).chunk_ids) == 0


def test_words_are_found_in_the_documents_language(world: SmallIndex) -> None:
    """German plural, English gerund, and a code that no stemmer touches."""
    world.publish(
        document("/de.txt", ["Die Verträge und die Häuser"], language="de"),
        document("/en.txt", ["we are running, form ABC-123x"], language="en"),
        document("/xx.txt", ["running"], language="tlh"),
    )
    snapshot = world.snapshot()

    def uris(query: str) -> set[str]:
        rows = snapshot.chunks(snapshot.lexical(query, 5, Filter()).chunk_ids.tolist())
        return {row.uri for row in rows.values()}

    assert uris("Vertrag Haus") == {"/de.txt"}
    assert uris("run") == {"/en.txt", "/xx.txt"}
    assert uris("abc 123X") == {"/en.txt"}


def test_words_of_a_context_find_its_chunk_and_are_not_shown(world: SmallIndex) -> None:
    from dataclasses import replace

    original = document("/a.txt", ["body"])
    chunk = replace(original.chunks[0], context="Handbook")
    world.publish(replace(original, chunks=(chunk,)))
    snapshot = world.snapshot()
    (chunk_id,) = snapshot.lexical("handbook", 5, Filter()).chunk_ids.tolist()
    assert snapshot.chunks([chunk_id])[chunk_id].text == "body"
    assert re.search("Handbook", snapshot.text(1)) is None
