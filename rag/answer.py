"""An answer and everything that it rests on: one object for the library, terminal, browser and HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.computed import Computed
from rag.document import Box
from rag.hit import Hit, Place
from rag.notebook import answer_html, shorten

CLEAR = 0.5
"""Confidence from which the documents' own words are shown as the answer; see docs/answers.md.
Below, whatever comes closest is."""


class Status(StrEnum):
    """How far the documents support the answer.

    `nothing_readable`: the asker may read no document that could answer. `not_asked`: no model was asked, on
    purpose.
    """

    GROUNDED = "grounded"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"
    NOT_IN_DOCUMENTS = "not_in_documents"
    MODEL_UNAVAILABLE = "model_unavailable"
    NOTHING_READABLE = "nothing_readable"
    NOT_ASKED = "not_asked"


class Verdict(StrEnum):
    """What an answer comes to for its reader, who sees the documents' words and what they support.

    `backed`: everything that the model said is supported. `partly_backed`: some of it. `quoted`: nothing that
    it said, or nothing at all was said, but the documents' own words answer. `no_clear_answer`: something
    comes close. `not_in_documents`: the documents do not say it, as sure as the calibration can be.
    `nothing_readable`: the asker may read no document. `computed`: it was counted, listed or compared in the
    index, or is small talk; see `Answer.computed`.
    """

    BACKED = "backed"
    PARTLY_BACKED = "partly_backed"
    QUOTED = "quoted"
    NO_CLEAR_ANSWER = "no_clear_answer"
    NOT_IN_DOCUMENTS = "not_in_documents"
    NOTHING_READABLE = "nothing_readable"
    COMPUTED = "computed"


class Grade(StrEnum):
    """How a sentence of the answer relates to the documents.

    `verbatim`: it stands there, word for word. `paraphrase`: it stands there in other words. `not_found`: the
    passages do not say it. `unchecked`: no check was possible.
    """

    VERBATIM = "verbatim"
    PARAPHRASE = "paraphrase"
    NOT_FOUND = "not_found"
    UNCHECKED = "unchecked"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Citation(_Value):
    """A quote from a document: `document.text[start:end] == quote`, checked before it is shown.

    `metadata` is what whoever put the document said of it; it is left out of the JSON where it is empty.
    """

    n: int = Field(ge=1)
    uri: str
    title: str
    page: int | None = None
    section: str | None = None
    quote: str
    start: int
    end: int
    boxes: tuple[Box, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict, exclude_if=lambda value: not value)

    def __hash__(self) -> int:  # a mapping has none
        return hash((self.n, self.uri, self.start, self.end))


class Sentence(_Value):
    """A sentence of the answer; `citations` are the numbers of the citations that support it.

    `supported`: its grade is `verbatim`, or `paraphrase` with a `score` above the calibrated threshold.
    `score` is the calibrated probability that the passages say it: 0…1; None where that was not measured.
    `is_beside_the_point`: the passages may say it, but it does not answer the question.
    """

    text: str
    supported: bool
    citations: tuple[int, ...] = ()
    grade: Grade = Grade.UNCHECKED
    score: float | None = None
    is_beside_the_point: bool = False


class Extract(_Value):
    """What the documents say, in their own words: a sentence, table row or list item that answers.

    `text` is what a reader is shown; `document.text[start:end]` is where it stands. `fields` holds a table
    row's columns and values in their order. `score` is the probability that it answers the question: 0…1.
    `newer` is a newer version of its document, where one was found as well. `core` are the characters of
    the document that answer best; what stands beside them makes them understood.
    """

    rank: int = Field(ge=1)
    text: str
    uri: str
    title: str
    page: int | None = None
    section: str | None = None
    start: int
    end: int
    score: float
    fields: dict[str, str] = Field(default_factory=dict)
    boxes: tuple[Box, ...] = Field(default=(), exclude=True, repr=False)
    # Not kept with an answer: who reads that later may not read the newer document any more.
    newer: Place | None = Field(default=None, exclude=True)
    core: tuple[int, int] | None = Field(default=None, exclude=True, repr=False)


class Context(_Value):
    """What happened to every passage that was found.

    `cited`: in the prompt and cited; `read`: in the prompt, not cited; `retrieved`: found, not sent.
    """

    cited: tuple[Hit, ...] = ()
    read: tuple[Hit, ...] = ()
    retrieved: tuple[Hit, ...] = ()


class Usage(_Value):
    """Tokens, as the model server counted them; 0 where it did not say."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Answer(_Value):
    """What the documents say, what the model says, how far that is supported, and where it stands.

    `extracts` are the documents' own words, found without a model; `text` is the model's, unchanged. A front
    end shows `backed_sentences` and then the extracts; the rest of the text is not backed by the documents.
    `computed` is what was counted, listed or compared without a model, where that was asked for; it stands in
    front of the extracts. `verdict` says what all that comes to; None for answers that were stored before
    there was one. `confidence` is the probability that the documents hold an answer: 0…1.

    `timings_ms` holds wall-clock milliseconds: `search`, `first_token`, `total`. `corrected` and `dropped`
    count the passage numbers that the model wrote itself and that were wrong. `searched` is what was searched
    for: the question, resolved against the conversation, with the glossary's synonyms. `turns`: how many of
    the latest turns of the conversation were in the prompt. `notices` say why the model broke off, or what
    was cut, in plain sentences; `notice` is all of them as one text.
    """

    question: str
    text: str
    status: Status
    verdict: Verdict | None = None
    confidence: float | None = None
    sentences: tuple[Sentence, ...] = ()
    extracts: tuple[Extract, ...] = ()
    computed: Computed | None = None
    citations: tuple[Citation, ...] = ()
    context: Context = Context()
    model: str = ""
    profile: str = "default"
    generation: int = 0
    usage: Usage = Usage()
    timings_ms: dict[str, float] = Field(default_factory=dict)
    notice: str = ""
    notices: tuple[str, ...] = ()
    corrected: int = 0
    dropped: int = 0
    searched: str = ""
    turns: int = 0

    @property
    def backed_sentences(self) -> tuple[Sentence, ...]:
        """The model's sentences that the documents support and that answer the question."""
        return tuple(
            sentence
            for sentence in self.sentences
            if sentence.supported and not sentence.is_beside_the_point
        )

    @property
    def shown_text(self) -> str:
        """What a reader sees first; "" where there is nothing to see.

        What was computed, else the backed sentences, else the first extract: never unsupported model text.
        """
        if self.computed is not None:
            return self.computed.text
        if backed := self.backed_sentences:
            return " ".join(sentence.text for sentence in backed)
        return self.extracts[0].text if self.extracts else ""

    def __repr__(self) -> str:
        return f"<Answer {self.status.value} {self.question!r}: {shorten(self.shown_text)!r}>"

    def _repr_html_(self) -> str:
        """How a notebook shows it: what a reader sees first, and what it rests on."""
        cited = [(citation.quote, citation) for citation in self.citations]
        quoted = [(extract.text, extract) for extract in self.extracts]
        sources = cited if self.backed_sentences else quoted
        return answer_html(self.question, self.shown_text, self.status.value, sources)

    def as_turn(self) -> Turn:
        """This question and what was shown for it, as an earlier turn of the next question."""
        return Turn(question=self.question, answer=self.shown_text)

    def to_json(self) -> dict[str, Any]:
        """The promised JSON shape, ready for `json.dumps`; `Answer.model_validate` reads it back."""
        return self.model_dump(mode="json")


