"""Where an editor uploads documents, on the screen with the ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ui.messages.numbers import size
from ui.messages.page import Words
from ui.view.markup import escape


def render_upload_form(suffixes: Sequence[str], max_bytes: int, words: Words) -> str:
    """The inbox, empty: the script `inbox.js` fills it and works it."""
    texts = words.rooms
    spoken = {
        "withdraw": texts.withdraw,
        "waiting": texts.ingest_waiting,
        "begins": texts.ingest_begins,
        "running": texts.ingest_running,
        "done": texts.ingest_done,
        "sending": texts.sending,
        "sure": texts.withdraw_sure,
        "there": texts.already_there,
        "there_too": texts.already_there_too,
        "closed": texts.upload_closed,
        "again": texts.read_again,
        "colon": words.formats.colon,
        "states": {state.value: label for state, label in texts.states.items()},
        "too_large": texts.too_large.format(name="{name}", limit=size(max_bytes, words)),
    }
    return (
        f'<section id="inbox" class="card" aria-label="{escape(texts.inbox)}" '
        f'data-limit="{max_bytes}" data-words="{escape(json.dumps(spoken))}">'
        f'<div class="pager"><label class="button primary file">{escape(texts.upload)}'
        f'<input type="file" multiple accept="{escape(",".join(suffixes))}"></label>'
        f'<button type="button" class="again">{escape(texts.ingest_again)}</button>'
        f'<span class="quiet">{escape(texts.upload_here)}</span></div>'
        '<p class="said" role="status"></p><progress max="1" value="0" hidden '
        f'aria-label="{escape(texts.progress)}"></progress><ul class="uploads"></ul></section>'
        + _dialog("inbox-sure", [("", texts.cancel, ""), ("yes", texts.withdraw, "danger")])
        + _dialog(
            "inbox-replace",
            [
                ("", texts.cancel, ""),
                ("both", texts.keep_both, ""),
                ("yes", texts.replace, "danger"),
            ],
        )
    )


def _dialog(name: str, choices: Sequence[tuple[str, str, str]]) -> str:
    """A question, which the script fills in, with its answers: value, label and class of each button."""
    buttons = "".join(
        f'<button value="{value}" class="{kind}">{escape(label)}</button>'
        for value, label, kind in choices
    )
    return (
        f'<dialog id="{name}" class="sure" aria-labelledby="{name}-text"><p id="{name}-text"></p>'
        f'<form method="dialog">{buttons}</form></dialog>'
    )
