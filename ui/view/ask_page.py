"""What the room in which one asks shows before the first question: a heading, the box, what one might ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.messages.page import Words
from ui.view.markup import escape, escape_name


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
    about: tuple[str, str] | None,
    gradio: str,
    words: Words,
) -> str:
    """The room. `fields` leads to the other profiles, `gradio` is what loads the conversation, both as HTML.

    `about` is the short name and the title of the only document to ask.

    What loads it comes last: the box can be used before, and without it.
    """
    promise = " ".join(filter(None, (texts.description, words.promise)))
    data = {
        "cut": words.cut,
        "cut-why": words.cut_why,
        "again": words.try_again,
        "busy": words.server_busy,
        "searching": words.searching,
        "about": about[0] if about else "",
    }
    attributes = " ".join(f'data-{name}="{escape(text)}"' for name, text in data.items())
    return (
        '<main id="main" class="is-start" tabindex="-1">'
        f'<div id="welcome"><h1>{escape(texts.heading)}</h1><p>{escape(promise)}</p></div>'
        '<gradio-app control_page_title="false" embed="false" eager="true"></gradio-app>'
        '<div id="sent" hidden></div>'
        f'<form id="composer" action="/" {attributes}><div id="note" role="status"></div>'
        f"{_scope(about, words)}"
        f'<div id="box"><div id="question"><textarea rows="1" enterkeyhint="send" autocomplete="off" '
        f'aria-label="{escape(words.label)}" placeholder="{escape(texts.placeholder)}"></textarea></div>'
        f'<button id="ask" class="primary">{escape(words.ask)}</button>'
        f'<button id="stop" type="button" hidden>{escape(words.stop)}</button></div>'
        f'<p class="caution">{escape(words.caution)}</p></form>'
        f'<div id="offers">{_starters(starters, words)}{_fields(fields, words)}</div>'
        f'{gradio}</main><p id="announce" class="sr" role="status"></p>'
        f'<div id="preview" role="tooltip" hidden></div>{_keys(words)}'
    )


def _scope(about: tuple[str, str] | None, words: Words) -> str:
    """What is asked, where it is only one document; and the way back to all of them."""
    if about is None:
        return ""
    title = escape_name(about[1]) or escape(words.not_there)
    return (
        f'<p id="scope">{escape(words.only_in)} <b>{title}</b> '
        f'<a href="/">{escape(words.whole_scope)}</a></p>'
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
