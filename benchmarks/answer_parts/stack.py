"""Inhouse as it answers, watched from outside: what it sends, and when its words come."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import httpx
from answer_parts.direct import TimedReply

from rag import Assistant
from rag.answer import AnswerEvent, DeltaEvent, Status, Turn


class AnswerStack:
    """An assistant whose requests are noted on their way out, each with a salt of ours added.

    The salt keeps its cached prefixes apart from those of everybody else who asks the same vLLM.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.sent: list[dict[str, Any]] = []
        self.salt = ""
        self._listen()
        self.ask("How long is parental leave?")  # opens the chat model, warms every part

    def ask(self, question: str, history: Sequence[Turn] = ()) -> tuple[TimedReply, float, str]:
        """The answer's times, the seconds that the search took, and the text."""
        started = time.perf_counter()
        first, answer = 0.0, None
        for event in self._assistant.stream(question, history=history):
            if isinstance(event, DeltaEvent) and not first:
                first = time.perf_counter() - started
            if isinstance(event, AnswerEvent):
                answer = event.answer
        total = time.perf_counter() - started
        assert answer is not None
        if answer.status is Status.MODEL_UNAVAILABLE:
            raise SystemExit(answer.notice)
        usage = answer.usage
        reply = TimedReply(first or total, total, usage.prompt_tokens, usage.completion_tokens)
        return reply, answer.timings_ms["search"] / 1e3, answer.text

    def _listen(self) -> None:
        send = httpx.Client.send

        def salted(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
            if request.url.path.endswith("/chat/completions"):
                body = json.loads(request.content)
                if "cache_salt" not in body:
                    self.sent.append(body)
                    request = _with(request, {**body, "cache_salt": self.salt or "none"})
            return send(client, request, **options)

        httpx.Client.send = salted  # type: ignore[method-assign]


def _with(request: httpx.Request, body: dict[str, Any]) -> httpx.Request:
    headers = [pair for pair in request.headers.multi_items() if pair[0] != "content-length"]
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        content=json.dumps(body).encode(),
        extensions=request.extensions,
    )
