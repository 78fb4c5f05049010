"""Text of documents and models inside of Markdown that other programs show.

A picture from another host in an answer would tell that host what was asked, without a click.
"""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_ACTIVE = re.compile(r"\[|<[A-Za-z/!?]")
_OPENING = re.compile(r"([\\\[<])")


def escape_markdown(text: str) -> str:
    """A text on one line, in which no character is a mark."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def make_inert(text: str) -> str:
    """A text in which nothing is a link, a picture, a reference or HTML; its layout stays."""
    return escape_openings(text) if _ACTIVE.search(text) else text


def escape_openings(text: str) -> str:
    """The same for a piece of a text, whose other pieces are not known."""
    return _OPENING.sub(r"\\\1", text)
