"""Fusing rankings, choosing what the model reads, and how it is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from rag.answer import Turn
from rag.answering.context import pack
from rag.answering.prompt import COMPACT, FULL, Style, messages, style_of
from rag.hit import Hit
from rag.index.catalog.rows import ChunkSummary
from rag.index.search.vectors import Candidates
from rag.profile import REFUSAL
from rag.retrieval.boosts import NAME_WEIGHT, compute_filename_boosts
from rag.retrieval.fusion import fuse, smooth


def hit(rank: int, text: str, title: str = "T", section: str | None = None) -> Hit:
    return Hit(
        rank=rank, score=0.5, uri="/a", title=title, section=section, text=text, start=0, end=len(text)
    )  # fmt: skip


def count_words(text: str) -> int:
    return len(text.split())


def found(scores: dict[int, float]) -> Candidates:
    return Candidates(np.array(list(scores), np.int64), np.array(list(scores.values()), np.float32))


def test_fusion_adds_half_of_each_scaled_score() -> None:
    """Worked by hand: each side is scaled to 0…1 over its own candidates, then counts half.

    dense 7: 1, 8: (0.5 - 0.1) / 0.8 = 0.5, 9: 0; lexical 8: 1, 5: 0. So 8 has 0.25 + 0.5, 7 has 0.5.
    """
    fused = fuse(found({7: 0.9, 8: 0.5, 9: 0.1}), found({8: 6.0, 5: 2.0}))
    assert [chunk for chunk, _ in fused] == [8, 7, 5, 9]
    assert [round(score, 6) for _, score in fused] == [0.75, 0.5, 0.0, 0.0]


def test_fusion_of_nothing_one_and_equals() -> None:
    """Nothing gives nothing; a single candidate counts fully; equal scores come in order of id."""
    assert fuse(found({}), found({})) == []
    assert fuse(found({3: -0.2}), found({})) == [(3, 0.5)]
    assert fuse(found({9: 0.5, 4: 0.5}), found({})) == [(4, 0.5), (9, 0.5)]


_SCORES = st.dictionaries(st.integers(0, 30), st.floats(-1, 40, width=32), max_size=12)


@given(dense=_SCORES, lexical=_SCORES)
def test_fusion_ranks_each_once_best_first(
    dense: dict[int, float], lexical: dict[int, float]
) -> None:
    """Scores lie between 0 and 1, and whoever is best on both sides is first."""
    fused = fuse(found(dense), found(lexical))
    assert {chunk for chunk, _ in fused} == dense.keys() | lexical.keys()
    assert len(fused) == len(dict(fused))
    assert fused == sorted(fused, key=lambda item: (-item[1], item[0]))
    assert all(0 <= score <= 1 + 1e-9 for _, score in fused)
    for chunk in dense.keys() & lexical.keys():
        if dense[chunk] == max(dense.values()) and lexical[chunk] == max(lexical.values()):
            assert dict(fused)[chunk] == pytest.approx(fused[0][1])


def spot(document: int, ordinal: int) -> ChunkSummary:
    """Chunk 0 of document 3 has the id 300."""
    return ChunkSummary(
        document * 100 + ordinal, document, ordinal, None, 9 * ordinal, 9 * ordinal + 1
    )


def test_a_neighbours_score_counts_for_a_chunk() -> None:
    """Worked by hand: 101 has 0.5 and beside it 0.9, so 0.5 + 0.2 · 0.9 = 0.68; 102 has beside it 0.5."""
    spots = {(1, n): spot(1, n) for n in range(4)} | {(2, 4): spot(2, 4)}
    assert [(i, round(s, 9)) for i, s in smooth({100: 0.9, 101: 0.5, 204: 0.6}, spots)] == [
        (100, 1.0), (101, 0.68), (204, 0.6), (102, 0.1),
    ]  # fmt: skip


def test_a_document_is_called_by_its_files_name() -> None:
    """Words that the title has too count nothing; two words of the question may be one of the name; a word
    that all names have tells nothing."""
    names = {
        1: ("/BESTBUY_2023_10K.pdf", "Annual report"),
        2: ("/Amazon_2023_10K.pdf", "Annual report"),
        3: ("/Boeing_2023_10K.pdf", "Boeing annual report"),
    }
    assert compute_filename_boosts("What did Best Buy earn in 2023?", names) == {1: NAME_WEIGHT}
    assert compute_filename_boosts("What did AMAZON's shops earn?", names) == {2: NAME_WEIGHT}
    assert compute_filename_boosts("What did Boeing earn?", names) == {}
    assert compute_filename_boosts("", names) == {}
    assert compute_filename_boosts("Amazon", {}) == {}


@pytest.mark.parametrize(
    ("sizes", "budget", "packed"),
    [
        ([], 10, 0),
        ([3], 10, 1),
        ([30], 10, 1),  # the first always, or the model had nothing to read
        ([30, 1], 10, 1),
        ([4, 4, 4], 10, 2),  # each has its title on top: 5 + 5 fit, 15 do not
        ([4, 4, 1], 12, 3),
        ([4, 9, 1], 12, 1),  # what comes after one that does not fit stays out: no rank is skipped
    ],
)
def test_passages_are_packed_from_the_first_up_to_the_budget(
    sizes: list[int], budget: int, packed: int
) -> None:
    hits = [hit(n, "word " * size) for n, size in enumerate(sizes, 1)]
    assert pack(hits, budget, lambda hit: count_words(hit.text)) == packed


PASSAGES = (hit(1, "First text.", "Handbook", "Leave > Long"), hit(2, "Second text."))


def test_a_large_model_sees_numbered_passages_with_their_places() -> None:
    prompt = messages("Why?", PASSAGES, (), FULL)
    assert [type(message) for message in prompt] == [SystemMessage, HumanMessage]
    assert prompt[0].content == FULL.system.format(refusal=REFUSAL, fence="of the user's message")
    assert REFUSAL in str(prompt[0].content)
    assert prompt[1].content == (
        "Passages:\n[1] Handbook, Leave > Long\nFirst text.\n\n[2] T\nSecond text.\n\nQuestion: Why?"
    )


def test_a_small_model_sees_the_text_alone() -> None:
    prompt = messages("Why?", PASSAGES, (), COMPACT)
    assert prompt[1].content == "Text:\nFirst text.\n\nSecond text.\n\nQuestion: Why?"


@pytest.mark.parametrize("style", [FULL, COMPACT])
def test_the_front_is_the_same_for_every_question(style: Style) -> None:
    """So that the server's prefix cache holds it."""
    one = messages("Why?", PASSAGES, (), style)
    other = messages("How long is it?", PASSAGES[:1], (), style)
    assert one[0] == other[0]
    assert "Why" not in str(one[0].content)


