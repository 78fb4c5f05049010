"""True sentences and their doctored twins about documents of twenty other kinds.

Written before the score was fitted; which half is only ever counted was drawn at random (seed 20261130). By
words alone, before anything: of the counted doctored sentences 81 % were not supported, and 26 % of the true
ones; now 85 % and 26 %. Of those to mend by: 95 % and 12 %. Told that nothing backs them are 2 % of the true
ones now, then all of the 26 %.
"""

from __future__ import annotations

import pytest

from rag.answer import Grade
from tests.rag.citations.doctored_set import DoctoredSet

KINDS = DoctoredSet("kinds.jsonl", "kinds")


@pytest.mark.parametrize(
    ("half", "believed", "unsupported", "not_found"),
    [("mend", 0.05, 0.12, 0.03), ("count", 0.16, 0.26, 0.03)],
)
def test_few_doctored_sentences_are_believed_and_few_true_ones_not_found(
    half: str, believed: float, unsupported: float, not_found: float
) -> None:
    """At most these shares; they fall, and never rise."""
    pairs = KINDS.half(half)
    wrong, doubted, lost = [], [], []
    for pair in pairs:
        doctored = KINDS.check(pair["passage"], pair["doctored"])
        if all(sentence.supported for sentence in doctored.sentences):
            wrong.append(pair["doctored"])
        sentences = KINDS.check(pair["passage"], pair["true"]).sentences
        if not all(sentence.supported for sentence in sentences):
            doubted.append(pair["true"])
        if any(sentence.grade is Grade.NOT_FOUND for sentence in sentences):
            lost.append(pair["true"])
    assert len(wrong) <= believed * len(pairs), wrong
    assert len(doubted) <= unsupported * len(pairs), doubted
    assert len(lost) <= not_found * len(pairs), lost


def test_the_set_is_large_and_mixed() -> None:
    assert len(KINDS.pairs) == 200
    assert len({pair["how"] for pair in KINDS.pairs}) >= 12
    assert {pair["passage"] for pair in KINDS.pairs} == set(KINDS.names)
