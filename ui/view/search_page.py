"""The room in which one searches without the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from rag.hit import Hit
from rag.index.views.files import Facets
from ui.messages.numbers import count, number
from ui.messages.page import Words
from ui.view.evidence import describe_location, file_name
from ui.view.evidence import is_markdown as is_markdown_name
from ui.view.forms import render_chooser, render_date_field, type_name
from ui.view.markup import escape, escape_name
from ui.view.passage import render_passage

_GLANCE = 420  # characters of a passage that are shown at once
_SPARE = 80  # characters; so little is not worth a click


@dataclass(frozen=True, slots=True)
class SearchForm:
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
class HitReasons:
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
class SearchResults:
    """The passages, and how long it took to find them."""

    hits: Sequence[tuple[Hit, HitReasons]]
    milliseconds: float
    more: int = 0


def search_page(
    query: SearchForm,
    choices: Facets,
    results: SearchResults | None,
    complaint: str,
    words: Words,
    *,
    details: bool = True,
) -> str:
    """Form and passages. `results` is None before anything was looked for.

    `details`: whether whoever looks is shown scores and times.
    """
    texts = words.rooms
    if complaint:
        content = f'<p class="complaint">{escape(complaint)}</p>'
    elif results is None:
        content = ""
    elif not results.hits:
        content = f'<p class="none" role="status">{escape(_why_none(query, choices, words))}</p>'
    else:
        content = _results(query, results, words, details=details)
    return (
        f'<h1>{escape(texts.search)}</h1><p class="lead">{escape(texts.search_lead)}</p>'
        f'{_form(query, choices, words)}<div id="results">{content}</div>'
    )


def _why_none(query: SearchForm, choices: Facets, words: Words) -> str:
    texts = words.rooms
    if not choices.total:
        return texts.nothing_readable
    return texts.nothing_fits_filters if query.is_filtered else texts.nothing_fits


def _form(query: SearchForm, choices: Facets, words: Words) -> str:
    texts = words.rooms
    clear = (
        f'<a class="button" href="{escape(SearchForm(query.query).address())}">{escape(texts.clear)}</a>'
        if query.is_filtered
        else ""
    )
    tags = (
        render_chooser("tag", texts.tag, texts.any_tag, choices.tags, query.tag, words)
        if choices.tags
        else ""
    )
    types = render_chooser(
        "type",
        texts.type,
        texts.any_type,
        choices.media_types,
        query.media_type,
        words,
        lambda kind: type_name(kind, words),
    )
    return (
        '<form action="/search" method="get" role="search" data-live="choosing"><div class="ask-for">'
        f'<input type="search" name="q" value="{escape(query.query)}" maxlength="4000" '
        f'aria-label="{escape(texts.search_label)}" placeholder="{escape(texts.search_label)}"'
        f"{'' if query.query else ' autofocus'}>"
        f'<button class="primary">{escape(texts.search_again)}</button></div><div class="filters">'
        + render_chooser(
            "folder", texts.folder, texts.any_folder, choices.folders, query.folder, words
        )
        + types
        + tags
        + render_date_field("from", texts.changed_from, query.changed_from)
        + render_date_field("until", texts.changed_until, query.changed_until)
        + f"{clear}</div></form>"
    )


def _results(query: SearchForm, results: SearchResults, words: Words, *, details: bool) -> str:
    texts = words.rooms
    passages = count(words.passage_count, len(results.hits), words)
    head = texts.best_first.format(passages=passages)
    if details:
        head += f" · {number(results.milliseconds, words)} ms"
    items = "".join(_hit(hit, why, words, details) for hit, why in results.hits)
    more = (
        f'<p class="pager"><a class="button" href="{escape(query.address(many=results.more))}">'
        f"{escape(texts.more_hits)}</a></p>"
        if results.more
        else ""
    )
    return f'<p class="quiet found" role="status">{escape(head)}</p><ol class="cards">{items}</ol>{more}'


def _hit(hit: Hit, why: HitReasons, words: Words, details: bool) -> str:
    title = escape_name(hit.title) or file_name(hit.uri)
    marks = [(start, end, "") for start, end in why.marks]
    first, last = _glance(hit.text, why.marks)
    is_markdown = is_markdown_name(hit.uri)

    def quoted(start: int, end: int) -> str:
        moved = [(a - start, b - start, kind) for a, b, kind in marks]
        cut = "cut-before" * (start > 0) + " cut-after" * (end < len(hit.text))
        inner = render_passage(hit.text[start:end], marks=moved, markdown=is_markdown)
        return f'<blockquote class="{cut.strip()}">{inner}</blockquote>'

    whole = ""
    if (first, last) != (0, len(hit.text)):
        inner = quoted(0, len(hit.text))
        whole = f'<details class="whole"><summary>{escape(words.whole_passage)}</summary>{inner}</details>'
    location = describe_location(hit.title, hit.uri, hit.page, hit.section, words)
    return (
        f'<li class="card hit"><h2><a href="{escape(why.link)}">{title}</a></h2>'
        f'<p class="where">{location}</p>{why.elsewhere}{quoted(first, last)}'
        f"{whole}{_why(hit, why, words, details)}</li>"
    )


def _why(hit: Hit, why: HitReasons, words: Words, details: bool) -> str:
    texts = words.rooms
    score = number(hit.score, words, 3)
    matched = ", ".join(map(escape_name, why.matched)) or escape(texts.none_matched)
    facts = {texts.score: f"{score} {escape(texts.score_why)}"} if details else {}
    facts |= {
        texts.by_meaning: _place(why.by_meaning, why.of, words),
        texts.by_words: _place(why.by_words, why.of, words),
        texts.matched: matched,
    }
    items = "".join(f"<div><dt>{escape(n)}</dt><dd>{v}</dd></div>" for n, v in facts.items())
    said = f" · {score}" if details else ""
    return (
        f'<details class="why"><summary>{escape(texts.why)}{said}</summary>'
        f'<dl class="facts">{items}</dl></details>'
    )


def _place(rank: int | None, of: int, words: Words) -> str:
    if rank is None:
        return escape(words.rooms.not_among.format(n=of))
    return escape(words.rooms.place_of.format(n=rank))


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
