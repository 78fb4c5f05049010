"""The ledger as a table: every file, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from rag.index.catalog.ledger import IN_INDEX, Coverage, FileState
from rag.index.views.files import Column, Facets, FileQuery, FileRow
from ui.messages.numbers import format_day_and_time, format_short_day, number, size
from ui.messages.page import Words
from ui.view.forms import render_chooser, type_name
from ui.view.markup import escape, escape_name

EACH = 50
"""So many files stand on a page."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is shown. `coverage` and `last_run` are None for whoever may not see the whole ledger.

    `reasons`: whether whoever looks may see why a file failed; that may name places on the server.
    `details`: whether they look after the documents, and want to know what became of each file.
    """

    wanted: FileQuery
    page: int
    files: Sequence[FileRow]
    total: int
    choices: Facets
    generation: int
    generation_at: float
    coverage: Coverage | None
    last_run: Mapping[str, Any] | None
    reasons: bool
    details: bool = True


def render_documents_page(
    ledger: Ledger, name: Callable[[str], str], tools: str, words: Words
) -> str:
    """The room. `name` gives a file's short name; `tools` is HTML for whoever may change documents."""
    texts = words.rooms
    lead = texts.documents_lead if ledger.details else texts.documents_lead_plain
    return (
        f'<h1>{escape(texts.documents)}</h1><p class="lead">{escape(lead)}</p>'
        f"{_tiles(ledger, words)}{tools}{_form(ledger, words)}"
        f'<div id="results">{_results(ledger, name, words)}</div>'
    )


def address(query: FileQuery, page: int = 1) -> str:
    """The address of this part of the ledger."""
    values = {
        "name": query.text,
        "state": query.state,
        "folder": query.folder,
        "type": query.media_type,
        "tag": query.tag,
        "order": "" if query.order == "name" else query.order,
        "down": "1" if query.descending else "",
        "page": str(page) if page > 1 else "",
    }
    parameters = urlencode({key: value for key, value in values.items() if value})
    return f"/documents?{parameters}" if parameters else "/documents"


def _tiles(ledger: Ledger, words: Words) -> str:
    texts, states = words.rooms, ledger.choices.states
    indexed = sum(states.get(state.value, 0) for state in IN_INDEX)
    generation = f"{words.generation.format(n=number(ledger.generation, words))}"
    when = format_day_and_time(ledger.generation_at, words)
    if not ledger.details:
        return ""
    tiles = [
        (number(ledger.choices.total, words), texts.files, f"{generation} · {when}"),
        (number(indexed, words), texts.in_index, ""),
    ]
    if ledger.coverage is not None:
        troubled = ledger.choices.total - states.get(FileState.INDEXED.value, 0)
        tiles.append((number(troubled, words), texts.with_problems, ""))
        seen = texts.coverage_why.format(
            with_text=number(ledger.coverage.pages_with_text, words),
            pages=number(ledger.coverage.pages, words),
        )
        share = f"{number(ledger.coverage.share * 100, words, 1)} %"
        tiles.append((share, texts.coverage, seen))
        tiles.append(_last_run(ledger.last_run, words))
    items = "".join(
        f"<li><b>{escape(figure)}</b><span>{escape(label)}</span>"
        + (f'<span class="quiet">{escape(more)}</span>' if more else "")
        + "</li>"
        for figure, label, more in tiles
    )
    return f'<ul class="tiles">{items}</ul>'


def _last_run(account: Mapping[str, Any] | None, words: Words) -> tuple[str, str, str]:
    texts = words.rooms
    if not account:
        return texts.no_run, texts.last_run, ""
    numbers = {key: number(account.get(key) or 0, words) for key in _RUN}
    more = texts.last_run_why.format(
        **numbers, seconds=number(account.get("seconds") or 0, words, 1)
    )
    started = account.get("started_at")
    return (format_short_day(started) if started else "–"), texts.last_run, more


_RUN = ("added", "updated", "deleted", "failed")


def _form(ledger: Ledger, words: Words) -> str:
    texts, query, choices = words.rooms, ledger.wanted, ledger.choices
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in (("order", query.order), ("down", "1" if query.descending else ""))
        if value and value != "name"
    )
    parts = [
        f'<label>{escape(texts.name_filter)}<input type="search" name="name" maxlength="500" '
        f'value="{escape(query.text)}" autocomplete="off"></label>',
        render_chooser(
            "folder", texts.folder, texts.any_folder, choices.folders, query.folder, words
        ),
        render_chooser(
            "type",
            texts.type,
            texts.any_type,
            choices.media_types,
            query.media_type,
            words,
            lambda kind: type_name(kind, words),
        ),
    ]
    if ledger.details:
        state = render_chooser(
            "state",
            texts.state,
            texts.any_state,
            choices.states,
            query.state,
            words,
            lambda state: texts.states[FileState(state)],
        )
        parts.insert(1, state)
    if choices.tags:
        parts.append(
            render_chooser("tag", texts.tag, texts.any_tag, choices.tags, query.tag, words)
        )
    # With a script the form answers as one types; the button is for whoever has none.
    button = f"<noscript><button>{escape(texts.search_again)}</button></noscript>"
    return (
        '<form class="filters" action="/documents" method="get" role="search" data-live="typing">'
        f"{kept}{''.join(parts)}{button}</form>"
    )


