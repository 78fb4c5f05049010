"""What a sentence-transformers folder says of itself, read without loading the model."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from rag.embedder.protocol import EmbedderIdentity
from rag.errors import ModelRefusedError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class EmbedderFolder:
    """A model's folder under the name and hash that its index will carry."""

    def __init__(self, path: Path, name: str, sha256: str) -> None:
        self.path, self.name, self.sha256 = path, name, sha256
        # functools.cached_property takes no lock since Python 3.12: two threads would load twice.
        self._lock = threading.Lock()
        self._identity: EmbedderIdentity | None = None
        self._tokenizer: Tokenizer | None = None

    @property
    def identity(self) -> EmbedderIdentity:
        with self._lock:
            if self._identity is None:
                dimension, max_tokens = _read_shape(self.path)
                self._identity = EmbedderIdentity(self.name, self.sha256, dimension, max_tokens)
            return self._identity

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, without truncation and padding."""
        with self._lock:
            if self._tokenizer is None:
                from tokenizers import Tokenizer

                self._tokenizer = Tokenizer.from_file(str(self.path / "tokenizer.json"))
                self._tokenizer.no_truncation()
                self._tokenizer.no_padding()
            return self._tokenizer


def _read_shape(path: Path) -> tuple[int, int]:
    """Dimension and longest input in tokens."""
    try:
        modules = json.loads((path / "modules.json").read_text(encoding="utf-8"))
        sizes = [
            config.get("out_features")
            or config.get("word_embedding_dimension")
            or config.get("embedding_dimension")  # what sentence-transformers 6 writes
            for module in modules
            if (file := path / module["path"] / "config.json").exists() and module["path"]
            for config in (json.loads(file.read_text(encoding="utf-8")),)
        ]
        dimension = [size for size in sizes if size][-1]
        limits = json.loads((path / "sentence_bert_config.json").read_text(encoding="utf-8"))
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        return int(dimension), int(
            limits.get("max_seq_length") or config["max_position_embeddings"]
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise ModelRefusedError(
            f"{path} is not a sentence-transformers model: {type(exc).__name__}: {exc}."
        ) from exc
