"""A document opened at a quote: its page as a picture with the quote framed, or its text around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.messages.page import Words
from ui.view.evidence import file_name
from ui.view.markup import escape, escape_name
from ui.view.passage import Span, render_passage

Box = tuple[float, float, float, float]
PlacedLine = tuple[str, float, float, float, float]
_EM, _DESCENT = 0.8, 0.22
"""Shares of a line's height, which is that of the font with its spacing: the type, and what is below it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open. `address` is its route on the server, `anchor` its link on the page.

    `page` of `pages` where there are pages that can be turned; `part` says in words which page, slide or
    section it is. `author`: as the file itself names them, or "". `notes` are sentences above it, `original`
    says whether the file may be downloaded.
    """

    title: str
    uri: str
    part: str
    address: str
    anchor: str
    page: int | None = None
    pages: int = 0
    notes: Sequence[str] = ()
    original: bool = False
    has_picture: bool = False
    author: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters `start` to `end` of a document's text. `header` is that of the table it begins within."""

    text: str
    start: int
    end: int
    mark: Span | None = None
    header: str = ""
    markdown: bool = False


def render_picture(
    opened: Opened,
    picture: str,
    size: tuple[int, int],
    boxes: Sequence[Box],
    lines: Sequence[PlacedLine],
    words: Words,
) -> str:
    """The page as a picture at the address `picture`, with its text on it, to be selected and found.

    The edges of boxes and lines are shares of its width and height.
    """
    width, height = size
    frames = "".join(
        f'<i class="frame" style="left:{left:.2%};top:{top:.2%};width:{right - left:.2%};'
        f'height:{bottom - top:.2%}"></i>'
        for left, top, right, bottom in boxes
    )
    description = words.picture_of.format(page=opened.page, title=opened.title)
    leaf = (
        f'<div class="leaf" style="--ratio:{width}/{height}">'
        f'<img src="{escape(picture)}" alt="{escape(description)}" width="{width}" height="{height}">'
        f"{frames}{_letters(lines, size)}</div>"
    )
    return _viewer(opened, leaf, words, kind="picture")


def _letters(lines: Sequence[PlacedLine], size: tuple[int, int]) -> str:
    """The page's text in transparent letters, each line as wide and as high as on the picture.

    SVG stretches a line to its width in every browser and at every zoom, without a script.
    """
    across, down = size
    texts = "".join(
        f'<text x="{left * across:.1f}" y="{(bottom - (bottom - top) * _DESCENT) * down:.1f}" '
        f'font-size="{(bottom - top) * down * _EM:.1f}" textLength="{(right - left) * across:.1f}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(text)}\n</text>'
        for text, left, top, right, bottom in lines
    )
    return f'<svg class="letters" viewBox="0 0 {across} {down}">{texts}</svg>' if texts else ""


def render_text(opened: Opened, stretch: Stretch, whole: int, words: Words) -> str:
    """The text around the quote; `whole` is how many characters the document has."""
    body = (
        (_more(opened, words.earlier, until=stretch.start) if stretch.start > 0 else "")
        + f'<div class="doc">{render_stretch(stretch)}</div>'
        + (_more(opened, words.later, start=stretch.end) if stretch.end < whole else "")
    )
    return _viewer(opened, f'<div class="reading">{body}</div>', words, kind="text")


def render_more_text(
    opened: Opened, stretch: Stretch, whole: int, words: Words, *, before: bool
) -> str:
    """The stretch before or after what is shown, with what leads on from there."""
    content = f'<div class="doc">{render_stretch(stretch)}</div>'
    if before:
        more = _more(opened, words.earlier, until=stretch.start) if stretch.start > 0 else ""
        return more + content
    return content + (_more(opened, words.later, start=stretch.end) if stretch.end < whole else "")


def render_stretch(stretch: Stretch) -> str:
    """The stretch as HTML, under the header of the table that it begins within."""
    lead = f"{stretch.header}\n" if stretch.header else ""
    mark = stretch.mark and (stretch.mark[0] + len(lead), stretch.mark[1] + len(lead))
    return render_passage(lead + stretch.text, mark, markdown=stretch.markdown)


def render_message(title: str, sentence: str) -> str:
    """Instead of a document."""
    return (
        f'<header class="viewer-head"><h2 tabindex="-1">{escape(title)}</h2></header>'
        f'<div class="viewer-body"><p class="plain">{escape(sentence)}</p></div>'
    )


def _viewer(opened: Opened, body: str, words: Words, kind: str) -> str:
    author = escape_name(f"{words.rooms.author} {opened.author}") if opened.author else ""
    parts = (file_name(opened.uri), escape_name(opened.part), author)
    where = " · ".join(part for part in parts if part)
    name = opened.address.rpartition("/")[2]
    notes = "".join(f'<p class="viewer-note">{escape(note)}</p>' for note in opened.notes)
    return (
        f'<header class="viewer-head"><h2 tabindex="-1">{escape_name(opened.title)}</h2>'
        f'<p class="where">{where} · <a href="/documents/{escape(name)}">'
        f"{escape(words.about_document)}</a></p></header>"
        f'<div class="viewer-tools">{_tools(opened, words, kind)}</div>'
        f'<div class="viewer-body is-{kind}" tabindex="0">{notes}{body}</div>'
    )


def _tools(opened: Opened, words: Words, kind: str) -> str:
    parts = []
    if opened.page is not None and opened.pages > 1:
        page_text = escape(words.page_of.format(page=opened.page, pages=opened.pages))
        parts.append(
            '<span class="group">'
            + _turn(opened, opened.page - 1, words.page_before, "‹", kind)
            + f'<span class="said">{page_text}</span>'
            + _turn(opened, opened.page + 1, words.page_after, "›", kind)
            + "</span>"
        )
    if kind == "picture":
        buttons = ((-1, "−", words.zoom_out), (0, words.zoom_fit, ""), (1, "+", words.zoom_in))
        parts.append(
            '<span class="group">'
            + "".join(
                f'<button type="button" data-zoom="{step}"'
                + (f' aria-label="{escape(label)}"' if label else "")
                + f">{escape(sign)}</button>"
                for step, sign, label in buttons
            )
            + "</span>"
        )
    if opened.has_picture:
        other, label = ("text", words.as_text) if kind == "picture" else ("page", words.as_picture)
        page = f"/{opened.page}" if opened.page else ""
        parts.append(f'<a href="{opened.anchor}/{other}{page}">{escape(label)}</a>')
    if opened.original:
        address = escape(f"{opened.address}/original")
        parts.append(f'<a href="{address}" download>{escape(words.download)}</a>')
    return "".join(parts)


def _turn(opened: Opened, page: int, label: str, sign: str, kind: str) -> str:
    if not 1 <= page <= opened.pages:
        return f'<span class="off" aria-hidden="true">{sign}</span>'
    way = "text" if kind == "text" else "page"
    step = "-1" if page < (opened.page or 0) else "1"
    return (
        f'<a href="{opened.anchor}/{way}/{page}" data-turn="{step}" aria-label="{escape(label)}">'
        f"{sign}</a>"
    )


def _more(opened: Opened, label: str, *, start: int | None = None, until: int | None = None) -> str:
    position = f"before={until}" if until is not None else f"after={start}"
    address = escape(f"{opened.address}/more?{position}")
    return f'<button type="button" class="more-text" data-more="{address}">{escape(label)}</button>'
