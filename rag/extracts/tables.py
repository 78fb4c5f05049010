"""Reads rows of tables and shows them with the names of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.extracts.markup import plain_text
from rag.language.table_rows import (
    carry_labels,
    is_rule,
    is_second_header,
    join_two_level_header,
    split_cells,
)

LABEL_END = " — "
"""What stands in a row that is shown between its first cell, which names it, and the others."""
_SHOWN_COLUMNS = 8
"""Columns of a row that are shown when the question names none of them."""


@dataclass(frozen=True, slots=True)
class TableHeader:
    """The header of a table; () where it has none."""

    columns: tuple[str, ...] = ()


def is_table_row(line: str) -> bool:
    """Whether a line is a row of a table with bars or tabs between its cells."""
    if line.startswith("|"):
        return line.count("|") > 1
    return line.count(" | ") > 1 or line.count("\t") > 1


def read_table(
    lines: Sequence[str], lead: Sequence[str] = ()
) -> tuple[TableHeader, list[tuple[int, tuple[str, ...]]]]:
    """The table that the lines are, and its rows with the numbers of their lines.

    `lead` are the rows that stand above them, where the passage begins in the middle of the table.
    """
    everything = [*lead, *lines]
    rules = [number for number, line in enumerate(everything) if is_rule(line)]
    columns: list[str] = []
    first = 0
    if rules and rules[0] > 0:
        columns, first = _cells(everything[rules[0] - 1]), rules[0] + 1
        if first < len(everything) and is_second_header(_cells(everything[first])):
            columns = join_two_level_header(columns, _cells(everything[first]))
            first += 1
    above: list[list[str]] = []
    rows = []
    for line_number in range(len(everything)):
        if line_number in rules or first - 2 <= line_number < first:
            continue
        cells = _cells(everything[line_number])
        labels = carry_labels(cells, above)
        above.append(cells)
        if line_number >= len(lead):
            whole = [label or cell for label, cell in zip(labels, cells, strict=True)]
            rows.append((line_number - len(lead), tuple(map(plain_text, whole))))
    if not rows and columns and not lead:
        return TableHeader(), [(rules[0] - 1, tuple(map(plain_text, columns)))]
    return TableHeader(tuple(map(plain_text, columns))), rows


def _cells(line: str) -> list[str]:
    return split_cells(line) if "|" in line else [cell.strip() for cell in line.split("\t")]


def read_row_fields(table: TableHeader | None, cells: Sequence[str]) -> dict[str, str]:
    """A row's values by the names of its columns, without empty ones; "1", "2", … where a name is missing."""
    fields: dict[str, str] = {}
    columns = table.columns if table else ()
    for number, cell in enumerate(cells):
        name = columns[number] if number < len(columns) else ""
        if not cell:
            continue
        key = name or str(number + 1)
        fields[key if key not in fields else f"{key} ({number + 1})"] = cell
    return fields


def choose_shown_columns(cells: Sequence[str], relevant: Sequence[int]) -> list[int]:
    """The columns of a row that are shown: the first, those `relevant` for in order, the next ones."""
    filled = [number for number, cell in enumerate(cells) if cell]
    chosen = [*filled[:1], *(number for number in relevant if number in filled[1:]), *filled]
    return sorted(list(dict.fromkeys(chosen))[:_SHOWN_COLUMNS])


def show_row(table: TableHeader | None, cells: Sequence[str], column_numbers: Iterable[int]) -> str:
    """A row as a sentence: "OH-41806 — Description: Sump pump · Price EUR: 611"."""
    columns = table.columns if table else ()

    def parts() -> Iterator[str]:
        for number in column_numbers:
            name = columns[number] if number < len(columns) else ""
            yield f"{name}: {cells[number]}" if name and number else cells[number]

    texts = list(parts())
    if len(texts) > 1 and columns and next(iter(column_numbers), 1) == 0:
        return f"{texts[0]}{LABEL_END}{' · '.join(texts[1:])}"
    return " · ".join(texts)
