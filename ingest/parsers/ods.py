"""The sheets of an OpenDocument spreadsheet, cell by cell as they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.parsers.opendocument_text import (
    TABLE,
    attribute,
    inline_text,
    is_element,
    local_name,
)
from ingest.parsers.sheet import MAX_COLUMNS, Row, trimmed

_MAX_ROWS_REPEATED = 100
_MAX_ROWS = 1_048_576


def sheets(
    body: Any, styles: Mapping[tuple[str, str], Any]
) -> Iterator[tuple[str, Iterator[Row | None]]]:
    """The name and rows of each sheet that is not hidden."""
    for table in body:
        if is_element(table, "table") and not _is_hidden(table, styles):
            yield attribute(table, "name"), _rows(table)


def _is_hidden(table: Any, styles: Mapping[tuple[str, str], Any]) -> bool:
    style = styles.get(("style", table.get(f"{TABLE}style-name", "")))
    return style is not None and any(
        is_element(each, "table-properties") and attribute(each, "display") == "false"
        for each in style
    )


def _rows(table: Any) -> Iterator[Row | None]:
    number = 1
    for element in table.iter(f"{TABLE}table-row"):
        repeated = _count(element, "number-rows-repeated")
        cells = _cells(element)
        # A format that fills the sheet down to its end is one row, repeated a million times.
        for copy in range(min(repeated, _MAX_ROWS_REPEATED) if any(cells) else 0):
            yield trimmed(number + copy, cells)
        number += repeated
        if number > _MAX_ROWS:
            return


def _cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if local_name(cell) not in ("table-cell", "covered-table-cell"):
            continue
        repeated = min(_count(cell, "number-columns-repeated"), MAX_COLUMNS - len(cells))
        cells += [_shown(cell)] * repeated
        if len(cells) >= MAX_COLUMNS:
            break
    return cells


def _shown(cell: Any) -> str:
    date = attribute(cell, "date-value")
    if date:
        return date.removesuffix("T00:00:00")
    words = "\n".join(inline_text(each) for each in cell if is_element(each, "p")).strip()
    return words or attribute(cell, "string-value") or attribute(cell, "value")


def _count(element: Any, name: str) -> int:
    raw = element.get(f"{TABLE}{name}", "1")
    return max(1, int(raw)) if raw.isdecimal() and len(raw) < 10 else 1
