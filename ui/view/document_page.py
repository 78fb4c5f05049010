"""One file of the ledger: what is known of it, and what search and model get of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rag.index.views.files import Listed, ShownChunk
from ui.messages.numbers import count, day_and_time, number, size
from ui.messages.page import Words
from ui.view.documents_page import state_tag
from ui.view.forms import type_name
from ui.view.markup import escape, escape_name

EACH = 50
"""So many chunks stand on a page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A file with a page of its chunks. `link` opens its text; None where there is none."""

    file: Listed
    address: str
    chunks: Sequence[ShownChunk]
    total: int
    page: int
    link: str | None
    reasons: bool


def document_page(shown: Shown, tools: str, words: Words) -> str:
    """The page of one file. `tools` is HTML for whoever may change documents."""
    file, said = shown.file, words.rooms
    base = file.uri.rpartition("/")[2]
    read = (
        f'<a class="button primary" href="{escape(shown.link)}">{escape(said.read_it)}</a>'
        if shown.link
        else ""
    )
    return (
        f'<p class="back"><a href="/documents">← {escape(said.back_to_documents)}</a></p>'
        f"<h1>{escape_name(file.title) or escape_name(base)}</h1>"
        f'<p class="lead">{escape_name(f"{file.folder}/{base}")}</p>'
        f'{_problem(shown)}<div class="pager">{read}{tools}</div>'
        f'<section class="card">{_facts(shown, words)}</section>{_chunks(shown, words)}'
    )


def _problem(shown: Shown) -> str:
    """What is wrong with the file, in a sentence."""
    file = shown.file
    if not (shown.reasons and file.reason):
        return ""
    base = file.uri.rpartition("/")[2]
    reason = file.reason.rstrip(".")
    return f'<p class="complaint"><b>{escape_name(base)}</b>: {escape(reason)}.</p>'


def _facts(shown: Shown, words: Words) -> str:
    file, said = shown.file, words.rooms
    facts = {said.state: state_tag(file.state, words)}
    if file.media_type:
        facts[said.type] = escape_name(type_name(file.media_type, words))
    if file.language:
        facts[said.language] = escape_name(said.languages.get(file.language, file.language))
    if file.pages:
        facts[said.pages] = escape(
            said.pages_with_text.format(
                with_text=number(file.pages_with_text, words), pages=number(file.pages, words)
            )
        )
    if file.size >= 0:
        facts[said.size] = escape(size(file.size, words))
    if file.modified_at:
        facts[said.changed] = escape(day_and_time(file.modified_at, words))
    if file.seen_at:
        facts[said.read] = escape(day_and_time(file.seen_at, words))
    if file.born is not None:
        facts[said.in_index] = escape(said.generation_since.format(n=number(file.born, words)))
    if file.tags:
        facts[said.tags] = ", ".join(map(escape_name, file.tags))
    items = "".join(f"<div><dt>{escape(n)}</dt><dd>{v}</dd></div>" for n, v in facts.items())
    return f'<dl class="facts">{items}</dl>'


def _chunks(shown: Shown, words: Words) -> str:
    said = words.rooms
    if not shown.total:
        return f'<p class="none">{escape(said.no_chunks)}</p>'
    items = "".join(_chunk(chunk, words) for chunk in shown.chunks)
    return (
        f'<section><h2>{escape(said.chunks)} <span class="quiet">'
        f"{escape(number(shown.total, words))}</span></h2>"
        f'<p class="quiet">{escape(said.chunks_lead)}</p>'
        f'<ol class="cards">{items}</ol>{_pager(shown, words)}</section>'
    )


def _chunk(chunk: ShownChunk, words: Words) -> str:
    place = [number(chunk.ordinal + 1, words)]
    if chunk.page is not None:
        place.append(words.page.format(page=chunk.page))
    place.append(
        words.rooms.characters.format(
            start=number(chunk.start, words), end=number(chunk.end, words)
        )
    )
    context = f'<p class="context">{escape(chunk.context)}</p>' if chunk.context else ""
    return (
        f'<li class="card"><p class="where">{" · ".join(map(escape_name, place))}</p>'
        f"{context}<blockquote>{escape(chunk.text)}</blockquote></li>"
    )


def _pager(shown: Shown, words: Words) -> str:
    said, first = words.rooms, (shown.page - 1) * EACH
    if shown.total <= EACH:
        return ""
    range_ = said.shown.format(
        first=number(first + 1, words),
        last=number(first + len(shown.chunks), words),
        total=count(said.chunk_count, shown.total, words),
    )
    links = []
    if shown.page > 1:
        links.append((shown.page - 1, said.before))
    if first + len(shown.chunks) < shown.total:
        links.append((shown.page + 1, said.after))
    buttons = "".join(
        f'<a class="button" href="{escape(shown.address)}?page={page}">{escape(label)}</a>'
        for page, label in links
    )
    return (
        f'<nav class="pager" aria-label="{escape(said.chunks)}">'
        f'<span class="said">{escape(range_)}</span>{buttons}</nav>'
    )


def document_tools(file: Listed, address: str, *, may_withdraw: bool, words: Words) -> str:
    """The buttons, worked by `document.js`. What lies outside of the inbox is withdrawn elsewhere."""
    said = words.rooms
    name = file.title or file.uri.rpartition("/")[2]
    spoken = {
        "waiting": said.ingest_waiting,
        "begins": said.ingest_begins,
        "running": said.ingest_running,
        "done": said.was_read_again,
    }
    withdraw = (
        f'<button type="button" class="danger" data-sure="document-sure" data-then="/documents" '
        f'data-post="{escape(address)}/withdraw">{escape(said.withdraw)}</button>'
        if may_withdraw
        else f'<span class="quiet">{escape(said.withdraw_outside)}</span>'
    )
    return (
        f'<div id="document-tools" class="tools" data-words="{escape(json.dumps(spoken))}">'
        f'<button type="button" data-post="{escape(address)}/ingest">{escape(said.read_again)}</button>'
        f'{withdraw}<p class="said" role="status"></p></div>'
        f'<dialog id="document-sure" class="sure" aria-labelledby="document-sure-text">'
        f'<p id="document-sure-text">{escape_name(said.withdraw_sure.format(name=name))}</p>'
        f'<form method="dialog"><button value="">{escape(said.cancel)}</button>'
        f'<button value="yes" class="danger">{escape(said.withdraw)}</button></form></dialog>'
    )
