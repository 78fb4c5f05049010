"""The sources of an answer as a list in its text, for programs that show no citations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ui.api.markdown import escape_markdown
from ui.api.marked_text import CitedPassage
from ui.messages.languages import LANGUAGES
from ui.messages.page import Words

_HEADINGS = "|".join(re.escape(words.sources) for words in LANGUAGES.values())
_LIST = re.compile(rf"\n\n\*\*(?:{_HEADINGS})\*\*\n\n(?:\d+\. [^\n]*(?:\n|\Z))+\Z")
_QUOTE = 300  # characters of a quote that are shown


def write_source_list(passages: Sequence[CitedPassage], words: Words) -> str:
    """A heading and a line for each passage, to be put after the text; "" without any."""
    lines = [f"{passage.n}. {_line(passage, words)}" for passage in passages]
    return f"\n\n**{words.sources}**\n\n" + "\n".join(lines) if lines else ""


def strip_source_list(text: str) -> str:
    """A text without the list that `write_source_list` put after it."""
    return _LIST.sub("", text)


def _line(passage: CitedPassage, words: Words) -> str:
    title = escape_markdown(passage.title)
    if passage.url is not None:
        title = f"[{title}](<{passage.url}>)"
    page = [words.page.format(page=passage.page)] if passage.page is not None else []
    section = [escape_markdown(passage.section)] if passage.section else []
    quote = " ".join(passage.quote.split())
    if len(quote) > _QUOTE:
        quote = f"{quote[:_QUOTE].rsplit(' ', 1)[0]} …"
    formats = words.formats
    shown = formats.quotation.format(text=escape_markdown(quote))
    return f"{', '.join([title, *page, *section])}{formats.colon}{shown}"
