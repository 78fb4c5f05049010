"""The language model: a LangChain chat model, by default vLLM through its OpenAI interface."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rag.errors import MissingDependencyError, ModelServerError, ModelServerUnreachableError
from rag.prompt import Style, style_of
from rag.served import Served, is_loopback, served

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.settings import LLMSettings

RETRIES = 1
"""How often a connection that failed before the first word is tried again; nothing else ever is."""
RETRY_AFTER_S = 0.3


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
    elsewhere is usable by its URL alone.
    """
    try:
        import httpx
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr
    except ImportError as exc:
        raise MissingDependencyError(
            f"The language model cannot be reached: {exc}.",
            hint="Install it with: pip install langchain-openai",
        ) from exc
    offered = served(settings)
    named = [each for each in offered if each.name == settings.model]
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
    model: BaseChatModel, prompt: Sequence[BaseMessage], stop: Sequence[str] = ()
) -> Generator[Piece, None, None]:
    """The model's text as it comes, up to one of `stop`.

    Raises ModelServerUnreachableError or ModelServerError. Closing the iterator stops
    the generation.
    """
    for left in reversed(range(RETRIES + 1)):
        heard = False
        chunks: Any = model.stream(list(prompt), stop=list(stop) or None)
        try:
            with _mapped_errors(), contextlib.closing(chunks):
                for chunk in chunks:
                    for piece in _pieces(chunk):
                        heard = True
                        yield piece
            return
        except ModelServerUnreachableError:
            if heard or not left:
                raise
        time.sleep(RETRY_AFTER_S)


async def astream(
    model: BaseChatModel, prompt: Sequence[BaseMessage], stop: Sequence[str] = ()
) -> AsyncGenerator[Piece, None]:
    """The same for a coroutine."""
    for left in reversed(range(RETRIES + 1)):
        heard = False
        chunks: Any = model.astream(list(prompt), stop=list(stop) or None)
        try:
            with _mapped_errors():
                async with contextlib.aclosing(chunks):
                    async for chunk in chunks:
                        for piece in _pieces(chunk):
                            heard = True
                            yield piece
            return
        except ModelServerUnreachableError:
            if heard or not left:
                raise
        await asyncio.sleep(RETRY_AFTER_S)


def _pieces(chunk: Any) -> Iterator[Piece]:
    usage = getattr(chunk, "usage_metadata", None) or {}
    text = chunk.content if isinstance(chunk.content, str) else chunk.text
    cut = (getattr(chunk, "response_metadata", None) or {}).get("finish_reason") == "length"
    if text or usage or cut:
        # Half of a surrogate pair can stand in JSON, and nowhere else.
        text = text.encode("utf-8", "replace").decode()
        yield Piece(text, usage.get("input_tokens", 0), usage.get("output_tokens", 0), cut)


@contextlib.contextmanager
def _mapped_errors() -> Iterator[None]:
    import httpx
    import openai

    try:
        yield
    except (openai.APITimeoutError, httpx.TimeoutException) as exc:
        raise ModelServerError("The model server took too long to answer.") from exc
    except (openai.APIConnectionError, httpx.TransportError) as exc:
        raise ModelServerUnreachableError(
            "The connection to the model server broke off.", hint="See: inhouse doctor"
        ) from exc
    except openai.APIStatusError as exc:
        template = "chat template" in exc.message.lower()
        raise ModelServerError(
            f"The model server answered {exc.status_code}: {_first_line(exc.message)}",
            hint="Give vLLM a --chat-template, as inhouse serve --dry-run does."
            if template
            else "",
        ) from exc
    except (
        Exception
    ) as exc:  # a developer's own chat model may raise anything; evidence still counts
        raise ModelServerError(f"The language model failed: {_first_line(str(exc))}") from exc


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else "nothing"
