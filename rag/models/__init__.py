"""Open models: what is known about them, and how they get onto this machine."""

from __future__ import annotations

from rag.models.cache import default_cache
from rag.models.cards import HubSource, ModelCard, WheelSource, catalogue, get_card
from rag.models.check import check_folder
from rag.models.machine import Gpu, Machine, this_machine
from rag.models.recommend import Suggestion, recommend
from rag.models.resolve import ModelFolder, fetch_model, find_cached, resolve_model
from rag.models.shape import ModelShape, Traits, known_traits, read_shape

__all__ = [
    "Gpu",
    "HubSource",
    "Machine",
    "ModelCard",
    "ModelFolder",
    "ModelShape",
    "Suggestion",
    "Traits",
    "WheelSource",
    "catalogue",
    "check_folder",
    "default_cache",
    "fetch_model",
    "find_cached",
    "get_card",
    "known_traits",
    "read_shape",
    "recommend",
    "resolve_model",
    "this_machine",
]
