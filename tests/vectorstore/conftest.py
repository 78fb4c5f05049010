from __future__ import annotations

from pathlib import Path

import pytest

from rag import InhouseVectorStore
from rag.settings import Settings
from rag.testing import HashingEmbedder


@pytest.fixture
def store(tmp_path: Path) -> InhouseVectorStore:
    """An empty store, with an embedder whose vectors can be worked out."""
    return open_store(tmp_path / "data")


def open_store(data: Path) -> InhouseVectorStore:
    return InhouseVectorStore(data, HashingEmbedder(), settings=Settings())
