"""From a question to its answer, step by step: search, follow-up, model, check."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from rag.answer import Event, Turn
from rag.answering import streaming
from rag.answering.answer_builder import AnswerBuilder
from rag.answering.judging import ServedJudge
from rag.answering.model_connection import ModelConnection
from rag.answering.passage_order import PassageOrderCache
from rag.answering.query import Retrieved
from rag.answering.question_search import QuestionSearch
from rag.citations.entailment import Entailment
from rag.index import Filter
from rag.profile import Profile


@dataclass(frozen=True, slots=True)
class AnswerWriter:
    """Answers the questions of one asker, with one search, one model, and what checks what the model says."""

    search: QuestionSearch
    connection: ModelConnection
    passage_order: PassageOrderCache
    entailment: Entailment | None = None
    support_judge: ServedJudge | None = None

    def for_readers(self, readers: frozenset[str] | None) -> AnswerWriter:
        """The same for somebody with these reader tokens; what they ask tells nobody else anything."""
        connection = self.connection.for_asker(readers)
        return AnswerWriter(
            replace(self.search, readers=readers, connection=connection),
            connection,
            self.passage_order.for_asker(readers),
            self.entailment,
            self.support_judge and self.support_judge.for_asker(readers),
        )

    def with_profile(self, profile: Profile) -> AnswerWriter:
        """The same with another profile."""
        return replace(self, search=replace(self.search, profile=profile))

    def stream(
        self, question: str, history: Sequence[Turn], filter: Filter | None, *, ask_model: bool
    ) -> Iterator[Event]:
        """See `Assistant.stream`."""
        started = time.perf_counter()
        connection = self.connection.for_conversation(question, history)
        query = self.search.search_query(question, history)
        for retrieved in streaming.stream_retrieval(self.search, query, filter):
            if retrieved.is_preview:
                yield retrieved.event(is_final=False)
        if ask_model and self.search.needs_model(retrieved):
            yield retrieved.event(is_final=False)
            search = replace(self.search, connection=connection)
            retrieved = search.retrieve_again(retrieved, history, filter)
        yield retrieved.event()
        builder = self._builder(retrieved, history, started, ask_model=ask_model)
        yield from streaming.stream_answer(builder, connection)

    async def astream(
        self, question: str, history: Sequence[Turn], filter: Filter | None, *, ask_model: bool
    ) -> AsyncGenerator[Event, None]:
        """`stream` for a coroutine."""
        started = time.perf_counter()
        connection = self.connection.for_conversation(question, history)
        query = self.search.search_query(question, history)
        retrieval = streaming.astream_retrieval(self.search, query, filter)
        async with aclosing(retrieval) as stages:
            async for retrieved in stages:
                if retrieved.is_preview:
                    yield retrieved.event(is_final=False)
        if ask_model and self.search.needs_model(retrieved):
            yield retrieved.event(is_final=False)
            search = replace(self.search, connection=connection)
            retrieved = await asyncio.to_thread(search.retrieve_again, retrieved, history, filter)
        yield retrieved.event()
        builder = self._builder(retrieved, history, started, ask_model=ask_model)
        async with aclosing(streaming.astream_answer(builder, connection)) as events:
            async for event in events:
                yield event

    def stream_without_documents(
        self, question: str, history: Sequence[Turn], filter: Filter | None
    ) -> Iterator[Event]:
        """See `Assistant.stream_without_documents`."""
        connection = self.connection.for_conversation(question, history)
        builder = self._builder_without_documents(question, history, filter)
        yield from streaming.stream_answer(builder, connection)

    async def astream_without_documents(
        self, question: str, history: Sequence[Turn], filter: Filter | None
    ) -> AsyncGenerator[Event, None]:
        """`stream_without_documents` for a coroutine."""
        connection = self.connection.for_conversation(question, history)
        builder = await asyncio.to_thread(
            self._builder_without_documents, question, history, filter
        )
        async with aclosing(streaming.astream_answer(builder, connection)) as events:
            async for event in events:
                yield event

    def ask_without_documents(self, question: str, history: Sequence[Turn]) -> str:
        """What the model says by itself, unchecked. Raises ModelServerError."""
        connection = self.connection.for_conversation(question, history)
        nothing = Retrieved(self.search.search_query(question, history), (), 0)
        builder = self._builder(nothing, history, time.perf_counter(), without_documents=True)
        return streaming.collect_text(builder, connection)

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
            self.search.profile,
            self.passage_order,
            self.search.embedder,
            self.entailment,
            self.support_judge,
            started=started,
            without_documents=without_documents,
            ask_model=ask_model,
        )

    def _builder_without_documents(
        self, question: str, history: Sequence[Turn], filter: Filter | None
    ) -> AnswerBuilder:
        started = time.perf_counter()
        query = self.search.search_query(question, history)
        retrieved = self.search.find(query, filter)
        return self._builder(retrieved, history, started, without_documents=True)
