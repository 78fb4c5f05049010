"""Sentences with the right words in the wrong places, and their true twins.

Each line of `doctored/logic.jsonl` is a true sentence about one of `doctored/passages`, and the same with one
thing wrong that no single word shows: the value of another column, the other of two conditions, who does it
to whom, all for some, before for after, another day in another way of writing. What was missed was mended
by the pairs of "mend" alone, the others are only ever counted; which is which was drawn at random (seed
20261129) before the first count. The second lot was written when the first had been mended, and the third,
all of it to mend by, after the second.

Doctored caught, and true ones marked unsupported, in per cent:

              before anything   when it was new   now
    1 mend      45   19           45   19         100   0
    1 count     50   24           50   24          92  10
    2 mend      43   22           89    9         100   2
    2 count     40   18           76   13          80  11
    3 mend      43   20           78   18          99   0

Since then all to mend by: 99 and 1; all that are counted: 88 and 9.
"""

from __future__ import annotations

import pytest

from tests.rag.citations.doctored_set import DoctoredSet

LOGIC = DoctoredSet("logic.jsonl", "passages")


def is_supported(name: str, text: str) -> bool:
    checked = LOGIC.check(name, text)
    return bool(checked.sentences) and all(sentence.supported for sentence in checked.sentences)


@pytest.mark.parametrize(
    ("half", "believed", "doubted"), [("mend", 0.05, 0.05), ("count", 0.14, 0.11)]
)
def test_what_is_wrong_is_marked_and_its_twin_is_not(
    half: str, believed: float, doubted: float
) -> None:
    """At most these shares of the doctored sentences are believed, and of the true ones marked."""
    pairs = LOGIC.half(half)
    wrong = [p["doctored"] for p in pairs if is_supported(p["passage"], p["doctored"])]
    marked = [p["true"] for p in pairs if not is_supported(p["passage"], p["true"])]
    assert len(wrong) <= believed * len(pairs), wrong
    assert len(marked) <= doubted * len(pairs), marked


def test_the_set_is_large_and_mixed() -> None:
    assert len(LOGIC.pairs) >= 280
    assert len({pair["how"] for pair in LOGIC.pairs}) >= 12
    assert {pair["passage"] for pair in LOGIC.pairs} == set(LOGIC.names)
