"""Texts to vectors, the fastest way that this machine has for the model."""

from __future__ import annotations

from rag.embedder.langchain import LangChainEmbedder, as_embedder
from rag.embedder.opening import AUTO, DEFAULT_EMBEDDER, embedder_model, open_embedder
from rag.embedder.openvino import OpenVinoEmbedder
from rag.embedder.protocol import Embedder, EmbedderIdentity, Float32
from rag.embedder.remembering import Remembering
from rag.embedder.sentence_transformer import SentenceTransformerEmbedder

__all__ = [
    "AUTO",
    "DEFAULT_EMBEDDER",
    "Embedder",
    "EmbedderIdentity",
    "Float32",
    "LangChainEmbedder",
    "OpenVinoEmbedder",
    "Remembering",
    "SentenceTransformerEmbedder",
    "as_embedder",
    "embedder_model",
    "open_embedder",
]
