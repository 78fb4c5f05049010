from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from rag.embedder import Embedder, Float32, OpenVinoEmbedder, SentenceTransformerEmbedder
from rag.embedder.openvino_form import prepare_openvino_form
from rag.models import ModelFolder, default_cache, resolve_model
from tests.embedder.helpers import (
    MadeByTwo,
    MakeEmbedder,
    MakeModel,
    Oracle,
    output_of,
    start_python,
)


@pytest.fixture(scope="session")
def model() -> ModelFolder:
    """The default embedder's model."""
    return resolve_model("all-minilm-l6-v2", kind="embedder", progress=False)


@pytest.fixture(scope="session")
def oracle(model: ModelFolder) -> Oracle:
    """sentence-transformers itself, in fp32, set up by nothing of ours."""
    import torch
    from sentence_transformers import SentenceTransformer

    original = SentenceTransformer(
        str(model.path), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32}
    )

    def embed(texts: list[str]) -> Float32:
        return np.asarray(original.encode(texts, normalize_embeddings=True), np.float32)

    return embed


@pytest.fixture(params=["openvino", "sentence-transformers"])
def make_embedder(request: pytest.FixtureRequest, model: ModelFolder) -> MakeEmbedder:
    """Makes the embedder of each kind in turn, with the options given."""

    def make(**options: int) -> Embedder:
        if request.param == "openvino":
            form = prepare_openvino_form(model, default_cache(), progress=False)
            return OpenVinoEmbedder(model.path, model.name, model.sha256, form, **options)
        return SentenceTransformerEmbedder(model.path, model.name, model.sha256, **options)

    return make


@pytest.fixture
def embedder(make_embedder: MakeEmbedder) -> Embedder:
    return make_embedder()


@pytest.fixture(scope="session")
def make_model(model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """Writes a real sentence-transformers model of two layers with random weights.

    With weights that spread far (`spread`; 0.02 is usual) its attention is all or nothing, and turns on
    differences smaller than fp16 can hold.
    """

    def make(
        pooling: str = "mean", *, spread: float = 0.02, prompts: dict[str, str] | None = None
    ) -> ModelFolder:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Transformer
        from sentence_transformers.sentence_transformer.modules import Pooling
        from transformers import BertConfig, BertModel

        work = tmp_path_factory.mktemp("model")
        torch.manual_seed(7)
        bert = BertModel(
            BertConfig(
                vocab_size=30522,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=64,
                initializer_range=spread,
            )
        )
        bert.save_pretrained(work / "encoder")
        for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
            shutil.copy(model.path / name, work / "encoder")
        transformer = Transformer(str(work / "encoder"), max_seq_length=64)
        SentenceTransformer(
            modules=[transformer, Pooling(32, pooling)], prompts=prompts, device="cpu"
        ).save(str(work / "tiny"))
        return ModelFolder("tiny", work / "tiny", None, "a test")

    return make


@pytest.fixture(scope="session")
def tiny(make_model: MakeModel) -> ModelFolder:
    """A model of mean pooling that wants queries and documents marked."""
    return make_model(prompts={"query": "query: ", "passage": "passage: "})


_CONVERT = """
import logging, sys
from pathlib import Path
from rag.embedder import open_embedder
from rag.settings import EmbedderSettings, Settings
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
settings = Settings(cache=Path(sys.argv[1]), embedder=EmbedderSettings(model=sys.argv[2]))
embedder = open_embedder(settings, progress=False)
print(type(embedder).__name__, embedder.embed_query("refund")[0])
"""


@pytest.fixture(scope="session")
def made_by_two(tiny: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> MadeByTwo:
    """A cache that two processes filled at once, their home and their outputs."""
    cache, home = tmp_path_factory.mktemp("tiny") / "cache", tmp_path_factory.mktemp("home")
    arguments = (_CONVERT, str(cache), str(tiny.path))
    processes = [start_python(*arguments, HOME=str(home)) for _ in range(2)]
    return MadeByTwo(cache, home, [output_of(process) for process in processes])


@pytest.fixture(scope="session")
def tiny_cache(made_by_two: MadeByTwo) -> Path:
    """A cache with the form of `tiny`. Only for reading; a test that changes it takes a copy."""
    return made_by_two.cache
