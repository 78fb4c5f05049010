"""Inhouse, the library: search an index of documents, ask it questions."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answer import (
        Answer,
        Citation,
        Comparison,
        Event,
        Extract,
        Grade,
        Sentence,
        Status,
        Turn,
    )
    from rag.assistant import Assistant
    from rag.embedder import LangChainEmbedder
    from rag.errors import InhouseError
    from rag.hit import Hit
    from rag.index import Filter
    from rag.index.maintenance.reembed import reembed
    from rag.langchain.vectorstore import InhouseVectorStore
    from rag.notebook import to_frame
    from rag.profile import Profile
    from rag.settings import Settings, load_settings

__distribution__ = "inhouse"  # what tells this package from another `rag` (inhouse/own_packages.py)

_MODULES = {
    "Answer": "rag.answer",
    "Assistant": "rag.assistant",
    "Citation": "rag.answer",
    "Comparison": "rag.answer",
    "Event": "rag.answer",
    "Extract": "rag.answer",
    "Filter": "rag.index",
    "Grade": "rag.answer",
    "Hit": "rag.hit",
    "InhouseError": "rag.errors",
    "InhouseVectorStore": "rag.langchain.vectorstore",
    "LangChainEmbedder": "rag.embedder",
    "Profile": "rag.profile",
    "Sentence": "rag.answer",
    "Settings": "rag.settings",
    "Status": "rag.answer",
    "Turn": "rag.answer",
    "load_settings": "rag.settings",
    "reembed": "rag.index.maintenance.reembed",
    "to_frame": "rag.notebook",
}

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Comparison",
    "Event",
    "Extract",
    "Filter",
    "Grade",
    "Hit",
    "InhouseError",
    "InhouseVectorStore",
    "LangChainEmbedder",
    "Profile",
    "Sentence",
    "Settings",
    "Status",
    "Turn",
    "load_settings",
    "reembed",
    "to_frame",
]


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that `import rag` costs nothing.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
