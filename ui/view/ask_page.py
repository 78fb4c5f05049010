"""What the room in which one asks shows before the first question: a heading, the box, what one might ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.messages.page import Words
from ui.view.markup import escape


@dataclass(frozen=True, slots=True)
class AskTexts:
    """What a profile says of itself. `description` is a sentence, or nothing."""

    heading: str
    description: str
    placeholder: str


def ask_page(
    texts: AskTexts, starters: Sequence[str], fields: str, gradio: str, words: Words
) -> str:
    """The room. `fields` leads to the other profiles, `gradio` is what loads the conversation, both as HTML.

    What loads it comes last: the box can be used before, and without it.
    """
    promise = " ".join(filter(None, (texts.description, words.promise)))
    data = {
        "cut": words.cut,
        "cut-why": words.cut_why,
        "again": words.try_again,
        "busy": words.server_busy,
        "searching": words.searching,
        "you": words.you,
    }
    attributes = " ".join(f'data-{name}="{escape(text)}"' for name, text in data.items())
    return (
        '<main id="main" class="is-start" tabindex="-1">'
        f'<div id="welcome"><h1>{escape(texts.heading)}</h1><p>{escape(promise)}</p></div>'
        '<gradio-app control_page_title="false" embed="false" eager="true"></gradio-app>'
        '<div id="sent" hidden></div>'
        f'<form id="composer" action="/" {attributes}><div id="note" role="status"></div>'
        f'<div id="box"><div id="question"><textarea rows="1" enterkeyhint="send" autocomplete="off" '
        f'aria-label="{escape(words.label)}" placeholder="{escape(texts.placeholder)}"></textarea></div>'
        f'<button id="ask" class="primary">{escape(words.ask)}</button>'
        f'<button id="stop" type="button" hidden>{escape(words.stop)}</button></div>'
        f'<p class="caution">{escape(words.caution)}</p></form>'
        f'<div id="offers">{_starters(starters, words)}{_fields(fields, words)}</div>'
        f'{gradio}</main><p id="announce" class="sr" role="status"></p>'
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
