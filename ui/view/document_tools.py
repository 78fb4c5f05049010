"""What an editor may do with a document, on its own page."""

from __future__ import annotations

import json

from rag.index.views.files import Listed
from ui.messages.page import Words
from ui.view.markup import escape, escape_name


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
