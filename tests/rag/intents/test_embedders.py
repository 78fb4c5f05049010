"""What is compared does not hang on how high an embedder's cosines are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ingest import ingest
from rag import Assistant
from rag.embedder import Embedder, EmbedderIdentity, Float32
from rag.settings import Settings
from rag.testing import HashingEmbedder

FILES = {
    "falcon.md": "# Falcon\n\nThe Falcon needs water of 16 degrees from the mains. "
    "The Falcon weighs 90 kg with its stand. A painter chose the colour of its doors.\n",
    "kestrel.md": "# Kestrel\n\nThe Kestrel needs water of 12 degrees from the mains. "
    "The Kestrel weighs 40 kg with its stand. Spare keys hang beside the eastern gate.\n",
}


class HighCosines:
    """Vectors as near to each other as those of multilingual E5: 0.8 and a fifth of the real cosine."""

    def __init__(self) -> None:
        self._inner = HashingEmbedder(dimension=64)
        self.identity = EmbedderIdentity("high", "h" * 64, 65, 512)
        self.tokenizer = self._inner.tokenizer

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        inner = self._inner.embed_documents(texts)
        common = np.full((len(texts), 1), 0.8**0.5, np.float32)
        return np.hstack([common, inner * 0.2**0.5]).astype(np.float32)

    def embed_query(self, text: str) -> Float32:
        return self.embed_documents([text])[0]


@pytest.mark.parametrize("question", ["Compare the Falcon and the Kestrel"])
def test_the_same_sentences_are_side_by_side(question: str, tmp_path: Path) -> None:
    """Those about one thing in a row, and those that have no counterpart in none."""
    (tmp_path / "in").mkdir()
    for name, text in FILES.items():
        (tmp_path / "in" / name).write_text(text)
    tables = []
    embedders: list[Embedder] = [HashingEmbedder(dimension=64), HighCosines()]
    for embedder in embedders:
        data = tmp_path / embedder.identity.name
        ingest([tmp_path / "in"], data_dir=data, settings=Settings(), embedder=embedder)
        assistant = Assistant.open(data, settings=Settings(), embedder=embedder)
        computed = assistant.ask(question, ask_model=False).computed
        assert computed is not None
        assert computed.table is not None
        tables.append([[cell.text for cell in row.cells] for row in computed.table.rows])
    assert tables[0] == tables[1]
    assert len(tables[0]) == 2
