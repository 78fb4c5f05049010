"""Open models: what is known about them, and how they get onto this machine."""

from __future__ import annotations

from rag.models.cache import default_cache
from rag.models.cards import HubSource, ModelCard, WheelSource, catalogue, get_card
from rag.models.check import check_folder
from rag.models.resolve import ModelFolder, fetch_model, find_cached, resolve_model

__all__ = [
    "HubSource",
    "ModelCard",
    "ModelFolder",
    "WheelSource",
    "catalogue",
    "check_folder",
    "default_cache",
    "fetch_model",
    "find_cached",
    "get_card",
    "resolve_model",
]
