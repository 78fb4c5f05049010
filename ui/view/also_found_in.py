"""Where else a passage stands, and whether a newer version of its document was found."""

from __future__ import annotations

from rag.hit import Hit, Place
from ui.messages.page import Words
from ui.view.links import Name, make_source_link
from ui.view.markup import escape, escape_name

_MOST = 4  # other documents are named; of more there is a number


def render_other_documents(hit: Hit, name: Name | None, words: Words) -> str:
    """A line for each of the two, or nothing. Without `name`, which gives short names, there are no links."""
    parts = []
    if hit.newer is not None:
        parts.append(render_newer_version(hit.newer, name, words))
    if hit.also_in:
        places = ", ".join(_link(location, name, words) for location in hit.also_in[:_MOST])
        left = len(hit.also_in) - _MOST
        more = f" {escape(words.and_more.format(n=left))}" if left > 0 else ""
        parts.append(f'<p class="also">{escape(words.also_in)} {places}{more}</p>')
    return "".join(parts)


def render_newer_version(newer: Place, name: Name | None, words: Words) -> str:
    """The line that says that there is a newer version of a document."""
    return f'<p class="newer">{escape(words.newer_version)} {_link(newer, name, words)}</p>'


def _link(location: Place, name: Name | None, words: Words) -> str:
    # Title and file: two versions may well have one title.
    file, title = escape_name(location.uri.rpartition("/")[2]), escape_name(location.title)
    label = f"{title} ({file})" if title and title != file else file
    if location.page is not None:
        label += f", {escape(words.page.format(page=location.page))}"
    if name is None:
        return label
    at = "" if location.page is None else f"/page/{location.page}"
    return f'<a href="{make_source_link(name, location.uri, 0, 0, "")}{at}">{label}</a>'
