"""The language model: a LangChain chat model, by default vLLM through its OpenAI interface."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from rag.errors import MissingDependencyError, ModelServerError, ModelServerUnreachableError
from rag.prompt import Style, style_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.settings import LLMSettings

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of the model's text; token counts come with the last one."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class OpenedModel(NamedTuple):
    """A chat model, the name under which the server knows it, and how much it is told at once."""

    model: BaseChatModel
    name: str
    style: Style


def served_models(settings: LLMSettings) -> list[str]:
    """Names of the models that the server offers.

    Raises ModelServerUnreachableError if nothing answers there in time, ModelServerError if something
    else than a model server does.
    """
    return list(_served(settings))


def _served(settings: LLMSettings) -> dict[str, str]:
    """The models that the server offers by name, each with the folder or hub id that vLLM has it from."""
    import httpx

    url = settings.url.rstrip("/") + "/models"
    headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    try:
        response = httpx.get(
            url,
            headers=headers,
            timeout=settings.connect_timeout_s,
            trust_env=not _is_loopback(url),
        )
        response.raise_for_status()
        return {str(each["id"]): str(each.get("root") or "") for each in response.json()["data"]}
    except httpx.HTTPStatusError as exc:
        raise ModelServerError(
            f"The model server at {settings.url} answered {exc.response.status_code}.",
            hint="Check llm.url and llm.api_key.",
        ) from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise unreachable(settings.url) from exc
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise ModelServerError(
            f"What answers at {settings.url} is not a model server.", hint="Check llm.url."
        ) from exc


def unreachable(url: str) -> ModelServerUnreachableError:
    """The error for a server that does not answer."""
    return ModelServerUnreachableError(
        f"No model server answers at {url}.",
        hint="Start one with: inhouse serve (or set INHOUSE_LLM_URL).",
    )


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
    served = _served(settings)
    timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s)
    # A connection kept from the last question may be one to a server that was started anew since.
    connections: dict[str, Any] = {
        "timeout": timeout,
        "trust_env": not _is_loopback(settings.url),
        "limits": httpx.Limits(max_keepalive_connections=0),
    }
    name = settings.model if settings.model in served or not served else next(iter(served))
    style = style_of(name, served.get(name, ""))
    model = ChatOpenAI(
        model=name,
        base_url=settings.url,
        api_key=SecretStr(settings.api_key or "none"),
        temperature=settings.temperature,
        max_completion_tokens=settings.max_tokens,
        timeout=timeout,
        frequency_penalty=style.frequency_penalty or None,
        max_retries=0,
        stream_usage=True,
        http_client=httpx.Client(**connections),
        http_async_client=httpx.AsyncClient(**connections),
    )
    return OpenedModel(model, name, style)


def name_of(model: BaseChatModel) -> str:
    """The name of a developer's own chat model, or of its class if it has none."""
    names = (getattr(model, attribute, None) for attribute in ("model_name", "model", "model_id"))
    return next((name for name in names if name and isinstance(name, str)), type(model).__name__)


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def stream(
    model: BaseChatModel, prompt: Sequence[BaseMessage], stop: Sequence[str] = ()
) -> Iterator[Piece]:
    """The model's text as it comes, up to one of `stop`.

    Raises ModelServerUnreachableError or ModelServerError. Closing the iterator stops
    the generation.
    """
    with (
        _mapped_errors(),
        contextlib.closing(_pieces(model.stream(list(prompt), stop=list(stop) or None))) as pieces,
    ):
        yield from pieces


def _pieces(chunks: Iterator[Any]) -> Generator[Piece, None, None]:
    for chunk in chunks:
        usage = getattr(chunk, "usage_metadata", None) or {}
        text = chunk.content if isinstance(chunk.content, str) else chunk.text
        if text or usage:
            yield Piece(text, usage.get("input_tokens", 0), usage.get("output_tokens", 0))


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
