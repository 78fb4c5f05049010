"""True sentences and their doctored twins about documents of twenty other kinds.

Written before the score was fitted; which half is only ever counted was drawn at random (seed 20261130). By
words alone, before anything: of the counted doctored sentences 81 % were not supported, and 26 % of the true
ones; now 85 % and 25 %. Of those to mend by: 93 % and 20 %. Told that nothing backs them are 2 % of the true
ones now, then all of the 26 %.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from rag.answer import Grade
from rag.citations import Checked, check
from rag.citations.statements import PassageSentences
from rag.hit import Hit

FOLDER = Path(__file__).parent / "doctored"
PAIRS = [json.loads(line) for line in (FOLDER / "kinds.jsonl").read_text("utf-8").splitlines()]
NAMES = sorted(path.stem for path in (FOLDER / "kinds").glob("*.md"))
READ = 3


def passages(name: str) -> list[Hit]:
    first = NAMES.index(name)
    return [_hit(NAMES[(first + n) % len(NAMES)], n + 1) for n in range(READ)]


@functools.cache
def source(name: str) -> PassageSentences:
    return PassageSentences(passages(name))


def check_against(name: str, text: str) -> Checked:
    """The check of a text against the passage, which is read once."""
    return check(text, passages(name), source=source(name))


def _hit(name: str, rank: int) -> Hit:
    text = (FOLDER / "kinds" / f"{name}.md").read_text("utf-8").rstrip("\n")
    title = text.partition("\n")[0].removeprefix("# ")
    return Hit(
        rank=rank, score=1 / rank, uri=f"/docs/{name}.md", title=title, text=text, start=0,
        end=len(text),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("half", "believed", "unsupported", "not_found"),
    [("mend", 0.08, 0.21, 0.03), ("count", 0.16, 0.26, 0.03)],
)
def test_few_doctored_sentences_are_believed_and_few_true_ones_not_found(
    half: str, believed: float, unsupported: float, not_found: float
) -> None:
    """At most these shares; they fall, and never rise."""
    pairs = [pair for pair in PAIRS if pair["half"] == half]
    wrong, doubted, lost = [], [], []
    for pair in pairs:
        doctored = check_against(pair["passage"], pair["doctored"])
        if all(sentence.supported for sentence in doctored.sentences):
            wrong.append(pair["doctored"])
        sentences = check_against(pair["passage"], pair["true"]).sentences
        if not all(sentence.supported for sentence in sentences):
            doubted.append(pair["true"])
        if any(sentence.grade is Grade.NOT_FOUND for sentence in sentences):
            lost.append(pair["true"])
    assert len(wrong) <= believed * len(pairs), wrong
    assert len(doubted) <= unsupported * len(pairs), doubted
    assert len(lost) <= not_found * len(pairs), lost


def test_the_set_is_large_and_mixed() -> None:
    assert len(PAIRS) == 200
    assert len({pair["how"] for pair in PAIRS}) >= 12
    assert {pair["passage"] for pair in PAIRS} == set(NAMES)
