"""What a request came to, as a plain value that a page, a terminal and JSON can show alike."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from rag.answer import Extract
from rag.intents.intent import Kind


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Change(StrEnum):
    """What happened to a part of a document from one version to the next."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Cell(_Value):
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


class Row(_Value):
    """One row, with as many cells as the table has columns; `change` where two versions are compared."""

    cells: tuple[Cell, ...]
    change: Change | None = None


class Table(_Value):
    """Rows under the headings of their columns. `total`: how many rows there are, shown or not."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    total: int = 0


class IntentResult(_Value):
    """What was done and what came of it, without a language model.

    `text` says what was done and the result in a sentence. `notes` are further sentences: what was counted,
    what was left out. `extracts` are the documents' own sentences, first those that matter most. `generation`
    is the state of the index. `asks_model`: a model's summary or comparison of `extracts` may be shown above,
    where it is supported; everywhere else a model has nothing to add.
    """

    kind: Kind
    language: str
    text: str
    notes: tuple[str, ...] = ()
    table: Table = Table()
    extracts: tuple[Extract, ...] = ()
    generation: int = 0
    asks_model: bool = False

    def to_json(self) -> dict[str, Any]:
        """This value, ready for `json.dumps`."""
        return self.model_dump(mode="json")
