"""An embedder that need not compute again what it computed lately."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.embedder.protocol import Embedder, EmbedderIdentity, Float32

if TYPE_CHECKING:
    from tokenizers import Tokenizer

KEPT = 32_768
"""Vectors that are kept, 50 MB of 384 dimensions: the words of a language that are common, and the sentences
of the latest thousand questions."""


class Remembering:
    """Another embedder with a memory for the latest texts. Safe to share between threads.

    One answer needs the vector of its question several times, and the words and the sentences of what is
    often read come again with other questions.
    """

    def __init__(self, embedder: Embedder, kept: int = KEPT) -> None:
        self._embedder, self._kept = embedder, kept
        self._vectors: OrderedDict[tuple[str, bool], Float32] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def identity(self) -> EmbedderIdentity:
        return self._embedder.identity

    @property
    def tokenizer(self) -> Tokenizer:
        return self._embedder.tokenizer

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        with self._lock:
            known = {text: self._known(text, is_query=False) for text in texts}
        if missing := [text for text, vector in known.items() if vector is None]:
            vectors = self._embedder.embed_documents(missing)
            with self._lock:
                for text, vector in zip(missing, vectors, strict=True):
                    known[text] = self._keep(text, vector, is_query=False)
        vectors = np.empty((len(texts), self.identity.dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = known[text]
        return vectors

    def embed_query(self, text: str) -> Float32:
        with self._lock:
            known = self._known(text, is_query=True)
        if known is not None:
            return known
        vector = self._embedder.embed_query(text)
        with self._lock:
            return self._keep(text, vector, is_query=True)

    def _known(self, text: str, *, is_query: bool) -> Float32 | None:
        vector = self._vectors.get((text, is_query))
        if vector is not None:
            self._vectors.move_to_end((text, is_query))
        return vector

    def _keep(self, text: str, vector: Float32, *, is_query: bool) -> Float32:
        kept = vector.copy()  # a row alone, not a view that holds its whole batch
        kept.flags.writeable = False
        self._vectors[text, is_query] = kept
        while len(self._vectors) > self._kept:
            self._vectors.popitem(last=False)
        return kept
