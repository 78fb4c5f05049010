"""Sources: places other than folders that documents come from, each one kind of root for `inhouse ingest`."""

from __future__ import annotations

from ingest.errors import SourceError
from ingest.sources.contract import Source, SourceContext, SourceObject

__all__ = ["Source", "SourceContext", "SourceError", "SourceObject"]
