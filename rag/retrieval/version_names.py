"""What the name, the title and the beginning of a document say about which version it is."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag.index.search.analysis import plain_words


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"(?<!\d)(?P<year>{_YEAR})(?:[-. ]?(?P<month>0[1-9]|1[0-2])(?:[-. ]?(?P<day>0[1-9]|[12]\d|3[01]))?)?"
    rf"(?!\d)|(?<!\d)(?P<d>0?[1-9]|[12]\d|3[01])[-. ](?P<m>0?[1-9]|1[0-2])[-. ](?P<y>{_YEAR})(?!\d)"
)
_NUMBER = re.compile(
    r"\b(?:v(?=\d)|(?:version|ver|rev|revision|issue|edition|release|ausgabe|fassung|auflage|édition|versión)"
    r"[-. ]*)(\d{1,3}(?:\.\d{1,3}){0,3})\b"
)
_RETIRED = _set(
    """
    old obsolete archived archive outdated superseded former draft veraltet alt alte archiv entwurf ancien
    ancienne brouillon antiguo antigua obsoleto borrador
    """
)
_QUALIFIERS = _RETIRED | _set(
    "new final current latest copy neu neue aktuell nouveau nouvelle nuevo nueva"
)
_REPLACES = re.compile(
    r"\b(?:supersedes?|superseding|replaces|replacing|ersetzt|remplace|sustituye|reemplaza)\b"
    r"(?! +(?:by|durch|par|por)\b)([^\n]{3,200})",
    re.IGNORECASE,
)
_REPLACED = re.compile(
    r"\b(?:superseded by|replaced by|ersetzt durch|abgelöst durch|remplacée? par|sustituid[oa] por)\b"
    r"([^\n]{3,200})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Edition:
    """`words` are those of its file's name without what tells versions apart; `folder` is where it lies.

    `date` is (year, month, day), 0 for what the name does not say, `number` that of a version; () where there
    is none. `tags` is both as a question may name them. `names` are the words of its title and of its file's
    name, `begins` those of its beginning. `older` and `newer`: the words of the sentences in which it says
    what it replaces, and what replaces it.
    """

    folder: str
    words: frozenset[str]
    date: tuple[int, ...]
    number: tuple[int, ...]
    is_retired: bool
    tags: frozenset[str]
    names: tuple[frozenset[str], ...]
    begins: frozenset[str]
    older: tuple[frozenset[str], ...]
    newer: tuple[frozenset[str], ...]

    def is_newer_than(self, other: Edition) -> bool:
        """Whether this one says that it replaces the other."""
        return any(self._means(sentence, other) for sentence in self.older)

    def is_older_than(self, other: Edition) -> bool:
        """Whether this one says that the other replaces it."""
        return any(self._means(sentence, other) for sentence in self.newer)

    def _means(self, sentence: frozenset[str], other: Edition) -> bool:
        """Whether a sentence of this one names the other: by its title, its file, or its version alone."""
        if any(len(name) > 1 and name <= sentence for name in other.names):
            return True
        same = bool(self.words) and (self.words, self.folder) == (other.words, other.folder)
        return same and not sentence.isdisjoint(other.tags - self.tags)


@functools.lru_cache(4096)
def read_version(uri: str, title: str, beginning: str) -> Edition:
    """What a file's name, its title and the beginning of its text say about the version."""
    path = PurePosixPath(uri)
    stem = path.stem.replace("_", " ").casefold()
    number = [tuple(map(int, version.split("."))) for version in _NUMBER.findall(stem)]
    rest = _NUMBER.sub(" ", stem)
    date = [_date(match) for match in _DATE.finditer(rest)]
    words = plain_words(_DATE.sub(" ", rest))
    return Edition(
        folder=str(path.parent),
        words=frozenset(word for word in words if word not in _QUALIFIERS),
        date=date[-1] if date else (),
        number=number[-1] if number else (),
        is_retired=not _RETIRED.isdisjoint(words),
        tags=tags(stem) | tags(title),
        names=(frozenset(plain_words(title)), frozenset(plain_words(stem))),
        begins=frozenset(word for word in plain_words(beginning) if word.isalpha()),
        older=tuple(map(_words, _REPLACES.findall(beginning))),
        newer=tuple(map(_words, _REPLACED.findall(beginning))),
    )


def tags(text: str) -> frozenset[str]:
    """The years in a text, and the numbers of versions as in "v2"."""
    text = text.casefold()
    years = {str(_date(match)[0]) for match in _DATE.finditer(text)}
    return frozenset(years | {f"v{number}" for number in _NUMBER.findall(text)})


def _words(sentence: str) -> frozenset[str]:
    return frozenset(plain_words(sentence)) | tags(sentence)


def _date(match: re.Match[str]) -> tuple[int, ...]:
    if match["year"]:
        return int(match["year"]), int(match["month"] or 0), int(match["day"] or 0)
    return int(match["y"]), int(match["m"]), int(match["d"])
