"""Questions that the documents can answer, without a model: from titles, headings and what others asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
STARTERS = 4
_FILES = 200  # the newest; some of them are in another language
_DOCUMENTS = 24  # of these; some of them have no heading
_ENOUGH_DOCUMENTS = 8  # whose headings are looked at before a question that is made up will do
_CHUNKS = 200  # of a document whose headings are looked at: some 40 pages
_ANY_TURN = Turn(question="", answer="")
_WORD = re.compile(r"\w+")
_CELLS = re.compile(r"[A-Z]+\d+(?::[A-Z]+\d+)?")  # a sheet's range of cells
_SUBTITLE = re.compile(r"\s[-–—·]\s|:\s")  # what stands between a title and its subtitle
_NUMBERING = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})+\.?|\d{1,2}[.)])\s+")
_SHORTEST, _LONGEST = 4, 70  # characters of a heading that reads well in a question
_MOST_WORDS = 5  # of one that is no question itself; more are a sentence
_HALF_SENTENCE = re.compile(
    r"(?:how|if|what|when|where|which|who|whom|whose|why"
    r"|wann|warum|was|welche[rs]?|wenn?|wem|wer|wie|wo|woher|wohin"
    r"|comment|lorsque|où|pourquoi|quand|que|quel(?:le)?s?|qui|quoi"
    r"|cómo|cuál|cuándo|cuánto|dónde|para|qué|quién|si)\b",
    re.IGNORECASE,
)
"""How a heading begins that is no name of anything."""
_OF_ANY_DOCUMENT = re.compile(
    r"appendix|contents|introduction|overview|read ?me|summary|table of contents"
    r"|anhang|einleitung|inhalt|überblick|annexe|sommaire|apéndice|resumen|índice",
    re.IGNORECASE,
)


def suggest_starter_questions(
    service: AssistantService, person: Person, profile: str, words: Words
) -> list[str]:
    """One for each of the newest documents that this person may read; none while there is no index.

    Documents in the page's language come first; then headings that are questions themselves.
    """
    try:
        shelf = service.file_list(person, profile)
        if shelf is None:
            return []
        files, _ = shelf.files(FileQuery(order="changed", descending=True), limit=_FILES)
        files.sort(key=lambda file: file.language != words.language)
        offered: list[tuple[bool, bool, str]] = []  # in another language, made up, the question
        for looked, file in enumerate(files[:_DOCUMENTS], 1):
            if looked > _ENOUGH_DOCUMENTS and len(offered) >= STARTERS:
                break
            if file.document_id is None or not file.title:
                continue
            headings = _headings(shelf.chunks(file.document_id, limit=_CHUNKS), file.title)
            headings.sort(key=lambda heading: not heading.text.endswith("?"))
            for heading in headings[:1]:
                text = _question(file.title, heading.text, words)
                offered.append((file.language != words.language, text != heading.text, text))
    except InhouseError:
        return []
    offered.sort(key=lambda question: question[:2])
    return list(dict.fromkeys(text for _, _, text in offered))[:STARTERS]


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
    heading = _NUMBERING.sub("", " ".join(heading.split()), count=1)
    if not _SHORTEST <= len(heading) <= _LONGEST or not heading[0].isalpha():
        return ""
    if heading.endswith("?"):
        return heading
    is_sentence = len(heading.split()) > _MOST_WORDS or _HALF_SENTENCE.match(heading)
    says_nothing = _CELLS.fullmatch(heading) or _OF_ANY_DOCUMENT.fullmatch(heading)
    return "" if is_sentence or says_nothing else heading.rstrip(".:")


def _question(title: str, heading: str, words: Words) -> str:
    if heading.endswith("?"):
        return heading
    return words.suggested.format(title=_shorten(title), heading=heading)


def _shorten(title: str) -> str:
    """The title on one line, without a subtitle; a number in one may tell two editions apart."""
    title = " ".join(title.split())
    subject, *subtitle = _SUBTITLE.split(title, maxsplit=1)
    has_number = any(character.isdigit() for character in "".join(subtitle))
    return title if has_number or len(subject) < _SHORTEST else subject