def _results(ledger: Ledger, name: Callable[[str], str], words: Words) -> str:
    if not ledger.files:
        return f'<p class="none" role="status">{escape(_why_none(ledger, words))}</p>'
    texts = words.rooms
    columns: list[tuple[Column | None, str, str]] = [
        ("name", texts.name, ""),
        (None, texts.type, ""),
        ("state", texts.state, ""),
        ("pages", texts.pages, "number"),
        ("size", texts.size, "number"),
        ("changed", texts.changed, "when"),
        ("read", texts.read, "when"),
    ]
    if not ledger.details:
        columns.remove(("state", texts.state, ""))
    head = "".join(_heading(ledger.wanted, *column) for column in columns)
    rows = "".join(_row(file, name(file.uri), ledger, words) for file in ledger.files)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(texts.documents)}">'
        f'<table class="table folds"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"{_pager(ledger, words)}"
    )


def _why_none(ledger: Ledger, words: Words) -> str:
    texts = words.rooms
    if ledger.choices.total:
        return texts.no_file
    # `coverage` is there for those who may see everything.
    return texts.nothing_readable if ledger.coverage is None else texts.nothing_read_in


def _heading(query: FileQuery, column: Column | None, label: str, kind: str) -> str:
    if column is None:
        return f'<th scope="col" class="{kind}">{escape(label)}</th>'
    is_order = query.order == column
    turned = replace(query, order=column, descending=is_order and not query.descending)
    way = "descending" if query.descending else "ascending"
    sort = f' aria-sort="{way}"' if is_order else ""
    arrow = f'<span aria-hidden="true">{" ↓" if query.descending else " ↑"}</span>'
    return (
        f'<th scope="col" class="{kind}"{sort}><a href="{escape(address(turned))}">{escape(label)}'
        f"{arrow if is_order else ''}</a></th>"
    )


def _row(file: FileRow, name: str, ledger: Ledger, words: Words) -> str:
    texts = words.rooms
    base = file.uri.rpartition("/")[2]
    title = escape_name(file.title) or escape_name(base)
    where = escape_name(f"{file.folder}/{base}")
    reason = (
        f'<div class="quiet">{escape(file.reason)}</div>' if ledger.reasons and file.reason else ""
    )
    state = f"<td>{render_state_tag(file.state, words)}{reason}</td>" if ledger.details else ""
    pages = number(file.pages, words) if file.pages else ""
    if file.pages and file.pages_with_text < file.pages:
        pages = f"{number(file.pages_with_text, words)}/{pages}"
    kind = type_name(file.media_type, words) if file.media_type else _suffix(base)
    return (
        f'<tr><th scope="row"><a href="/documents/{name}">{title}</a>'
        f'<div class="quiet">{where}</div></th><td class="kind">{escape_name(kind)}</td>'
        f"{state}"
        f'<td class="number" data-label="{escape(texts.pages)}">{pages}</td>'
        f'<td class="number">{escape(size(file.size, words)) if file.size >= 0 else ""}</td>'
        f'<td class="when" data-label="{escape(texts.changed)}">{_when(file.modified_at)}</td>'
        f'<td class="when" data-label="{escape(texts.read)}">{_when(file.seen_at)}</td></tr>'
    )


def render_state_tag(state: FileState, words: Words) -> str:
    """The state in words, coloured."""
    label = escape(words.rooms.states[state])
    return f'<span class="state-tag state-{state.value}">{label}</span>'


def _suffix(base: str) -> str:
    return base.rpartition(".")[2].upper() if "." in base else ""


def _when(moment: float | None) -> str:
    return format_short_day(moment) if moment else ""


def _pager(ledger: Ledger, words: Words) -> str:
    texts, first = words.rooms, (ledger.page - 1) * EACH
    range_text = texts.shown.format(
        first=number(first + 1, words),
        last=number(first + len(ledger.files), words),
        total=number(ledger.total, words),
    )
    links = []
    if ledger.page > 1:
        links.append((ledger.page - 1, texts.before, "prev"))
    if first + len(ledger.files) < ledger.total:
        links.append((ledger.page + 1, texts.after, "next"))
    buttons = "".join(
        f'<a class="button" rel="{rel}" href="{escape(address(ledger.wanted, page))}">'
        f"{escape(label)}</a>"
        for page, label, rel in links
    )
    return (
        f'<nav class="pager" aria-label="{escape(texts.pages)}">'
        f'<span class="said" role="status">{escape(range_text)}</span>{buttons}</nav>'
    )
