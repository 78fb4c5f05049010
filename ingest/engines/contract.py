"""What an engine of a run is, and which limits of parsing each of them keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest.embedding import PARTS_UNDER_WAY
from ingest.sandbox import FileReaders
from rag.embedder import Embedder
from rag.settings import IngestSettings


@dataclass(frozen=True, slots=True)
class IngestEngine:
    """What a run reads and embeds with.

    `parts_under_way`: parts of the texts that are embedded at once. `window_chunks`: chunks that are sorted
    by length together, so that like is embedded with like; twice as many wait at most.
    """

    readers: FileReaders
    embedder: Embedder
    parts_under_way: int = PARTS_UNDER_WAY
    window_chunks: int = 1024


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
