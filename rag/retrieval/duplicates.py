"""The same text in several documents: shown once, with the other places named.

Two passages are the same if all that differs is a word here and there, and none of these is a figure or a
denial: "27 days" and "25 days" are what somebody wants to see side by side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.hit import Hit, Place
from rag.language.logic_words import ALLOWED, FORBIDDEN, NEGATIONS

SAME = 0.9
"""Share of its runs of three words that a passage has in common with another of about its length."""
CONTAINED = 0.98
"""The same for one that is a part of a longer one."""
_LIKE_LENGTH = 0.9
_FEWEST_WORDS = 8
_SAMPLE = 8
_SHARED = 5
_WORD = re.compile(r"\w+")
_TELLING = NEGATIONS | FORBIDDEN | ALLOWED


def collapse_duplicates(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those that an earlier one from another document says too, which are named there.

    Of two of about the same length, the one of the newer version is shown.
    """
    kept: list[Hit] = []
    kept_words: list[_Said] = []
    for hit in hits:
        words = _Said.of(hit.text)
        for index, (other, other_words) in enumerate(zip(kept, kept_words, strict=True)):
            if other.document_id == hit.document_id or not words.is_in(other_words):
                continue
            newer = other.newer is not None and other.newer.uri == hit.uri
            if newer and words.is_like(other_words):
                kept[index], kept_words[index] = _naming(hit, other, other.score), words
            else:
                kept[index] = _naming(other, hit, other.score)
            break
        else:
            kept.append(hit)
            kept_words.append(words)
    if len(kept) == len(hits):
        return kept
    return [hit.model_copy(update={"rank": rank}) for rank, hit in enumerate(kept, start=1)]


def _naming(hit: Hit, other: Hit, score: float) -> Hit:
    itself = Place(uri=other.uri, title=other.title, page=other.page)
    places = {place.uri: place for place in (*hit.also_in, *other.also_in, itself)}
    places.pop(hit.uri, None)
    return hit.model_copy(update={"score": score, "also_in": tuple(places.values())})


@dataclass(slots=True)
class _Said:
    """The words of a passage, taken apart no further than a comparison needs."""

    text: str
    distinct: set[str]
    sample: frozenset[str]
    _words: list[str] | None = None
    _runs: set[tuple[str, ...]] | None = None

    @classmethod
    def of(cls, text: str) -> _Said:
        words = text.casefold().split()
        # Evenly spaced: of all of the text, and the same words in every process.
        step = max(1, len(words) // _SAMPLE)
        return cls(text, set(words), frozenset(words[::step]))

    def is_in(self, other: _Said) -> bool:
        """Whether the other says all of this. A few of its words tell most apart."""
        if len(self.sample & other.distinct) < min(_SHARED, len(self.sample)):
            return False
        if len(self.words) < _FEWEST_WORDS or _LIKE_LENGTH * len(self.words) > len(other.words):
            return False
        alike = self.is_like(other)
        runs = self.runs
        if len(runs & other.runs) < (SAME if alike else CONTAINED) * len(runs):
            return False
        ours, other_words = _telling(self.words), _telling(other.words)
        return ours == other_words if alike else ours <= other_words

    def is_like(self, other: _Said) -> bool:
        """Whether it is about as long as the other, or longer."""
        return len(self.words) >= _LIKE_LENGTH * len(other.words)

    @property
    def words(self) -> list[str]:
        if self._words is None:
            self._words = _WORD.findall(self.text.casefold())
        return self._words

    @property
    def runs(self) -> set[tuple[str, ...]]:
        if self._runs is None:
            words = self.words
            self._runs = set(zip(words, islice(words, 1, None), islice(words, 2, None)))  # noqa: B905
        return self._runs


def _telling(words: Iterable[str]) -> Counter[str]:
    """The figures and denials among the words, with how often they stand there."""
    return Counter(
        word for word in words if word in _TELLING or any(letter.isdigit() for letter in word)
    )
