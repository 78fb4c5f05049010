"""What the documents say of two things, side by side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from rag.computed import Cell, Row, Table
from rag.embedder import Float32
from rag.index.search.analysis import plain_words, stems
from rag.index.views.inventory import DocumentRecord
from rag.intents.intent import Intent, IntentKind
from rag.intents.resolve import Reference, find_documents, find_newer_versions, read_reference
from rag.intents.result import IntentResult
from rag.intents.sections import is_drawn, read_tables, split_sections
from rag.intents.wording import Wording, find_wording
from rag.intents.workspace import Workspace, extract_of, make_readable, place_cell
from rag.language.sentences import spans
from rag.retrieval.retriever import retrieve

SENTENCES = 40
"""Of each side that get a vector: 80 vectors take 0.3 to 0.6 s on 2 cores."""
_MOST = 800
"""Of each side that are looked at."""
PAIRS = 8
CLOSE = 0.437
"""Cosine from which two sentences, without the names of what is compared, are about the same: measured on
manuals of two machines, where "water connection" pairs have .5 to .8 and unrelated ones below .4. All three
are on a scale on which unrelated ones are at 0, whatever the embedder: multilingual E5 has .78 there."""
SAME = 0.969
"""The same from which the two sides say the same, such as the line of a publisher: no comparison."""
ON_ASPECT = 0.283
"""The same with the aspect that a sentence needs."""
_NUMBERS = 0.1
"""What a pair gets in which both sides give a figure: that is what people compare."""
_HITS = 6
_FEWEST_WORDS = 4
_LONGEST = 320
_DIGIT = re.compile(r"\d")
_PAGE = re.compile(r"\b(?:page|seite|página) \d+\s*$|…\s*\d*\s*$", re.IGNORECASE)
"""The end of a line at the edge of a page, or of a table of contents."""


@dataclass(frozen=True, slots=True)
class ComparedThing:
    """One of the two things, with sentences about it; `vectors`: (n, dimension), L2-normalised."""

    name: str
    cells: Sequence[Cell]
    vectors: Float32
    unrelated: float = 0.0
    """The embedder's cosine of sentences that have nothing to do with each other."""


def answer_comparison(intent: Intent, workspace: Workspace) -> IntentResult | None:
    """Sentences on each of the two things, those on the same subject in one row; None if there are none."""
    wording = find_wording(intent.language)
    names, aspect = read_names(intent.slot("one"), intent.slot("other"), wording)
    references = _completed([read_reference(name, wording) for name in names])
    if rows := compare_columns(references, aspect, workspace):
        return _result(names, rows, wording, workspace)
    cells = _cells_of_documents(references, workspace)
    if cells is None:
        cells = [
            list(_cells_by_search(name, aspect, reference, workspace))
            for name, reference in zip(names, references, strict=True)
        ]
    if not all(cells):
        return None
    words = {word for reference in references for word in reference.words}
    one, two = _sides(names, cells, words, aspect, workspace)
    if not (one.cells and two.cells):
        return None
    rows = read_first_sentences(one, two) if aspect else pair_sentences(one, two)
    return _result(names, rows, wording, workspace)


def _result(
    names: Sequence[str], rows: Sequence[Row], wording: Wording, workspace: Workspace
) -> IntentResult:
    both = [cell for row in rows for cell in row.cells if cell.uri]
    one, other = map(wording.quoted, names)
    has_labels = len(rows[0].cells) > len(names)
    return IntentResult(
        kind=IntentKind.COMPARISON,
        language=wording.code,
        text=wording.reply("comparison", one=one, other=other),
        table=Table(
            columns=("", *names) if has_labels else tuple(names), rows=tuple(rows), total=len(rows)
        ),
        extracts=tuple(extract_of(cell, rank) for rank, cell in enumerate(both, 1)),
        generation=workspace.snapshot.generation.id,
        asks_model=True,
    )


