"""The language model: a LangChain chat model, by default vLLM through its OpenAI interface."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rag.answering.model_server import Served, is_loopback, list_served
from rag.answering.prompt import Style, style_of
from rag.errors import MissingDependencyError, ModelServerError, ModelServerUnreachableError
from rag.extras import require_extra
from rag.models import AUTO

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

    from rag.settings import LLMSettings

RETRIES = 1
"""How often a connection that failed before the first word is tried again; nothing else ever is."""
RETRY_AFTER_S = 0.3


Elsewhere: TypeAlias = Callable[[], "Runnable[Any, Any]"]


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of the model's text. Token counts, and whether it was `cut`, come with the last ones."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: bool = False


class OpenedModel(NamedTuple):
    """A chat model, what the server says of it, and how much it is told at once."""

    model: BaseChatModel
    served: Served
    style: Style


def open_chat_model(settings: LLMSettings) -> OpenedModel:
    """The chat model that the settings name.

    If the server does not offer that model, but others, the first of those answers: a server
    elsewhere is usable by its URL alone. Raises ModelServerError, also where its client is not installed.
    """
    try:
        require_extra("llm", "The language model's client")
    except MissingDependencyError as exc:  # the documents answer all the same
        raise ModelServerError(exc.message, hint=exc.hint) from exc
    import httpx
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    offered = list_served(settings)
    if not offered and settings.model == AUTO:
        raise ModelServerError(
            f"The model server at {settings.url} offers no model.", hint="See: inhouse doctor"
        )
    named = [model for model in offered if model.name == settings.model]
    chosen = (named or offered or [Served(settings.model)])[0]
    style = style_of(chosen.name, chosen.root)
    timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s)
    # A connection kept from the last question may be one to a server that was started anew since.
    connections: dict[str, Any] = {
        "timeout": timeout,
        "trust_env": not is_loopback(settings.url),
        "limits": httpx.Limits(max_keepalive_connections=0),
    }
    model = ChatOpenAI(
        model=chosen.name,
        base_url=settings.url,
        api_key=SecretStr(settings.api_key or "none"),
        temperature=settings.temperature,
        max_completion_tokens=settings.max_tokens,
        timeout=timeout,
        frequency_penalty=style.frequency_penalty or None,
        max_retries=0,
        stream_usage=True,
        stream_chunk_timeout=None,  # `timeout` does it; this one can swallow a cancellation
        http_client=httpx.Client(**connections),
        http_async_client=httpx.AsyncClient(**connections),
    )
    return OpenedModel(model, chosen, style)


def name_of(model: BaseChatModel) -> str:
    """The name of a developer's own chat model, or of its class if it has none."""
    names = (getattr(model, attribute, None) for attribute in ("model_name", "model", "model_id"))
    return next((name for name in names if name and isinstance(name, str)), type(model).__name__)


def stream(
    model: Runnable[Any, Any],
    prompt: Sequence[BaseMessage],
    stop: Sequence[str] = (),
    elsewhere: Elsewhere | None = None,
) -> Generator[Piece, None, None]:
    """The model's text as it comes, up to one of `stop`.

    `elsewhere` gives the same model on another server, for the second try where the first fails to connect.
    Raises ModelServerUnreachableError or ModelServerError. Closing the iterator stops the generation.
    """
    for attempt in _attempts():
        if elsewhere is not None and not attempt.is_first:
            model = elsewhere()
        chunks: Any = model.stream(list(prompt), stop=list(stop) or None)
        with attempt, contextlib.closing(chunks):
            for chunk in chunks:
                yield from attempt.hear(chunk)
            return
        time.sleep(RETRY_AFTER_S)


async def astream(
    model: Runnable[Any, Any],
    prompt: Sequence[BaseMessage],
    stop: Sequence[str] = (),
    elsewhere: Elsewhere | None = None,
) -> AsyncGenerator[Piece, None]:
    """The same for a coroutine."""
    for attempt in _attempts():
        if elsewhere is not None and not attempt.is_first:
            model = await asyncio.to_thread(elsewhere)
        chunks: Any = model.astream(list(prompt), stop=list(stop) or None)
        with attempt:
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    for piece in attempt.hear(chunk):
                        yield piece
            return
        await asyncio.sleep(RETRY_AFTER_S)


def _attempts() -> Iterator[_Attempt]:
    return (_Attempt(number) for number in range(RETRIES + 1))


class _Attempt:
    """One of the tries at an answer. It may fail without a word to connect, as long as another follows."""

    def __init__(self, number: int) -> None:
        self.is_first, self._is_last, self._heard = number == 0, number == RETRIES, False

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        """Raises every error but that one as a ModelServerError."""
        if not isinstance(error, Exception):
            return False
        mapped = _mapped(error)
        if isinstance(mapped, ModelServerUnreachableError) and not (self._heard or self._is_last):
            return True
        raise mapped from error

    def hear(self, chunk: Any) -> Iterator[Piece]:
        """Turn one streamed chunk into a `Piece`, if it carries text or usage."""
        usage = getattr(chunk, "usage_metadata", None) or {}
        text = chunk.content if isinstance(chunk.content, str) else chunk.text
        cut = (getattr(chunk, "response_metadata", None) or {}).get("finish_reason") == "length"
        if text or usage or cut:
            self._heard = True
            # Half of a surrogate pair can stand in JSON, and nowhere else.
            text = text.encode("utf-8", "replace").decode()
            yield Piece(text, usage.get("input_tokens", 0), usage.get("output_tokens", 0), cut)


def _mapped(error: Exception) -> ModelServerError:
    import httpx
    import openai

    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
        return ModelServerError("The model server took too long to answer.")
    if isinstance(error, openai.APIConnectionError | httpx.TransportError):
        return ModelServerUnreachableError(
            "The connection to the model server broke off.", hint="See: inhouse doctor"
        )
    if isinstance(error, openai.APIStatusError):
        template = "chat template" in error.message.lower()
        return ModelServerError(
            f"The model server answered {error.status_code}: {_first_line(error.message)}",
            hint="Give vLLM a --chat-template, as inhouse serve --dry-run does."
            if template
            else "",
        )
    # A developer's own chat model may raise anything; evidence still counts.
    return ModelServerError(f"The language model failed: {_first_line(str(error))}")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else "nothing"
