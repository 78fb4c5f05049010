"""Small collections of documents, each made for one subject."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest import ingest
from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder


def open_house(folder: Path, texts: Mapping[str, str]) -> Assistant:
    """An assistant over these texts, by file name, with an embedder whose vectors can be worked out."""
    (folder / "house").mkdir()
    for name, text in texts.items():
        (folder / "house" / name).write_text(text, "utf-8")
    embedder = HashingEmbedder()
    ingest([folder / "house"], data_dir=folder / "data", settings=Settings(), embedder=embedder)
    return Assistant.open(folder / "data", settings=Settings(), embedder=embedder)
