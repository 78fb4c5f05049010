"""Rows of tables written as Markdown: their cells, their header, and the labels of merged cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*")
_BORDER = re.compile(r"(?<!\\)\|")
_DIGIT = re.compile(r"\d")


def is_row(line: str) -> bool:
    """Whether a line of text is a row of a table: cells between "|"."""
    return line.startswith("|") or " | " in line


def is_rule(line: str) -> bool:
    """Whether a line is the rule between a table's header and its rows."""
    return "|" in line and _RULE.fullmatch(line) is not None


def split_cells(row: str) -> list[str]:
    """The cells of a row, without the blanks around them."""
    inner = row.strip().removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in _BORDER.split(inner)]


def join_cells(cells: Sequence[str]) -> str:
    """The row that has these cells."""
    return f"| {' | '.join(cells)} |"


def is_second_header(row: Sequence[str]) -> bool:
    """Whether the row below a header goes on with it: words, no figures, and nothing in its first cell."""
    return not row[0] and any(row) and not any(map(_DIGIT.search, row))


def join_two_level_header(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """One name for each column: "Day shift Bonus" for "Bonus" below a cell merged over two columns."""
    names: list[str] = []
    over = ""
    for column in range(max(len(upper), len(lower))):
        over = (upper[column] if column < len(upper) else "") or over
        below = lower[column] if column < len(lower) else ""
        own = upper[column] if column < len(upper) else ""
        names.append(f"{over} {below}".strip() if below else own)
    return names


def carry_labels(row: Sequence[str], above: Sequence[Sequence[str]]) -> list[str]:
    """For each empty cell at the row's beginning the word that stands above it; "" for all other cells."""
    labels = [""] * len(row)
    if not any(row):
        return labels
    for column, cell in enumerate(row):
        if cell:
            break
        labels[column] = next(
            (cells[column] for cells in reversed(above) if column < len(cells) and cells[column]),
            "",
        )
    return labels
