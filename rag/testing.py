"""Small real stand-ins for tests, of ours and of programs that build on `rag`."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.embedder import EmbedderIdentity, Float32

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class HashingEmbedder:
    """An embedder whose vectors can be worked out by hand.

    A text's vector counts its words: a word (lower case, split at white space) adds 1 at the position that
    is the sum of its UTF-8 bytes modulo `dimension`; the counts are then divided by their length. So "ab"
    (97 + 98 = 195) stands at position 3 of 16. A text without a word is the first unit vector. Word order
    does not matter. `texts` is every document text it was given, in order.
    """

    def __init__(self, name: str = "hashing", dimension: int = 16) -> None:
        digest = hashlib.sha256(f"{name}/{dimension}".encode()).hexdigest()
        self.identity = EmbedderIdentity(name, digest, dimension, max_tokens=512)
        self.texts: list[str] = []

    @functools.cached_property
    def tokenizer(self) -> Tokenizer:
        """One token a word, split at white space; every word is unknown to it."""
        from tokenizers import Tokenizer, models, pre_tokenizers

        tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))  # noqa: S106
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        return tokenizer

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        """(n, dimension) float32, L2-normalised."""
        self.texts += texts
        vectors = [self.embed_query(text) for text in texts]
        return np.array(vectors, np.float32).reshape(len(texts), self.identity.dimension)

    def embed_query(self, text: str) -> Float32:
        """(dimension,) float32, L2-normalised."""
        counts = np.zeros(self.identity.dimension, np.float32)
        for word in text.lower().split():
            counts[sum(word.encode("utf-8", "surrogatepass")) % len(counts)] += 1
        if not counts.any():
            counts[0] = 1
        vector: Float32 = counts / np.linalg.norm(counts)
        return vector
