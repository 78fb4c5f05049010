"""What programs send: bodies of requests, and how a chat becomes a question with its earlier turns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rag.answer import Turn
from rag.citations.markers import strip_markers
from ui.api.source_list import strip_source_list
from ui.errors import InvalidRequestError

MAX_MESSAGES = 500
"""Messages of a conversation; the prompt of an answer has room for a handful of turns."""
_TEXT_PARTS = frozenset({"text", "input_text", "output_text", "refusal"})
_IGNORED_ROLES = frozenset({"system", "developer"})
_TOOL_ITEMS = re.compile(r"function|tool|.*_call(_output)?")


class ChatMessage(BaseModel):
    """A message of a conversation; `content` is text, or a list of parts of which each is text."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class StreamOptions(BaseModel):
    """How a stream is sent."""

    include_usage: bool = False


class _GenerationRequest(BaseModel):
    """What both ways of asking have in common; what is not named here is accepted and ignored."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(description="A profile: an id of GET /v1/models.")
    stream: bool = False


class ChatRequest(_GenerationRequest):
    """The body of `POST /v1/chat/completions`.

    The last message is the question, the ones before it are the conversation. `system` messages, sampling
    parameters and `tools` are accepted and ignored: what the model is told stands in the profile.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "default",
                    "messages": [{"role": "user", "content": "How long is parental leave?"}],
                    "stream": True,
                    "stream_options": {"include_usage": True},
                }
            ]
        }
    )

    messages: list[ChatMessage] = Field(min_length=1)
    stream_options: StreamOptions | None = None
    n: int | None = None
    response_format: dict[str, Any] | None = None
    modalities: list[str] | None = None

    def conversation(self) -> tuple[str, tuple[Turn, ...]]:
        """The question and the turns before it. Raises InvalidRequestError."""
        if self.n not in (None, 1):
            raise InvalidRequestError(
                f"n is {self.n}; there is one answer to a question.", param="n"
            )
        _require_text(self.response_format, "response_format")
        if self.modalities and set(self.modalities) != {"text"}:
            raise InvalidRequestError("An answer is text only.", param="modalities")
        return read_conversation(self.messages, "messages")


class ResponsesRequest(_GenerationRequest):
    """The body of `POST /v1/responses`.

    `input` is the question, or a list of messages of which the last is. `instructions`, sampling parameters
    and `tools` are accepted and ignored. Nothing is stored: the conversation comes with each request.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "default", "input": "How long is parental leave?"}]
        }
    )

    input: str | list[dict[str, Any]]
    instructions: str | list[Any] | None = None
    previous_response_id: str | None = None
    conversation_id: Any = Field(None, alias="conversation")
    background: bool | None = None
    text: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    parallel_tool_calls: bool | None = None
    tools: list[dict[str, Any]] = []
    tool_choice: Any = "auto"

    def conversation(self) -> tuple[str, tuple[Turn, ...]]:
        """The question and the turns before it. Raises InvalidRequestError."""
        for name, value in (
            ("previous_response_id", self.previous_response_id),
            ("conversation", self.conversation_id),
            ("background", self.background),
        ):
            if value:
                raise InvalidRequestError(
                    f"{name} needs answers that are stored, and none is.",
                    hint="Send the conversation as input.",
                    param=name,
                )
        _require_text((self.text or {}).get("format"), "text.format")
        if isinstance(self.input, str):
            return read_conversation([ChatMessage(role="user", content=self.input)], "input")
        return read_conversation(list(self._messages()), "input")

    def _messages(self) -> Iterator[ChatMessage]:
        for number, item in enumerate(self.input):
            kind = item.get("type", "message") if isinstance(item, dict) else "message"
            if kind == "reasoning":
                continue
            if kind != "message":
                raise _unsupported(f"input[{number}]", str(kind))
            yield ChatMessage.model_validate(item)


class SearchRequest(BaseModel):
    """The body of `POST /v1/search`: passages for a query, found without the language model."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "parental leave", "k": 5, "model": "default"}]}
    )

    query: str
    k: int = Field(8, ge=1, le=50, description="Passages to find.")
    model: str | None = Field(None, description="A profile; without: the first one.")
    folders: tuple[str, ...] = Field((), description="Only documents below one of these folders.")
    tags: tuple[str, ...] = Field((), description="Only documents with one of these tags.")
    media_types: tuple[str, ...] = Field((), description="Only documents of these media types.")
    metadata: dict[str, Any] = Field(
        {},
        max_length=20,
        description="Only documents whose metadata fit: names with a value, a list of values, or a range "
        'such as {"from": 2024, "until": 2026}.',
    )


def read_conversation(messages: Sequence[ChatMessage], param: str) -> tuple[str, tuple[Turn, ...]]:
    """The last message as the question, and the earlier ones as turns. Raises InvalidRequestError."""
    if len(messages) > MAX_MESSAGES:
        raise InvalidRequestError(
            f"The conversation has {len(messages):,} messages; at most {MAX_MESSAGES:,} are read.",
            hint="Begin a new one.",
            param=param,
            code="context_length_exceeded",
        )
    spoken = [
        (message.role, _text(message, f"{param}[{number}]"))
        for number, message in enumerate(messages)
        if message.role not in _IGNORED_ROLES
    ]
    if not spoken or spoken[-1][0] != "user":
        raise InvalidRequestError("The last message has to be the user's question.", param=param)
    turns, question = list[Turn](), ""
    for role, text in spoken[:-1]:
        if role == "user":
            question = text
        elif question and text:
            turns.append(Turn(question=question, answer=_without_sources(text)))
            question = ""
    return spoken[-1][1], tuple(turns)


def _text(message: ChatMessage, param: str) -> str:
    if message.role not in ("user", "assistant"):
        raise _unsupported(f"{param}.role", message.role)
    if message.tool_calls:
        raise _unsupported(f"{param}.tool_calls", "tool_calls")
    content = message.content
    if content is None or isinstance(content, str):
        return content or ""
    texts = []
    for number, part in enumerate(content):
        kind = part.get("type")
        text = part.get("refusal" if kind == "refusal" else "text")
        if kind not in _TEXT_PARTS or not isinstance(text, str):
            raise _unsupported(f"{param}.content[{number}]", str(kind))
        texts.append(text)
    return "\n".join(texts)


def _without_sources(text: str) -> str:
    """An earlier answer as it was before its citations were added."""
    return strip_markers(strip_source_list(text))[0].strip()


def _unsupported(param: str, kind: str) -> InvalidRequestError:
    what = "Tools are not called here" if _TOOL_ITEMS.fullmatch(kind) else "Only text is read"
    return InvalidRequestError(
        f"{what}; {param} is {kind[:60]!r}.", param=param, code="unsupported_content"
    )


def _require_text(output: dict[str, Any] | None, param: str) -> None:
    if output and output.get("type", "text") != "text":
        raise InvalidRequestError(
            "An answer is text with citations, in no other format.", param=param
        )
