"""Made-up chunks in any number, the same at every run: words by Zipf's law, vectors in clusters.

Batch n is made from the seed (SEED, n) alone, so nothing has to be kept and any part can be made again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

DIMENSION = 384
PER_DOCUMENT = 10
BATCH = 5_000
RARE_TAG = "rare"
"""The tag of one document in a hundred: what the 1 % filter asks for."""
_SEED = 20_260_724
_QUERIES_SEED = 7
_TOPICS, _LATENT = 2_000, 32
_VOCABULARY = 200_000
_WORDS_LOW, _WORDS_HIGH = 60, 140
_QUERY_WORDS = 8
_COMMON = (
    "the of and to a in is that for it as was with be by on not he this are or his from at "
    "which but have an had they you were their one all we can her has there been if more when "
    "will would who so no"
)
_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]


@dataclass(frozen=True)
class Chunks:
    """Chunks in order of their number: `texts`, `vectors` (n, DIMENSION) float32, L2-normalised."""

    first: int
    texts: list[str]
    vectors: Float32


def batches(count: int, start: int = 0) -> Iterator[Chunks]:
    """`count` chunks from number `start` on, which begins a batch."""
    for first in range(start, start + count, BATCH):
        yield make(first, min(BATCH, start + count - first))


def make(first: int, count: int) -> Chunks:
    """The batch of chunks that begins with number `first`."""
    random = np.random.default_rng((_SEED, first))
    return Chunks(first, _texts(random, count), _vectors(random, count))


def is_rare(document: int) -> bool:
    """Whether the document with this number is among the 1 %."""
    return document * 2_654_435_761 % 2**32 < 2**32 // 100


def queries(count: int) -> tuple[list[str], Float32]:
    """Questions like the chunks: words each, and (count, DIMENSION) float32 vectors, L2-normalised."""
    random = np.random.default_rng((_SEED, _QUERIES_SEED, count))
    words = random.choice(len(vocabulary()), (count, _QUERY_WORDS), p=_shares())
    return [" ".join(vocabulary()[row]) for row in words], _vectors(random, count)


@functools.cache
def vocabulary() -> npt.NDArray[np.object_]:
    """Words, the most frequent first: English stop words, then made-up ones of two to four syllables."""
    random = np.random.default_rng(_SEED)
    syllables = np.array(_SYLLABLES, object)[
        random.integers(0, len(_SYLLABLES), (2 * _VOCABULARY, 4))
    ]
    lengths = random.integers(2, 5, len(syllables)).tolist()
    words = dict.fromkeys(_COMMON.split())
    words |= dict.fromkeys(
        "".join(syllable[:n]) for syllable, n in zip(syllables, lengths, strict=True)
    )
    return np.array(list(words)[:_VOCABULARY], object)


@functools.cache
def _shares() -> npt.NDArray[np.float64]:
    """Zipf-Mandelbrot: the word of rank r has a share in proportion to 1 / (r + 2.7)."""
    weights = 1 / (np.arange(1, _VOCABULARY + 1) + 2.7)
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


@functools.cache
def _cumulated() -> npt.NDArray[np.float64]:
    cumulated: npt.NDArray[np.float64] = np.cumsum(_shares())
    return cumulated


def _texts(random: np.random.Generator, count: int) -> list[str]:
    lengths = random.integers(_WORDS_LOW, _WORDS_HIGH + 1, count)
    places = np.searchsorted(_cumulated(), random.random(int(lengths.sum())))
    words = vocabulary()[np.minimum(places, _VOCABULARY - 1)]
    return [" ".join(text) for text in np.split(words, np.cumsum(lengths)[:-1])]


@functools.cache
def _space() -> tuple[Float32, Float32]:
    """Topics as points in a space of few dimensions, and that space's place in the vectors' own."""
    random = np.random.default_rng((_SEED, 1))
    topics = random.standard_normal((_TOPICS, _LATENT), np.float32)
    return topics, random.standard_normal((_LATENT, DIMENSION), np.float32) / np.sqrt(_LATENT)


def _vectors(random: np.random.Generator, count: int) -> Float32:
    """Like a text embedder's: clusters that run into each other, few directions of much variance."""
    topics, axes = _space()
    latent = topics[random.integers(0, _TOPICS, count)]
    latent = latent + 0.7 * random.standard_normal(latent.shape, np.float32)
    vectors = latent @ axes + 0.25 * random.standard_normal((count, DIMENSION), np.float32)
    normalised: Float32 = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normalised
