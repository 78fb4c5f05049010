"""Embedding with sentence-transformers: for every model, also on a GPU; the reference for the others."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from rag.embedder.folder import EmbedderFolder
from rag.embedder.protocol import EmbedderIdentity, Float32
from rag.embedder.vectors import normalise_vectors
from rag.errors import EmbeddingError, MissingDependencyError
from rag.extras import install_command

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Device = Literal["cpu", "cuda"]

# A driver's device files; without one there is no need to import torch (seconds) to know.
_GPU_FILES = (Path("/dev/nvidia0"), Path("/dev/nvidiactl"), Path("/dev/dxg"))


class SentenceTransformerEmbedder:
    """A sentence-transformers model from a local folder; it is loaded at the first text.

    On a CPU it computes in fp32, on a GPU in fp16.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        sha256: str,
        *,
        batch_size: int = 32,
        threads: int = 0,
        device: Device = "cpu",
    ) -> None:
        self._folder = EmbedderFolder(path, name, sha256)
        self._batch_size, self._threads, self._device = batch_size, threads, device
        self._lock = threading.Lock()
        self._loaded: SentenceTransformer | None = None

    @property
    def identity(self) -> EmbedderIdentity:
        return self._folder.identity

    @property
    def tokenizer(self) -> Tokenizer:
        return self._folder.tokenizer

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        if not texts:
            return np.empty((0, self.identity.dimension), np.float32)
        return self._encode("encode_document", list(texts))

    def embed_query(self, text: str) -> Float32:
        vector: Float32 = self._encode("encode_query", [text])[0]
        return vector

    def _encode(self, method: str, texts: list[str]) -> Float32:
        model = self.load()
        try:
            vectors = getattr(model, method)(
                texts,
                batch_size=self._batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        except (RuntimeError, ValueError) as exc:
            raise EmbeddingError(f"The embedder {self.identity.name} failed: {exc}.") from exc
        # In fp16 a vector's length comes out as 1 only to three digits.
        return normalise_vectors(np.asarray(vectors, np.float32), self.identity.name)

    def load(self) -> SentenceTransformer:
        """The library's own object, loaded if it is not yet."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._open()
            return self._loaded

    def _open(self) -> SentenceTransformer:
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar
        except ImportError as exc:
            raise MissingDependencyError(
                f"The embedder {self._folder.name} cannot be loaded without torch: {exc}.",
                hint=f"Run: {install_command('torch')}",
            ) from exc
        disable_progress_bar()  # type: ignore[no-untyped-call]  # the weights are there in a second; the run has its own bar
        if self._threads:
            torch.set_num_threads(self._threads)
        # Said outright: left alone, the weights are computed with in whatever type they were stored.
        dtype = torch.float16 if self._device == "cuda" else torch.float32
        try:
            model = SentenceTransformer(
                str(self._folder.path),
                device=self._device,
                model_kwargs={"dtype": dtype},
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as exc:
            raise EmbeddingError(
                f"The embedder {self.identity.name} cannot be loaded: {exc}."
            ) from exc
        model.max_seq_length = self.identity.max_tokens
        return model


def has_cuda() -> bool:
    """Whether there is a GPU that torch can use here. Imports torch only where there is any GPU."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "unset").strip() in {"", "-1"}:
        return False
    if not any(file.exists() for file in _GPU_FILES):
        return False
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()
