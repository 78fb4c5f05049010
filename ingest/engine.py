"""Where a run's files are parsed and its texts embedded: on this machine, or on a Ray cluster's nodes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ingest.embedding import PARTS_UNDER_WAY
from ingest.sandbox import FileReaders, Sandbox
from rag.embedder import Embedder
from rag.embedder.openvino import count_available_cores
from rag.settings import IngestSettings, Settings


@dataclass(frozen=True, slots=True)
class Engine:
    """What a run reads and embeds with.

    `parts_under_way`: parts of the texts that are embedded at once. `window_chunks`: chunks that are sorted
    by length together, so that like is embedded with like; twice as many wait at most.
    """

    readers: FileReaders
    embedder: Embedder
    parts_under_way: int = PARTS_UNDER_WAY
    window_chunks: int = 1024


@contextlib.contextmanager
def open_engine(
    settings: Settings, embedder: Embedder, stopped: Callable[[], bool]
) -> Iterator[Engine]:
    """The engine that `ingest.engine` names. Raises EngineError, MissingDependencyError."""
    if settings.ingest.engine == "ray":
        from ingest.ray_engine import open_ray_engine

        with open_ray_engine(settings, embedder, stopped) as engine:
            yield engine
        return
    # Reading is cheap beside embedding: one keeps up with the embedder on four cores.
    workers = settings.ingest.workers or max(1, count_available_cores() // 4)
    yield Engine(Sandbox(workers=workers, **list_parser_limits(settings.ingest)), embedder)


def list_parser_limits(limits: IngestSettings) -> dict[str, Any]:
    """The arguments of a `Sandbox` that the settings say: plain values, and nothing secret."""
    return {
        "timeout_s": limits.timeout_s,
        "memory_mb": limits.memory_mb,
        "max_file_mb": limits.max_file_mb,
        "max_text_mb": limits.max_text_mb,
        "ocr_languages": limits.ocr_languages if limits.ocr == "auto" else "",
        "ocr_timeout_s": limits.ocr_timeout_s,
        "needs_barriers": limits.sandbox == "required",
        "files_per_parser": limits.files_per_parser,
    }
