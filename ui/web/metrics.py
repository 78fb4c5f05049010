"""The server's numbers, for Prometheus."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import TYPE_CHECKING

from rag.answer import AnswerEvent, DeltaEvent
from ui.web.identity import LOCAL

if TYPE_CHECKING:
    from rag.answer import Event
    from ui.web.assistant_service import AssistantService
    from ui.web.chat.screen import Screen

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Numbers of one application. None of them says who asked what."""

    def __init__(self) -> None:
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
            ProcessCollector,
        )

        self._registry = CollectorRegistry()
        self._requests = Counter(
            "inhouse_web_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "inhouse_web_seconds",
            "Seconds until a request was answered whole.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._first_evidence = Histogram(
            "inhouse_web_first_evidence_seconds",
            "Seconds from a question to the first passages on their way to the page.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._questions = Counter(
            "inhouse_web_questions",
            "Questions asked on the page and by programs.",
            registry=self._registry,
        )
        self._answers = Counter(
            "inhouse_web_answers",
            "Answers by how they ended: an answer's status, or failed, or left by whoever asked.",
            ["status"],
            registry=self._registry,
        )
        self._first_token = Histogram(
            "inhouse_web_first_token_seconds",
            "Seconds from a question to the first words of the model.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._whole_answer = Histogram(
            "inhouse_web_answer_seconds",
            "Seconds from a question to its whole answer, checked.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._under_way = Gauge(
            "inhouse_web_answers_under_way", "Answers being made.", registry=self._registry
        )
        self.sign_ins = Counter(
            "inhouse_web_sign_ins", "Attempts to sign in.", ["result"], registry=self._registry
        )
        self._gauges = {
            name: Gauge(f"inhouse_web_{name}", meaning, registry=self._registry)
            for name, meaning in (
                ("index_ok", "1 if the index can be searched."),
                ("model_ok", "1 if the model server answers."),
                ("generation", "The generation of the index that is searched."),
                ("documents", "Documents in the index."),
                ("chunks", "Chunks in the index."),
                ("answers_waiting", "Answers that wait for their turn at the model."),
            )
        }

    @contextlib.contextmanager
    def request(self, method: str, route: str) -> Iterator[Callable[[int], None]]:
        """Around a request, by how its route is written; gives what hears of its status."""
        began, statuses = time.perf_counter(), list[int]()
        try:
            yield statuses.append
        finally:
            status = statuses[0] if statuses else 0
            self._requests.labels(method, route, str(status)).inc()
            self._seconds.labels(route).observe(time.perf_counter() - began)

    def answer(self, screens: Iterator[Screen]) -> Iterator[Screen]:
        """The same screens, timed until the first one with passages."""
        began, is_seen = time.perf_counter(), False
        self._questions.inc()
        with self._under_way.track_inprogress():
            for screen in screens:
                if screen.now_evidence and not is_seen:
                    is_seen = True
                    self._first_evidence.observe(time.perf_counter() - began)
                yield screen

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """Around the answer to a program's question."""
        self._questions.inc()
        with self._under_way.track_inprogress():
            yield

    def events(self, events: Iterator[Event]) -> Iterator[Event]:
        """The same events of an answer; its times and how it ended are counted."""
        with self._following() as hear:
            try:
                for event in events:
                    hear(event)
                    yield event
            finally:
                if isinstance(events, Generator):
                    events.close()

    async def aevents(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """`events` for a coroutine."""
        with self._following() as hear:
            async with contextlib.aclosing(events):
                async for event in events:
                    hear(event)
                    yield event

    @contextlib.contextmanager
    def _following(self) -> Iterator[Callable[[Event], None]]:
        began, status, has_begun = time.perf_counter(), "failed", False

        def hear(event: Event) -> None:
            nonlocal status, has_begun
            if isinstance(event, DeltaEvent) and not has_begun:
                has_begun = True
                self._first_token.observe(time.perf_counter() - began)
            elif isinstance(event, AnswerEvent):
                status = event.answer.status.value
                self._whole_answer.observe(time.perf_counter() - began)

        try:
            yield hear
        except (GeneratorExit, asyncio.CancelledError):
            status = "left" if status == "failed" else status
            raise
        finally:
            self._answers.labels(status).inc()

    def text(self, service: AssistantService) -> bytes:
        """The metrics in the text format of Prometheus."""
        from prometheus_client import generate_latest

        state, gauges = service.state(LOCAL), self._gauges
        gauges["index_ok"].set(state.index.ok)
        gauges["model_ok"].set(bool(state.model and state.model.ok))
        if state.index.ok:
            assistant = service.assistant_for(LOCAL)
            gauges["generation"].set(assistant.generation)
            gauges["documents"].set(assistant.document_count)
            gauges["chunks"].set(assistant.chunk_count)
            gauges["answers_waiting"].set(assistant.answers_waiting)
        return generate_latest(self._registry)
