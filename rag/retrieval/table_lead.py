"""The header and the labels that a passage's first table row stands under, however far above they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.language.table_rows import (
    carry_labels,
    is_row,
    is_rule,
    is_second_header,
    join_cells,
    split_cells,
)

_WINDOWS = (4_000, 64_000)
"""Characters above a passage that are looked through first; most tables are shorter. Then all of them."""


def find_table_lead(text: str, start: int, slice_document: Callable[[int, int], str]) -> str:
    """What a reader sees above the passage `text`, if that begins in the middle of a table.

    The header with its rule, and a row with the labels that merged cells carry on into the passage; "" where
    the passage does not begin with a row, or begins with the header. `start` is where the passage begins;
    `slice_document(a, b)` returns the document's characters from a to b.
    """
    lines = text.split("\n", 2)
    if not is_row(lines[0]) or is_rule(lines[0]) or (len(lines) > 1 and is_rule(lines[1])):
        return ""
    for window in (*_WINDOWS, start):
        first = max(0, start - window)
        above = slice_document(first, start).removesuffix("\n").split("\n")
        if first:
            above = above[1:]  # its beginning is cut off
        rows = _rows_at_end(above)
        if len(rows) < len(above) or not first:
            return _lead(lines[0], rows)
    return ""


def _rows_at_end(lines: Sequence[str]) -> Sequence[str]:
    """The last lines, as far back as they are rows of a table."""
    start = len(lines)
    while start and is_row(lines[start - 1]):
        start -= 1
    return lines[start:]


def _lead(row: str, above: Sequence[str]) -> str:
    rule = next((n for n in reversed(range(1, len(above))) if is_rule(above[n])), None)
    if rule is None:
        return ""
    header, body = list(above[rule - 1 : rule + 1]), above[rule + 1 :]
    if body and is_second_header(split_cells(body[0])):
        header, body = [*header, body[0]], body[1:]
    labels = carry_labels(split_cells(row), [split_cells(line) for line in body])
    return "\n".join([*header, *([join_cells(labels)] if any(labels) else [])])
