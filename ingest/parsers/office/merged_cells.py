"""Tables with merged cells: every cell stays in its column, and a label counts for each of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LONGEST_LABEL = 200  # characters; what is longer is text, and is not written again


def find_repeated_label(text: str) -> str:
    """What the further rows of a vertically merged cell say: the same, if it is short enough for a label."""
    return text if len(text) <= _LONGEST_LABEL else ""


def fill_down(rows: Iterable[Sequence[str | None]]) -> list[list[str]]:
    """The rows with the label of a vertically merged cell in each row; None goes on from the cell above.

    A row that has nothing of its own is left out.
    """
    filled: list[list[str]] = []
    labels: dict[int, str] = {}
    for row in rows:
        cells = [
            labels.get(column, "") if cell is None else cell for column, cell in enumerate(row)
        ]
        for column, cell in enumerate(row):
            if cell is not None:
                labels[column] = find_repeated_label(cell)
        if any(row):
            filled.append(cells)
    return filled
