"""How the texts of a run are embedded: in parts of like length, two at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ingest.chunking.token_counter import token_counter
from ingest.embedding import PART_CHUNKS, PartEmbedder
from rag.embedder import Float32
from rag.testing import HashingEmbedder

WAIT_S = 60.0


class MeetingEmbedder(HashingEmbedder):
    """Lets no call end before another has begun."""

    def __init__(self) -> None:
        super().__init__()
        self._meeting = threading.Barrier(2, timeout=WAIT_S)

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        self._meeting.wait()
        return super().embed_documents(texts)


def texts_of(lengths: Sequence[int]) -> list[str]:
    """Texts of so many words; those of fewer words have more characters."""
    return [
        " ".join([f"{number}{'x' * (400 - length)}"] * length)
        for number, length in enumerate(lengths)
    ]


def part_embedder(embedder: HashingEmbedder) -> PartEmbedder:
    return PartEmbedder(embedder, token_counter(embedder.tokenizer))


def test_two_parts_are_under_way_at_once() -> None:
    """A core that has no batch left of the one finds some of the other."""
    texts = texts_of([3] * 2 * PART_CHUNKS[0])
    parts = part_embedder(MeetingEmbedder()).parts(texts, lambda: False)
    assert [len(part) for part, _ in parts] == [PART_CHUNKS[0]] * 2


def test_texts_with_as_many_tokens_go_together() -> None:
    """Whatever they have in characters; each comes once, with its own vector."""
    embedder = HashingEmbedder()
    texts = texts_of([1 + number * 37 % 300 for number in range(300)])
    embedded = list(part_embedder(embedder).parts(texts, lambda: False))
    together = [text for part, _ in embedded for text in part]
    counts = [len(text.split()) for text in together]
    assert counts == sorted(counts, reverse=True)
    assert sorted(together) == sorted(texts)
    for part, vectors in embedded:
        assert (vectors == HashingEmbedder().embed_documents(part)).all()


def test_what_is_under_way_when_a_run_is_stopped_is_kept() -> None:
    embedder, stopped = HashingEmbedder(), threading.Event()
    texts = texts_of([2] * 10 * PART_CHUNKS[0])
    finished = []
    for part, _ in part_embedder(embedder).parts(texts, stopped.is_set):
        finished += part
        stopped.set()
    assert sorted(finished) == sorted(embedder.texts)
    assert len(finished) < len(texts)
