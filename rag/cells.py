"""Names of cell ranges, as spreadsheets write them: "A4:D9"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?")


def name_cell_range(first_column: int, first_row: int, last_column: int, last_row: int) -> str:
    """The name of a range of cells; rows and columns from 1."""
    first = f"{_letters(first_column)}{first_row}"
    last = f"{_letters(last_column)}{last_row}"
    return first if first == last else f"{first}:{last}"


def join_cell_ranges(names: Sequence[str]) -> str | None:
    """The smallest range that holds all of these; None if one of them is no range."""
    edges = []
    for name in names:
        match = _RANGE.fullmatch(name)
        if match is None:
            return None
        first, row, last, last_row = match.groups()
        edges.append((_number(first), int(row), _number(last or first), int(last_row or row)))
    if not edges:
        return None
    columns, rows, last_columns, last_rows = zip(*edges, strict=True)
    return name_cell_range(min(columns), min(rows), max(last_columns), max(last_rows))


def _letters(column: int) -> str:
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