def compare_columns(
    references: Sequence[Reference], aspect: str, workspace: Workspace
) -> tuple[Row, ...]:
    """The rows of a table that has a column for each of the two: label, one, other. None: ()."""
    hits = retrieve(
        workspace.snapshot,
        query=" ".join([*(word for reference in references for word in reference.words), aspect]),
        k=_HITS,
        filter=workspace.filter,
        embedder=workspace.embedder,
        fold=True,
    )
    one, other = (frozenset(reference.words) for reference in references)
    telling = (one - other, other - one)  # "plan" tells nothing in "gold plan" and "silver plan"
    for hit in hits:
        record = workspace.records[hit.document_id]
        text, positions = workspace.text(record), workspace.positions(record)
        for table in read_tables(text):
            columns = [_column(words, table.header) for words in telling]
            if 0 in columns or columns[0] == columns[1]:
                continue
            return tuple(
                Row(
                    cells=tuple(
                        place_cell(record, positions, row.cells[n], row.start, row.end)
                        if n < len(row.cells)
                        else Cell()
                        for n in (0, *columns)
                    )
                )
                for row in table.rows
            )
    return ()


def _column(words: frozenset[str], header: Sequence[str]) -> int:
    """The column whose name has most of the words; 0 for none: the first column names the rows."""
    shared = [len(words.intersection(plain_words(name))) for name in header]
    best = max(range(1, len(shared)), key=lambda column: shared[column], default=0)
    return best if best and shared[best] else 0


def pair_sentences(one: ComparedThing, two: ComparedThing) -> tuple[Row, ...]:
    """Rows of two cells: pairs that are closest to each other on both sides, else each side's first ones."""
    closeness = (one.vectors @ two.vectors.T - one.unrelated) / (1 - one.unrelated)
    has_figure = [
        np.array([bool(_DIGIT.search(cell.text)) for cell in side.cells]) for side in (one, two)
    ]
    figures = np.outer(has_figure[0], has_figure[1])
    worth = closeness + _NUMBERS * figures
    pairs = [
        (float(worth[i, j]), i, int(j))
        for i, j in enumerate(worth.argmax(axis=1))
        if worth[:, j].argmax() == i and CLOSE <= closeness[i, j] < SAME
    ]
    best = sorted(sorted(pairs, reverse=True)[:PAIRS], key=lambda pair: pair[1])
    if best:
        return tuple(Row(cells=(one.cells[i], two.cells[j])) for _, i, j in best)
    return read_first_sentences(one, two)


