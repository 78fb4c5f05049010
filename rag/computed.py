"""What was counted, listed or compared without a language model, as a plain value.

A page, a terminal and JSON show it alike: a sentence, notes, and a table.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class _ComputedValue(BaseModel):
    model_config = ConfigDict(frozen=True)


class Change(StrEnum):
    """What happened to a part of a document from one version to the next."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Cell(_ComputedValue):
    """One cell of a table.

    Where it stands for a place in a document, `uri` is set, with the characters `start` to `end` of its text,
    the page and the section (None where it has none). `marks` are the spans of `text` that differ from the
    other side of the row.
    """

    text: str = ""
    uri: str = ""
    title: str = ""
    page: int | None = None
    section: str | None = None
    start: int = 0
    end: int = 0
    marks: tuple[tuple[int, int], ...] = ()


class Row(_ComputedValue):
    """One row, with as many cells as the table has columns; `change` where two versions are compared."""

    cells: tuple[Cell, ...]
    change: Change | None = None


class Table(_ComputedValue):
    """Rows under the headings of their columns. `total`: how many rows there are, shown or not."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    total: int = 0


class Computed(_ComputedValue):
    """A request that was answered without a model.

    `kind` is what was asked for: `mentions`, `documents`, `changes`, `summary`, `comparison`, or small talk:
    `greeting`, `identity`, `abilities`, `thanks`, `goodbye`. `language` is an ISO 639-1 code. `text` says
    what was done and the result in a sentence. `notes` are further sentences: what was counted and what not.
    """

    kind: str
    language: str
    text: str
    notes: tuple[str, ...] = ()
    table: Table = Table()

    @property
    def uris(self) -> frozenset[str]:
        """The documents that it names."""
        return frozenset(cell.uri for row in self.table.rows for cell in row.cells if cell.uri)
