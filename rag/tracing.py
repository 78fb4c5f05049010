"""Spans for OpenTelemetry: how long a search, the model and the check took, never what was asked or said.

Nothing is recorded until `switch_on` was called. The spans go to an exporter of our own and not to a global
one, to which other libraries would add spans that hold text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from rag.extras import require_extra
from rag.request_id import get_current_request

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span as OpenTelemetrySpan
    from opentelemetry.trace import Tracer

_PARENT_HEADERS = ("traceparent", "tracestate")
_tracer: Tracer | None = None


class Span:
    """One thing that takes time, while it goes on."""

    def __init__(self, span: OpenTelemetrySpan | None = None) -> None:
        self._span = span

    def note(self, **numbers: float) -> None:
        """Add numbers that are known only now, such as how many hits there were."""
        if self._span is not None:
            self._span.set_attributes({f"inhouse.{name}": value for name, value in numbers.items()})


_NOTHING = Span()


def switch_on(exporter: SpanExporter | None = None) -> None:
    """Record spans from now on, for a collector that the variables OTEL_EXPORTER_OTLP_… name.

    `exporter` takes them instead. Raises MissingDependencyError.
    """
    global _tracer
    require_extra("tracing", "tracing.spans")
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "inhouse"}))
    if exporter is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    else:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    _tracer = provider.get_tracer("inhouse")


def switch_off() -> None:
    """Record no spans any more."""
    global _tracer
    _tracer = None


def span(name: str, *, is_parent: bool = True, **numbers: float) -> AbstractContextManager[Span]:
    """A span around what is done inside; without a collector it costs nothing.

    `is_parent` False: spans that begin inside are not below it, as a generator needs it, whose parts run in
    different contexts. An error's type is noted, and nothing of its message, which may quote.
    """
    return _record(f"inhouse.{name}", is_parent=is_parent, **numbers)


@contextlib.contextmanager
def _record(name: str, *, is_parent: bool = True, **numbers: float) -> Iterator[Span]:
    if _tracer is None:
        yield _NOTHING
        return
    from opentelemetry.trace import StatusCode, use_span

    current = _tracer.start_span(name, record_exception=False)
    if request := get_current_request():
        current.set_attribute("inhouse.request", request)
    shown = Span(current)
    shown.note(**numbers)
    try:
        if is_parent:
            with use_span(current, record_exception=False, set_status_on_exception=False):
                yield shown
        else:
            yield shown
    except Exception as exc:
        current.set_status(StatusCode.ERROR, type(exc).__name__)
        raise
    finally:
        current.end()


@contextlib.contextmanager
def request_span(
    method: str, route: str, headers: Mapping[str, str] | None = None
) -> Iterator[Span]:
    """A span around a request; `route` is the pattern of its path, which names nobody and nothing.

    `headers` are those of a proxy that is trusted: the request is then part of its trace.
    """
    if _tracer is None:
        yield _NOTHING
        return
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {name: headers[name] for name in _PARENT_HEADERS if headers and name in headers}
    token = context.attach(TraceContextTextMapPropagator().extract(carrier, context.Context()))
    try:
        with _record(f"{method} {route}") as current:
            yield current
    finally:
        context.detach(token)
