"""What the index holds: documents and their chunks, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

SECTION_SEPARATOR = " > "
PUT_METADATA = "given"
"""Where a document's metadata holds what whoever put it said of it, by names of their own."""
LANGCHAIN_METADATA = "langchain"
"""The same of what LangChain's vector store added."""
_DRAWN = re.compile(r"([-=_*.~#·•–—])\1{3,}|[ \t\u00a0]{2,}")

_RULE = re.compile(r"^\|(?: ?:?-+:? ?\|)+(?:\n|$)", re.MULTILINE)
_BAR = re.compile(r"^\| | \|(?: |$)", re.MULTILINE)
"""The bars between a table's cells: a row has ten more tokens with them, and no other meaning."""


def squeeze_padding(text: str) -> str:
    """A text without what is only drawn: bars of tables left out, dot leaders short, padding one space.

    A Markdown table's rule of a hundred dashes is a hundred tokens to an embedder, and says nothing.
    """
    if "|" in text:
        text = _BAR.sub(" ", _RULE.sub("", text))
    return without_padding(text)


def without_padding(text: str) -> str:
    """A text with rules and dot leaders made short and padding one space; tables keep their bars."""
    return _DRAWN.sub(lambda match: match[1] * 3 if match[1] else " ", text)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page: points (1/72 inch) from the page's top left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a document: the unit that is embedded and found.

    `start` and `end` count characters (code points): `document.text[start:end] == text`, always.
    `context` is what is embedded and indexed in front of `text` but never shown: the document's title,
    the section path, a table's header row.
    """

    start: int
    end: int
    text: str
    page: int | None = None
    section: tuple[str, ...] = ()
    context: str = ""
    boxes: tuple[Box, ...] = ()

    @property
    def embedded_text(self) -> str:
        """Exactly what the embedder is given for this chunk."""
        text = squeeze_padding(self.text)
        return f"{self.context}\n{text}" if self.context else text


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of a document from its place alone, without reading it; see `Document`."""

    readers: tuple[str, ...] = ("*",)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One source file as it was read.

    `uri` is the absolute POSIX path of the file, its identity in the index. `readers` are the access
    tokens that may read it; an empty tuple means nobody, `("*",)` everybody.
    """

    uri: str
    title: str
    text: str
    media_type: str
    source_sha256: str
    root: str = ""
    language: str = ""
    modified_at: float | None = None
    tags: tuple[str, ...] = ()
    readers: tuple[str, ...] = ("*",)
    metadata: dict[str, Any] = field(default_factory=dict)
    chunks: tuple[Chunk, ...] = ()