class Comparison(_Value):
    """The same question to the same model, with the documents and without them.

    What it said without them was checked against the same passages: see `sentences` of either.
    """

    question: str
    with_documents: Answer
    without_documents: Answer

    def to_json(self) -> dict[str, Any]:
        """Both answers as they are promised, under the names of these fields."""
        return self.model_dump(mode="json")


class Turn(_Value):
    """An earlier question of the conversation and what was answered."""

    question: str
    answer: str


class RetrievalEvent(_Value):
    """The passages and extracts are there; the model has not said anything yet.

    `searched`, `extracts`, `computed` and `confidence` are as in `Answer`. Not `is_final`: the extracts are
    still being selected, and there are none yet, or a follow-up is still being rewritten by the model;
    another event with what is found then follows.
    """

    type: Literal["retrieval"] = "retrieval"
    hits: tuple[Hit, ...]
    generation: int
    searched: str = ""
    extracts: tuple[Extract, ...] = ()
    computed: Computed | None = None
    confidence: float = 0.0
    is_final: bool = True


class DeltaEvent(_Value):
    """The next piece of the model's text."""

    type: Literal["delta"] = "delta"
    text: str


class SentencesEvent(_Value):
    """The sentences that are complete so far, each of them checked, and their citations so far."""

    type: Literal["sentences"] = "sentences"
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]


class CitationsEvent(_Value):
    """The text is complete and each of its sentences was checked."""

    type: Literal["citations"] = "citations"
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]


class AnswerEvent(_Value):
    """The final answer; always the last event."""

    type: Literal["answer"] = "answer"
    answer: Answer


Event = Annotated[
    RetrievalEvent | DeltaEvent | SentencesEvent | CitationsEvent | AnswerEvent,
    Field(discriminator="type"),
]
