"""Turning folders of documents into an index."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from inhouse.own_packages import require_own_packages as _require_own_packages

if TYPE_CHECKING:
    from ingest.errors import IngestError
    from ingest.pipeline import ingest
    from ingest.report import IngestReport
    from ingest.running.contents import Content, Ingestor, ingest_texts

__distribution__ = "inhouse"
_require_own_packages("rag")

_MODULES = {
    "Content": "ingest.running.contents",
    "IngestError": "ingest.errors",
    "IngestReport": "ingest.report",
    "Ingestor": "ingest.running.contents",
    "ingest": "ingest.pipeline",
    "ingest_texts": "ingest.running.contents",
}

__all__ = [
    "Content",
    "IngestError",
    "IngestReport",
    "Ingestor",
    "ingest",
    "ingest_texts",
]


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that `import ingest` costs nothing.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
