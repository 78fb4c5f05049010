"""Whether a model server answers, and with which models."""

from __future__ import annotations

from rag.answering.model_server import list_served_models
from rag.settings import LLMSettings


def health(base_url: str, *, timeout: float = 1.0, api_key: str = "") -> tuple[str, ...]:
    """Names of the models served at `base_url` (`http://…/v1`), asked at once and only once.

    Takes at most about `timeout` seconds, and no time worth noting where nothing listens. Raises
    ModelServerUnreachableError if nothing answers, ModelServerError if it is no model server.
    """
    settings = LLMSettings(url=base_url, api_key=api_key, connect_timeout_s=timeout)
    return tuple(list_served_models(settings))
