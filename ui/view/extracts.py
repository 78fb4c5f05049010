"""The documents' own words that answer a question, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer import Extract
from rag.hit import Hit
from ui.messages.page import Words
from ui.view.also_found_in import render_newer_version
from ui.view.evidence import Shelf, describe_location
from ui.view.links import make_source_link
from ui.view.markup import escape, escape_name


def extract_list(
    extracts: Sequence[Extract],
    words: Words,
    shelf: Shelf,
    *,
    is_answer: bool,
    hits: Sequence[Hit] = (),
) -> str:
    """The extracts, the best first; in large type where they are the answer.

    `hits` are the passages that they were found in: a link to an extract knows its words by them.
    """
    if not extracts:
        return ""
    items = "".join(_item(extract, words, shelf, hits) for extract in extracts)
    kind = "extracts is-answer" if is_answer else "extracts"
    heading = f'<h3 class="extracts-title">{escape(words.extracts)}</h3>'
    return f'{heading}<ol class="{kind}">{items}</ol>'


def _item(extract: Extract, words: Words, shelf: Shelf, hits: Sequence[Hit]) -> str:
    if extract.uri in shelf.gone:
        return f'<li class="extract"><p class="gone">{escape(words.withdrawn)}</p></li>'
    location = describe_location(extract.title, extract.uri, extract.page, extract.section, words)
    name = escape_name(extract.title)
    if shelf.name is not None:
        text = _as_written(extract, hits)
        link = make_source_link(shelf.name, extract.uri, extract.start, extract.end, text)
        name = f'<a href="{link}">{name}</a>'
    newer = render_newer_version(extract.newer, shelf.name, words) if extract.newer else ""
    return (
        f'<li class="extract"><blockquote>{_words(extract)}</blockquote>'
        f'<p class="where"><strong>{name}</strong> · {location}</p>{newer}</li>'
    )


def _as_written(extract: Extract, hits: Sequence[Hit]) -> str:
    """The document's characters that the extract stands for, as the passage around them has them."""
    for hit in hits:
        if hit.uri == extract.uri and hit.start <= extract.start and extract.end <= hit.end:
            return hit.text[extract.start - hit.start : extract.end - hit.start]
    return ""


def _words(extract: Extract) -> str:
    if not extract.fields:
        return "<br>".join(escape(line) for line in extract.text.splitlines() if line.strip())
    lead, _, _ = extract.text.partition("\n")
    fields = "".join(_field(name, value) for name, value in extract.fields.items())
    # The first line of a row's text is its table's title, where it has one.
    title = f'<span class="table">{escape(lead)}</span>' if "\n" in extract.text else ""
    return f"{title}{fields.strip()}"


def _field(name: str, value: str) -> str:
    """A cell with its column's name; one of a column without a name, such as the row's label, by itself."""
    key = "" if name.isdecimal() else f'<span class="key">{escape(name)}:</span> '
    return f'<span class="field">{key}{escape(value)}</span> '
