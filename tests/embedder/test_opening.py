"""Which embedder the settings make on this machine, and what happens where one cannot be had."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from rag.embedder import OpenVinoEmbedder, SentenceTransformerEmbedder, open_embedder
from rag.embedder.sentence_transformer import has_cuda
from rag.embedder.vectors import normalise_vectors
from rag.errors import ConfigurationError, EmbeddingError, StorageError
from rag.models import ModelFolder
from rag.settings import EmbedderSettings, Settings, load_settings

needs_no_gpu = pytest.mark.skipif(has_cuda(), reason="a GPU goes first")


@pytest.mark.slow
@needs_no_gpu
def test_a_cpu_embeds_with_openvino_unless_told_otherwise() -> None:
    kinds = {
        backend: type(
            open_embedder(Settings(embedder=EmbedderSettings(backend=backend)), progress=False)
        )
        for backend in ("auto", "openvino", "sentence-transformers")
    }

    assert kinds == {
        "auto": OpenVinoEmbedder,
        "openvino": OpenVinoEmbedder,
        "sentence-transformers": SentenceTransformerEmbedder,
    }


@pytest.mark.slow
@pytest.mark.skipif(not has_cuda(), reason="there is no GPU")
def test_a_gpu_embeds_in_fp16_and_agrees_with_the_cpu() -> None:
    gpu = open_embedder(Settings(), progress=False)
    cpu = open_embedder(Settings(embedder=EmbedderSettings(backend="openvino")), progress=False)
    texts = ["", "What is the refund period?", "word " * 400]

    assert isinstance(gpu, SentenceTransformerEmbedder)
    assert isinstance(cpu, OpenVinoEmbedder)
    assert gpu.identity == cpu.identity
    on_gpu, on_cpu = gpu.embed_documents(texts), cpu.embed_documents(texts)
    assert (on_gpu * on_cpu).sum(axis=1).min() >= 0.9998


@needs_no_gpu
def test_a_cache_that_cannot_be_written_to_costs_speed_not_the_answer(
    model: ModelFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    auto = EmbedderSettings(model=str(model.path))

    with caplog.at_level(logging.WARNING):
        embedder = open_embedder(Settings(cache=tmp_path / "cache", embedder=auto), progress=False)

    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert "Embedding with sentence-transformers, the slower way." in caplog.text
    insisting = auto.model_copy(update={"backend": "openvino"})
    with pytest.raises(StorageError):
        open_embedder(Settings(cache=tmp_path / "cache", embedder=insisting), progress=False)


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="onnx"):
        load_settings(embedder__backend="onnx")


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_what_is_not_a_vector_is_an_error_that_names_the_text(bad: float) -> None:
    vectors = np.full((3, 2), 2, np.float32)
    np.testing.assert_allclose(normalise_vectors(vectors, "m"), np.sqrt(0.5), rtol=1e-6)
    vectors[1] = bad

    with pytest.raises(EmbeddingError, match="text 1 of 3"):
        normalise_vectors(vectors, "m")
