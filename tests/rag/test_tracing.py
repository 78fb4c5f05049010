"""Spans for a collector say how long things take, and nothing of what was asked, found or said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rag import Assistant
from rag.request_id import working_for
from rag.settings import Settings
from rag.testing import HashingEmbedder
from rag.tracing import request_span, span, switch_off, switch_on


def replying(data: Path, reply: str) -> Assistant:
    return Assistant.open(
        data,
        settings=Settings(),
        embedder=HashingEmbedder(),
        chat_model=FakeListChatModel(responses=[reply]),
    )


QUESTION = "How long is parental leave for a gardener?"
PARENT = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def collector() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    switch_on(exporter)
    yield exporter
    switch_off()


def test_a_question_is_a_request_with_its_parts(
    collector: InMemorySpanExporter, data: Path
) -> None:
    """Search, extracts, model and check, each below the request and with its id; their attributes are
    numbers, and no word of the question, the documents or the answer is in any field."""
    with (
        working_for("r-1"),
        request_span("POST", "/v1/responses", PARENT),
    ):
        answer = replying(data, "Parental leave is 16 weeks [1].").ask(QUESTION)
    assert answer.citations
    spans = collector.get_finished_spans()
    names = [finished.name for finished in spans]
    assert names[-1] == "POST /v1/responses"
    assert set(names[:-1]) == {
        f"inhouse.{name}" for name in ("search", "extracts", "model", "check")
    }
    assert {format(finished.context.trace_id, "032x") for finished in spans} == {TRACE}
    for finished in spans:
        attributes = dict(finished.attributes or {})
        assert attributes.pop("inhouse.request") == "r-1"
        assert all(isinstance(value, int | float) for value in attributes.values())
        assert not finished.events
        exported = json.loads(finished.to_json())
        for word in {*QUESTION.lower().rstrip("?").split(), "weeks", "handbook"} - {"a"}:
            assert word not in json.dumps(exported["attributes"]).lower()


def test_an_error_shows_its_type_alone(collector: InMemorySpanExporter) -> None:
    """Its message may quote a document."""
    with pytest.raises(ValueError, match="secret"), span("search"):
        raise ValueError("the secret sentence")
    (failed,) = collector.get_finished_spans()
    assert failed.status.description == "ValueError"
    assert "secret" not in failed.to_json()


def test_other_libraries_add_no_spans(collector: InMemorySpanExporter) -> None:
    """Theirs go to the global provider, which stays as it was; what they record may hold text."""
    with trace.get_tracer("another").start_as_current_span("their prompt"):
        pass
    assert collector.get_finished_spans() == ()


def test_nothing_is_recorded_before_it_is_switched_on(data: Path) -> None:
    exporter = InMemorySpanExporter()
    replying(data, "16 weeks.").ask(QUESTION)
    with span("search") as current:
        current.note(hits=3)
    assert exporter.get_finished_spans() == ()
