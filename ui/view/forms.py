"""Parts of a form that filters, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ui.messages.numbers import number
from ui.messages.page import Words
from ui.messages.sections import MEDIA_TYPES
from ui.view.markup import escape, escape_name


def render_chooser(
    name: str,
    label: str,
    anything: str,
    offered: Mapping[str, int],
    chosen: str,
    words: Words,
    shown: Callable[[str], str] = str,
) -> str:
    """A list to choose one of, or none, each with its number of files."""
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape_name(shown(value))} ({number(many, words)})</option>"
        for value, many in offered.items()
    )
    return (
        f'<label>{escape(label)}<select name="{name}"><option value="">{escape(anything)}</option>'
        f"{options}</select></label>"
    )


def render_date_field(name: str, label: str, value: str) -> str:
    """A field for a day."""
    return (
        f'<label>{escape(label)}<input type="date" name="{name}" value="{escape(value)}" '
        'min="1970-01-01" max="9999-12-31"></label>'
    )


def type_name(media_type: str, words: Words) -> str:
    """What people call files of this kind."""
    kind = media_type.rpartition("/")[2].upper()
    return MEDIA_TYPES.get(media_type) or words.rooms.types.get(media_type) or kind
