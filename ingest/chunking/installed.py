"""Chunkers of other distributions, which name them as entry points.

In the group `inhouse.chunkers` stand a name for the setting `chunker.name`, and a function that takes a
document's text and returns the positions at which a chunk has to begin. Another version of a distribution
means that all documents are cut anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points

from ingest.parsers.installed import find_distribution_version
from rag.errors import ConfigurationError

GROUP = "inhouse.chunkers"
StartFinder = Callable[[str], Iterable[int]]
"""Where chunks have to begin: positions in the text."""


def read_chunker_version(name: str) -> str:
    """The version of the installed chunker with this name; "none" if there is none."""
    point = _chunker(name)
    return find_distribution_version(point) if point else "none"


def load_chunker(name: str) -> StartFinder | None:
    """The installed chunker with this name, None for "". Raises ConfigurationError."""
    if not name:
        return None
    point = _chunker(name)
    if point is None:
        known = ", ".join(sorted(point.name for point in entry_points(group=GROUP))) or "none"
        raise ConfigurationError(
            f"chunker.name: no chunker {name!r} is installed.", hint=f"Installed: {known}."
        )
    try:
        finder: StartFinder = point.load()
    except Exception as exc:  # the code of somebody else
        raise ConfigurationError(
            f"chunker.name: {name!r} cannot be loaded from {point.value} ({type(exc).__name__}: {exc})."
        ) from exc
    return finder


def _chunker(name: str) -> EntryPoint | None:
    return next((point for point in entry_points(group=GROUP) if point.name == name), None)
