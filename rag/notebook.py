"""How a hit and an answer look in a notebook, and hits or extracts as a table of pandas.

The text of documents is text: it is escaped, and nothing in it becomes markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd


class Located(Protocol):
    """What names a place in a document: a hit, an extract, a citation."""

    @property
    def uri(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def page(self) -> int | None: ...
    @property
    def section(self) -> str | None: ...
    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


def describe_source(located: Located) -> str:
    """Title, place and section in one line, for people."""
    page = f"page {located.page}" if located.page else ""
    return ", ".join(part for part in (located.title, page, located.section or "") if part)


def render_passage_html(text: str, located: Located) -> str:
    """A passage above its source, which shows its address as a tooltip."""
    source = f'<small title="{escape(located.uri)}">{escape(describe_source(located))}</small>'
    return f"<div><blockquote>{escape(text)}</blockquote>{source}</div>"


def answer_html(
    question: str, shown: str, status: str, sources: Sequence[tuple[str, Located]]
) -> str:
    """A question, what is shown first for it, and the passages that it rests on."""
    passages = "".join(render_passage_html(text, located) for text, located in sources)
    answer = escape(shown) or f"<em>{escape(status)}</em>"
    return f"<div><b>{escape(question)}</b><p>{answer}</p>{passages}</div>"


def shorten(text: str, characters: int = 60) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= characters else f"{line[: characters - 1].rstrip()}…"


def to_frame(items: Iterable[Located]) -> pd.DataFrame:
    """Hits, extracts or citations as a table: a row for each, its fields as columns, metadata behind them.

    A column of metadata is called `metadata.NAME`. Raises MissingDependencyError without pandas.
    """
    try:
        import pandas as pd
    except ImportError as exc:
        raise MissingDependencyError(
            "A table needs pandas, which is not installed.", hint="Run: pip install pandas"
        ) from exc
    return pd.DataFrame([_row(item) for item in items])


def _row(item: Located) -> dict[str, Any]:
    fields: dict[str, Any] = item.model_dump(mode="json")
    metadata: dict[str, Any] = fields.pop("metadata", {})
    return fields | {f"metadata.{name}": value for name, value in metadata.items()}
