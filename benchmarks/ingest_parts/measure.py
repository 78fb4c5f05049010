"""One measurement in a process of its own: `python measure.py WHAT FOLDER DATA` prints it as JSON."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

SAMPLE = 400
"""Chunks whose vectors are held against sentence-transformers."""


def ours(folder: Path, data: Path) -> dict[str, float]:
    """From an empty index to one that answers; imports and the model's loading are in the time."""
    shutil.rmtree(data, ignore_errors=True)
    started = time.perf_counter()
    from ingest import ingest
    from rag import Assistant

    report = ingest([folder], data_dir=data)
    assistant = Assistant.open(data)
    chunks = assistant.chunk_count
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "cpu": _cpu(),
        "files": report.added,
        "failed": len(report.failed),
        "chunks": chunks,
        "embedded": report.chunks_embedded,
        "resident": _resident(),
    }


def bare(folder: Path, data: Path) -> dict[str, float]:  # noqa: ARG001
    """The embedder alone over the very texts that `ours` has embedded; loading it is in the time."""
    texts = list(_embedded(data))
    before = _cpu()
    started = time.perf_counter()
    from rag.embedder import open_embedder
    from rag.settings import load_settings

    embedder = open_embedder(load_settings(), progress=False)
    embedder.embed_documents(texts[:1])
    loaded = time.perf_counter()
    embedder.embed_documents(texts)
    ended = time.perf_counter()
    return {
        "seconds": ended - started,
        "loading": loaded - started,
        "cpu": _cpu() - before,
        "chunks": len(texts),
    }


def cosine(folder: Path, data: Path) -> dict[str, float]:  # noqa: ARG001
    """What the index holds beside what sentence-transformers computes in fp32, over a sample."""
    import numpy as np
    from sentence_transformers import SentenceTransformer

    from rag.models import resolve_model

    known = sorted(_embedded(data).items())
    sample = known[:: max(1, len(known) // SAMPLE)][:SAMPLE]
    model = SentenceTransformer(str(resolve_model("all-minilm-l6-v2", kind="embedder").path))
    truth = model.encode([text for text, _ in sample], batch_size=16, normalize_embeddings=True)
    stored = np.stack([np.frombuffer(vector, np.float16) for _, vector in sample]).astype(
        np.float64
    )
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    cosines = np.einsum("nd,nd->n", stored, truth)
    return {"mean": float(cosines.mean()), "least": float(cosines.min()), "chunks": len(sample)}


def _embedded(data: Path) -> dict[str, bytes]:
    """Every text that stands in the index as it was embedded, with its stored vector (fp16)."""
    import apsw

    from rag.document import Chunk

    connection = apsw.Connection(str(data / "catalog.db"), flags=apsw.SQLITE_OPEN_READONLY)
    with contextlib.closing(connection):
        rows = connection.execute(
            "SELECT c.start, c.end, c.text, c.context, v.vector FROM chunks c "
            "JOIN vectors v ON v.key = c.key ORDER BY c.id"
        )
        return {
            Chunk(start, end, text, context=context).embedded_text: vector
            for start, end, text, context, vector in rows
        }


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _resident() -> int:
    """The most bytes that this process and its largest child held, together."""
    peaks = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_maxrss for usage in peaks) * 1024


MEASUREMENTS = {"ours": ours, "bare": bare, "cosine": cosine}


def main(what: str, folder: str, data: str) -> None:
    """Print one measurement."""
    figures: dict[str, Any] = MEASUREMENTS[what](Path(folder), Path(data))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
