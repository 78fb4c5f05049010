"""A folder of documents and its index, with an embedder whose every text is remembered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ingest import IngestReport, ingest
from ingest.running.dry_run import Forecast, dry_run
from rag.index.views.overview import Overview, read_overview
from rag.settings import Settings
from rag.testing import HashingEmbedder

_LONG_AGO = 1_600_000_000


class IngestedFolder:
    """`settings` are those of every run; `write` gives each file a time of its own, long ago."""

    def __init__(self, home: Path) -> None:
        self.docs, self.data = home / "docs", home / "data"
        self.docs.mkdir()
        self.settings: dict[str, Any] = {}
        self._clock = _LONG_AGO

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self._clock += 10
        os.utime(path, (self._clock, self._clock))
        return path

    def ingest(self, *paths: Path, **options: Any) -> IngestReport:
        self.embedder = HashingEmbedder()
        return ingest(
            paths or self.docs,
            data_dir=self.data,
            settings=Settings.model_validate(self.settings),
            embedder=self.embedder,
            **options,
        )

    def dry_run(self, *paths: Path, **options: Any) -> Forecast:
        settings = Settings.model_validate(self.settings)
        return dry_run(paths or self.docs, data_dir=self.data, settings=settings, **options)

    def overview(self) -> Overview:
        return read_overview(self.data)

    def state(self, path: Path) -> str | None:
        """The ledger's word for a file; None if it has none."""
        from rag.index.views.next_run import read_index_state

        standing = read_index_state(self.data)
        states = {r.uri: r.state.value for r in standing.files} if standing else {}
        return states.get(str(path))
