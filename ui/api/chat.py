"""Answers as OpenAI's chat completions, whole and streamed."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from rag.answer import Usage
from ui.api.answering import AnswerStream
from ui.api.marked_text import CitedPassage, MarkedText
from ui.api.source_list import write_source_list
from ui.api.summary import summarise
from ui.messages.page import Words


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """How an answer is written for one request.

    `lists_sources`: a list of sources stands at the end of the text. `for_open_webui`: the chunks of a
    stream carry its events. `is_admin`: notices may name places on the server. `with_usage`: a stream ends
    with a count of tokens.
    """

    model: str
    words: Words
    lists_sources: bool = False
    for_open_webui: bool = False
    is_admin: bool = False
    with_usage: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))

    def source_list(self, text: MarkedText) -> str:
        """The list of sources, where the text has one."""
        return write_source_list(text.passages, self.words) if self.lists_sources else ""

    def summary(self, text: MarkedText) -> dict[str, Any]:
        """What a final object carries as `inhouse`."""
        return summarise(text, self.words, is_admin=self.is_admin)


def build_completion(text: MarkedText, style: AnswerFormat) -> dict[str, Any]:
    """A finished answer as `chat.build_completion`."""
    message = {
        "role": "assistant",
        "content": text.text + style.source_list(text),
        "refusal": None,
        "annotations": [_annotation(passage) for passage in text.passages if passage.url],
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        "id": f"chatcmpl-{style.id}",
        "object": "chat.completion",
        "created": style.created,
        "model": style.model,
        "choices": [choice],
        "usage": _usage(text),
        "inhouse": style.summary(text),
    }


async def chunks(stream: AnswerStream, style: AnswerFormat) -> AsyncIterator[dict[str, Any] | None]:
    """An answer as `chat.completion.chunk`s: role, content, citations, the end, usage. None: still alive."""
    text = stream.text
    yield _chunk(style, {"role": "assistant", "content": ""})
    async for released in stream.released():
        yield _chunk(style, {"content": released}) if released else None
    if source_list := style.source_list(text):
        yield _chunk(style, {"content": source_list})
    for passage in text.passages:
        event = {"event": _source_event(passage)} if style.for_open_webui else {}
        delta = {"annotations": [_annotation(passage)]} if passage.url else {}
        if event or delta:
            yield _chunk(style, delta) | event
    yield _chunk(style, {}, finish="stop", inhouse=style.summary(text))
    if style.with_usage:
        yield _chunk(style, None, usage=_usage(text))


def _chunk(
    style: AnswerFormat, delta: dict[str, Any] | None, *, finish: str | None = None, **more: Any
) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {
        "id": f"chatcmpl-{style.id}",
        "object": "chat.completion.chunk",
        "created": style.created,
        "model": style.model,
        "choices": [] if delta is None else [choice],
        **({"usage": None} if style.with_usage else {}),
        **more,
    }


def _annotation(passage: CitedPassage) -> dict[str, Any]:
    return {"type": "url_citation", "url_citation": url_citation(passage)}


def url_citation(passage: CitedPassage) -> dict[str, Any]:
    """A citation's fields as OpenAI names them, and beside them the quote and its page."""
    return {
        "url": passage.url,
        "title": passage.title,
        "start_index": passage.marker_start,
        "end_index": passage.marker_end,
        "quote": passage.quote,
        "page": passage.page,
    }


def _source_event(passage: CitedPassage) -> dict[str, Any]:
    """What Open WebUI shows as a source: the quote under the document's title."""
    address = passage.url or f"{passage.title} [{passage.n}]"
    page = {} if passage.page is None else {"page": passage.page - 1}  # it counts from 0
    source = {"name": passage.title, **({"url": passage.url} if passage.url else {})}
    return {
        "type": "source",
        "data": {
            "source": source,
            "document": [passage.quote],
            "metadata": [{"source": address, "name": passage.title, **page}],
        },
    }


def _usage(text: MarkedText) -> dict[str, int]:
    usage = text.answer.usage if text.answer else Usage()
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
