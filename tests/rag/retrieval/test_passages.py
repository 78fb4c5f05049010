"""Chunks joined with their neighbours: every passage reads on, and none tells the same twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.index.catalog.rows import ChunkRow, ChunkSummary
from rag.retrieval.passages import (
    FIRST,
    GROWN,
    GROWN_LATER,
    HEAD,
    SLACK,
    Passage,
    diversify,
    find_shared_section,
    join,
)


def chunk(document: int, ordinal: int, size: int = 200, page: int | None = None) -> ChunkSummary:
    """Chunk 0 of document 3 has the id 300. Each is a paragraph of its own."""
    start = ordinal * 10_000
    return ChunkSummary(document * 100 + ordinal, document, ordinal, page, start, start + size)


def cut_paragraph(language: str, size: int = 500) -> list[ChunkSummary]:
    """Three chunks of one paragraph, which is longer than the embedder reads at once."""
    return [
        ChunkSummary(100 + n, 1, n, None, n * (size + 1), n * (size + 1) + size, language)
        for n in range(3)
    ]


def test_a_cut_paragraph_is_whole_again() -> None:
    """In a language of which the embedder reads half as many words, a passage holds as many as in English."""
    (passage,) = join([(101, 0.9)], around(*cut_paragraph("es")), k=8)
    assert [row.ordinal for row in passage.chunks] == [0, 1, 2]


def test_chinese_passages_are_a_third_as_long() -> None:
    """Three letters of English say as much as one character of Chinese."""
    (first, *_) = join([(101, 0.9)], around(*cut_paragraph("zh")), k=8)
    assert [row.ordinal for row in first.chunks] == [1, 2]


def test_english_passages_stay_as_they_are() -> None:
    """There a chunk of the same tokens holds a whole paragraph."""
    (first, *_) = join([(101, 0.9)], around(*cut_paragraph("en", 650)), k=8)
    assert [row.ordinal for row in first.chunks] == [1]


def around(*chunks: ChunkSummary) -> dict[tuple[int, int], ChunkSummary]:
    return {(chunk.document_id, chunk.ordinal): chunk for chunk in chunks}


def test_a_chunk_grows_by_the_neighbour_that_fits_better() -> None:
    """Chunk 1 was found; of its neighbours 2 has a score and 0 has none; 600 characters are three chunks."""
    rows = around(*(chunk(1, n) for n in range(5)))
    (first, *_) = join([(101, 0.9), (102, 0.5)], rows, k=8)
    assert [row.ordinal for row in first.chunks] == [1, 2, 3]
    assert (first.found.ordinal, first.score) == (1, 0.9)


def test_a_passage_does_not_cross_a_page() -> None:
    rows = around(chunk(1, 0, page=1), chunk(1, 1, page=2), chunk(1, 2, page=2))
    (passage,) = join([(101, 0.9)], rows, k=8)
    assert [row.ordinal for row in passage.chunks] == [1, 2]


def test_its_section_is_what_its_chunks_share() -> None:
    def row(ordinal: int, *section: str) -> ChunkRow:
        return ChunkRow(ordinal, 1, ordinal, "/a", "T", ordinal, ordinal + 1, None, section, "x")

    assert find_shared_section([row(1, "A", "B0"), row(2, "A", "B1")]) == ("A",)
    assert find_shared_section([row(1, "A", "B0"), row(2, "A", "B0")]) == ("A", "B0")


def test_a_long_chunk_stays_alone() -> None:
    rows = around(chunk(1, 0, 700), chunk(1, 1, 700))
    assert [len(passage.chunks) for passage in join([(100, 1.0), (101, 0.9)], rows, k=8)] == [1, 1]


@given(
    sizes=st.dictionaries(st.integers(1, 4), st.integers(20, 900), min_size=1),
    scored=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 7)), unique=True, max_size=12),
    k=st.integers(1, 6),
)
def test_passages_are_runs_of_neighbours_and_share_no_chunk(
    sizes: dict[int, int], scored: list[tuple[int, int]], k: int
) -> None:
    """In the order of their scores, at most k, none longer than allowed, every one with its found chunk."""
    rows = around(*(chunk(d, n, size, page=n // 3) for d, size in sizes.items() for n in range(8)))
    ranked = [
        (document * 100 + ordinal, 1 - rank / 100)
        for rank, (document, ordinal) in enumerate(scored)
        if document in sizes
    ]
    passages = join(ranked, rows, k)
    assert len(passages) <= k
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    seen = [row.chunk_id for passage in passages for row in passage.chunks]
    assert len(seen) == len(set(seen))
    for rank, passage in enumerate(passages):
        ordinals = [row.ordinal for row in passage.chunks]
        assert ordinals == list(range(ordinals[0], ordinals[0] + len(ordinals)))
        assert passage.found in passage.chunks
        assert len({(row.document_id, row.page) for row in passage.chunks}) == 1
        length = sum(row.size for row in passage.chunks)
        most = GROWN if rank < FIRST else GROWN_LATER
        assert length <= max(most * SLACK, passage.found.size)
    if len(passages) < k:
        assert {chunk_id for chunk_id, _ in ranked} <= set(seen), "nothing that was found is lost"


def passage(document: int, score: float, page: int | None = None) -> Passage:
    row = chunk(document, round(score * 100), page=page)
    return Passage(row, (row,), score)


def test_the_first_passages_are_spread_over_documents_and_pages() -> None:
    """Worked by hand, each repetition taking off 0.2: of document 1 the second is worth 0.75 - 0.2 = 0.55 and
    stands behind document 2 (0.6); of its page 7 the second is worth 0.9 - 0.4 = 0.5, behind both."""
    first, same_page = passage(1, 1.0, page=7), passage(1, 0.9, page=7)
    same_document, other = passage(1, 0.75, page=8), passage(2, 0.6, page=1)
    placed = diversify([first, same_page, same_document, other])
    assert [passage.found for passage in placed] == [
        passage.found for passage in (first, other, same_document, same_page)
    ]
    assert [passage.score for passage in placed] == [1.0, 0.6, 0.6, 0.6], (
        "scores fall from rank to rank"
    )


def test_behind_the_head_the_order_is_that_of_the_scores() -> None:
    """So that what is read beyond the first few is what fits best, whichever document it is from."""
    passages = [passage(1, 1 - n / 100) for n in range(HEAD + 3)]
    assert diversify(passages) == passages
    rest = [passage(1, 0.9), passage(1, 0.8), passage(2, 0.7)]
    heads = [passage(n, 30.0 - n) for n in range(10, 10 + HEAD)]
    assert diversify(heads + rest)[HEAD:] == rest
