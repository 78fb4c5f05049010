"""Server-sent events that end with whoever listens."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from rag.errors import InhouseError
from ui.api.answering import AnswerStream
from ui.web.security.refusals import Refusal

if TYPE_CHECKING:
    from starlette.types import Send

_log = logging.getLogger(__name__)
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_ALIVE = ": alive\n\n"
_BROKEN = Refusal(500, "Something went wrong on the server. Its log says what.")

Events = AsyncIterator[dict[str, Any] | None]


class EventStream(StreamingResponse):
    """The events of an answer; the answer is given up when the stream ends, however it ends.

    `named`: each event is called by its `type`, and there is no [DONE], as in OpenAI's Responses.
    """

    def __init__(self, answer: AnswerStream, events: Events, *, named: bool = False) -> None:
        self._answer = answer
        lines = _lines(events, named=named)
        super().__init__(lines, media_type="text/event-stream", headers=_HEADERS)

    async def stream_response(self, send: Send) -> None:
        try:
            async with aclosing(self.body_iterator):  # type: ignore[type-var]
                await super().stream_response(send)
        finally:
            self._answer.close()


async def _lines(events: Events, *, named: bool) -> AsyncGenerator[str, None]:
    try:
        async for event in events:
            yield _ALIVE if event is None else _line(event, named=named)
    except InhouseError as exc:
        yield _failure(Refusal.of(exc), named=named)
    except Exception:  # whoever asked gets a sentence, the operator the traceback
        _log.exception("A question could not be answered.")
        yield _failure(_BROKEN, named=named)
    if not named:
        yield "data: [DONE]\n\n"


def _line(event: dict[str, Any], *, named: bool) -> str:
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n"


def _failure(refusal: Refusal, *, named: bool) -> str:
    error = refusal.to_json()
    if not named:
        return _line(error, named=False)
    return _line({"type": "error", "sequence_number": 0, **error["error"]}, named=True)