def read_first_sentences(one: ComparedThing, two: ComparedThing) -> tuple[Row, ...]:
    """Rows of two cells: the first sentences of either side, which need not belong together."""
    rows = min(PAIRS // 2, max(len(one.cells), len(two.cells)))
    return tuple(
        Row(cells=tuple(s.cells[n] if n < len(s.cells) else Cell() for s in (one, two)))
        for n in range(rows)
    )


def _completed(references: Sequence[Reference]) -> list[Reference]:
    one, other = references
    if other.is_only_a_version:
        other = Reference(one.words, other.tags, other.is_older, other.is_newer)
    return [one, other]


def _cells_of_documents(
    references: Sequence[Reference], workspace: Workspace
) -> list[list[Cell]] | None:
    """The sentences of the two documents; None unless each name is that of a document of its own."""
    chosen = []
    for reference in references:
        candidates = find_documents(reference, workspace)
        if not candidates:
            return None
        newer = find_newer_versions(candidates, workspace)
        best = candidates[0].document_id
        chosen.append(best if reference.tags else newer.get(best, best))
    if chosen[0] == chosen[1]:
        return None
    columns = []
    for document in chosen:
        record = workspace.records[document]
        columns.append(list(islice(_document_cells(record, workspace), _MOST)))
    return columns


def _document_cells(record: DocumentRecord, workspace: Workspace) -> Iterator[Cell]:
    """The sentences of a document: not those before the first heading, nor those of every page."""
    text, positions = workspace.text(record), workspace.positions(record)
    sections = split_sections(text, positions)
    headed = [section for section in sections if section.heading] or sections
    sentences = [
        sentence
        for section in headed
        for sentence in _sentences(text[section.start : section.end], section.start)
    ]
    seen = Counter(_DIGIT.sub("", sentence) for sentence, _, _ in sentences)
    for sentence, start, end in sentences:
        if seen[_DIGIT.sub("", sentence)] == 1 and not _PAGE.search(sentence):
            yield place_cell(record, positions, sentence, start, end)


def _cells_by_search(
    name: str, aspect: str, reference: Reference, workspace: Workspace
) -> Iterator[Cell]:
    """Sentences of the passages found for one of the two, in which its name stands or which it heads."""
    query = f"{name} {aspect}".strip()
    hits = retrieve(
        workspace.snapshot,
        query=query,
        k=_HITS,
        filter=workspace.filter,
        embedder=workspace.embedder,
        fold=True,
    )
    for hit in hits:
        heading = f"{hit.title} {hit.section or ''}"
        for text, start, end in _sentences(hit.text, hit.start):
            if _names(reference, f"{heading} {text}"):
                yield Cell(
                    text=text, uri=hit.uri, title=hit.title, page=hit.page, section=hit.section,
                    start=start, end=end,
                )  # fmt: skip


def _names(reference: Reference, text: str) -> bool:
    """Whether a text has every telling word of a name, in any form."""
    words = set(plain_words(text))
    roots = set(stems(text, "en"))
    return bool(reference.words) and all(
        word in words or not roots.isdisjoint(stems(word, "en")) for word in reference.words
    )


def _sides(
    names: Sequence[str],
    cells: Sequence[Sequence[Cell]],
    words: set[str],
    aspect: str,
    workspace: Workspace,
) -> list[ComparedThing]:
    """The sentences that are worth comparing, with their vectors.

    Those that share most words with a sentence of the other side, or with the `aspect`: vectors take longer.
    """
    from rag.citations.features import (
        measure_unrelated_cosine,  # with the check, which a search does without
    )

    texts = [[_without(cell.text, words) for cell in side] for side in cells]
    roots = [[frozenset(stems(text, "en")) for text in side] for side in texts]
    aspects = [frozenset(stems(aspect, "en"))] if aspect else []
    unrelated = measure_unrelated_cosine(workspace.embedder)
    sides = []
    for side, name in enumerate(names):
        others = aspects or set(roots[1 - side])
        closeness = [
            max((_shared(root, other) for other in others), default=0.0) for root in roots[side]
        ]
        order = sorted(range(len(closeness)), key=lambda n: -closeness[n])[:SENTENCES]
        order = order if aspects else sorted(order)
        vectors = workspace.embedder.embed_documents([texts[side][n] for n in order])
        if aspect:
            fit = vectors @ workspace.embedder.embed_query(aspect)
            fit = (fit - unrelated) / (1 - unrelated)
            best = [n for n in np.argsort(-fit, kind="stable")[:PAIRS] if fit[n] >= ON_ASPECT]
            order, vectors = [order[n] for n in best], vectors[best]
        sides.append(ComparedThing(name, [cells[side][n] for n in order], vectors, unrelated))
    return sides


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of words in common, 0…1; 0 where the two say the same, as a publisher's line does."""
    return 0.0 if one == other else 2 * len(one & other) / (len(one) + len(other) or 1)


def _without(text: str, words: set[str]) -> str:
    """The text without the names of what is compared, which would make everything alike."""
    kept = [word for word in text.split() if words.isdisjoint(plain_words(word))]
    return " ".join(kept) or text


def _sentences(text: str, offset: int) -> Iterator[tuple[str, int, int]]:
    """Sentences that say something, with their places; a long stretch of lines is taken line by line."""
    for start, end in spans(text):
        parts = [(start, end)]
        if end - start > _LONGEST and "\n" in text[start:end]:
            parts = [
                (start + line.start(), start + line.end())
                for line in re.finditer(r"[^\n]+", text[start:end])
            ]
        for first, last in parts:
            sentence = text[first:last]
            if (
                len(sentence.split()) >= _FEWEST_WORDS
                and not is_drawn(sentence)
                and not sentence.startswith("#")
            ):
                yield make_readable(sentence)[: 2 * _LONGEST], offset + first, offset + last


def read_names(one: str, other: str, wording: Wording) -> tuple[tuple[str, str], str]:
    """The names of the two things, and in what respect they are to be compared ("" for every one).

    "the price of A and B in terms of service": A, B, "price service".
    """
    aspects = []
    if match := re.search(rf"[ ,]+{wording.words['aspect']}", other, re.IGNORECASE):
        aspects.append(other[match.end() :])
        other = other[: match.start()]
    between = rf" {wording.words['preposition']} "
    parts = re.split(between, one, maxsplit=1, flags=re.IGNORECASE)
    if len(parts) == 2 and not re.search(between, other, re.IGNORECASE):
        aspects.insert(0, _bare(parts[0], wording))
        one = parts[1]
    return (_bare(one, wording), _bare(other, wording)), " ".join(aspects)


def _bare(name: str, wording: Wording) -> str:
    return re.sub(rf"^{wording.words['articles']}[ ]+", "", name.strip(), flags=re.IGNORECASE)
