"""An old answer as it was, as far as whoever looks may still read what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.answer import Answer, Citation, Context, Sentence
from rag.hit import Hit
from ui.view.text import Words
from ui.web.desk import Desk
from ui.web.history import History
from ui.web.people import Person


@dataclass(frozen=True, slots=True)
class Recalled:
    """An old answer without the words of documents in `gone`: withdrawn since, or from this person."""

    answer: Answer
    gone: frozenset[str] = frozenset()


def recall(answer: Answer, desk: Desk, person: Person, words: Words) -> Recalled:
    """The answer as this person may see it now.

    What was quoted from a document that is gone is left out. Where the document is there, but no longer for
    this person, so are its name and the sentences that rest on it alone.
    """
    uris = _uris(answer)
    gone = uris - desk.readable(person, uris)
    if not gone:
        return Recalled(answer)
    closed = desk.assistant().readable(gone)
    scrub = _Scrub(gone, closed, words)
    sentences = tuple(scrub.sentence(each, answer.citations) for each in answer.sentences)
    changed = sentences != answer.sentences
    text = " ".join(each.text for each in sentences) if changed else answer.text
    if closed and text and not sentences:  # never taken apart: it may rest on any of them
        text = words.withheld
    return Recalled(
        answer.model_copy(
            update={
                "text": text,
                "sentences": sentences,
                "citations": tuple(map(scrub.citation, answer.citations)),
                "context": Context(
                    cited=tuple(map(scrub.hit, answer.context.cited)),
                    read=tuple(map(scrub.hit, answer.context.read)),
                    retrieved=tuple(map(scrub.hit, answer.context.retrieved)),
                ),
            }
        ),
        gone | {""},
    )


def exported(
    history: History, desk: Desk, person: Person, words: Words, chosen: Sequence[str] | None = None
) -> dict[str, Any]:
    """Conversations of this person as JSON, all or those chosen. Raises NotThereError."""
    if chosen is None:
        chosen = [each.id for each in history.find(person, limit=None)]
    return {"conversations": [_exported(history, desk, person, words, each) for each in chosen]}


def _exported(
    history: History, desk: Desk, person: Person, words: Words, conversation: str
) -> dict[str, Any]:
    heading = history.get(person, conversation)
    return {
        "id": heading.id,
        "title": heading.title,
        "created_at": heading.created_at,
        "updated_at": heading.updated_at,
        "profile": heading.profile,
        "turns": [
            {
                "n": turn.n,
                "asked_at": turn.asked_at,
                "stopped": turn.stopped,
                "answer": recall(turn.answer, desk, person, words).answer.to_json(),
            }
            for turn in history.turns(person, conversation)
        ],
    }


def _uris(answer: Answer) -> frozenset[str]:
    context = answer.context
    hits = (*context.cited, *context.read, *context.retrieved)
    return frozenset(hit.uri for hit in hits) | {each.uri for each in answer.citations}


class _Scrub:
    """Takes out what may not be seen. `closed`: those of the `gone` that are there for others."""

    def __init__(self, gone: frozenset[str], closed: frozenset[str], words: Words) -> None:
        self._gone, self._closed, self._words = gone, closed, words

    def citation(self, citation: Citation) -> Citation:
        if citation.uri not in self._gone:
            return citation
        return citation.model_copy(
            update={"quote": "", "start": 0, "end": 0, "boxes": ()} | self._nameless(citation.uri)
        )

    def hit(self, hit: Hit) -> Hit:
        if hit.uri not in self._gone:
            return hit
        return hit.model_copy(update={"text": "", "start": 0, "end": 0} | self._nameless(hit.uri))

    def sentence(self, sentence: Sentence, citations: Sequence[Citation]) -> Sentence:
        rests_on = {each.uri for each in citations if each.n in sentence.citations}
        if not rests_on or not rests_on <= self._closed:
            return sentence
        return sentence.model_copy(update={"text": self._words.withheld})

    def _nameless(self, uri: str) -> dict[str, Any]:
        if uri not in self._closed:
            return {}
        return {"uri": "", "title": self._words.a_document, "page": None, "section": None}
