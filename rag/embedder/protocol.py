"""What an embedder is, whatever computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What makes vectors comparable: two embedders with the same identity give the same vectors.

    The same to a cosine of 0.9999, that is: how they are computed (with which library, in which
    precision) is no part of it. `sha256` is that of the model's weights, where they can be seen;
    `max_tokens` what the model reads of a text, special tokens included.
    """

    name: str
    sha256: str
    dimension: int
    max_tokens: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Embedder(Protocol):
    """Anything that turns texts into vectors of one length. Safe to use from many threads.

    Documents and queries are embedded by different methods, since some models want them marked.
    """

    @property
    def identity(self) -> EmbedderIdentity: ...

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, without truncation and padding."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        """(n, dimension) float32, L2-normalised, in the order of `texts`."""
        ...

    def embed_query(self, text: str) -> Float32:
        """(dimension,) float32, L2-normalised."""
        ...
