"""Puts what the newer version of a document says before what the older one says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from rag.extracts.units import Unit
from rag.extracts.word_overlap import Float64
from rag.hit import Hit
from rag.retrieval.version_names import tags

_WORTH = 0.05
"""Share of the older version's probability from which on the newer one's sentence comes first. As little as
that, because a rule that has changed is worded in another way: "Passwords no longer expire"."""


def put_newer_first(
    question: str,
    hits: Sequence[Hit],
    units: Sequence[Unit],
    groups: Sequence[list[int]],
    probabilities: Float64,
) -> list[list[int]]:
    """The groups of units, the best one of a newer version before the best one of the older version.

    `probabilities` are those of the groups, the highest first. Nothing moves where the question names a year
    or a number that is not the newer version's.
    """
    hit_of = [hits[units[group[0]].hit] for group in groups]
    order = list(range(len(groups)))
    for older in {
        hit.uri: hit for hit in hit_of if hit.newer and not _names(question, hit)
    }.values():
        newer_uri = older.newer.uri if older.newer else ""
        uris = [hit_of[number].uri for number in order]
        first = uris.index(older.uri)
        best = uris.index(newer_uri) if newer_uri in uris else first
        if best > first and probabilities[order[best]] >= _WORTH * probabilities[order[first]]:
            order.insert(first, order.pop(best))
    return [groups[number] for number in order]


def _names(question: str, hit: Hit) -> bool:
    """Whether a question names a year or a version that is not that of the newer document."""
    newer = f"{hit.newer.title} {PurePosixPath(hit.newer.uri).stem}" if hit.newer else ""
    return bool(tags(question) - tags(newer))
