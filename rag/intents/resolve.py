"""Which document a request names: by the words of titles and file names."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from rag.index.search.analysis import plain_words, stems
from rag.index.views.inventory import DocumentRecord
from rag.intents.wording import Wording
from rag.intents.workspace import Workspace
from rag.retrieval.version_names import Edition, read_version, tags
from rag.retrieval.versions import find_newer

COVERED = 0.33
"""Share of the telling words of a title, or of a file's name, that a request has to name. Measured on titles
of two to eight words: "the travel policy" names 2 of 3, and "Skua 900" 2 of 7 of a notice on its blades."""
_MISSPELT = 0.84
"""Likeness (2 × shared letters in order / letters of both) of two words that differ in a letter."""
_SHORTEST_MISSPELT = 6
_VERSION = re.compile(r"v?\d{1,3}(?:\.\d{1,3})*")
_VERSION_WORDS = frozenset(
    ["version", "versions", "fassung", "fassungen", "versión", "versiones", "version"]
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a request says of a document: telling words, years and version numbers, older or newer."""

    words: tuple[str, ...]
    tags: frozenset[str]
    is_older: bool
    is_newer: bool

    @property
    def is_only_a_version(self) -> bool:
        """Whether it says which version, but not of what."""
        return not self.words


def read_reference(text: str, wording: Wording) -> Reference:
    """The telling words of a reference, without what only says which version is meant."""
    versions = tags(text) | _bare_versions(text)
    numbers = {tag.removeprefix("v") for tag in versions}
    older, newer = wording.set_of("older"), wording.set_of("newer")
    skipped = {_plain(word) for word in wording.set_of("empty") | older | newer} | _VERSION_WORDS
    every = plain_words(text)
    words = [
        word
        for word in every
        if word not in skipped and word not in numbers and word not in versions
    ]
    mentioned = set(every)
    return Reference(
        tuple(dict.fromkeys(words)),
        frozenset(versions),
        bool(mentioned & {_plain(word) for word in older}),
        bool(mentioned & {_plain(word) for word in newer}),
    )


def _bare_versions(text: str) -> set[str]:
    """A reference that is nothing but "v3" or "3" says a version."""
    bare = text.strip().casefold()
    return {f"v{bare.removeprefix('v')}"} if _VERSION.fullmatch(bare) else set()


def find_documents(reference: Reference, workspace: Workspace) -> list[DocumentRecord]:
    """The documents that have every word of the reference in their names, those named most fully first."""
    if not reference.words:
        return []
    covered: dict[int, float] = {}
    for document, record in workspace.records.items():
        names = _names(record.uri, record.title)
        if not all(
            any(_same(word, other, record.language) for other in names.all)
            for word in reference.words
        ):
            continue
        if reference.tags and not reference.tags & names.tags:
            continue
        share = max(
            sum(
                any(_same(word, other, record.language) for word in reference.words)
                for other in part
            )
            / len(part)
            for part in (names.title, names.file)
            if part
        )
        if share >= COVERED:
            covered[document] = share
    order = sorted(covered, key=lambda document: (-covered[document], document))
    return [workspace.records[document] for document in order]


def find_newer_versions(records: Iterable[DocumentRecord], workspace: Workspace) -> dict[int, int]:
    """For each of these documents of which there is a newer version among them, the newest, by id."""
    return find_newer(editions(records, workspace))


def editions(records: Iterable[DocumentRecord], workspace: Workspace) -> Mapping[int, Edition]:
    """What the names and beginnings of documents say of their versions, by id."""
    known = {record.document_id: record for record in records}
    beginnings = workspace.snapshot.beginnings(known)
    return {
        document: read_version(record.uri, record.title, beginnings[document])
        for document, record in known.items()
    }


@dataclass(frozen=True, slots=True)
class _Names:
    """Telling words of a title and of a file's name; `all` also has the words that tell versions apart."""

    title: frozenset[str]
    file: frozenset[str]
    all: frozenset[str]
    tags: frozenset[str]


_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the of and a an our for to in on with at de la le les der die das und el los y et du des",
    )
)


@functools.lru_cache(4096)
def _names(uri: str, title: str) -> _Names:
    path = PurePosixPath(uri)
    stem = path.stem.replace("_", " ")
    title_words, file_words = frozenset(plain_words(title)), frozenset(plain_words(stem))
    versions = tags(title) | tags(stem)
    numbers = {tag.removeprefix("v") for tag in versions} | versions
    return _Names(
        title_words - _COMMON - numbers,
        file_words - _COMMON - numbers,
        title_words | file_words | frozenset(plain_words(path.suffix)),
        frozenset(versions),
    )


@functools.lru_cache(8192)
def _same(word: str, other: str, language: str) -> bool:
    """Whether two words are the same, have one stem, or differ in a letter."""
    if word == other:
        return True
    if word.isdigit() or other.isdigit():
        return False
    for code in {"en", language or "en"}:
        roots = stems(word, code)
        if roots and roots == stems(other, code):
            return True
    if min(len(word), len(other)) < _SHORTEST_MISSPELT or word[0] != other[0]:
        return False
    return SequenceMatcher(None, word, other, autojunk=False).ratio() >= _MISSPELT


def _plain(word: str) -> str:
    return "".join(plain_words(word))


def titles(records: Sequence[DocumentRecord], wording: Wording) -> str:
    """Their titles in a sentence."""
    return ", ".join(wording.quoted(record.title) for record in records)
