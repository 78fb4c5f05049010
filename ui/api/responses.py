"""Answers as OpenAI's responses, whole and as a stream of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ui.api.answering import AnswerStream
from ui.api.chat import AnswerFormat, url_citation
from ui.api.marked_text import CitedPassage, MarkedText
from ui.api.requests import ResponsesRequest


def response(text: MarkedText, body: ResponsesRequest, style: AnswerFormat) -> dict[str, Any]:
    """A finished answer as `response`."""
    content = text.text + style.source_list(text)
    output = [_message(style, content, text.passages)]
    usage = text.answer.usage if text.answer else None
    tokens = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    return _response(body, style, "completed", output) | {
        "usage": {
            "input_tokens": tokens[0],
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": tokens[1],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": sum(tokens),
        },
        "inhouse": style.summary(text),
    }


async def events(
    stream: AnswerStream, body: ResponsesRequest, style: AnswerFormat
) -> AsyncIterator[dict[str, Any] | None]:
    """An answer as a response's events, each with the number of its place. None: still alive."""
    number = 0
    async for event in _events(stream, body, style):
        if event is not None:
            event = {"type": event.pop("type"), "sequence_number": number} | event
            number += 1
        yield event


async def _events(
    stream: AnswerStream, body: ResponsesRequest, style: AnswerFormat
) -> AsyncIterator[dict[str, Any] | None]:
    text, item_id = stream.text, f"msg_{style.id}"
    begun = _response(body, style, "in_progress", [])
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    message = _message(style, "", (), status="in_progress") | {"content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": message}
    position = {"item_id": item_id, "output_index": 0, "content_index": 0}
    yield {"type": "response.content_part.added", **position, "part": _part("", ())}
    delta = {"type": "response.output_text.delta", **position, "logprobs": []}
    async for released in stream.released():
        yield {**delta, "delta": released} if released else None
    source_list = style.source_list(text)
    if source_list:
        yield {**delta, "delta": source_list}
    cited = [passage for passage in text.passages if passage.url]
    for index, passage in enumerate(cited):
        yield {
            "type": "response.output_text.annotation.added",
            **position,
            "annotation_index": index,
            "annotation": _annotation(passage),
        }
    content = text.text + source_list
    done = {"type": "response.output_text.done", **position, "logprobs": []}
    yield {**done, "text": content}
    part = _part(content, text.passages)
    yield {"type": "response.content_part.done", **position, "part": part}
    message = _message(style, content, text.passages)
    yield {"type": "response.output_item.done", "output_index": 0, "item": message}
    yield {"type": "response.completed", "response": response(text, body, style)}


def _response(
    body: ResponsesRequest, style: AnswerFormat, status: str, output: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": f"resp_{style.id}",
        "object": "response",
        "created_at": style.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions if isinstance(body.instructions, str) else None,
        "metadata": body.metadata or {},
        "model": style.model,
        "output": output,
        "parallel_tool_calls": True
        if body.parallel_tool_calls is None
        else body.parallel_tool_calls,
        "previous_response_id": None,
        "store": False,
        "temperature": body.temperature,
        "text": {"format": {"type": "text"}},
        "tool_choice": "none",
        "tools": [],
        "top_p": body.top_p,
        "truncation": "disabled",
        "usage": None,
    }


def _message(
    style: AnswerFormat,
    content: str,
    passages: tuple[CitedPassage, ...],
    *,
    status: str = "completed",
) -> dict[str, Any]:
    return {
        "id": f"msg_{style.id}",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [_part(content, passages)],
    }


def _part(content: str, passages: tuple[CitedPassage, ...]) -> dict[str, Any]:
    annotations = [_annotation(passage) for passage in passages if passage.url]
    return {"type": "output_text", "text": content, "annotations": annotations, "logprobs": []}


def _annotation(passage: CitedPassage) -> dict[str, Any]:
    return {"type": "url_citation"} | url_citation(passage)
