"""Comparing texts by their words."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Collection, Sequence

_WORD = re.compile(r"[^\W_]+")
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def words(text: str) -> list[str]:
    """Runs of letters and digits, in lower case, in order."""
    return _WORD.findall(text.lower())


def share_of(needed: Collection[str], among: Collection[str]) -> float:
    """Share of the distinct words of `needed` that are in `among`; 0 if none is needed."""
    distinct = set(needed)
    return len(distinct & set(among)) / len(distinct) if distinct else 0.0


def normalise_tokens(text: str) -> list[str]:
    """The tokens of a text as SQuAD compares them.

    Lower case, without ASCII punctuation, then without English articles, split at white space: the
    official evaluation script of Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension
    of Text", EMNLP 2016.
    """
    return _ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def holds(text: str, expected: Sequence[str]) -> bool:
    """Whether one of the expected answers stands in the text, token by token after normalisation.

    "5 days" does not stand in "15 days".
    """
    tokens = normalise_tokens(text)
    for answer in map(normalise_tokens, expected):
        size = len(answer)
        if size and any(tokens[at : at + size] == answer for at in range(len(tokens) - size + 1)):
            return True
    return False


def token_f1(text: str, expected: Sequence[str]) -> float:
    """SQuAD's F1 of the text's tokens against the expected answer that fits best."""
    return max(
        (_f1(normalise_tokens(text), normalise_tokens(answer)) for answer in expected), default=0.0
    )


def _f1(given: list[str], expected: list[str]) -> float:
    if not given or not expected:
        return float(given == expected)
    shared = sum((Counter(given) & Counter(expected)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(given), shared / len(expected)
    return 2 * precision * recall / (precision + recall)
