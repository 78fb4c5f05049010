"""Checking an answer against the passages: what each sentence claims, and what carries it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.citations.checking import Checked, check, cite

__all__ = ["Checked", "check", "cite"]


def __getattr__(name: str) -> Any:
    # Loaded with the first answer: a search checks nothing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("rag.citations.checking"), name)


def __dir__() -> list[str]:
    return __all__
