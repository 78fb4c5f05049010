"""An embedder with a memory: the same vectors, computed once."""

from __future__ import annotations

import numpy as np

from rag.embedder import Float32, Remembering
from rag.testing import HashingEmbedder


class Counting(HashingEmbedder):
    """Keeps the queries that it was given, too."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[str] = []

    def embed_query(self, text: str) -> Float32:
        self.queries.append(text)
        return super().embed_query(text)


def test_what_was_embedded_lately_is_not_embedded_again() -> None:
    """In the order that was asked for, each text once."""
    bare, counting = HashingEmbedder(), Counting()
    embedder = Remembering(counting)
    assert np.array_equal(
        embedder.embed_documents(["a b", "c", "a b"]), bare.embed_documents(["a b", "c", "a b"])
    )
    assert np.array_equal(
        embedder.embed_documents(["d", "c", "a b"]), bare.embed_documents(["d", "c", "a b"])
    )
    assert counting.texts == ["a b", "c", "d"]
    counting.queries.clear()  # it embeds documents as queries
    for _ in range(2):
        assert np.array_equal(embedder.embed_query("e"), bare.embed_query("e"))
    assert counting.queries == ["e"]
    assert embedder.embed_documents([]).shape == (0, bare.identity.dimension)


def test_it_keeps_no_more_than_it_may_and_the_latest() -> None:
    counting = Counting()
    embedder = Remembering(counting, kept=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        embedder.embed_documents([text])
    assert counting.texts == ["a", "b", "c", "b"], "of a and b, b was not asked for longer"
