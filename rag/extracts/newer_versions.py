"""Puts what the newer version of a document says before what the older one says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from rag.extracts.units import Unit
from rag.hit import Hit, Place
from rag.retrieval.version_names import tags

_WORTH = 0.05
"""Share of the older version's probability from which on the newer one's sentence comes first. As little as
that, because a rule that has changed is worded in another way: "Passwords no longer expire"."""


def put_newer_first(
    question: str,
    hits: Sequence[Hit],
    units: Sequence[Unit],
    groups: Sequence[tuple[list[int], float]],
) -> list[tuple[list[int], float]]:
    """Groups of units with their probabilities, the best of a newer version before the best of the older one.

    Before, the highest probability comes first. Nothing moves where the question names a year or a number
    that is not the newer version's.
    """
    placed = list(groups)
    hits_in_order = [hits[units[group[0]].hit] for group, _ in groups]
    newer = {
        hit.uri: hit.newer.uri
        for hit in hits_in_order
        if hit.newer and not _names_another(question, hit.newer)
    }
    for older_uri, newer_uri in newer.items():
        uris = [hits[units[group[0]].hit].uri for group, _ in placed]
        first = uris.index(older_uri)
        best = uris.index(newer_uri) if newer_uri in uris else first
        if best > first and placed[best][1] >= _WORTH * placed[first][1]:
            placed.insert(first, placed.pop(best))
    return placed


def _names_another(question: str, newer: Place) -> bool:
    """Whether a question names a year or a version that is not that of the newer document."""
    return bool(tags(question) - tags(f"{newer.title} {PurePosixPath(newer.uri).stem}"))
