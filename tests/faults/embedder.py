"""A small deterministic embedder: a text's vector is the sum of its words' vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from rag.embedder import EmbedderIdentity, Float32

DIMENSION = 32


class WordEmbedder:
    """Each word has a vector made from its hash. With `log`, every text it embeds is a line there."""

    def __init__(self, log: Path | None = None) -> None:
        self._log = log
        self.identity = EmbedderIdentity("words", "0" * 64, DIMENSION, 512)
        self.tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
        self.tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        if self._log is not None:
            with self._log.open("a") as file:
                file.writelines(hashlib.sha256(text.encode()).hexdigest() + "\n" for text in texts)
        vectors = [self.embed_query(text) for text in texts]
        return np.stack(vectors) if vectors else np.empty((0, DIMENSION), np.float32)

    def embed_query(self, text: str) -> Float32:
        total = np.full(DIMENSION, 1e-3)
        for word in text.lower().split():
            digest = hashlib.blake2b(word.encode(), digest_size=DIMENSION).digest()
            total += np.frombuffer(digest, np.uint8).astype(np.float64) - 127.5
        return (total / np.linalg.norm(total)).astype(np.float32)
