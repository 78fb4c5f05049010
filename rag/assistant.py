"""The front door: search an index, ask it a question."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.answer import Answer, AnswerEvent, Comparison, Event, Extract, Turn
from rag.answering import followup, streaming, translation
from rag.answering.abstention import AbstentionPolicy
from rag.answering.answer_builder import AnswerBuilder
from rag.answering.judging import JudgeTrial, ServedJudge, judge_connection, load_trial
from rag.answering.model_connection import ModelConnection
from rag.answering.passage_order import PassageOrderCache
from rag.answering.query import Retrieved, SearchQuery, alternate
from rag.answering.verdict import CLEAR
from rag.citations.entailment import Entailment, open_entailment
from rag.embedder import Embedder, Remembering, as_embedder, open_embedder
from rag.errors import UsageError
from rag.hit import Hit
from rag.index import Filter, IndexReader, Snapshot
from rag.index.views.documents import DocumentView
from rag.index.views.files import FileList
from rag.index.views.inventory import list_records
from rag.language.identification import question_language
from rag.profile import DEFAULT, Profile, find_profile
from rag.question import MAX_QUESTION_CHARACTERS, validate_question
from rag.readers import asker, narrower_asker
from rag.retrieval.expansion import expand
from rag.retrieval.reranker import Reranker, open_reranker
from rag.retrieval.retriever import Part, retrieve
from rag.retrieval.spelling import correct_spelling
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

    from rag.intents import IntentResult
    from rag.intents.versions import DocumentVersions
    from rag.langchain.retriever import InhouseRetriever

# What answers without a model (`rag.extracts`, `rag.intents`) is imported where it is called: a search from
# the command line is spared the time.

UNCLEAR = 0.4
"""Confidence, at most, where the calibration says that the documents do not answer: below `verdict.CLEAR`."""
EXTRACTS = 3
"""Extracts of an answer: three hold what was asked for nearly as often as five; see docs/answers.md."""


class Assistant:
    """Answers from one index. Safe to share between threads.

    It follows the index: every question sees the newest published generation.
    """

    def __init__(
        self,
        reader: IndexReader,
        embedder: Embedder,
        settings: Settings,
        chat_model: BaseChatModel | None = None,
        profile: Profile | str | None = None,
        reranker: Reranker | None = None,
        entailment: Entailment | None = None,
    ) -> None:
        self.settings = settings
        self.profile = _profile(settings.profile if profile is None else profile, settings)
        self._reader, self._embedder, self._reranker = reader, Remembering(embedder), reranker
        self._retrieve = functools.partial(retrieve, embedder=self._embedder, reranker=reranker)
        self._entailment = entailment
        self._support_judge: ServedJudge | None = None
        self._abstention = AbstentionPolicy(reader.data_dir, abstains=settings.answers.abstain)
        self._connection = ModelConnection(settings, chat_model, self._count_tokens)
        trial = load_trial(reader.data_dir) if settings.answers.judge else None
        if trial and trial.has_vote:
            self._support_judge = ServedJudge(
                judge_connection(settings, self._connection), trial.threshold, trial.model
            )
        self._passage_order = PassageOrderCache()
        self._readers: frozenset[str] | None = None

    @classmethod
    def open(
        cls,
        data_dir: str | Path,
        *,
        settings: Settings | None = None,
        embedder: Embedder | Embeddings | None = None,
        chat_model: BaseChatModel | None = None,
        profile: Profile | str | None = None,
    ) -> Assistant:
        """Open the index in `data_dir`. No network, no model server: those are for `ask`.

        `settings` None reads the configuration; `embedder` (also any LangChain `Embeddings`), `chat_model`
        and `profile` (also by its name or file) replace the configured ones.
        Raises IndexMissingError, IndexDamagedError, ProfileError, and EmbedderMismatchError if the index was
        built with another embedder.
        """
        settings = settings or load_settings()
        reader = IndexReader(Path(data_dir))
        opened = open_embedder(settings) if embedder is None else as_embedder(embedder)
        reranker = open_reranker(settings)
        entailment = open_entailment(settings)
        assistant = cls(reader, opened, settings, chat_model, profile, reranker, entailment)
        assistant._snapshot()
        return assistant

    def for_readers(self, tokens: Iterable[str]) -> Assistant:
        """The same assistant for somebody with these reader tokens, whatever filter a call brings.

        What they may not read is not found, read to the model, or counted. No token at all is nobody.
        Raises UsageError for what cannot be a token.
        """
        bound = copy(self)
        bound._readers = self._narrowed(Filter(readers=asker(tokens))).readers
        bound._passage_order = self._passage_order.for_asker(bound._readers)
        bound._connection = self._connection.for_asker(bound._readers)
        bound._support_judge = self._support_judge and self._support_judge.for_asker(bound._readers)
        return bound

    def with_profile(self, profile: Profile | str) -> Assistant:
        """The same assistant with another profile, given by itself, by its name or by its file."""
        other = copy(self)
        other.profile = _profile(profile, self.settings)
        return other

    @property
    def data_dir(self) -> Path:
        """The folder of the index."""
        return self._reader.data_dir

    @property
    def generation(self) -> int:
        """The newest published generation of the index."""
        return self._reader.snapshot().generation.id

    @property
    def chunk_count(self) -> int:
        """How many chunks the index holds, for whoever asks."""
        return self._reader.snapshot().count(self._narrowed(None)).chunks

    @property
    def document_count(self) -> int:
        """How many documents the index holds, for whoever asks."""
        return self._reader.snapshot().count(self._narrowed(None)).documents

    def try_judge(self, *, progress: Callable[[int], object] = int) -> JudgeTrial:
        """How well the model judges sentences of the documents; see `rag.answering.try_judge`.

        Raises ModelServerError where no model answers.
        """
        from rag.answering.try_judge import PAIRS, draw_pairs, try_judge

        connection = judge_connection(self.settings, self._connection)
        connection.open()
        pairs = list(draw_pairs(self._snapshot(), PAIRS))
        return try_judge(ServedJudge(connection), pairs, progress)

    def readable(self, uris: Iterable[str]) -> frozenset[str]:
        """Those of these documents that the index holds for whoever asks."""
        from rag.index.views.documents import find_present

        return find_present(self._reader.snapshot(), uris, self._narrowed(None))

    @property
    def model_name(self) -> str:
        """Name of the language model that answers, or would answer."""
        return self._connection.name

    @property
    def embedder_name(self) -> str:
        """Name of the embedder that turns questions into vectors."""
        return self._embedder.identity.name

    @property
    def reranker_name(self) -> str | None:
        """Name of the cross-encoder that re-ranks what is found; None where none is configured."""
        return None if self._reranker is None else self._reranker.name

    def model_server_error(self) -> str | None:
        """Why the model server cannot answer now, in one sentence; None if it can."""
        return self._connection.error()

    def reading(self) -> DocumentView:
        """The documents of the newest generation, to be opened by whoever asks."""
        return DocumentView(self._reader.snapshot(), self._narrowed(None))

    def shelf(self) -> FileList:
        """The documents of the newest generation and the ledger, to be listed for whoever asks."""
        return FileList(self._reader.snapshot(), self._narrowed(None))

    def versions(self) -> DocumentVersions:
        """The documents of the newest generation with their versions, for whoever asks."""
        from rag.intents.versions import DocumentVersions
        from rag.intents.workspace import Workspace

        snapshot = self._reader.snapshot()
        return DocumentVersions(Workspace(snapshot, self._narrowed(None), self._embedder))

    def search(
        self,
        query: str,
        *,
        k: int = 8,
        filter: Filter | None = None,
        without: Collection[Part] = (),
        history: Sequence[Turn] = (),
        explain: bool = False,
        fold: bool = False,
    ) -> list[Hit]:
        """The k best passages for `query`, best first. Raises UsageError for an empty query or k < 1.

        `without` leaves parts of the search out, to see what they bring. A query that leans on `history` is
        searched for behind the question that it leans on; no model is asked. `explain` fills `Hit.why`.
        `fold` shows what several documents say alike once, with the others in `Hit.also_in`, as for `ask`.
        """
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least one passage.")
        return self._retrieve(
            self._snapshot(),
            query=self._resolved(self._spelled(validate_question(query)), history),
            k=k,
            filter=self._narrowed(filter),
            without=without,
            explain=explain,
            fold=fold,
        )

    def extracts(
        self,
        question: str,
        k: int = 3,
        *,
        filter: Filter | None = None,
        history: Sequence[Turn] = (),
    ) -> list[Extract]:
        """The k sentences, table rows or list items of the documents that answer best; no model is asked.

        Raises UsageError for an empty question or k < 1.
        """
        if k < 1:
            raise UsageError(f"k is {k}; ask for at least one extract.")
        query = self.search_query(question, history)
        return list(self._retrieved(query, filter, extracts=k).extracts)

    def search_query(self, question: str, history: Sequence[Turn] = ()) -> SearchQuery:
        """What is searched for: the question resolved against the conversation, plus glossary synonyms.

        Misspelt words are corrected. No model is asked. Raises UsageError for a question that is empty or
        too long.
        """
        question = validate_question(question)
        spelled = self._spelled(question)
        is_followup = followup.is_followup(spelled, history)
        return SearchQuery(
            question,
            self._resolved(spelled, history),
            is_followup=is_followup,
            parts=tuple(self._parts(spelled, history)),
            focus=spelled if is_followup else "",
            spelled=spelled,
        )

    def _spelled(self, question: str) -> str:
        """The question without misspelt words, as far as whoever asks may know the documents' words."""
        words = self._reader.snapshot().known_words(self._narrowed(None))
        return correct_spelling(question, words)

    def _parts(self, question: str, history: Sequence[Turn]) -> Iterator[str]:
        """What is searched for where a question holds several, each resolved against those before it."""
        from rag.intents import recognise, split_questions

        parts = split_questions(question)
        if len(parts) == 1 or any(map(recognise, parts)):
            return
        turns = list(history)
        for part in parts:
            yield self._resolved(part, turns)
            turns.append(Turn(question=part, answer=""))

    def _resolved(self, question: str, history: Sequence[Turn]) -> str:
        """What is searched for: the question with what it leans on, and the glossary's other names."""
        return self._expanded(followup.resolve_question(question, history))

    def _rewritten(self, query: SearchQuery, history: Sequence[Turn]) -> SearchQuery:
        """A follow-up as the model rewrites it; unchanged where it is away or loses the subject."""
        text = self._expanded(
            followup.resolve_question(query.corrected, history, self._connection.rewrite)
        )
        return query if text == query.text else replace(query, text=text, focus="")

    def _expanded(self, text: str) -> str:
        names = (term.names for term in self.profile.terms_in(text))
        return expand(text, names)[:MAX_QUESTION_CHARACTERS]

    def confidence(self, question: str, *, filter: Filter | None = None) -> float:
        """How likely it is that the documents hold an answer, for comparing questions: 0…1.

        The probability that `inhouse calibrate` fitted, where it still fits; else how close the closest
        passage comes, as an inner product.
        """
        return self._abstention.confidence(
            self._reader.snapshot(),
            self._embedder,
            validate_question(question),
            self._narrowed(filter),
        )

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> Answer:
        """Answer `question` from the documents; see `Answer.status` for how far they support it.

        With `ask_model` False the documents' own words are all of the answer, and its status is `not_asked`.
        """
        events = self.stream(question, history=history, filter=filter, ask_model=ask_model)
        return streaming.last_answer(events)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> Iterator[Event]:
        """The answer as it is made: passages and extracts, the model's text, its citations, the Answer.

        For a follow-up the first passages come before the model rewrites the question, and the final ones
        after it. A model server that is down or breaks off is no error here: the Answer has the extracts and
        passages, the status `model_unavailable`, and a notice that says why. Closing the iterator stops the
        model.
        """
        started = time.perf_counter()
        query = self.search_query(question, history)
        retrieved = self._retrieved(query, filter)
        if _needs_rewriting(retrieved) and ask_model:
            yield retrieved.event(is_final=False)
            retrieved = self._retrieved_again(retrieved, history, filter)
        yield retrieved.event()
        builder = self._builder(retrieved, history, started, ask_model=ask_model)
        yield from streaming.stream_answer(builder, self._connection)

    async def aask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> Answer:
        """`ask` for a coroutine."""
        events = self.astream(question, history=history, filter=filter, ask_model=ask_model)
        async for event in events:
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    async def astream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filter: Filter | None = None,
        ask_model: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """`stream` for a coroutine: nothing blocks its loop. Closing the generator stops the model."""
        started = time.perf_counter()
        query = self.search_query(question, history)
        retrieved = await asyncio.to_thread(self._retrieved, query, filter)
        if _needs_rewriting(retrieved) and ask_model:
            yield retrieved.event(is_final=False)
            retrieved = await asyncio.to_thread(self._retrieved_again, retrieved, history, filter)
        yield retrieved.event()
        builder = self._builder(retrieved, history, started, ask_model=ask_model)
        answers = streaming.astream_answer(builder, self._connection)
        async with contextlib.aclosing(answers) as events:
            async for event in events:
                yield event

    def compare(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> Comparison:
        """The same question to the same model, with the documents and without them."""
        return Comparison(
            question=validate_question(question),
            with_documents=self.ask(question, history=history, filter=filter),
            without_documents=streaming.last_answer(
                self.stream_without_documents(question, history=history, filter=filter)
            ),
        )

    def stream_without_documents(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> Iterator[Event]:
        """What the model says by itself, in pieces; then citations and the Answer, as in `stream`.

        It is shown nothing of the documents, but what it says is checked against the passages that were
        found, so that a sentence which nothing supports is marked. They are in `context.retrieved`.
        """
        builder = self._builder_without_documents(question, history, filter)
        yield from streaming.stream_answer(builder, self._connection)

    async def astream_without_documents(
        self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
    ) -> AsyncGenerator[Event, None]:
        """`stream_without_documents` for a coroutine."""
        builder = await asyncio.to_thread(
            self._builder_without_documents, question, history, filter
        )
        answers = streaming.astream_answer(builder, self._connection)
        async with contextlib.aclosing(answers) as events:
            async for event in events:
                yield event

    def ask_without_documents(self, question: str, *, history: Sequence[Turn] = ()) -> str:
        """What the model says to `question` by itself, and no more: nothing is searched for or checked.

        Raises ModelServerError.
        """
        nothing = Retrieved(self.search_query(question, history), (), 0)
        builder = self._builder(nothing, history, time.perf_counter(), without_documents=True)
        return streaming.collect_text(builder, self._connection)

    def _builder(
        self,
        retrieved: Retrieved,
        history: Sequence[Turn],
        started: float,
        *,
        without_documents: bool = False,
        ask_model: bool = True,
    ) -> AnswerBuilder:
        return AnswerBuilder(
            retrieved,
            history,
            self.profile,
            self._passage_order,
            self._embedder,
            self._entailment,
            self._support_judge,
            started=started,
            without_documents=without_documents,
            ask_model=ask_model,
        )

    def _builder_without_documents(
        self, question: str, history: Sequence[Turn], filter: Filter | None
    ) -> AnswerBuilder:
        started = time.perf_counter()
        query = self.search_query(question, history)
        retrieved = self._found(query, self._narrowed(filter), EXTRACTS)
        return self._builder(retrieved, history, started, without_documents=True)

    def _retrieved(
        self, query: SearchQuery, filter: Filter | None, *, extracts: int = EXTRACTS
    ) -> Retrieved:
        """What needs no model is answered; else the passages, and their sentences that answer."""
        narrowed = self._narrowed(filter)
        return self._computed(query, narrowed) or self._found(query, narrowed, extracts)

    def _found(self, query: SearchQuery, narrowed: Filter, extracts: int) -> Retrieved:
        """Search for a query, and select the sentences of the passages that answer it."""
        from rag.extracts import select_extracts

        snapshot, k = self._snapshot(), self.settings.retrieval.k
        searches = []
        for text in query.parts or (query.text,):
            hits = self._retrieve(snapshot, query=text, k=k, filter=narrowed, fold=True)
            focus = text if query.parts else query.focus or text
            searches.append((hits, select_extracts(focus, hits, self._embedder, extracts)))
        many = max(extracts, len(searches))
        hits = alternate([hits for hits, _ in searches], k)
        confidence = self._judge(
            query.text,
            sum(selection.confidence for _, selection in searches) / len(searches),
            snapshot,
            narrowed,
        )
        return Retrieved(
            query,
            tuple(hits),
            snapshot.generation.id,
            snapshot.generation.token,
            tuple(alternate([selection.extracts for _, selection in searches], many)),
            confidence,
            translate_into=""
            if confidence >= CLEAR or query.is_followup or query.parts
            else self._other_language(query, snapshot, narrowed),
            is_readable=bool(hits)
            or not snapshot.generation.documents
            or snapshot.count(Filter(readers=narrowed.readers)).documents > 0,
        )

    def _other_language(self, query: SearchQuery, snapshot: Snapshot, narrowed: Filter) -> str:
        """The language of most documents that may be read, if the question is in another; else ""."""
        if not question_language(query.corrected):
            return ""
        records = list_records(snapshot, Filter(readers=narrowed.readers))
        return translation.target_language(query.corrected, (record.language for record in records))

    def _computed(self, query: SearchQuery, narrowed: Filter) -> Retrieved | None:
        """What a question that needs no model comes to; None for every other question."""
        from rag.intents import answer_without_model

        if query.is_followup and followup.points(query.corrected):
            return None  # "Which documents mention it?"
        snapshot = self._snapshot()
        result = answer_without_model(
            query.corrected,
            snapshot=snapshot,
            filter=narrowed,
            embedder=self._embedder,
            profile="" if self.profile.name == DEFAULT else self.profile.name,
            model=self.model_name,
        )
        if result is None:
            return None
        return Retrieved(
            query,
            tuple(self._hits_of(result, query, snapshot, narrowed)),
            result.generation,
            snapshot.generation.token,
            result.extracts,
            confidence=1.0,
            computed=result.computed,
        )

    def _hits_of(
        self, result: IntentResult, query: SearchQuery, snapshot: Snapshot, narrowed: Filter
    ) -> list[Hit]:
        """Passages of the documents that a result names, for the model to add a summary."""
        if not result.asks_model:
            return []
        uris = result.computed.uris
        records = list_records(snapshot, narrowed)
        ids = tuple(record.document_id for record in records if record.uri in uris)
        own = narrowed.narrowed(Filter(document_ids=ids))
        k = self.settings.retrieval.k
        return self._retrieve(snapshot, query=query.text, k=k, filter=own, fold=True)

    def _judge(self, text: str, confidence: float, snapshot: Snapshot, filter: Filter) -> float:
        """The confidence, and no clear one where the calibration of this index says so."""
        if self._abstention.permits(snapshot, self._embedder, text, filter):
            return confidence
        return min(confidence, UNCLEAR)

    def _retrieved_again(
        self, retrieved: Retrieved, history: Sequence[Turn], filter: Filter | None
    ) -> Retrieved:
        """What is found for a follow-up once the model has rewritten it, or for a translated question."""
        if language := retrieved.translate_into:
            return self._retrieved_in(language, retrieved, filter)
        query = self._rewritten(retrieved.query, history)
        return retrieved if query == retrieved.query else self._retrieved(query, filter)

    def _retrieved_in(
        self, language: str, retrieved: Retrieved, filter: Filter | None
    ) -> Retrieved:
        """What is found for the question as the model translates it, if that is a clearer answer."""
        question = retrieved.query.corrected
        reply = self._connection.rewrite(translation.translation_request(question, language))
        text = translation.translated_question(reply, question, language)
        if not text:
            return retrieved
        query = replace(retrieved.query, text=self._expanded(text))
        again = self._found(query, self._narrowed(filter), EXTRACTS)
        return again if again.confidence > retrieved.confidence else retrieved

    def as_retriever(self, *, k: int = 8, filter: Filter | None = None) -> InhouseRetriever:
        """This index as a LangChain retriever."""
        from rag.langchain.retriever import InhouseRetriever

        return InhouseRetriever(assistant=self, k=k, filter=filter)

    def _snapshot(self) -> Snapshot:
        """The newest generation, which may have got another embedder since the last question."""
        snapshot = self._reader.snapshot()
        snapshot.check_embedder(self._embedder.identity.to_json())
        return snapshot

    def _narrowed(self, filter: Filter | None) -> Filter:
        """The filter, for the readers whom this assistant is for, and for what its profile looks at."""
        filter = (filter or Filter()).narrowed(self.profile.filter)
        if self._readers is None:
            return filter
        readers = (
            self._readers
            if filter.readers is None
            else narrower_asker(filter.readers, self._readers)
        )
        return replace(filter, readers=readers)

    def _count_tokens(self, text: str) -> int:
        return len(self._embedder.tokenizer.encode(text, add_special_tokens=False).ids)


def _needs_rewriting(retrieved: Retrieved) -> bool:
    """Whether a model has to resolve or translate the question, which then is searched for again."""
    query = retrieved.query
    is_leaning = query.is_followup and not query.parts and retrieved.computed is None
    return is_leaning or bool(retrieved.translate_into)


def _profile(profile: Profile | str, settings: Settings) -> Profile:
    return find_profile(profile, settings.profiles) if isinstance(profile, str) else profile
