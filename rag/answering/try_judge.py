"""Trying a judge on the user's own documents: true sentences, and the same with one thing wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rag.answering.judging import LEAST_PRECISION, LEAST_RECALL, JudgeTrial, ServedJudge
from rag.index import Snapshot
from rag.language import sentences
from rag.language.claims import Claim

PAIRS = 60
_SEED = 14
_LENGTHS = (6, 40)  # words of a sentence
_TRIES = 20  # draws for each pair that is wanted
_NUMBER = re.compile(r"(?<![\w.,])\d+(?![\w.,])")
_VERB = re.compile(r"\b(?:is|are|was|were|must|may|can|will|has to be)\b")
_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class Pair(NamedTuple):
    """A sentence that stands in `text`, and the same with one thing wrong."""

    text: str
    true: str
    doctored: str


def draw_pairs(snapshot: Snapshot, count: int) -> Iterator[Pair]:
    """Pairs of the index's own sentences, spread over its documents; the same index gives the same ones."""
    ids = snapshot.document_ids().tolist()
    chance = random.Random(_SEED)  # noqa: S311 - a sample, not a secret
    seen: set[str] = set()
    for _ in range(_TRIES * count if ids else 0):
        chunks = list(snapshot.chunk_texts(chance.choice(ids)).values())
        if not chunks:
            continue
        text = chance.choice(chunks)
        true = chance.choice([text[a:b] for a, b in sentences.spans(text)] or [""])
        if true in seen or not _LENGTHS[0] <= len(true.split()) <= _LENGTHS[1]:
            continue
        if not (doctored := doctor(true, text, chance)):
            continue
        seen.add(true)
        yield Pair(text, true, doctored)
        if len(seen) == count:
            return


def doctor(sentence: str, text: str, chance: random.Random) -> str:
    """The sentence with another number, another name, or the contrary; "" where there is none of them."""
    ways = [_with_another_number, _with_another_name, _denied]
    chance.shuffle(ways)
    return next((other for way in ways if (other := way(sentence, text, chance))), "")


def _with_another_number(sentence: str, text: str, chance: random.Random) -> str:
    numbers = list(_NUMBER.finditer(sentence))
    if not numbers:
        return ""
    match = chance.choice(numbers)
    others = set(_NUMBER.findall(text)) - {match[0]}
    other = chance.choice(sorted(others)) if others else str(int(match[0]) + 1)
    return sentence[: match.start()] + other + sentence[match.end() :]


def _with_another_name(sentence: str, text: str, chance: random.Random) -> str:
    own, all_names = set(_names(sentence)), set(_names(text))
    others = sorted(all_names - own)
    if not own or not others:
        return ""
    name = chance.choice(sorted(own))
    return re.sub(rf"\b{re.escape(name)}\b", lambda _: chance.choice(others), sentence, count=1)


def _names(text: str) -> Iterator[str]:
    claim = Claim.of(text)
    yield from (claim.order[token.place].text for token in claim.tokens if token.is_name)


def _denied(sentence: str, _: str, __: random.Random) -> str:
    if Claim.of(sentence).negated:
        return ""
    denied = _VERB.sub(lambda match: f"{match[0]} not", sentence, count=1)
    return denied if denied != sentence else ""


def try_judge(
    judge: ServedJudge,
    pairs: Sequence[Pair],
    progress: Callable[[int], object] = int,
) -> JudgeTrial:
    """Ask the judge about both sentences of each pair.

    The threshold is chosen on every second pair, and the figures are those of the others. `progress` is told
    after each pair how many are done.
    """
    answers: list[tuple[float | None, float | None]] = []
    for done, pair in enumerate(pairs, start=1):
        answers.append(
            (judge.probability(pair.text, pair.true), judge.probability(pair.text, pair.doctored))
        )
        progress(done)
    chosen, held_out = answers[::2], answers[1::2]
    threshold = next((t for t in _THRESHOLDS if _is_good(*_figures(chosen, t))), _THRESHOLDS[-1])
    precision, recall = _figures(held_out, threshold)
    given = [answer for both in answers for answer in both]
    return JudgeTrial(
        model=judge.name,
        pairs=len(pairs),
        precision=round(precision, 4),
        recall=round(recall, 4),
        unclear=round(sum(answer is None for answer in given) / max(1, len(given)), 4),
        threshold=threshold,
    )


def _is_good(precision: float, recall: float) -> bool:
    return precision >= LEAST_PRECISION and recall >= LEAST_RECALL


def _figures(
    answers: Sequence[tuple[float | None, float | None]], threshold: float
) -> tuple[float, float]:
    """Precision and recall of the answers from the threshold on; 0 where nothing is confirmed."""
    true, doctored = (
        sum(both[n] is not None and (both[n] or 0.0) >= threshold for both in answers)
        for n in (0, 1)
    )
    return true / max(1, true + doctored), true / max(1, len(answers))
