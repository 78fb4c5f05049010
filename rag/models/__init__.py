"""Open models: what is known about them, and how they get onto this machine."""

from __future__ import annotations

from rag.models.cache import default_cache
from rag.models.cards import HubSource, ModelCard, WheelPart, WheelSource, catalogue, get_card
from rag.models.check import check_folder
from rag.models.choice import AUTO, ModelChoice, choose_model, expected_model
from rag.models.machine import Gpu, Machine, this_machine
from rag.models.recommend import Suggestion, recommend
from rag.models.resolve import ModelFolder, fetch_model, find_cached, is_known_name, resolve_model
from rag.models.shape import ModelShape, Traits, known_traits, read_shape

__all__ = [
    "AUTO",
    "Gpu",
    "HubSource",
    "Machine",
    "ModelCard",
    "ModelChoice",
    "ModelFolder",
    "ModelShape",
    "Suggestion",
    "Traits",
    "WheelPart",
    "WheelSource",
    "catalogue",
    "check_folder",
    "choose_model",
    "default_cache",
    "expected_model",
    "fetch_model",
    "find_cached",
    "get_card",
    "is_known_name",
    "known_traits",
    "read_shape",
    "recommend",
    "resolve_model",
    "this_machine",
]
