"""Which passages a follow-up's prompt begins with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Turn
from rag.answering.passage_order import KEPT, PassageOrderCache
from rag.hit import Hit


def hit(number: int) -> Hit:
    text = f"Passage {number}."
    return Hit(
        rank=1, score=1, uri="/d", title="T", text=text, start=0, end=len(text), document_id=number
    )


FIRST = Turn(question="Why?", answer="So.")


@given(st.permutations(range(5)), st.permutations(range(7)))
def test_the_passages_of_the_turn_before_come_first_in_their_order(
    before: list[int], now: list[int]
) -> None:
    """The others follow in the order of the search; none is lost, and none comes from elsewhere."""
    recent = PassageOrderCache()
    recent.keep(3, "Why?", (), [hit(n) for n in before[:3]])
    ordered = recent.cached_first(3, [FIRST], [hit(n) for n in now])
    known = [n for n in before[:3] if n in now]
    assert [hit.document_id for hit in ordered] == [*known, *(n for n in now if n not in known)]


def test_another_conversation_or_another_generation_changes_nothing() -> None:
    recent = PassageOrderCache()
    recent.keep(3, "Why?", [Turn(question="What?", answer="")], [hit(2), hit(1)])
    hits = (hit(1), hit(2))
    assert recent.cached_first(3, [FIRST], hits) == hits
    assert recent.cached_first(3, (), hits) == hits
    history = [Turn(question="What?", answer=""), FIRST]
    assert recent.cached_first(4, history, hits) == hits
    assert recent.cached_first(3, history, hits) == hits[::-1]


def test_it_does_not_grow_for_ever() -> None:
    recent = PassageOrderCache()
    for number in range(KEPT + 1):
        recent.keep(1, f"Question {number}?", (), [hit(2), hit(1)])
    hits = (hit(1), hit(2))
    assert recent.cached_first(1, [Turn(question="Question 0?", answer="")], hits) == hits
    assert recent.cached_first(1, [Turn(question="Question 1?", answer="")], hits) != hits


def test_what_others_asked_changes_nothing() -> None:
    """Nobody finds out by the order of passages what people with other rights have asked."""
    recent = PassageOrderCache()
    hr, it = recent.for_asker(frozenset({"hr"})), recent.for_asker(frozenset({"it"}))
    hits = tuple(hit(n) for n in (1, 2, 3))
    history = [Turn(question="Question?", answer="")]
    hr.keep(1, "Question?", (), hits[::-1])
    assert it.cached_first(1, history, hits) == hits
    assert recent.cached_first(1, history, hits) == hits
    assert hr.cached_first(1, history, hits) == hits[::-1]
