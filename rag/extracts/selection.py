"""Selects the extracts: the best units, with what they make no sense without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from rag.answer import CLEAR, Extract
from rag.extracts.features import PRONOUN
from rag.extracts.newer_versions import put_newer_first
from rag.extracts.question_type import AnswerType, answer_type
from rag.extracts.relevance import judge_units
from rag.extracts.tables import choose_shown_columns, read_row_fields, show_row
from rag.extracts.units import Unit, UnitKind, split_units
from rag.extracts.word_overlap import Float64
from rag.extracts.words import find_content_words, question_words
from rag.hit import Hit
from rag.language.unspaced import measure_text_length

if TYPE_CHECKING:
    from rag.embedder import Embedder

_MOST_UNITS = 3
"""Sentences that are shown together, at most."""
_MOST_ITEMS = 8
_MOST_ROWS = 6
"""Rows of a table that are shown together: what a reader takes in at one look."""
_MOST_CHARACTERS = 480
"""An extract grows no further than this: about six lines on the page."""
_CONTEXT = 240
"""Characters, two to three lines, up to which a sentence is shown with its neighbours in the same paragraph,
however they fit: held out, the first extract then holds the answer to .675 of 160 new questions about the
sample documents instead of .613."""
_NEIGHBOUR = 0.4
"""Share of the best unit's probability from which its neighbour is shown beyond that."""
_FOLLOWING = 0.2
"""The same for a sentence that goes on from it with a pronoun: "It lapses …" is about what stands before."""
_LEANS = re.compile(r"(?:\w+ )?(?:it|this|that|these|those|them)\b", re.IGNORECASE)
"""How a sentence begins that is about what the one before it names: "During it, …"."""
_LEAST = 0.01
"""Probability from which a further extract stands beside a first one that is a clear answer. The rest is
noise to a reader: without it 2.25 extracts are shown instead of 3, and of 709 questions three lose their
answer."""
_SAME = 0.9
"""Share of its words from which on an extract says the same as an earlier one."""
_BLANK_LINE = re.compile(r"[^\S\n]*\n\s*\n")
_DIGIT = re.compile(r"\d")
_VERSION = re.compile(r"\bv(?=\d)", re.IGNORECASE)
_LISTS = {AnswerType.LIST, AnswerType.STEPS}
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|ignorier\w*|vergiss|ignorez|oubliez|ignora|olvida)\b.{0,40}"
    r"\b(?:above|instructions?|prompts?|previous (?:text|messages?)|everything|obig\w*|anweisung\w*"
    r"|ci-dessus|consignes?|instrucciones|anterior\w*)\b",
    re.IGNORECASE | re.DOTALL,
)
"""A sentence that is addressed to a model and not to a reader."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The extracts, the best first, and the probability that the documents hold an answer: 0…1."""

    extracts: tuple[Extract, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The stretch of a passage that fits a question best: `hit.text[start:end]`, and its plain text."""

    start: int
    end: int
    text: str


def select_extracts(
    question: str, hits: Sequence[Hit], embedder: Embedder, k: int = 3
) -> Selection:
    """The k sentences, table rows or list items of the passages that answer the question best.

    Fewer than k where the passages hold no more that could answer. What says the same as an earlier one is
    left out.
    """
    units = select_answering_units(hits)
    if not units or k < 1:
        return Selection((), 0.0)
    texts = show_units(question, units)
    relevance = judge_units(question, hits, units, texts, embedder)
    groups = [
        (group, group_probability(units, relevance.probabilities, group))
        for group in group_units(question, units, relevance.probabilities)
    ]
    extracts: list[Extract] = []
    chosen_words: list[frozenset[str]] = []
    for group, score in put_newer_first(question, hits, units, groups):
        if extracts and score < _LEAST and relevance.confidence >= CLEAR:
            continue
        text = show_group(units, texts, group)
        words = frozenset(find_content_words(text))
        if any(_is_same(words, earlier) for earlier in chosen_words):
            continue
        chosen_words.append(words)
        best = units[max(group, key=lambda n: float(relevance.probabilities[n]))]
        chosen = [units[n] for n in group]
        extracts.append(_extract(len(extracts) + 1, hits, chosen, best, text, score))
        if len(extracts) == k:
            break
    return Selection(tuple(extracts), relevance.confidence)


def select_answering_units(hits: Sequence[Hit]) -> list[Unit]:
    """The units of the passages that may answer: none that speaks to a model or is a mere title."""
    units = [unit for unit in split_units(hits) if not _ORDER.search(unit.text)]
    titles = [set(find_content_words(_VERSION.sub("version ", hit.names))) for hit in hits]
    return [
        unit
        for unit in units
        if not (_is_headline(unit, hits[unit.hit]) or _is_title(unit, titles[unit.hit]))
    ] or units


def _is_title(unit: Unit, title: set[str]) -> bool:
    """Whether a line only repeats its document's title, so that it answers nothing."""
    is_line = unit.kind in {UnitKind.LINE, UnitKind.SENTENCE}
    return is_line and set(find_content_words(unit.text)) <= title


def _is_headline(unit: Unit, hit: Hit) -> bool:
    """Whether a line stands by itself above a document: "Calling in sick: the short version"."""
    is_first = hit.start == 0 and not hit.text[: unit.start].strip()
    is_line = unit.kind in {UnitKind.LINE, UnitKind.PAIR} and not _DIGIT.search(unit.text)
    return is_first and is_line and _BLANK_LINE.match(hit.text, unit.end) is not None


def best_excerpt(
    question: str, hit: Hit, embedder: Embedder | None = None, *, characters: int = 320
) -> Excerpt:
    """Where to begin when a passage is shown in part: at the text that answers the question.

    Without an `embedder` only words are compared. At most about `characters` long; it ends with a sentence
    where one ends there.
    """
    units = split_units([hit])
    if not units:
        return Excerpt(0, min(len(hit.text), characters), hit.text[:characters])
    if embedder is None:
        query_words = set(question_words(question))
        shares = [
            len(query_words & set(find_content_words(f"{unit.text} {unit.lead_in}")))
            for unit in units
        ]
        first = int(np.argmax(shares))
    else:
        texts = show_units(question, units)
        first = int(np.argmax(judge_units(question, [hit], units, texts, embedder).probabilities))
    last = first
    while last + 1 < len(units) and units[last + 1].end - units[first].start <= characters:
        last += 1
    while first and PRONOUN.match(units[first].text) and _are_beside(units, first - 1, first):
        first -= 1
    shown = units[first : last + 1]
    text = _join(shown, [unit.text for unit in shown])
    end = max(units[last].end, units[first].start)
    return Excerpt(
        units[first].start, end, text if len(text) <= 2 * characters else text[:characters]
    )


def show_units(question: str, units: Sequence[Unit]) -> list[str]:
    """What a reader is shown of each unit by itself: of a row the columns that matter, with their names."""
    query_words = set(question_words(question))
    return [
        show_row(unit.table, unit.cells, _columns(unit, query_words))
        if unit.kind is UnitKind.ROW
        else unit.text
        for unit in units
    ]


def group_units(question: str, units: Sequence[Unit], probabilities: Float64) -> list[list[int]]:
    """Units that are shown together, the group with the best unit first. No unit is in two groups."""
    taken: set[int] = set()
    groups: list[list[int]] = []
    shows_lists = answer_type(question) in _LISTS
    query_words = set(question_words(question))
    for best in np.argsort(-probabilities, kind="stable").tolist():
        if best in taken:
            continue
        group = _alike_rows(query_words, units, best, taken) or _grown(
            units, probabilities, best, taken, shows_lists=shows_lists
        )
        taken.update(group)
        groups.append(group)
    return sorted(groups, key=lambda group: -group_probability(units, probabilities, group))


def group_probability(units: Sequence[Unit], probabilities: Float64, group: Sequence[int]) -> float:
    """The probability that a group answers: of rows that are shown together, that one of them does."""
    values = probabilities[list(group)]
    is_table = units[group[0]].kind is UnitKind.ROW
    return min(1.0, float(values.sum() if is_table else values.max()))


def _alike_rows(
    query_words: set[str], units: Sequence[Unit], best: int, taken: set[int]
) -> list[int]:
    """The rows of a short table, where the question says nothing of which of them it means; else none.

    "How long is parental leave?" is answered by the rows of both parents, and by neither alone.
    """
    row = units[best]
    if row.kind is not UnitKind.ROW:
        return []
    rows = [
        number
        for number, unit in enumerate(units)
        if unit.kind is UnitKind.ROW and (unit.hit, unit.block) == (row.hit, row.block)
    ]
    size = sum(measure_text_length(units[number].text) for number in rows)
    if not 1 < len(rows) <= _MOST_ROWS or size > _MOST_CHARACTERS or not taken.isdisjoint(rows):
        return []
    shared = [
        query_words & set(find_content_words(" ".join(units[number].cells))) for number in rows
    ]
    return rows if all(words == shared[0] for words in shared) else []


def _grown(
    units: Sequence[Unit],
    probabilities: Float64,
    best: int,
    taken: set[int],
    *,
    shows_lists: bool,
) -> list[int]:
    first = last = best

    def size_with(number: int) -> int:
        return sum(
            measure_text_length(units[n].text)
            for n in range(min(first, number), max(last, number) + 1)
        )

    def may_take(number: int) -> bool:
        if number in taken or not 0 <= number < len(units):
            return False
        return size_with(number) <= _MOST_CHARACTERS and units[number].hit == units[best].hit

    if units[best].text.endswith(":"):  # it introduces what answers
        while last - first < _MOST_ITEMS and may_take(last + 1) and _is_part(units, best, last + 1):
            last += 1
        return list(range(first, last + 1))
    if shows_lists and units[best].kind is UnitKind.ITEM:
        while (
            last - first < _MOST_ITEMS
            and may_take(last + 1)
            and _are_siblings(units, best, last + 1)
        ):
            last += 1
        while (
            last - first < _MOST_ITEMS
            and may_take(first - 1)
            and _are_siblings(units, first - 1, best)
        ):
            first -= 1
        return list(range(first, last + 1))
    if (
        PRONOUN.match(units[best].text)
        and may_take(best - 1)
        and _are_beside(units, best - 1, best)
    ):
        first -= 1
    while last - first + 1 < _MOST_UNITS:
        beside = [
            number
            for number, edge in ((last + 1, last), (first - 1, first))
            if may_take(number)
            and _are_beside(units, min(number, edge), max(number, edge))
            and (
                probabilities[number] >= _share(units, number, edge) * probabilities[best]
                or (size_with(number) <= _CONTEXT and units[best].kind is not UnitKind.ITEM)
            )
        ]
        if not beside:
            break
        chosen = max(beside, key=lambda number: float(probabilities[number]))
        first, last = min(first, chosen), max(last, chosen)
    if _LEANS.match(units[first].text) and may_take(first - 1):
        first -= _are_beside(units, first - 1, first)
    return list(range(first, last + 1))


def _share(units: Sequence[Unit], number: int, edge: int) -> float:
    """The share of the best unit's probability that a unit beside the group needs."""
    is_leaning = number > edge and PRONOUN.match(units[number].text)
    return _FOLLOWING if is_leaning else _NEIGHBOUR


def _are_beside(units: Sequence[Unit], number: int, following: int) -> bool:
    """Whether two units are sentences of one paragraph, or lines below one another: a name, a function."""
    one, other = units[number], units[following]
    prose = {UnitKind.SENTENCE, UnitKind.PAIR}
    if one.hit != other.hit:
        return False
    if one.kind is other.kind is UnitKind.LINE:
        return other.start - one.end <= 1
    return one.block == other.block and (
        {one.kind, other.kind} <= prose or one.kind is other.kind is UnitKind.ITEM
    )


def _are_siblings(units: Sequence[Unit], number: int, other: int) -> bool:
    """Whether two units are items of one list."""
    one, two = units[number], units[other]
    return (
        one.kind is two.kind is UnitKind.ITEM
        and one.headings == two.headings
        and one.lead_in == two.lead_in
    )


def _is_part(units: Sequence[Unit], lead_in: int, number: int) -> bool:
    """Whether a unit belongs to what another one introduces."""
    return units[number].lead_in.endswith(units[lead_in].text) and units[number].kind in {
        UnitKind.ITEM, UnitKind.ROW, UnitKind.LINE,
    }  # fmt: skip


def _columns(unit: Unit, query_words: set[str]) -> list[int]:
    """The columns of a row that are shown: those that share most words with the question before others."""
    columns = unit.table.columns if unit.table else ()
    shared = {
        number: len(query_words & set(find_content_words(f"{name} {cell}")))
        for number, (name, cell) in enumerate(zip_longest(columns, unit.cells, fillvalue=""))
    }
    relevant = sorted(
        (number for number, count in shared.items() if count), key=lambda n: -shared[n]
    )
    return choose_shown_columns(unit.cells, relevant)


def show_group(units: Sequence[Unit], texts: Sequence[str], group: Sequence[int]) -> str:
    """The text of a group: what introduces it, then its units with their numbers."""
    first = units[group[0]]
    heading = first.headings[-1] if first.headings else ""
    title = heading if first.kind is UnitKind.ROW else first.lead_in
    parts = []
    for number in group:
        mark = f"{units[number].number} " if units[number].number else ""
        parts.append(f"{mark}{texts[number]}")
    if title and not title.endswith((":", "?", "：", "？")):
        title += ":"
    if first.kind in {UnitKind.ROW, UnitKind.LINE}:
        shown = "\n".join(parts)
    else:
        shown = _join([units[number] for number in group], parts)
    return f"{title} {shown}".strip()


def _join(units: Sequence[Unit], texts: Sequence[str]) -> str:
    """The texts of neighbouring units, without a blank where the document has none: 。 needs none."""
    text = texts[0]
    for before, unit, part in zip(units, units[1:], texts[1:], strict=False):
        is_adjacent = before.hit == unit.hit and before.end == unit.start
        text += part if is_adjacent else f" {part}"
    return text


def _extract(
    rank: int, hits: Sequence[Hit], group: Sequence[Unit], best: Unit, text: str, score: float
) -> Extract:
    first, hit = group[0], hits[group[0].hit]
    fields: dict[str, str] = {}
    if len(group) == 1 and first.kind is UnitKind.ROW:
        fields = read_row_fields(first.table, first.cells)
    section = hit.section or (first.headings[-1] if first.headings else None)
    return Extract(
        rank=rank, text=text, uri=hit.uri, title=hit.title, page=hit.page, section=section,
        start=hit.start + first.start, end=hit.start + group[-1].end,
        score=round(min(1.0, max(0.0, score)), 4), fields=fields, boxes=hit.boxes,
        newer=hit.newer, core=(hit.start + best.start, hit.start + best.end),
    )  # fmt: skip


def _is_same(words: frozenset[str], earlier: frozenset[str]) -> bool:
    if not words:
        return True
    return len(words & earlier) >= _SAME * max(len(words), len(earlier))
