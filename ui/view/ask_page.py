"""What the room in which one asks shows before the first question: a heading, the box, what one might ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.messages.page import Words
from ui.view.markup import escape
from ui.view.scope import ScopeItem, render_scope, render_scope_list


@dataclass(frozen=True, slots=True)
class AskTexts:
    """What a profile says of itself. `description` is a sentence, or nothing."""

    heading: str
    description: str
    placeholder: str


def ask_page(
    texts: AskTexts,
    starters: Sequence[str],
    fields: str,
    scope: Sequence[ScopeItem],
    gradio: str,
    words: Words,
) -> str:
    """The room. `fields` leads to the other profiles, `gradio` is what loads the conversation, both as HTML.

    `scope` is what is asked; nothing: all documents.

    What loads it comes last: the box can be used before, and without it.
    """
    promise = " ".join(filter(None, (texts.description, words.promise)))
    data = {
        "cut": words.cut,
        "cut-why": words.cut_why,
        "again": words.try_again,
        "busy": words.server_busy,
        "searching": words.searching,
        "remove": words.scope_remove,
        "found": words.scope_found,
        "nothing": words.scope_nothing,
        "only-in": words.only_in + words.formats.colon,
    }
    attributes = " ".join(f'data-{name}="{escape(text)}"' for name, text in data.items())
    return (
        '<main id="main" class="is-start" tabindex="-1">'
        f'<div id="welcome"><h1>{escape(texts.heading)}</h1><p>{escape(promise)}</p></div>'
        '<gradio-app control_page_title="false" embed="false" eager="true"></gradio-app>'
        '<div id="sent" hidden></div>'
        f'<form id="composer" action="/" {attributes}><div id="note" role="status"></div>'
        f'<p id="shared" hidden>{escape(words.shared_with_you)}</p>{render_scope(scope, words)}'
        f'<div id="box"><button id="add-scope" type="button" title="{escape(words.scope_add)}" '
        f'aria-label="{escape(words.scope_add)}">@</button>'
        f'<div id="question"><textarea rows="1" enterkeyhint="send" autocomplete="off" '
        f'aria-autocomplete="list" aria-controls="scope-list" aria-label="{escape(words.label)}" '
        f'placeholder="{escape(texts.placeholder)}"></textarea></div>'
        f'<button id="ask" class="primary">{escape(words.ask)}</button>'
        f'<button id="stop" type="button" hidden>{escape(words.stop)}</button>'
        f"{render_scope_list(words)}</div>"
        f'<p class="caution">{escape(words.caution)}</p></form>'
        f'<div id="offers">{_starters(starters, words)}{_fields(fields, words)}</div>'
        f'{gradio}</main><p id="announce" class="sr" role="status"></p>'
        f'<div id="preview" role="tooltip" hidden></div>{_keys(words)}'
    )


def _keys(words: Words) -> str:
    items = "".join(
        f"<div><dt><kbd>{escape(key)}</kbd></dt><dd>{escape(what)}</dd></div>"
        for key, what in words.key_list.items()
    )
    return (
        f'<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">{escape(words.keys)}</h2>'
        f'<dl>{items}</dl><form method="dialog"><button>{escape(words.leave_it)}</button></form></dialog>'
    )


def _starters(starters: Sequence[str], words: Words) -> str:
    if not starters:
        return ""
    buttons = "".join(
        f'<button type="button" class="starter">{escape(text)}</button>' for text in starters
    )
    return f'<p class="offer">{escape(words.starters)}</p><div class="starters">{buttons}</div>'


def _fields(fields: str, words: Words) -> str:
    if not fields:
        return ""
    return f'<p class="offer">{escape(words.fields)}</p><div class="fields">{fields}</div>'
