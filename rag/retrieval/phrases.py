"""Phrases that a question puts in quotation marks: wanted word for word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from rag.index.rows import ChunkRow

PHRASE_WEIGHT = 0.5
"""What a chunk that holds all of the phrases gets on top of its score: as much as one of the two searches."""
_QUOTED = re.compile(r'"([^"]+)"|“([^”“]+)[”“]|„([^“”„]+)[“”]|«([^»«]+)»|»([^«»]+)«')
_WORDS = re.compile(r"\w+")


def quoted(query: str) -> frozenset[str]:
    """The phrases of two words or more; a single one is searched for as it stands in any case."""
    found = (_spaced("".join(groups)) for groups in _QUOTED.findall(query))
    return frozenset(phrase for phrase in found if " " in phrase.strip())


def holding(phrases: Collection[str], rows: Iterable[ChunkRow]) -> dict[int, float]:
    """What each chunk gets for the phrases that it holds, by id: 0…PHRASE_WEIGHT.

    Letter case, punctuation and line breaks do not count.
    """
    held = {}
    for row in rows:
        text = _spaced(row.text)
        if count := sum(phrase in text for phrase in phrases):
            held[row.chunk_id] = PHRASE_WEIGHT * count / len(phrases)
    return held


def _spaced(text: str) -> str:
    """The words with one space around each."""
    return f" {' '.join(_WORDS.findall(text.casefold()))} "
