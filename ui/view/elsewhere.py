"""What other documents have to do with a passage: a newer version of its own, others that say the same."""

from __future__ import annotations

from collections.abc import Iterator

from rag.hit import Hit, Place
from ui.view.markup import escape, escape_name
from ui.view.text import Words


def elsewhere(hit: Hit, words: Words) -> Iterator[str]:
    """HTML for the line that says where the passage stands."""
    before, _, behind = (escape(part) for part in words.older.partition("{title}"))
    if hit.newer is not None:
        yield f"<strong>{before}{_name(hit.newer)}{behind}</strong>"
    before, _, behind = (escape(part) for part in words.also_in.partition("{titles}"))
    if hit.also_in:
        yield f"{before}{', '.join(map(_name, hit.also_in))}{behind}"


def _name(place: Place) -> str:
    """Title and file: two versions may well have one title."""
    file = escape_name(place.uri.rpartition("/")[2])
    title = escape_name(place.title)
    return f"{title} ({file})" if title and title != file else file
