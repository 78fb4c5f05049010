"""Addresses of places in documents, as they stand behind a # on the page.

`#source/NAME/START-END-CHECK`: characters START to END of the document called NAME, whose text had that
check sum when the link was made; without one the link names a place and no words. A link is no permission:
whoever opens it is asked who they are.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

SOURCE_FRAGMENT = "#source/"

Name = Callable[[str], str]
"""From a document's URI to its short name, which does not say where the file lies."""


def check_of(text: str) -> str:
    """A short check sum of a quote, so that one that has moved in its document can be found again."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def make_source_link(name: Name, uri: str, start: int, end: int, text: str) -> str:
    """Where `text`, characters `start` to `end` of a document, can be read in its surroundings.

    Without `text` it leads to the place, whatever stands there now.
    """
    return f"{SOURCE_FRAGMENT}{name(uri)}/{start}-{end}-{check_of(text) if text else ''}"


def make_public_link(address: str, name: Name, uri: str, start: int, end: int, text: str) -> str:
    """The same for other programs to show; `address` is where people reach the page.

    Whoever follows it without having signed in gets there after it.
    """
    path = make_source_link(name, uri, start, end, text).removeprefix(SOURCE_FRAGMENT)
    return f"{address}/open/{path}"
