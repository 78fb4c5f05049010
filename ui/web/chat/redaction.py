"""Remove from stored answers what their viewer may no longer read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rag.answer import Answer, Citation, Context, Extract, Sentence
from rag.computed import Computed, Table
from rag.hit import Hit
from ui.messages.page import Words
from ui.web.assistant_service import AssistantService
from ui.web.identity import Person
from ui.web.scope import scope_names
from ui.web.userdata.history import History, KeptConversation, KeptTurn


@dataclass(frozen=True, slots=True)
class Recalled:
    """An old answer without the words of documents in `gone`: withdrawn since, or from this person."""

    answer: Answer
    gone: frozenset[str] = frozenset()


def redact(
    answer: Answer,
    service: AssistantService,
    person: Person,
    words: Words,
    before: Sequence[Answer] = (),
) -> Recalled:
    """The answer as this person may see it now. `before`: those that came before it in its conversation.

    What was quoted from a document that is gone is left out. Where the document is there, but no longer for
    this person, so are its name, the sentences that cite it, and, if the model had read it, those that cite
    nothing: nobody knows where the model has them from.
    """
    own, all_ = find_uris([answer]), find_uris([answer, *before])
    gone = all_ - service.readable(person, all_)
    if not gone:
        return Recalled(answer)
    closed = service.assistant().readable(gone)
    uris_read = _told([answer, *before] if answer.turns else [answer])
    scrub = _Scrub(gone, closed, words, may_say=uris_read.isdisjoint(closed))
    sentences = tuple(scrub.sentence(sentence, answer.citations) for sentence in answer.sentences)
    changed = sentences != answer.sentences
    text = " ".join(sentence.text for sentence in sentences) if changed else answer.text
    if closed & own and text and not sentences:  # never taken apart: it may rest on any of them
        text = words.withheld
    return Recalled(
        answer.model_copy(
            update={
                "text": text,
                "sentences": sentences,
                "citations": tuple(map(scrub.citation, answer.citations)),
                "extracts": tuple(map(scrub.extract, answer.extracts)),
                "computed": scrub.computed(answer.computed),
                "context": Context(
                    cited=tuple(map(scrub.hit, answer.context.cited)),
                    read=tuple(map(scrub.hit, answer.context.read)),
                    retrieved=tuple(map(scrub.hit, answer.context.retrieved)),
                ),
                # What was searched for may hold an earlier answer.
                "searched": "" if closed else answer.searched,
            }
        ),
        gone & own | {""} if gone & own else frozenset(),
    )


def redact_turns(
    turns: Sequence[KeptTurn], service: AssistantService, person: Person, words: Words
) -> Iterator[tuple[KeptTurn, Recalled]]:
    """The turns of one conversation, from its first, each as this person may see it now."""
    answers = [turn.answer for turn in turns]
    for at, turn in enumerate(turns):
        yield turn, redact(turn.answer, service, person, words, answers[:at])


def search(
    history: History,
    service: AssistantService,
    person: Person,
    words: Words,
    search_text: str,
    limit: int,
) -> list[KeptConversation]:
    """Conversations that hold `search_text` in what this person may still read of them, the latest first."""
    matches = history.find(person, search=search_text, limit=None if search_text else limit)
    if not search_text.strip() or person.readers is None:
        return matches[:limit]
    still = (
        conversation
        for conversation in matches
        if _holds(history, service, person, words, conversation, search_text)
    )
    return list(islice(still, limit))


def _holds(
    history: History,
    service: AssistantService,
    person: Person,
    words: Words,
    conversation: KeptConversation,
    search_text: str,
) -> bool:
    search_text = search_text.strip().casefold()
    if search_text in conversation.title.casefold():
        return True
    turns = history.turns(person, conversation.id)
    return any(
        search_text in f"{old.answer.question}\n{old.answer.text}".casefold()
        for _, old in redact_turns(turns, service, person, words)
    )


def export_conversations(
    history: History,
    service: AssistantService,
    person: Person,
    words: Words,
    chosen: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Conversations of this person as JSON, all or those chosen. Raises NotThereError."""
    if chosen is None:
        chosen = [conversation.id for conversation in history.find(person, limit=None)]
    return {
        "conversations": [
            _exported(history, service, person, words, conversation) for conversation in chosen
        ]
    }


def _exported(
    history: History, service: AssistantService, person: Person, words: Words, conversation: str
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
                "interrupted": turn.interrupted,
                "scope": scope_names(turn.scope, service, person, words),
                "answer": old.answer.to_json(),
            }
            for turn, old in redact_turns(
                history.turns(person, conversation), service, person, words
            )
        ],
    }


def find_uris(answers: Sequence[Answer]) -> frozenset[str]:
    """The documents that were found for these answers."""
    return _told(answers) | {hit.uri for answer in answers for hit in answer.context.retrieved}


def _told(answers: Sequence[Answer]) -> frozenset[str]:
    """Whatever the model was given to read for them, also as what was shown in an earlier turn."""
    hits = (hit.uri for answer in answers for hit in (*answer.context.cited, *answer.context.read))
    citations = (citation.uri for answer in answers for citation in answer.citations)
    extracts = (extract.uri for answer in answers for extract in answer.extracts)
    computed = (uri for answer in answers if answer.computed for uri in answer.computed.uris)
    return frozenset((*hits, *citations, *extracts, *computed))


class _Scrub:
    """Takes out what may not be seen. `closed`: those of the `gone` that are there for others.

    `may_say`: whether sentences that cite nothing may stay.
    """

    def __init__(
        self, gone: frozenset[str], closed: frozenset[str], words: Words, *, may_say: bool
    ) -> None:
        self._gone, self._closed, self._words, self._may_say = gone, closed, words, may_say

    def citation(self, citation: Citation) -> Citation:
        if citation.uri not in self._gone:
            return citation
        return citation.model_copy(
            update={"quote": "", "start": 0, "end": 0, "boxes": (), "metadata": {}}
            | self._nameless(citation.uri)
        )

    def hit(self, hit: Hit) -> Hit:
        if hit.uri not in self._gone:
            return hit
        return hit.model_copy(
            update={"text": "", "start": 0, "end": 0, "metadata": {}} | self._nameless(hit.uri)
        )

    def extract(self, extract: Extract) -> Extract:
        if extract.uri not in self._gone:
            return extract
        return extract.model_copy(
            update={"text": "", "start": 0, "end": 0, "fields": {}} | self._nameless(extract.uri)
        )

    def computed(self, computed: Computed | None) -> Computed | None:
        """A count or a list that names a document which is gone says too much as a whole, its number too."""
        if computed is None or self._gone.isdisjoint(computed.uris):
            return computed
        withheld = self._words.withheld
        return computed.model_copy(update={"text": withheld, "notes": (), "table": Table()})

    def sentence(self, sentence: Sentence, citations: Sequence[Citation]) -> Sentence:
        rests_on = {citation.uri for citation in citations if citation.n in sentence.citations}
        if rests_on.isdisjoint(self._closed) if rests_on else self._may_say:
            return sentence
        return sentence.model_copy(update={"text": self._words.withheld})

    def _nameless(self, uri: str) -> dict[str, Any]:
        if uri not in self._closed:
            return {}
        return {"uri": "", "title": self._words.a_document, "page": None, "section": None}
