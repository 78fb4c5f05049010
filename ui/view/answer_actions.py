"""What one can do with an answer: copy it, ask again, change the question, say whether it helped.

They are links behind a # for the page's script: a Markdown renderer lets nothing else through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ui.messages.page import Words
from ui.view.markup import escape


@dataclass(frozen=True, slots=True)
class Kept:
    """Where an answer is kept: the conversation and its turn, from 1. `helpful`: what was said of it."""

    conversation: str
    turn: int
    helpful: bool | None = None

    @property
    def path(self) -> str:
        """Its address on the server."""
        return f"/conversations/{self.conversation}/{self.turn}"


def render_actions(kept: Kept | None, words: Words, *, judged: bool = True) -> str:
    """The row below an answer; below what is not kept, one can only ask again.

    `judged`: whether there is something of which one can say that it helped.
    """
    parts = [_act("again", "", words.ask_again), _act("edit", "", words.edit)]
    if kept is not None:
        address = f"/{kept.conversation}/{kept.turn}"
        parts.insert(0, _act("copy", address, words.copy))
        parts.insert(1, _act("share", address, words.share))
    if kept is not None and judged:
        votes = (
            _act("helpful", address, words.helpful, "vote", kept.helpful is True),
            _act("unhelpful", address, words.unhelpful, "vote", kept.helpful is False),
        )
        parts.append(f'<span class="votes">{"".join(votes)}</span>')
    return f'<p class="acts">{"".join(parts)}</p>'


def _act(name: str, address: str, label: str, kind: str = "", chosen: bool = False) -> str:
    classes = " ".join(part for part in ("act", f"act-{name}", kind, "is-said" * chosen) if part)
    return f'<a class="{classes}" href="#act/{name}{address}"><span>{escape(label)}</span></a>'


def render_feedback_form(
    kept: Kept, helpful: bool, reasons: Mapping[str, str], limit: int, words: Words
) -> str:
    """Why it did not help, or what was good about it."""
    options = "".join(
        f'<label><input type="radio" name="reason" value="{escape(code)}"> {escape(label)}</label>'
        for code, label in reasons.items()
        if code
    )
    choice = (
        "" if helpful else f"<fieldset><legend>{escape(words.reason)}</legend>{options}</fieldset>"
    )
    title = words.helpful_thanks if helpful else words.unhelpful_title
    return (
        f'<form class="feedback" data-to="{escape(kept.path)}/feedback" '
        f'data-helpful="{"true" if helpful else "false"}"><h2 tabindex="-1">{escape(title)}</h2>{choice}'
        f'<label class="note">{escape(words.note)}<textarea name="note" rows="3" maxlength="{limit}">'
        f'</textarea></label><p class="hint">{escape(words.feedback_seen)}</p>'
        f'<p class="ends"><button type="button" class="later">{escape(words.leave_it)}</button>'
        f'<button type="submit" class="send">{escape(words.send)}</button></p></form>'
    )


def explain_unfinished(words: Words, stopped: bool, interrupted: bool) -> str:
    """Why an answer ends before it is whole, in a sentence; nothing where it does not."""
    if interrupted:
        return words.interrupted_why
    return words.stopped_why if stopped else ""
