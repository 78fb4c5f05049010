"""From which column of a table's row a value is: each belongs under its own header."""

from __future__ import annotations

from collections import Counter

from rag.language.claims import (
    Claim,
    Token,
    count_overlap,
    is_same_amount,
    same_word_form,
    units_agree,
)
from rag.language.numerals import kind

_ELSEWHERE = 100
"""How much further away a word in another clause is."""


def misplaces(claim: Claim, row: str, header: str) -> bool:
    """Whether a number that is wanted stands in the row, but under another header than is named with it."""
    cells, heads = _cells(row), _cells(header)
    if len(cells) != len(heads) or len(cells) < 3:
        return False
    own = [
        head.stems
        - frozenset().union(*(head_claim.stems for head_claim in heads if head_claim is not head))
        for head in heads
    ]
    designations = frozenset().union(*(cell.designations for cell in cells))
    return _misplaces_words(claim, cells, own) or any(
        _is_misplaced(number, claim, cells, own)
        for number in claim.numbers
        if not any(number.stem in names for names in own)
        and (claim.named_by(number), number.stem) not in designations
    )


def _is_misplaced(
    number: Token, claim: Claim, cells: list[Claim], own: list[frozenset[str]]
) -> bool:
    by_column = {
        column: figure
        for column, cell in enumerate(cells)
        for figure in cell.numbers
        if is_same_amount(number, figure)
    }
    if not by_column:
        return False
    others = [
        figure
        for column, cell in enumerate(cells)
        if column not in by_column
        for figure in cell.numbers
    ]
    has_unit = bool(number.unit) and any(figure.unit for figure in by_column.values())
    if (
        number.unit
        and not has_unit
        and any(kind(figure.unit) == kind(number.unit) for figure in others)
    ):
        return True
    named = _named_columns(number, claim, own)
    if not named or any(column in by_column for column in named):
        return False
    there = cells[named[0]].numbers
    if not there:
        return not has_unit and bool(cells[named[0]].order)
    return any(
        units_agree(number.unit, figure.unit) and (not has_unit or bool(figure.unit))
        for figure in there
    ) or not any(
        is_same_amount(figure, other_number) for figure in there for other_number in claim.numbers
    )


def _misplaces_words(claim: Claim, cells: list[Claim], own: list[frozenset[str]]) -> bool:
    """Whether a column is named, and instead of what stands in it there is all that stands in another.

    "Ice fraction too high causes P-137", where that is the meaning of P-137 and "pump too slow" the cause.
    """
    values = range(1, len(cells))
    counts = Counter(stem for cell in cells for stem in cell.stems)
    named = {column for column in values if count_overlap(own[column] - counts.keys(), claim.words)}
    shares = {}
    for column in values:
        alone = {word for word in cells[column].words if counts[word] == 1}
        if len(alone) > 1:
            shares[column] = count_overlap(alone, claim.words) / len(alone)
    return any(shares.get(column) == 0 for column in named) and any(
        share == 1 for column, share in shares.items() if column not in named
    )


def _named_columns(number: Token, claim: Claim, own: list[frozenset[str]]) -> list[int]:
    """The columns, but for the first, whose headers are named nearest to the number, or one word behind."""
    distances = sorted(
        (
            abs(token.place - number.place) + _ELSEWHERE * (token.clause != number.clause),
            column,
        )
        for token in claim.tokens
        if token is not number
        for column, names in enumerate(own)
        if column and any(token.stem == name or same_word_form(token.stem, name) for name in names)
    )
    return [column for distance, column in distances if distance <= distances[0][0] + 1]


def _cells(row: str) -> list[Claim]:
    return [Claim.of(cell) for cell in row.strip().strip("|").split("|")]
