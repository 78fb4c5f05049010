"""The room in which one searches without the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from rag.hit import Hit
from rag.index.views.files import Choices
from ui.messages.numbers import count, number
from ui.messages.page import Words
from ui.view.evidence import file_name, where
from ui.view.evidence import is_markdown as is_markdown_name
from ui.view.forms import chooser, date_field, type_name
from ui.view.markup import escape, escape_name
from ui.view.passage import passage

_GLANCE = 420  # characters of a passage that are shown at once
_SPARE = 80  # characters; so little is not worth a click


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form. Dates as in 2026-11-24; `many` passages are wanted."""

    query: str = ""
    folder: str = ""
    media_type: str = ""
    tag: str = ""
    changed_from: str = ""
    changed_until: str = ""
    many: int = 10

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the words narrows the search."""
        narrowing = (self.folder, self.media_type, self.tag, self.changed_from, self.changed_until)
        return any(narrowing)

    def address(self, **changes: object) -> str:
        """The address of this search, with these changes."""
        values = {
            "q": self.query,
            "folder": self.folder,
            "type": self.media_type,
            "tag": self.tag,
            "from": self.changed_from,
            "until": self.changed_until,
            **changes,
        }
        return f"/search?{urlencode({name: value for name, value in values.items() if value})}"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a passage was found: its place in the ranking by meaning and by words, None: not among the `of`.

    `matched` are the words of the query that it shares, `marks` where they stand in its text. `link` opens
    it in its document, `document` is the address of what is known of that. `elsewhere` is HTML: where else
    the same stands.
    """

    by_meaning: int | None
    by_words: int | None
    of: int
    matched: Sequence[str]
    marks: Sequence[tuple[int, int]]
    link: str
    document: str
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The passages, and how long it took to find them."""

    hits: Sequence[tuple[Hit, Why]]
    milliseconds: float
    more: int = 0


def search_page(
    asked: Asked, choices: Choices, found: Found | None, complaint: str, words: Words
) -> str:
    """Form and passages. `found` is None before anything was looked for."""
    said = words.rooms
    if complaint:
        results = f'<p class="complaint">{escape(complaint)}</p>'
    elif found is None:
        results = ""
    elif not found.hits:
        results = f'<p class="none" role="status">{escape(said.nothing_fits)}</p>'
    else:
        results = _results(asked, found, words)
    return (
        f'<h1>{escape(said.search)}</h1><p class="lead">{escape(said.search_lead)}</p>'
        f'{_form(asked, choices, words)}<div id="results">{results}</div>'
    )


def _form(asked: Asked, choices: Choices, words: Words) -> str:
    said = words.rooms
    clear = (
        f'<a class="button" href="{escape(Asked(asked.query).address())}">{escape(said.clear)}</a>'
        if asked.is_filtered
        else ""
    )
    tags = (
        chooser("tag", said.tag, said.any_tag, choices.tags, asked.tag, words)
        if choices.tags
        else ""
    )
    types = chooser(
        "type",
        said.type,
        said.any_type,
        choices.media_types,
        asked.media_type,
        words,
        lambda kind: type_name(kind, words),
    )
    return (
        '<form action="/search" method="get" role="search" data-live="choosing"><div class="ask-for">'
        f'<input type="search" name="q" value="{escape(asked.query)}" maxlength="4000" '
        f'aria-label="{escape(said.search_label)}" placeholder="{escape(said.search_label)}"'
        f"{'' if asked.query else ' autofocus'}>"
        f'<button class="primary">{escape(said.search_again)}</button></div><div class="filters">'
        + chooser("folder", said.folder, said.any_folder, choices.folders, asked.folder, words)
        + types
        + tags
        + date_field("from", said.changed_from, asked.changed_from)
        + date_field("until", said.changed_until, asked.changed_until)
        + f"{clear}</div></form>"
    )


def _results(asked: Asked, found: Found, words: Words) -> str:
    said = words.rooms
    passages = count(words.passage_count, len(found.hits), words)
    head = said.best_first.format(passages=passages, ms=number(found.milliseconds, words))
    items = "".join(_hit(hit, why, words) for hit, why in found.hits)
    more = (
        f'<p class="pager"><a class="button" href="{escape(asked.address(many=found.more))}">'
        f"{escape(said.more_hits)}</a></p>"
        if found.more
        else ""
    )
    return f'<p class="quiet found" role="status">{escape(head)}</p><ol class="cards">{items}</ol>{more}'


def _hit(hit: Hit, why: Why, words: Words) -> str:
    title = escape_name(hit.title) or file_name(hit.uri)
    marks = [(start, end, "") for start, end in why.marks]
    first, last = _glance(hit.text, why.marks)
    is_markdown = is_markdown_name(hit.uri)

    def quoted(start: int, end: int) -> str:
        moved = [(a - start, b - start, kind) for a, b, kind in marks]
        cut = "cut-before" * (start > 0) + " cut-after" * (end < len(hit.text))
        inner = passage(hit.text[start:end], marks=moved, markdown=is_markdown)
        return f'<blockquote class="{cut.strip()}">{inner}</blockquote>'

    whole = ""
    if (first, last) != (0, len(hit.text)):
        inner = quoted(0, len(hit.text))
        whole = f'<details class="whole"><summary>{escape(words.whole_passage)}</summary>{inner}</details>'
    place = where(hit.title, hit.uri, hit.page, hit.section, words)
    return (
        f'<li class="card hit"><h2><a href="{escape(why.link)}">{title}</a></h2>'
        f'<p class="where">{place}</p>{why.elsewhere}{quoted(first, last)}'
        f"{whole}{_why(hit, why, words)}</li>"
    )


def _why(hit: Hit, why: Why, words: Words) -> str:
    said = words.rooms
    score = number(hit.score, words, 3)
    matched = ", ".join(map(escape_name, why.matched)) or escape(said.none_matched)
    facts = {
        said.score: f"{score} {escape(said.score_why)}",
        said.by_meaning: _place(why.by_meaning, why.of, words),
        said.by_words: _place(why.by_words, why.of, words),
        said.matched: matched,
    }
    items = "".join(f"<div><dt>{escape(n)}</dt><dd>{v}</dd></div>" for n, v in facts.items())
    return (
        f'<details class="why"><summary>{escape(said.why)} · {score}</summary>'
        f'<dl class="facts">{items}</dl></details>'
    )


def _place(place: int | None, of: int, words: Words) -> str:
    if place is None:
        return escape(words.rooms.not_among.format(n=of))
    return escape(words.rooms.place_of.format(n=place))


def _glance(text: str, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Where that begins and ends which one sees at a glance: from where most marks are close together."""
    if len(text) <= _GLANCE + _SPARE:
        return 0, len(text)
    inside = [(sum(s <= start < s + _GLANCE for start, _ in marks), -s) for s, _ in marks]
    first = max(0, -max(inside)[1] - _SPARE) if inside else 0
    line = text.rfind("\n", 0, first) + 1
    if first and first - line <= _SPARE:
        first = line  # a row, an item or a heading is whole
    elif first:
        space = text.find(" ", first, first + 40)
        first = space + 1 if space >= 0 else first
    last = min(len(text), first + _GLANCE)
    if last < len(text):
        line, space = text.rfind("\n", first, last), text.rfind(" ", first, last)
        last = line if line > last - _SPARE else space if space > first else last
    return first, last