@pytest.mark.parametrize("style", [FULL, COMPACT])
def test_the_latest_turns_are_told_as_many_as_the_model_can_follow(style: Style) -> None:
    history = [Turn(question=f"q{n}", answer=f"a{n}") for n in range(9)]
    prompt = messages("Why?", PASSAGES, history, style)
    questions = [*(turn.question for turn in history[-style.turns :]), "Why?"]
    assert [m.content for m in prompt if isinstance(m, AIMessage)] == [
        turn.answer for turn in history[-style.turns :]
    ]
    contents = [str(m.content) for m in prompt if isinstance(m, HumanMessage)]
    assert [content.rpartition("Question: ")[2] for content in contents] == questions
    assert all(PASSAGES[0].text not in content for content in contents[1:])


@pytest.mark.parametrize("style", [FULL, COMPACT])
def test_a_follow_up_shares_its_front_with_the_question_before(style: Style) -> None:
    """All that stands before the earlier question, passages and all: the server has it in its cache."""
    before = str(messages("Why?", PASSAGES, (), style)[1].content)
    after = str(
        messages("And then?", PASSAGES, [Turn(question="Why?", answer="So.")], style)[1].content
    )
    assert PASSAGES[-1].text in after
    assert after == before


def test_the_style_goes_by_the_catalogue() -> None:
    """The default model is small; one that nobody knows is taken for a large one."""
    assert style_of("smollm2-135m-instruct") is COMPACT
    assert style_of("some/other-70b") is FULL
