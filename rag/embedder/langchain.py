"""Any LangChain `Embeddings` as an embedder."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rag.embedder.protocol import Embedder, EmbedderIdentity, Float32
from rag.embedder.vectors import normalise_vectors
from rag.errors import EmbeddingError, UsageError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from tokenizers import Tokenizer

MAX_TOKENS = 512
_MODEL_ATTRIBUTES = ("model", "model_name", "model_id", "repo_id", "deployment")
_PROBE = "How long is this vector?"
_WHOLE_SIGNS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]"
_TOKEN = rf"{_WHOLE_SIGNS}|[\p{{L}}\p{{M}}\p{{N}}]{{1,4}}|[^\s\p{{L}}\p{{M}}\p{{N}}]"


class LangChainEmbedder:
    """A LangChain `Embeddings` with what an index wants to know of it.

    `name` tells its vectors from those of others; left out, it is made of the class and the model's name,
    as far as the object says it. Give one where that says too little: two embedders of one name and one
    dimension are taken for the same. `dimension` left out is found by embedding a short text, once.
    `max_tokens` is what the model reads of a text; `tokenizer` counts them, and left out is estimated.
    """

    def __init__(
        self,
        embeddings: Embeddings,
        *,
        name: str = "",
        dimension: int | None = None,
        max_tokens: int = MAX_TOKENS,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        self.embeddings = embeddings
        self._name = name or _name_of(embeddings)
        self._dimension, self._max_tokens, self._tokenizer = dimension, max_tokens, tokenizer

    @functools.cached_property
    def identity(self) -> EmbedderIdentity:
        dimension = self._dimension or self._find_dimension()
        digest = hashlib.sha256(f"langchain/{self._name}/{dimension}".encode()).hexdigest()
        return EmbedderIdentity(self._name, digest, dimension, self._max_tokens)

    def _find_dimension(self) -> int:
        vector = self._embed(self.embeddings.embed_query, _PROBE)
        if vector.ndim != 1 or not len(vector):
            raise EmbeddingError(f"The embedder {self._name} gave {vector.shape}, not a vector.")
        return len(vector)

    @functools.cached_property
    def tokenizer(self) -> Tokenizer:
        return self._tokenizer or build_estimating_tokenizer()

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        """(n, dimension) float32, L2-normalised. Raises EmbeddingError for whatever goes wrong."""
        if not texts:
            return np.empty((0, self.identity.dimension), np.float32)
        vectors = self._embed(self.embeddings.embed_documents, list(texts))
        if vectors.shape != (len(texts), self.identity.dimension):
            raise EmbeddingError(
                f"The embedder {self._name} gave vectors of shape {vectors.shape}, "
                f"not {(len(texts), self.identity.dimension)}."
            )
        return normalise_vectors(vectors, self._name)

    def embed_query(self, text: str) -> Float32:
        """(dimension,) float32, L2-normalised. Raises EmbeddingError for whatever goes wrong."""
        vector = self._embed(self.embeddings.embed_query, text)
        if vector.shape != (self.identity.dimension,):
            raise EmbeddingError(
                f"The embedder {self._name} gave a vector of shape {vector.shape}, "
                f"not {(self.identity.dimension,)}."
            )
        single: Float32 = normalise_vectors(vector[None], self._name)[0]
        return single

    def _embed(self, method: Callable[[Any], Any], given: Any) -> Float32:
        try:
            return np.asarray(method(given), np.float32)
        except (
            Exception
        ) as exc:  # any library may stand behind the interface, with errors of its own
            raise EmbeddingError(f"The embedder {self._name} failed: {exc}.") from exc


def as_embedder(given: Embedder | Embeddings) -> Embedder:
    """The embedder itself, or the one that a LangChain `Embeddings` makes. Raises UsageError."""
    # Whoever has an `Embeddings` has loaded LangChain; nobody else should wait for that.
    langchain = sys.modules.get("langchain_core.embeddings.embeddings")
    if langchain is not None and isinstance(given, langchain.Embeddings):
        return LangChainEmbedder(given)
    if not hasattr(given, "embed_documents"):
        raise UsageError(f"A {type(given).__name__} is no embedder.")
    return cast(Embedder, given)


def _name_of(embeddings: Embeddings) -> str:
    kind = type(embeddings).__name__
    named = (getattr(embeddings, attribute, None) for attribute in _MODEL_ATTRIBUTES)
    model = next((value for value in named if isinstance(value, str) and value), "")
    return f"{kind}:{model}" if model else kind


def build_estimating_tokenizer() -> Tokenizer:
    """Cuts a text into about as many tokens as most models do, or into a few more.

    Up to four letters or digits are a token, a sign is one, and so is a character of a script that is
    written without spaces.
    """
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_TOKEN), "removed", invert=True)
    return tokenizer
