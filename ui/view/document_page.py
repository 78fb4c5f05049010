"""One file of the ledger: what is known of it, and what search and model get of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rag.index.catalog.ledger import FileState
from rag.index.views.files import FileRow, ShownChunk
from ui.messages.numbers import count, day, format_day_and_time, number, size
from ui.messages.page import Words
from ui.view.documents_page import render_state_tag
from ui.view.forms import type_name
from ui.view.markup import escape, escape_name

EACH = 50
"""So many chunks stand on a page."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """Another version, by its short `name`. `is_compared`: what differs from it is shown below."""

    name: str
    title: str
    modified_at: float | None
    is_compared: bool = False


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A heading of the document; `level` counts from 0."""

    level: int
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A file with a page of its chunks. `link` opens its text; None where there is none.

    `details`: whether whoever looks is shown how it stands in the index. `comparison` is the table of what
    differs from another of its `versions`, as HTML. `readers`: who may read it, None where that is not shown.
    `lead` are its first sentences, as HTML; `outline` its headings, each with the link that opens it there.
    """

    file: FileRow
    address: str
    chunks: Sequence[ShownChunk]
    total: int
    page: int
    link: str | None
    reasons: bool
    details: bool = True
    versions: Sequence[VersionRow] = ()
    comparison: str = ""
    readers: Sequence[str] | None = None
    lead: str = ""
    outline: Sequence[OutlineEntry] = ()


def render_document_page(view: DocumentPage, tools: str, words: Words) -> str:
    """The page of one file. `tools` is HTML for whoever may change documents."""
    file, texts = view.file, words.rooms
    base = file.uri.rpartition("/")[2]
    read = (
        f'<a class="button primary" href="{escape(view.link)}">{escape(texts.read_it)}</a>'
        if view.link
        else ""
    )
    if view.link:
        name = view.address.rpartition("/")[2]
        read += f'<a class="button" href="/?in=d:{escape(name)}">{escape(words.ask_about)}</a>'
    chunks = _chunks(view, words) if view.details else ""
    about = f'<section class="card">{_facts(view, words)}</section>{_contents(view, words)}'
    return (
        f'<p class="back"><a href="/documents">← {escape(texts.back_to_documents)}</a></p>'
        f"<h1>{escape_name(file.title) or escape_name(base)}</h1>"
        f'<p class="lead">{escape_name(f"{file.folder}/{base}")}</p>'
        f'{_problem(view)}<div class="pager">{read}{tools}</div>'
        f"{about}{_versions(view, words)}{chunks}"
    )


def _contents(view: DocumentPage, words: Words) -> str:
    """How the document begins, and its headings."""
    texts, parts = words.rooms, ""
    if view.lead:
        parts += (
            f'<section class="lead-text"><h2>{escape(texts.begins)}</h2>'
            f'<blockquote class="doc">{view.lead}</blockquote></section>'
        )
    if view.outline:
        items = "".join(
            f'<li class="level{entry.level}"><a href="{escape(entry.link)}">'
            f"{escape_name(entry.text)}</a></li>"
            for entry in view.outline
        )
        parts += (
            f'<nav class="outline" aria-labelledby="outline"><h2 id="outline">{escape(texts.outline)}</h2>'
            f"<ol>{items}</ol></nav>"
        )
    return f'<div class="contents">{parts}</div>' if parts else ""


def _versions(view: DocumentPage, words: Words) -> str:
    """The other versions, each with a link that shows the differences on this page."""
    texts = words.rooms
    if not view.versions:
        return ""
    items = ""
    for version in view.versions:
        when = f" · {day(version.modified_at, words)}" if version.modified_at else ""
        current = ' aria-current="true"' if version.is_compared else ""
        items += (
            f'<li><a href="/documents/{escape(version.name)}">{escape_name(version.title)}</a>'
            f'<span class="quiet">{escape(when)}</span> <a class="button"{current} '
            f'href="{escape(view.address)}?against={escape(version.name)}#versions">'
            f"{escape(texts.show_differences)}</a></li>"
        )
    table = ""
    if any(version.is_compared for version in view.versions):
        table = view.comparison or f'<p class="none">{escape(texts.no_differences)}</p>'
    return (
        f'<section id="versions"><h2>{escape(texts.other_versions)}</h2><ul class="versions">{items}</ul>'
        f"{table}</section>"
    )


def _problem(view: DocumentPage) -> str:
    """What is wrong with the file, in a sentence."""
    file = view.file
    if not (view.reasons and file.reason):
        return ""
    base = file.uri.rpartition("/")[2]
    reason = file.reason.rstrip(".")
    return f'<p class="complaint"><b>{escape_name(base)}</b>: {escape(reason)}.</p>'


def _facts(view: DocumentPage, words: Words) -> str:
    file, texts = view.file, words.rooms
    facts = {}
    if view.details or file.state is not FileState.INDEXED:
        facts[texts.state] = render_state_tag(file.state, words)
    if file.media_type:
        facts[texts.type] = escape_name(type_name(file.media_type, words))
    if file.author:
        facts[texts.author] = escape_name(file.author)
    elif file.document_id is not None:
        facts[texts.author] = f'<span class="quiet">{escape(texts.no_author)}</span>'
    if file.language:
        facts[texts.language] = escape_name(texts.languages.get(file.language, file.language))
    if file.pages:
        facts[texts.pages] = escape(
            texts.pages_with_text.format(
                with_text=number(file.pages_with_text, words), pages=number(file.pages, words)
            )
        )
    if file.size >= 0:
        facts[texts.size] = escape(size(file.size, words))
    if file.modified_at:
        facts[texts.changed] = escape(format_day_and_time(file.modified_at, words))
    if file.seen_at:
        facts[texts.read] = escape(format_day_and_time(file.seen_at, words))
    if file.born is not None and view.details:
        facts[texts.in_index] = escape(texts.generation_since.format(n=number(file.born, words)))
    if view.readers is not None:
        names = [words.admin.everybody if reader == "*" else reader for reader in view.readers]
        facts[words.admin.reads_it] = escape_name(", ".join(names) or words.admin.nobody)
    if file.tags:
        facts[texts.tags] = ", ".join(map(escape_name, file.tags))
    items = "".join(f"<div><dt>{escape(n)}</dt><dd>{v}</dd></div>" for n, v in facts.items())
    return f'<dl class="facts">{items}</dl>'


def _chunks(view: DocumentPage, words: Words) -> str:
    texts = words.rooms
    if not view.total:
        return f'<p class="none">{escape(texts.no_chunks)}</p>'
    items = "".join(_chunk(chunk, words) for chunk in view.chunks)
    return (
        f'<section><h2>{escape(texts.chunks)} <span class="quiet">'
        f"{escape(number(view.total, words))}</span></h2>"
        f'<p class="quiet">{escape(texts.chunks_lead)}</p>'
        f'<ol class="cards">{items}</ol>{_pager(view, words)}</section>'
    )


def _chunk(chunk: ShownChunk, words: Words) -> str:
    location = [number(chunk.ordinal + 1, words)]
    if chunk.page is not None:
        location.append(words.page.format(page=chunk.page))
    location.append(
        words.rooms.characters.format(
            start=number(chunk.start, words), end=number(chunk.end, words)
        )
    )
    context = f'<p class="context">{escape(chunk.context)}</p>' if chunk.context else ""
    return (
        f'<li class="card"><p class="where">{" · ".join(map(escape_name, location))}</p>'
        f"{context}<blockquote>{escape(chunk.text)}</blockquote></li>"
    )


def _pager(view: DocumentPage, words: Words) -> str:
    texts, first = words.rooms, (view.page - 1) * EACH
    if view.total <= EACH:
        return ""
    range_ = texts.shown.format(
        first=number(first + 1, words),
        last=number(first + len(view.chunks), words),
        total=count(texts.chunk_count, view.total, words),
    )
    links = []
    if view.page > 1:
        links.append((view.page - 1, texts.before))
    if first + len(view.chunks) < view.total:
        links.append((view.page + 1, texts.after))
    buttons = "".join(
        f'<a class="button" href="{escape(view.address)}?page={page}">{escape(label)}</a>'
        for page, label in links
    )
    return (
        f'<nav class="pager" aria-label="{escape(texts.chunks)}">'
        f'<span class="said">{escape(range_)}</span>{buttons}</nav>'
    )


def render_document_tools(file: FileRow, address: str, *, may_withdraw: bool, words: Words) -> str:
    """The buttons, worked by `document.js`. What lies outside of the inbox is withdrawn elsewhere."""
    texts = words.rooms
    name = file.title or file.uri.rpartition("/")[2]
    spoken = {
        "waiting": texts.ingest_waiting,
        "begins": texts.ingest_begins,
        "running": texts.ingest_running,
        "done": texts.was_read_again,
    }
    withdraw = (
        f'<button type="button" class="danger" data-sure="document-sure" data-then="/documents" '
        f'data-post="{escape(address)}/withdraw">{escape(texts.withdraw)}</button>'
        if may_withdraw
        else f'<span class="quiet">{escape(texts.withdraw_outside)}</span>'
    )
    return (
        f'<div id="document-tools" class="tools" data-words="{escape(json.dumps(spoken))}">'
        f'<button type="button" data-post="{escape(address)}/ingest">{escape(texts.read_again)}</button>'
        f'{withdraw}<p class="said" role="status"></p></div>'
        f'<dialog id="document-sure" class="sure" aria-labelledby="document-sure-text">'
        f'<p id="document-sure-text">{escape_name(texts.withdraw_sure.format(name=name))}</p>'
        f'<form method="dialog"><button value="">{escape(texts.cancel)}</button>'
        f'<button value="yes" class="danger">{escape(texts.withdraw)}</button></form></dialog>'
    )
