"""An assistant whose answers a reader can work out: the status named in the question, or grounded."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from typing import Any

from rag.answer import (
    Answer,
    AnswerEvent,
    Citation,
    CitationsEvent,
    Context,
    DeltaEvent,
    Event,
    Extract,
    Grade,
    RetrievalEvent,
    Sentence,
    SentencesEvent,
    Status,
    Turn,
)
from rag.errors import IndexMissingError
from rag.hit import Hit
from rag.index import FileList, Filter
from rag.profile import Profile

LEAVE = (
    "Parents take up to 16 weeks of paid leave after the birth or adoption of a child. The leave can "
    "be taken in up to three blocks within the first two years. Tell your lead and People at least "
    "eight weeks before the first block begins, so that the team can plan. During leave, your "
    "laptop and accounts stay active, but nobody expects you to read mail."
)
TRAVEL = (
    "Trains are booked in second class, or in first class for journeys of more than three hours. "
    "Flights inside the country are not paid for."
)
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>![x](https://evil.example/x.png)"


def make_hit(rank: int, text: str, **changes: Any) -> Hit:
    values: dict[str, Any] = {
        "rank": rank,
        "score": 1 / rank,
        "uri": "/srv/docs/hr/parental-leave.pdf",
        "title": "Parental leave",
        "page": 3,
        "section": "Parental leave > How long > Paid weeks",
        "text": text,
        "start": 1000 * rank,
        "end": 1000 * rank + len(text),
    }
    return Hit(**values | changes)


HITS = (
    make_hit(1, LEAVE),
    make_hit(
        2,
        TRAVEL,
        uri="/srv/docs/finance/travel.md",
        title="Travel and expenses",
        page=None,
        section="Trains and flights",
    ),
    make_hit(3, f"Odd passage: {SCRIPT}", uri=f"/srv/{SCRIPT}.md", title=SCRIPT, section=SCRIPT),
    make_hit(
        4,
        "Leave of absence without pay is agreed one by one.",
        uri="/srv/docs/hr/absence.docx",
        title="Absence",
        page=None,
        section=None,
    ),
)


def make_citation(n: int, hit: Hit, quote: str) -> Citation:
    start = hit.start + hit.text.index(quote)
    return Citation(
        n=n,
        uri=hit.uri,
        title=hit.title,
        page=hit.page,
        section=hit.section,
        quote=quote,
        start=start,
        end=start + len(quote),
    )


def make_extract(hit: Hit, rank: int = 1) -> Extract:
    """The whole passage as an extract."""
    return Extract(
        rank=rank,
        text=hit.text,
        uri=hit.uri,
        title=hit.title,
        page=hit.page,
        section=hit.section,
        start=hit.start,
        end=hit.end,
        score=0.8,
    )


EXTRACTS = (make_extract(HITS[0]), make_extract(HITS[3], 2))

GROUNDED = (
    Sentence(
        text="Parents take up to **16 weeks** of paid leave after a birth or adoption.",
        supported=True,
        citations=(1,),
        grade=Grade.PARAPHRASE,
        score=0.97,
    ),
    Sentence(
        text="It can be split into three blocks within two years.",
        supported=True,
        citations=(2,),
        grade=Grade.PARAPHRASE,
        score=0.92,
    ),
)
GUESSED = Sentence(
    text="The company also pays for a crib.", supported=False, grade=Grade.NOT_FOUND, score=0.02
)
CITATIONS = (
    make_citation(
        1,
        HITS[0],
        "Parents take up to 16 weeks of paid leave after the birth or adoption of a child.",
    ),
    make_citation(
        2, HITS[0], "The leave can be taken in up to three blocks within the first two years."
    ),
)


def make_answer(question: str, status: Status) -> Answer:
    """An answer of this status to `question`."""
    sentences = {
        Status.GROUNDED: GROUNDED,
        Status.PARTIAL: (*GROUNDED, GUESSED),
        Status.UNSUPPORTED: (GUESSED,),
        Status.NOT_IN_DOCUMENTS: (
            Sentence(text="The documents do not answer this question.", supported=False),
        ),
        Status.MODEL_UNAVAILABLE: (),
        Status.NOTHING_READABLE: (),
        Status.NOT_ASKED: (),
    }[status]
    cited = any(sentence.citations for sentence in sentences)
    down = status is Status.MODEL_UNAVAILABLE
    return Answer(
        question=question,
        text=" ".join(sentence.text for sentence in sentences),
        status=status,
        sentences=sentences,
        extracts=EXTRACTS,
        citations=CITATIONS if cited else (),
        context=Context(cited=HITS[:1], read=HITS[1:3], retrieved=HITS[3:])
        if cited
        else Context(retrieved=HITS),
        model="models/SmolLM2-135M-Instruct",
        generation=7,
        timings_ms={"search": 12.0, "first_token": 310.0, "total": 2140.0},
        notice="The model server at http://127.0.0.1:8000/v1 does not answer. "
        "Start it with `inhouse serve`."
        if down
        else "",
    )


class NoReading:
    """Names documents; none of them can be opened."""

    def name(self, uri: str) -> str:
        return hashlib.sha256(uri.encode()).hexdigest()[:24]

    def named(self, name: str) -> None:
        return None


class StandIn:
    """Answers with the status whose name is in the question, or grounded; a word each `pause` s."""

    document_count, chunk_count, generation = 42, 1_317, 7
    model_name = "models/SmolLM2-135M-Instruct"

    def __init__(self) -> None:
        self.pause = 0.0
        self.error: str | None = None
        self.histories: list[tuple[Turn, ...]] = []
        self.going = threading.Event()
        self.going.set()
        self.has_gone_on = False
        self.is_whole = threading.Event()
        self.is_whole.set()

    @property
    def answers_waiting(self) -> int:
        return 0

    def warm_up(self) -> None:
        """Nothing to load."""

    def warm_up_words(self) -> None:
        """Nothing to embed."""

    def model_server_error(self) -> str | None:
        return self.error

    def search(
        self,
        query: str,
        *,
        k: int = 8,
        filter: Filter | None = None,
        history: Sequence[Turn] = (),
        explain: bool = False,
        fold: bool = False,
    ) -> list[Hit]:
        return list(HITS[:k])

    def shelf(self) -> FileList:
        raise IndexMissingError("What stands in for the assistant here has no index.")

    def readable(self, uris: Iterable[str]) -> frozenset[str]:
        return frozenset(uris) & {hit.uri for hit in HITS}

    def reading(self) -> NoReading:
        return NoReading()

    def for_readers(self, tokens: Iterable[str]) -> StandIn:
        return self

    def with_profile(self, profile: Profile) -> StandIn:
        return self

    async def astream(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> AsyncGenerator[Event, None]:
        """The same events for a coroutine."""
        for event in self.stream(question, history=history, filter=filter):
            yield event

    def stream_without_documents(
        self, question: str, *, history: Sequence[Turn] = ()
    ) -> Iterator[Event]:
        """Guesses."""
        return self.stream("unsupported")

    def stream(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> Iterator[Event]:
        self.histories.append(tuple(history))
        early = RetrievalEvent(hits=HITS, generation=7, extracts=EXTRACTS, is_final=False)
        if history and "lean" in question:
            yield early
            self.is_whole.wait(20)  # the model rewrites a follow-up
        if "crash" in question:
            raise RuntimeError("a defect")
        named = (status for status in Status if status.value in question)
        status = Status.MODEL_UNAVAILABLE if self.error else next(named, Status.GROUNDED)
        answer = make_answer(question, status)
        if "script" in question:
            answer = answer.model_copy(
                update={"text": SCRIPT, "sentences": (Sentence(text=SCRIPT, supported=False),)}
            )
        yield early.model_copy(update={"is_final": True})
        time.sleep(self.pause)
        for number, word in enumerate(answer.text.split(" ")):
            yield DeltaEvent(text=word if number == 0 else f" {word}")
            time.sleep(self.pause)
            if number == 8:
                yield SentencesEvent(sentences=answer.sentences[:1], citations=answer.citations[:1])
                self.going.wait(20)
                self.has_gone_on = True
        yield CitationsEvent(sentences=answer.sentences, citations=answer.citations)
        yield AnswerEvent(answer=answer)
