"""The tool that answers a question: progress while the model writes, then only what the documents support."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing

from rag.answer import (
    Answer,
    AnswerEvent,
    DeltaEvent,
    Event,
    Extract,
    RetrievalEvent,
    SentencesEvent,
    Status,
    Verdict,
)
from rag.computed import Computed, Row
from rag.index import DocumentView
from ui.errors import NotAllowedError
from ui.mcp.references import Addresses, DocumentReference
from ui.mcp.schemas import AskOutput, CitedSource, ComputedOutput, ComputedRow, QuotedExtract
from ui.messages.page import ENGLISH
from ui.view.headline import choose_headline
from ui.view.links import check_of

Report = Callable[[str], Awaitable[None]]
"""Tells the caller in a few words how far the answer is."""
_REPORT_S = 0.5  # between two reports of how much the model has written


async def follow_answer(
    events: AsyncGenerator[Event, None], report: Report, is_welcome: Callable[[], bool]
) -> Answer:
    """The answer that the events end with, reporting on the way; the model stops if this is cancelled.

    Raises NotAllowedError if `is_welcome` says that whoever asked has lost their rights.
    """
    written, reported_at = 0, 0.0
    async with aclosing(events):
        async for event in events:
            if not is_welcome():
                raise NotAllowedError("Your rights have changed since you asked; ask again.")
            if isinstance(event, RetrievalEvent):
                await report(f"Found {len(event.hits)} passages.")
            elif isinstance(event, SentencesEvent):
                supported = sum(sentence.supported for sentence in event.sentences)
                sentences = len(event.sentences)
                await report(
                    f"Checked {sentences} of the model's sentences: {supported} supported."
                )
            elif isinstance(event, DeltaEvent):
                written += len(event.text)
                if time.monotonic() - reported_at > _REPORT_S:
                    reported_at = time.monotonic()
                    await report(f"The model has written {written} characters.")
            elif isinstance(event, AnswerEvent):
                return event.answer
    raise AssertionError("a stream ends with its answer")


class AnswerRendering:
    """Turns answers into what the tool gives; `view` is of the documents of whoever asked."""

    def __init__(self, view: DocumentView, addresses: Addresses, *, is_admin: bool) -> None:
        self._view, self._addresses, self._is_admin = view, addresses, is_admin

    def output(self, answer: Answer) -> AskOutput:
        """The supported sentences with their sources, and the documents' own words."""
        line = choose_headline(answer, ENGLISH)
        backed = answer.backed_sentences
        # Why no model answers names places on the server.
        is_silent = answer.status is Status.MODEL_UNAVAILABLE and not self._is_admin
        return AskOutput(
            question=answer.question,
            status=answer.status,
            verdict=line.verdict,
            summary=f"{line.label}: {line.why}",
            answer=" ".join(
                sentence.text + "".join(f" [{n}]" for n in sentence.citations)
                for sentence in backed
            ),
            sources=tuple(self._sources(answer)),
            # What certainly is not the answer is not shown as one.
            extracts=()
            if line.verdict is Verdict.NOT_IN_DOCUMENTS
            else tuple(map(self._extract, answer.extracts)),
            computed=None if answer.computed is None else self._computed(answer.computed),
            notices=(ENGLISH.model_silent,) if is_silent else answer.notices,
        )

    def _sources(self, answer: Answer) -> Iterator[CitedSource]:
        used = {n for sentence in answer.backed_sentences for n in sentence.citations}
        for citation in answer.citations:
            if citation.n in used:
                name = self._view.name(citation.uri)
                check = check_of(citation.quote)
                reference = DocumentReference(name, citation.start, citation.end, check)
                yield CitedSource(
                    n=citation.n,
                    id=str(reference),
                    title=citation.title,
                    url=self._addresses.url(reference, citation.uri, citation.page),
                    page=citation.page,
                    section=citation.section,
                    quote=citation.quote,
                )

    def _extract(self, extract: Extract) -> QuotedExtract:
        document = self._view.document(extract.uri)
        words = self._view.text(document, extract.start, extract.end) if document else ""
        name = self._view.name(extract.uri)
        reference = DocumentReference(name, extract.start, extract.end, check_of(words))
        return QuotedExtract(
            id=str(reference),
            title=extract.title,
            url=self._addresses.url(reference, extract.uri, extract.page),
            page=extract.page,
            section=extract.section,
            text=extract.text,
        )

    def _computed(self, computed: Computed) -> ComputedOutput:
        table = computed.table
        return ComputedOutput(
            text=computed.text,
            notes=computed.notes,
            columns=table.columns,
            rows=tuple(map(self._row, table.rows)),
            total=table.total,
        )

    def _row(self, row: Row) -> ComputedRow:
        uri = next((cell.uri for cell in row.cells if cell.uri), None)
        cells = tuple(cell.text for cell in row.cells)
        return ComputedRow(id=None if uri is None else self._view.name(uri), cells=cells)
