"""Documents that are versions of one another, and which of them is the newer.

They are known by their names (`password-standard-v2.txt` and `password-standard-v3.md` in one folder), or
because one says so at its beginning ("This supersedes the Business travel policy 2024"). Where the names
differ in a date alone, the two have to begin alike as well: the minutes of February are no version of
January's. Which file was changed later tells nothing: copying does that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from rag.index import Snapshot
from rag.retrieval.passages import Passage
from rag.retrieval.version_names import Edition, read_version, tags

Names = Mapping[int, tuple[str, str]]
"""Uri and title of documents, by id."""

ALIKE = 0.5
"""Share of the words of the shorter beginning that two editions known by their dates have in common."""
WORTH = 0.5
"""A passage of the newer one is put first if it has at least this share of the older one's score."""


def put_newest_first(
    passages: Sequence[Passage], query: str, snapshot: Snapshot, names: Names
) -> tuple[list[Passage], dict[int, int]]:
    """The passages, the best of a newer version in front of the best of an older one; and who is newer.

    That is the newer document's id by the older one's. Where the query names the older one by its year or its
    number, nothing moves. `names`: uri and title of each document.
    """
    documents = {passage.found.document_id for passage in passages}
    beginnings = snapshot.beginnings(documents)
    editions = {
        document: read_version(*names[document], beginnings[document])
        for document in sorted(documents)
    }
    newer = find_newer(editions)
    placed = list(passages)
    for older, newest in newer.items():
        if not (editions[older].tags - editions[newest].tags) & tags(query):
            _put_first(placed, newest, older)
    return placed, newer


def find_newer(editions: Mapping[int, Edition]) -> dict[int, int]:
    """For each document of which there is a newer version among these, the newest, by id."""
    named = defaultdict(list)
    for document, edition in editions.items():
        named[edition.folder, edition.words].append(document)
    later: dict[int, set[int]] = defaultdict(set)
    for (_, words), documents in named.items():
        for one, other in combinations(documents if words else (), 2):
            order = _by_name(editions[one], editions[other])
            if order:
                older, newer = (one, other) if order < 0 else (other, one)
                later[older].add(newer)
    for one, edition in editions.items():
        if not (edition.older or edition.newer):
            continue
        for other, other_edition in editions.items():
            if one == other:
                continue
            if edition.is_newer_than(other_edition):
                later[other].add(one)
                later[one].discard(other)
            elif edition.is_older_than(other_edition):
                later[one].add(other)
                later[other].discard(one)
    return {older: _last(newer, later) for older, newer in later.items() if newer}


def _last(newer: Iterable[int], later: Mapping[int, set[int]]) -> int:
    """The one that none of the others is a newer version of."""
    candidates = sorted(newer)
    ends = [candidate for candidate in candidates if not later.get(candidate)]
    return (ends or candidates)[-1]


def _by_name(one: Edition, other: Edition) -> int:
    """Below 0 if the name of the first says that it is the older one, above 0 if the other's does; else 0."""
    if one.is_retired != other.is_retired:
        return -1 if one.is_retired else 1
    if one.number and other.number and one.number != other.number:
        return -1 if one.number < other.number else 1
    if one.date and other.date and one.date != other.date and _alike(one, other):
        return -1 if one.date < other.date else 1
    return 0


def _alike(one: Edition, other: Edition) -> bool:
    fewer = min(len(one.begins), len(other.begins))
    return bool(fewer) and len(one.begins & other.begins) >= ALIKE * fewer


def _put_first(passages: list[Passage], newest: int, older: int) -> None:
    documents = [passage.found.document_id for passage in passages]
    to, best = documents.index(older), documents.index(newest)
    if best > to and passages[best].score >= WORTH * passages[to].score:
        passages.insert(to, replace(passages.pop(best), score=passages[to].score))
