"""What every embedder promises, measured against sentence-transformers in fp32."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.embedder import Embedder
from rag.models import ModelFolder
from tests.embedder.helpers import MakeEmbedder, Oracle, cosines

pytestmark = pytest.mark.slow

SAME = 0.9998  # a text's vector may vary with the batch that it is in by no more than this
_WORDS = [
    "refund",
    "contract",
    "Kündigung",
    "naïve",
    "合同",
    "договор",
    "invoice",
    "2027",
    "leave",
    "14.5%",
    "employee",
    "the",
    "of",
    "and",
    "shall",
    "notice-period",
    "e-mail",
    "supplier",
    "🙂",
    "Ελλάδα",
    "quarter",
    "clause",
    "budget",
    "risk",
    "audit",
]


def varied_texts(count: int, seed: int) -> list[str]:
    """Of nothing to more than the model reads, in several scripts."""
    rng = random.Random(seed)
    lengths = [0, 1, 2, 5, 12, 30, 80, 150, 400]
    return [
        " ".join(rng.choices(_WORDS, k=rng.choice(lengths))) + rng.choice(["", " ", "\n"])
        for _ in range(count)
    ]


def test_vectors_are_those_of_sentence_transformers_in_fp32(
    embedder: Embedder, oracle: Oracle
) -> None:
    texts = [
        *varied_texts(27, seed=1),
        "",
        " ",
        "\n\n",
        "\x00",
        "a",
        "\ufffd",
        "\u202e",
        "x" * 5000,
    ]

    vectors = embedder.embed_documents(texts)

    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    similarity = cosines(vectors, oracle(texts))
    assert similarity.mean() >= 0.9999
    assert similarity.min() >= 0.9998


def test_order_is_that_of_the_texts(embedder: Embedder) -> None:
    texts = [f"{'word ' * (number % 17)} number {number}" for number in range(40)]
    shuffled = random.Random(2).sample(range(40), 40)

    straight = embedder.embed_documents(texts)
    mixed = embedder.embed_documents([texts[number] for number in shuffled])

    assert cosines(mixed, straight[shuffled]).min() >= SAME
    nearest = np.argmax(mixed @ straight.T, axis=1)
    np.testing.assert_array_equal(nearest, shuffled)


def test_batch_size_and_threads_change_nothing(make_embedder: MakeEmbedder) -> None:
    texts = varied_texts(14, seed=3)
    expected = make_embedder(batch_size=32).embed_documents(texts)

    for options in ({"batch_size": 1}, {"batch_size": 5, "threads": 1}, {"batch_size": 1024}):
        assert cosines(make_embedder(**options).embed_documents(texts), expected).min() >= SAME


def test_what_the_model_does_not_read_has_no_part(embedder: Embedder, oracle: Oracle) -> None:
    # The model reads 256 tokens, two of them its own: 254 words of one token fill it.
    full = "word " * 254
    vectors = embedder.embed_documents([full, f"{full} refund", f"{'word ' * 253} refund"])

    assert cosines(vectors[0], vectors[1]) >= 0.99999
    assert cosines(vectors[0], vectors[2]) < 0.9999
    assert (
        cosines(vectors, oracle([full, f"{full} refund", f"{'word ' * 253} refund"])).min() >= SAME
    )


def test_this_model_embeds_queries_as_it_embeds_documents(embedder: Embedder) -> None:
    texts = ["What is the refund period?", "", "Kündigungsfrist"]

    queries = np.stack([embedder.embed_query(text) for text in texts])

    assert queries.shape == (3, 384)
    assert queries.dtype == np.float32
    assert cosines(queries, embedder.embed_documents(texts)).min() >= SAME


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed_documents([])

    assert vectors.shape == (0, 384)
    assert vectors.dtype == np.float32


def test_eight_threads_get_what_one_gets(embedder: Embedder) -> None:
    """They share one embedder, whose model is not loaded yet when they start."""
    texts = [f"question {number} about {_WORDS[number % len(_WORDS)]}" for number in range(64)]

    with ThreadPoolExecutor(8) as pool:
        lists = pool.map(embedder.embed_documents, [texts[:9], texts[9:30], texts[30:], texts])
        queries = np.stack(list(pool.map(embedder.embed_query, texts)))
        documents = list(lists)

    alone = np.stack([embedder.embed_query(text) for text in texts])
    assert cosines(queries, alone).min() >= SAME
    assert cosines(np.vstack(documents[:3]), alone).min() >= SAME
    assert cosines(documents[3], alone).min() >= SAME


def test_a_list_longer_than_what_is_tokenised_at_once(embedder: Embedder) -> None:
    texts = [f"n {number}" for number in range(1030)]

    vectors = embedder.embed_documents(texts)

    assert vectors.shape == (1030, 384)
    some = [0, 1, 1022, 1023, 1024, 1025, 1029]
    expected = np.stack([embedder.embed_query(texts[number]) for number in some])
    assert cosines(vectors[some], expected).min() >= SAME


def test_identity_is_that_of_the_model_whatever_computes_it(
    embedder: Embedder, model: ModelFolder
) -> None:
    assert embedder.identity.to_json() == {
        "name": "all-minilm-l6-v2",
        "sha256": model.sha256,
        "dimension": 384,
        "max_tokens": 256,
    }


def test_tokenizer_neither_truncates_nor_pads(embedder: Embedder) -> None:
    embedder.embed_query("first")

    short, long = embedder.tokenizer.encode_batch(["word", "word " * 300])

    assert len(short) == 3
    assert len(long) == 302
