"""Questions that the documents can answer, made from their titles and headings, without a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rag.answer import Answer, Citation, Extract
from rag.errors import InhouseError
from rag.index import FileList
from rag.index.views.files import FileQuery, ShownChunk
from ui.messages.page import Words
from ui.web.assistant_service import AssistantService
from ui.web.identity import Person

_STARTERS, _NEXT = 4, 3
_DOCUMENTS = 12  # the newest; a few of them may have no heading
_CHUNKS = 200  # of a document whose headings are looked at: some 40 pages
_CELLS = re.compile(r"[A-Z]+\d+(?::[A-Z]+\d+)?")  # a sheet's range of cells
_SHORTEST, _LONGEST = 4, 70  # characters of a heading that reads well in a question


def starter_questions(
    service: AssistantService, person: Person, profile: str, words: Words
) -> list[str]:
    """One for each of the newest documents that this person may read; none while there is no index."""
    try:
        shelf = service.file_list(person, profile)
        if shelf is None:
            return []
        files, _ = shelf.files(FileQuery(order="changed", descending=True), limit=_DOCUMENTS)
        questions = (
            question
            for file in files
            if file.document_id is not None and file.title
            for question in islice(_of(shelf, file.document_id, file.title, words), 1)
        )
        return list(islice(questions, _STARTERS))
    except InhouseError:
        return []


def next_questions(shelf: FileList, answer: Answer, words: Words) -> list[str]:
    """Up to three, from the headings that follow the place which answered, then from those before it."""
    basis: Citation | Extract | None = next(iter(answer.citations), None)
    basis = basis or next(iter(answer.extracts), None)
    file = shelf.file(basis.uri) if basis else None
    if basis is None:
        return []
    if file is None or file.document_id is None or not file.title:
        return []
    chunks = shelf.chunks(file.document_id, limit=_CHUNKS)
    later = [chunk for chunk in chunks if chunk.start > basis.start]
    earlier = [chunk for chunk in chunks if chunk.end <= basis.start]
    here = {chunk.section[-1] for chunk in chunks if chunk.section and chunk not in later + earlier}
    headings = [h for h in _headings([*later, *reversed(earlier)], file.title) if h not in here]
    questions = (_question(file.title, heading, words) for heading in headings)
    return [text for text in questions if text != answer.question][:_NEXT]


def _of(shelf: FileList, document_id: int, title: str, words: Words) -> Iterator[str]:
    for heading in _headings(shelf.chunks(document_id, limit=_CHUNKS), title):
        yield _question(title, heading, words)


def _headings(chunks: Iterable[ShownChunk], title: str) -> Iterator[str]:
    """The innermost headings, each once, without the document's title."""
    seen: set[str] = {title.strip().casefold()}
    for chunk in chunks:
        heading = _clean(chunk.section)
        if heading and heading.casefold() not in seen:
            seen.add(heading.casefold())
            yield heading


def _clean(section: Sequence[str]) -> str:
    heading = " ".join(section[-1].split()) if section else ""
    is_long_enough = _SHORTEST <= len(heading) <= _LONGEST
    reads_well = is_long_enough and heading[0].isalpha() and not _CELLS.fullmatch(heading)
    return heading.rstrip(".:") if reads_well else ""


def _question(title: str, heading: str, words: Words) -> str:
    if heading.endswith("?"):
        return heading
    return words.suggested.format(title=" ".join(title.split()), heading=heading)
