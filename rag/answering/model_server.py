"""What a model server offers, and how it counts tokens."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import ModelServerError, ModelServerUnreachableError

if TYPE_CHECKING:
    import httpx

    from rag.settings import LLMSettings

CountTokens = Callable[[str], int]
MARGIN = 1.5
"""Of how many tokens of the model one of another tokenizer may turn out to be; German, codes and tables."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_KEPT_COUNTS = 4096
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """A model that a server offers: its `window` in tokens and its folder there, as far as it says so."""

    name: str
    window: int | None = None
    root: str = ""
    is_vllm: bool = False


def list_served_models(settings: LLMSettings) -> list[str]:
    """Names of the models that the server offers; raises as `list_served`."""
    return [model.name for model in list_served(settings)]


def list_served(settings: LLMSettings) -> list[Served]:
    """The models that the server offers.

    Raises ModelServerUnreachableError if nothing answers there in time, ModelServerError if something
    else than a model server does.
    """
    import httpx

    try:
        with client(settings) as connection:
            response = connection.get(settings.url.rstrip("/") + "/models")
        response.raise_for_status()
        return [_read(model) for model in response.json()["data"]]
    except httpx.HTTPStatusError as exc:
        raise ModelServerError(
            f"The model server at {settings.url} answered {exc.response.status_code}.",
            hint="Check llm.url and llm.api_key.",
        ) from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise make_unreachable_error(settings.url) from exc
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise ModelServerError(
            f"What answers at {settings.url} is not a model server.", hint="Check llm.url."
        ) from exc


def _read(entry: dict[str, Any]) -> Served:
    window = entry.get("max_model_len")
    return Served(
        name=str(entry["id"]),
        window=window if isinstance(window, int) and window > 0 else None,
        root=str(entry.get("root") or ""),
        is_vllm=entry.get("owned_by") == "vllm",
    )


def make_unreachable_error(url: str) -> ModelServerUnreachableError:
    """The error for a server that does not answer."""
    return ModelServerUnreachableError(
        f"No model server answers at {url}.",
        hint="Start one with: inhouse serve (or set INHOUSE_LLM_URL).",
    )


def is_loopback(url: str) -> bool:
    """Whether the URL leads to this machine, where no proxy is asked."""
    return urlsplit(url).hostname in _LOOPBACK


def client(settings: LLMSettings) -> httpx.Client:
    """Asks short questions of the server; no connection is kept, so that it need not be closed."""
    import httpx

    headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    return httpx.Client(
        headers=headers,
        timeout=settings.connect_timeout_s,
        trust_env=not is_loopback(settings.url),
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def token_counter(settings: LLMSettings, model: Served, other: CountTokens) -> CountTokens:
    """How many tokens of the served model a text is.

    By its own tokenizer, from its folder where that is on this machine, else by asking the server. Where
    neither can be, by `other` with a MARGIN.
    """
    own = _own_tokenizer(settings, model) or _asking(settings, model)
    if own is None:
        _log.debug("Tokens are estimated: %s says nothing of its tokenizer.", settings.url)

        def estimated(text: str) -> int:
            return int(MARGIN * other(text)) + 1

        own = estimated
    return functools.lru_cache(maxsize=_KEPT_COUNTS)(own)


def _own_tokenizer(settings: LLMSettings, model: Served) -> CountTokens | None:
    path = Path(model.root) / "tokenizer.json"
    if not (model.root and is_loopback(settings.url) and path.is_file()):
        return None
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as exc:  # it raises nothing more exact
        _log.warning("%s cannot be read: %s", path, exc)
        return None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _asking(settings: LLMSettings, model: Served) -> CountTokens | None:
    """By vLLM's own route, which stands beside `/v1`; None where the server has none."""
    import httpx

    url = settings.url.rstrip("/").removesuffix("/v1") + "/tokenize"
    connection = client(settings)

    def count(text: str) -> int:
        request = {"model": model.name, "prompt": text, "add_special_tokens": False}
        try:
            response = connection.post(url, json=request)
            response.raise_for_status()
            return int(response.json()["count"])
        except httpx.HTTPStatusError as exc:
            raise ModelServerError(
                f"The model server answered {exc.response.status_code} to {url}."
            ) from exc
        except httpx.HTTPError as exc:
            raise make_unreachable_error(settings.url) from exc
        except (ValueError, LookupError, TypeError) as exc:
            raise ModelServerError(f"{url} does not count tokens.") from exc

    try:
        count("One.")
    except ModelServerUnreachableError:
        raise
    except ModelServerError:
        return None
    return count
