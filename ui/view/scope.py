"""The chips above the question box that say which documents are asked, and the list to choose them from."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

from ui.messages.numbers import count
from ui.messages.page import Words
from ui.view.markup import escape, escape_name

DOCUMENT, FOLDER, TAG = "d", "f", "t"
"""What an id begins with, before a colon."""


@dataclass(frozen=True, slots=True)
class ScopeItem:
    """A document, folder or tag to ask.

    `detail` is a document's folder, or how many files a folder or tag has.
    `exists` False: it is not there, or not for whoever looks; a document's `label` is empty then.
    """

    id: str
    label: str
    detail: str = ""
    exists: bool = True

    @property
    def kind(self) -> str:
        """One of DOCUMENT, FOLDER, TAG."""
        return self.id[0]


def item_id(kind: str, name: str) -> str:
    """The id of an item, as it stands in a link."""
    return f"{kind}:{name}"


def render_scope(items: Iterable[ScopeItem], words: Words) -> str:
    """The chips, and a sentence where one of them leads nowhere. Empty and hidden while all are asked."""
    chips, gone = "", ""
    for item in items:
        label = escape_name(item.label) or escape(words.a_document)
        state = "" if item.exists else ' class="is-gone"'
        chips += (
            f'<li data-id="{escape(item.id)}"{state}><span>{label}</span>'
            f'<button type="button" aria-label="{escape(words.scope_remove)}: {label}">✕</button></li>'
        )
        if not item.exists:
            gone += f"<p>{escape(words.scope_gone.format(name=html.unescape(label)))}</p>"
    hidden = "" if chips else " hidden"
    return (
        f'<div id="scope"{hidden}><span class="only">{escape(words.only_in)}</span><ul>{chips}</ul>'
        f'<div class="gone">{gone}</div></div>'
    )


def describe_scope(names: Iterable[str], words: Words) -> str:
    """Which documents a question was asked of, as text; empty where it was all of them."""
    line = ", ".join(" ".join(name.split()) for name in names)
    return f"{words.only_in}{words.formats.colon}{line}" if line else ""


def render_scope_list(words: Words) -> str:
    """The frame of the list, empty; the page's script fills it."""
    label = escape(words.scope_list)
    return f'<div id="scope-list" role="listbox" aria-label="{label}" hidden></div>'


def describe_options(items: Iterable[ScopeItem], words: Words) -> list[dict[str, str]]:
    """The same to choose from, for the page's script: id, label and a line that tells what it is."""
    kinds = {DOCUMENT: words.scope_document, FOLDER: words.rooms.folder, TAG: words.rooms.tag}
    options = []
    for item in items:
        is_counted = item.kind != DOCUMENT
        detail = count(words.document_count, int(item.detail), words) if is_counted else item.detail
        label, detail = html.unescape(escape_name(item.label)), html.unescape(escape_name(detail))
        options.append({"id": item.id, "label": label, "detail": f"{kinds[item.kind]} · {detail}"})
    return options
