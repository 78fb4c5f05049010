"""From untrusted text to HTML."""

from __future__ import annotations

import html
import re
from functools import cache

import nh3
from markdown_it import MarkdownIt

# What a browser drops, replaces or draws as nothing. Newline, carriage return and tab stay.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Marks that reorder what follows: "gpj.exe" can be made to read "exe.jpg".
_REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ANSWER_TAGS = {"strong", "em", "code"}


def escape(text: str) -> str:
    """Text as HTML text on one line; line breaks and tabs become character references."""
    text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate cannot be sent
    return _one_line(html.escape(_CONTROLS.sub("\ufffd", text)))


_GAPS = re.compile(r"[^\S\u00a0\u202f]+")
"""White space, but for the spaces at which no line breaks."""


def escape_name(text: str) -> str:
    """A title, file or section name: one run of text in which nothing changes the reading order."""
    return escape(_GAPS.sub(" ", _REORDERING.sub("", text)).strip())


def render_emphasis(text: str) -> str:
    """A model's text with its bold, italics and `code`; all other markup is shown as it was typed.

    Links and images stay text: a model can be talked into writing one that carries data away.
    """
    text = _CONTROLS.sub("\ufffd", text.encode("utf-8", "replace").decode("utf-8"))
    kept = _NO_EMPHASIS.sub(lambda signs: signs[0].translate(_HIDDEN), text)
    rendered = str(_markdown().renderInline(kept)).translate(_SHOWN)
    return _one_line(nh3.clean(rendered, tags=_ANSWER_TAGS, attributes={}))


def render_code_block(text: str) -> str | None:
    """A fenced block of code with its lines, without the fences and the language; None if it is none."""
    block = _FENCED.fullmatch(text.strip())
    return f"<code>{escape(block['code'])}</code>" if block else None


_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
_NO_EMPHASIS = re.compile(rf"_+|(?<=[^\W{_UNSPACED}])\*+(?=[^\W{_UNSPACED}])")
"""Signs that are part of what is written: "5*3*2", "__init__.py". Chinese words have no blanks between them,
and each may be bold."""
_HIDDEN = str.maketrans("*_", "\ue000\ue001")
_SHOWN = str.maketrans("\ue000\ue001", "*_")
_FENCED = re.compile(
    r"(?P<fence>```+|~~~+)[^\n`]*\n(?P<code>.*?)\n?[ \t]*(?:(?P=fence)[`~]*)?", re.DOTALL
)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("zero", {"html": False}).enable(["emphasis", "backticks"])


def _one_line(markup: str) -> str:
    return (
        markup.replace("\r\n", "&#10;")
        .replace("\n", "&#10;")
        .replace("\r", "&#10;")
        .replace("\t", "&#9;")
    )
