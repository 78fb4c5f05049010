"""Markdown as a reader sees it."""

from __future__ import annotations

import re

_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|\*|___|__)(?=\S)(.+?)(?<=\S)\1")
_UNDERSCORED = re.compile(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)")
_MARKUP = re.compile(r"`+|</?[a-zA-Z][^<>]{0,80}>|\\(?=[\\`*_{}\[\]()#+.!|~-])")
_LEADING = re.compile(r"^(?:\s*(?:#{1,6}|>+)\s+)+|^\s+")
_SPACE = re.compile(r"\s+")
_ANY = re.compile(r"[*_`<\\\[#>]|\s\s|[^\S ]")
"""What markup is made of, or space that is not one blank."""


def plain_text(text: str) -> str:
    """A stretch of Markdown without its markup, in one line."""
    if not _ANY.search(text):
        return text.strip()
    text = _LINK.sub(r"\1", _LEADING.sub("", text))
    for _ in range(2):  # bold within italics
        text = _EMPHASIS.sub(r"\2", text)
    text = _UNDERSCORED.sub(r"\1", text)
    return _SPACE.sub(" ", _MARKUP.sub("", text)).strip()
