"""The outline of a document, and how each of its sections begins."""

from __future__ import annotations

from rag.computed import Cell, Row, Table
from rag.index.views.inventory import ChunkPositions, DocumentRecord
from rag.intents.intent import Intent, IntentKind
from rag.intents.resolve import find_documents, find_newer_versions, read_reference, titles
from rag.intents.result import IntentResult
from rag.intents.sections import DocumentSection, is_drawn, read_sentences, split_sections
from rag.intents.wording import find_wording
from rag.intents.workspace import Workspace, extract_of, place_cell

LEADING_CHARACTERS = 320
"""Of a section, its first sentences up to this length: two or three."""
SHOWN_SECTIONS = 40
SHOWN_EXTRACTS = 8
_INDENT = "\u2003"
"""An em space for each level below the first, which a table keeps."""
_FEWEST_WORDS = 3
"""Shorter lines are labels, such as a date or a document number."""


def answer_summary(intent: Intent, workspace: Workspace) -> IntentResult | None:
    """The outline of the document that the question names; None if it names none.

    Of several versions the newest, unless the question says which.
    """
    wording = find_wording(intent.language)
    reference = read_reference(intent.slot("document"), wording)
    candidates = find_documents(reference, workspace)
    if not candidates:
        return None
    record, notes = candidates[0], []
    newer = find_newer_versions(candidates, workspace)
    if not (reference.tags or reference.is_older) and record.document_id in newer:
        record = workspace.records[newer[record.document_id]]
    older = [
        candidate
        for candidate in candidates
        if newer.get(candidate.document_id) == record.document_id
    ]
    if older:
        notes.append(wording.reply("newest_version", titles=titles(older, wording)))
    others = [candidate for candidate in candidates if candidate not in (record, *older)][:3]
    if others:
        notes.append(wording.reply("also_called", titles=titles(others, wording)))
    text, positions = workspace.text(record), workspace.positions(record)
    sections = split_sections(text, positions)
    rows = [
        Row(cells=(_heading(section, record, positions), leading))
        for section in sections[:SHOWN_SECTIONS]
        if (leading := select_leading_sentences(text, section, record, positions)).text
        or section.heading
    ]
    leads = [row.cells[1] for row in rows if row.cells[1].text]
    return IntentResult(
        kind=IntentKind.SUMMARY,
        language=wording.code,
        text=wording.reply("summary", title=wording.quoted(record.title)),
        notes=tuple(notes),
        table=Table(
            columns=(wording.columns["section"], wording.columns["begins"]),
            rows=tuple(rows),
            total=len(sections),
        ),
        extracts=tuple(extract_of(cell, n) for n, cell in enumerate(leads[:SHOWN_EXTRACTS], 1)),
        generation=workspace.snapshot.generation.id,
        asks_model=True,
    )


def select_leading_sentences(
    text: str, section: DocumentSection, record: DocumentRecord, positions: ChunkPositions
) -> Cell:
    """The first sentences of a section, as they stand; an empty cell if it has none of its own."""
    first = last = None
    for start, end in read_sentences(text, section):
        if is_drawn(text[start:end]):
            continue
        if first is None and _is_label(text[start:end]):
            continue
        if first is not None and end - first > LEADING_CHARACTERS:
            break
        first = start if first is None else first
        last = end
    if first is None or last is None:
        return Cell()
    sentence_text = " ".join(
        line.strip() for line in text[first:last].splitlines() if not is_drawn(line)
    )
    return place_cell(record, positions, sentence_text, first, last)


def _is_label(text: str) -> bool:
    return len(text.split()) < _FEWEST_WORDS and not text.endswith((".", "!", "?"))


def _heading(section: DocumentSection, record: DocumentRecord, positions: ChunkPositions) -> Cell:
    heading = _INDENT * (section.level - 1) + section.heading
    return place_cell(record, positions, heading, section.start, section.start)
