"""Vectors that sentence-transformers gave of the probes, for models that are prepared without torch.

`reference_vectors/<first 16 digits of the SHA-256 of model.safetensors>.npy`: the documents' vectors, then
the queries', (2 × probes, dimension) in fp16. `python -m rag.embedder.reference MODEL_FOLDER` writes another.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.embedder.openvino_probes import probes
from rag.embedder.protocol import Embedder, Float32
from rag.embedder.sentence_transformer import SentenceTransformerEmbedder
from rag.embedder.vectors import normalise_vectors
from rag.models.check import hash_file

REFERENCES = Path(__file__).with_name("reference_vectors")


def read_reference(model: Path) -> Float32 | None:
    """What the vectors of the model in that folder have to be, or None if that was never measured."""
    try:
        vectors: npt.NDArray[Any] = np.load(_file_for(model), allow_pickle=False)
    except OSError:
        return None
    return normalise_vectors(vectors.astype(np.float32), model.name)


def write_reference(model: Path) -> Path:
    """Compute the vectors with sentence-transformers, and keep them; returns the file."""
    oracle = SentenceTransformerEmbedder(model, model.name, "")
    file = _file_for(model)
    np.save(file, embed_probes(oracle).astype(np.float16))
    return file


def embed_probes(embedder: Embedder) -> Float32:
    """The vectors of all probes as documents, and of each again as a query."""
    texts = probes(embedder)
    queries = [embedder.embed_query(text) for text in texts]
    return np.vstack([embedder.embed_documents(texts), *queries])


def _file_for(model: Path) -> Path:
    return REFERENCES / f"{hash_file(model / 'model.safetensors')[:16]}.npy"


if __name__ == "__main__":
    print(write_reference(Path(sys.argv[1])))  # noqa: T201
