"""Where a run's files are parsed and its texts embedded: on this machine, or on a Ray cluster's nodes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from ingest.engines.contract import IngestEngine, list_parser_limits
from ingest.sandbox import Sandbox
from rag.embedder import Embedder
from rag.models.machine import count_usable_cores
from rag.settings import Settings


@contextlib.contextmanager
def open_engine(
    settings: Settings, embedder: Embedder, stopped: Callable[[], bool]
) -> Iterator[IngestEngine]:
    """The engine that `ingest.engine` names. Raises EngineError, MissingDependencyError."""
    if settings.ingest.engine == "ray":
        from ingest.engines.ray_engine import open_ray_engine

        with open_ray_engine(settings, embedder, stopped) as engine:
            yield engine
        return
    # Reading is cheap beside embedding: one keeps up with the embedder on four cores.
    workers = settings.ingest.workers or max(1, count_usable_cores() // 4)
    yield IngestEngine(Sandbox(workers=workers, **list_parser_limits(settings.ingest)), embedder)
