"""Questions that the documents can answer, without a model: from titles, headings and what others asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.answer import Answer, Citation, Extract, Turn
from rag.answering.followup import is_followup
from rag.errors import InhouseError
from rag.index import FileList
from rag.index.views.files import FileQuery, ShownChunk
from rag.language.logic_words import FUNCTION_WORDS
from ui.messages.page import Words
from ui.view.passage import find_headings
from ui.web.assistant_service import AssistantService
from ui.web.identity import Person
from ui.web.userdata.history import AskedQuestion

NEXT_QUESTIONS = 3
_STARTERS = 4
_DOCUMENTS = 24  # the newest; some of them have no heading, or are in another language
_CHUNKS = 200  # of a document whose headings are looked at: some 40 pages
_ANY_TURN = Turn(question="", answer="")
_WORD = re.compile(r"\w+")
_CELLS = re.compile(r"[A-Z]+\d+(?::[A-Z]+\d+)?")  # a sheet's range of cells
_SUBTITLE = re.compile(r"\s[-–—·]\s|:\s")  # what stands between a title and its subtitle
_SHORTEST, _LONGEST = 4, 70  # characters of a heading that reads well in a question


def suggest_starter_questions(
    service: AssistantService, person: Person, profile: str, words: Words
) -> list[str]:
    """One for each of the newest documents that this person may read; none while there is no index.

    Documents in the page's language come first, and of a document's headings those that are questions.
    """
    try:
        shelf = service.file_list(person, profile)
        if shelf is None:
            return []
        files, _ = shelf.files(FileQuery(order="changed", descending=True), limit=_DOCUMENTS)
        files.sort(key=lambda file: file.language != words.language)
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
    headings = _headings(shelf.chunks(file.document_id, limit=_CHUNKS), file.title)
    before = [heading for heading in headings if heading.start <= basis.start]
    later = [heading for heading in headings if heading.start > basis.start]
    around = [*later, *reversed(before[:-1])]  # the last of those before is the one that answered
    questions = (_question(file.title, heading.text, words) for heading in around)
    return [text for text in questions if text != answer.question][:NEXT_QUESTIONS]


def questions_of_others(asked: Sequence[AskedQuestion], before: Sequence[str]) -> list[str]:
    """Questions that two or more people asked, the most frequent first; none like those asked `before`.

    A question is shown only if somebody else asked with all of its words, those of grammar aside: a name or a
    reason that one person alone wrote is seen by nobody.
    """
    # A question that leans on what was said before it means nothing alone.
    whole = [
        (question.person, question.answer.question, _words(question.answer.question))
        for question in asked
        if not is_followup(question.answer.question, [_ANY_TURN])
    ]
    frequent = []
    for person, text, words in whole:
        people = {other for other, _, others_words in whole if words <= others_words} - {person}
        if words and people:
            frequent.append((len(people), text, words))
    chosen: list[str] = []
    known = [words for question in before if (words := _words(question))]
    for _, text, words in sorted(frequent, key=lambda question: -question[0]):
        if not any(words <= other or other <= words for other in known):
            chosen.append(text)
            known.append(words)
    return chosen[:NEXT_QUESTIONS]


def _words(question: str) -> frozenset[str]:
    return frozenset(_WORD.findall(question.casefold())) - FUNCTION_WORDS


def _of(shelf: FileList, document_id: int, title: str, words: Words) -> Iterator[str]:
    headings = _headings(shelf.chunks(document_id, limit=_CHUNKS), title)
    for heading in sorted(headings, key=lambda heading: not heading.text.endswith("?")):
        yield _question(title, heading.text, words)


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    text: str


def _headings(chunks: Iterable[ShownChunk], title: str) -> list[_Heading]:
    """The headings in their order, each once, without those that only repeat the document's title."""
    title = " ".join(title.split()).casefold()
    subject = _SUBTITLE.split(title)[0]
    first: dict[str, _Heading] = {}
    for chunk in chunks:
        above = [(chunk.start, chunk.section[-1])] if chunk.section else []
        inside = [
            (chunk.start + heading.start, heading.text) for heading in find_headings(chunk.text)
        ]
        for start, heading in (*above, *inside):
            text = _clean(heading)
            if text and text.casefold() not in title and subject not in text.casefold():
                first.setdefault(text.casefold(), _Heading(start, text))
    return sorted(first.values(), key=lambda heading: heading.start)


def _clean(heading: str) -> str:
    """The heading on one line; "" where it does not read well in a question."""
    heading = " ".join(heading.split())
    is_long_enough = _SHORTEST <= len(heading) <= _LONGEST
    reads_well = is_long_enough and heading[0].isalpha() and not _CELLS.fullmatch(heading)
    return heading.rstrip(".:") if reads_well else ""


def _question(title: str, heading: str, words: Words) -> str:
    if heading.endswith("?"):
        return heading
    return words.suggested.format(title=" ".join(title.split()), heading=heading)
