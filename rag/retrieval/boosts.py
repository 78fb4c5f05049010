"""Documents that a question calls by the name of their file.

The title of a report is often its publisher's form ("Annual report"), and whose report it is stands in the
file's name alone. Words that the title has as well do not count: they were searched for already.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from pathlib import PurePosixPath

from rag.index.catalog.rows import ChunkRow
from rag.index.search.analysis import plain_words

NAME_WEIGHT = 0.2
"""What the chunks of the document that is called by most of its name get on top of their scores."""


def compute_filename_boosts(
    query: str, documents: Mapping[int, tuple[str, str]]
) -> dict[int, float]:
    """How much each document is called by its file's name: 0…NAME_WEIGHT, by document id.

    `documents`: uri and title, by id.

    A word counts the more, the fewer of the documents have it (ln(n / df)). Two words of the question that
    are one in a name ("Best Buy", BESTBUY.pdf) are found as well.
    """
    names = {document: _name(uri, title) for document, (uri, title) in documents.items()}
    query_words = plain_words(query)
    names_asked_for = {*query_words, *(first + second for first, second in pairwise(query_words))}
    having = Counter(word for name in names.values() for word in name)
    weights = {
        document: sum(math.log(len(names) / having[word]) for word in name & names_asked_for)
        for document, name in names.items()
    }
    most = max(weights.values(), default=0.0)
    return {document: NAME_WEIGHT * weight / most for document, weight in weights.items() if weight}


@functools.lru_cache(4096)
def _name(uri: str, title: str) -> frozenset[str]:
    stem = PurePosixPath(uri).stem.replace("_", " ")
    return frozenset(plain_words(stem)) - frozenset(plain_words(title))


PHRASE_WEIGHT = 0.5
"""What a chunk that holds all of the phrases gets on top of its score: as much as one of the two searches."""
_QUOTED = re.compile(r'"([^"]+)"|“([^”“]+)[”“]|„([^“”„]+)[“”]|«([^»«]+)»|»([^«»]+)«')
_WORDS = re.compile(r"\w+")


def find_quoted_phrases(query: str) -> frozenset[str]:
    """The phrases of two words or more; a single one is searched for as it stands in any case."""
    phrases = (_spaced("".join(groups)) for groups in _QUOTED.findall(query))
    return frozenset(phrase for phrase in phrases if " " in phrase.strip())


def compute_phrase_boosts(phrases: Collection[str], rows: Iterable[ChunkRow]) -> dict[int, float]:
    """What each chunk gets for the phrases that it holds, by id: 0…PHRASE_WEIGHT.

    Letter case, punctuation and line breaks do not count.
    """
    bonuses = {}
    for row in rows:
        text = _spaced(row.text)
        if count := sum(phrase in text for phrase in phrases):
            bonuses[row.chunk_id] = PHRASE_WEIGHT * count / len(phrases)
    return bonuses


def _spaced(text: str) -> str:
    """The words with one space around each."""
    return f" {' '.join(_WORDS.findall(text.casefold()))} "
