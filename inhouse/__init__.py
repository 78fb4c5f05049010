"""Inhouse: answers from your own documents, with an open model that you run yourself.

    from inhouse import Assistant, ingest

    ingest(["handbook/"], data_dir="data")
    print(Assistant.open("data").ask("How long is parental leave?").text)

The names below come from `rag` (the library) and `ingest` (documents into an index), where they are defined.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from inhouse.own_packages import require_own_packages as _require_own_packages

if TYPE_CHECKING:
    from ingest import Content, IngestError, Ingestor, IngestReport, ingest, ingest_texts
    from rag import (
        Answer,
        Assistant,
        Citation,
        Comparison,
        Event,
        Extract,
        Filter,
        Grade,
        Hit,
        InhouseError,
        InhouseVectorStore,
        LangChainEmbedder,
        Profile,
        Sentence,
        Settings,
        Status,
        Turn,
        load_settings,
        reembed,
        to_frame,
    )

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Comparison",
    "Content",
    "Event",
    "Extract",
    "Filter",
    "Grade",
    "Hit",
    "IngestError",
    "IngestReport",
    "Ingestor",
    "InhouseError",
    "InhouseVectorStore",
    "LangChainEmbedder",
    "Profile",
    "Sentence",
    "Settings",
    "Status",
    "Turn",
    "ingest",
    "ingest_texts",
    "load_settings",
    "reembed",
    "to_frame",
]

_OF_INGEST = {"Content", "IngestError", "IngestReport", "Ingestor", "ingest", "ingest_texts"}


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that `import inhouse` costs nothing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _require_own_packages("rag", "ingest")
    return getattr(importlib.import_module("ingest" if name in _OF_INGEST else "rag"), name)


def __dir__() -> list[str]:
    return __all__
