"""Check and normalise the vectors that an embedder returns."""

from __future__ import annotations

import numpy as np

from rag.embedder.protocol import Float32
from rag.errors import EmbeddingError


def normalise_vectors(vectors: Float32, name: str) -> Float32:
    """The rows of `vectors` with a length of 1. Raises EmbeddingError for a row without a direction."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not (lengths > 0).all():
        bad = int(np.argmin(np.isfinite(lengths[:, 0]) & (lengths[:, 0] > 0)))
        raise EmbeddingError(
            f"The embedder {name} gave no usable vector for text {bad} of {len(vectors)}.",
            hint="The model's files may be damaged, or the model is not made for this precision.",
        )
    result: Float32 = vectors / lengths
    return result
