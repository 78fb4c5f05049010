"""A cross-encoder, where one is configured, has the last word on the order of the best passages.

None comes as a package, so this one is made here: the real classes, a real tokenizer, random weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rag import Assistant
from rag.errors import InhouseError, ModelRefusedError, UsageError
from rag.evaluation import Fact, Options, Question, QuestionSet, evaluate
from rag.index.catalog.rows import ChunkRow, ChunkSummary
from rag.retrieval.passages import Passage
from rag.retrieval.reranker import CrossEncoderReranker, rerank
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.retrieval.test_passages import chunk

QUERY = "How many weeks of leave are there?"
POSITIONS = 128


def make(folder: Path, *, labels: int = 1) -> Path:
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from rag.models import resolve_model

    tokenizer = AutoTokenizer.from_pretrained(resolve_model("all-minilm-l6-v2").path)
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=POSITIONS,
        num_labels=labels,
        initializer_range=0.5,  # so that its scores lie apart
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("models") / "tiny-cross-encoder")


def opened(data: Path, folder: Path | str, **more: Any) -> Assistant:
    settings = Settings.model_validate({"retrieval": {"reranker": str(folder), **more}})
    return Assistant.open(data, settings=settings, embedder=HashingEmbedder())


def test_without_one_the_fused_order_stands(data: Path) -> None:
    assistant = opened(data, "")
    assert assistant.reranker_name is None
    hits = assistant.search(QUERY, k=5)
    assert hits == assistant.search(QUERY, k=5, without=("rerank",))


def test_the_order_is_that_of_the_librarys_own_scores(data: Path, cross_encoder: Path) -> None:
    """Title, section and text are read with the question; scores fall from rank to rank."""
    from sentence_transformers import CrossEncoder

    assistant = opened(data, cross_encoder)
    assert assistant.reranker_name == "tiny-cross-encoder"
    hits = assistant.search(QUERY, k=5)
    model = CrossEncoder(str(cross_encoder), device="cpu", max_length=POSITIONS)
    pairs = [
        (QUERY, f"{hit.title}{' > ' + hit.section if hit.section else ''}\n{hit.text}")
        for hit in hits
    ]
    scores = model.predict(pairs, show_progress_bar=False).tolist()
    assert scores == sorted(scores, reverse=True)
    assert len({round(score, 4) for score in scores}) > 1
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    plain = assistant.search(QUERY, k=5, without=("rerank",))
    assert {hit.uri for hit in plain} == {hit.uri for hit in hits}
    assert [hit.uri for hit in plain] != [hit.uri for hit in hits]


def test_only_the_best_are_read(data: Path, cross_encoder: Path) -> None:
    """With a depth of 2, the third and later stay where they were."""
    plain = [hit.uri for hit in opened(data, "").search(QUERY, k=5)]
    two = [hit.uri for hit in opened(data, cross_encoder, rerank=2).search(QUERY, k=5)]
    assert set(two[:2]) == set(plain[:2])
    assert two[2:] == plain[2:]


def text_of(spot: ChunkSummary) -> ChunkRow:
    return ChunkRow(
        spot.chunk_id, spot.document_id, 0, "/a", "T", 0, spot.size, None, (), "x" * spot.size
    )


class Lengths:
    """Likes short texts."""

    name, depth = "lengths", 3

    def __init__(self) -> None:
        self.seen: list[str] = []

    def scores(self, query: str, texts: list[str]) -> list[float]:
        self.seen += texts
        return [-float(len(text)) for text in texts]


def test_equal_scores_keep_their_order_and_the_rest_stays_behind() -> None:
    """Worked by hand: of sizes 30, 20, 20, 10 the first three are read; 20, 20, 30 and then the unread 10."""
    sizes = [30, 20, 20, 10]
    passages = [
        Passage(chunk(n, 0, size), (chunk(n, 0, size),), 1 - n / 10) for n, size in enumerate(sizes)
    ]
    reranker = Lengths()
    rows = {
        row.chunk_id: row for n, size in enumerate(sizes) for row in [text_of(chunk(n, 0, size))]
    }
    placed = rerank("?", passages, rows, reranker)
    assert [passage.found.document_id for passage in placed] == [1, 2, 0, 3]
    assert len(reranker.seen) == 3
    scores = [passage.score for passage in placed]
    assert scores == sorted(scores, reverse=True)
    assert rerank("?", [], {}, reranker) == []


def test_a_text_longer_than_it_reads_and_many_texts_are_no_trouble(cross_encoder: Path) -> None:
    """More than its positions, more than a batch, empty ones; each score is that of the pair alone."""
    reranker = CrossEncoderReranker(cross_encoder, "tiny", depth=100)
    texts = ["leave " * 3_000, "", "16 weeks", *(f"text {n}" for n in range(40))]
    scores = reranker.scores(QUERY, texts)
    assert len(scores) == len(texts)
    assert scores[2] == pytest.approx(reranker.scores(QUERY, ["16 weeks"])[0], abs=1e-4)
    assert reranker.scores("\x00" * 4_000, ["a"]) != []


def test_what_is_no_cross_encoder_is_refused_in_a_sentence(data: Path, tmp_path: Path) -> None:
    """An embedder (its score would be made up at random), one with three scores, code, nothing at all."""
    from rag.models import resolve_model

    with pytest.raises(ModelRefusedError, match=r"is not a cross-encoder: it is a BertModel\."):
        opened(data, resolve_model("all-minilm-l6-v2").path)
    with pytest.raises(
        ModelRefusedError, match=r"gives 3 scores a pair; to rank, it has to give one"
    ):
        opened(data, make(tmp_path / "three", labels=3))
    with_code = make(tmp_path / "code")
    (with_code / "modeling.py").write_text("print('hello')")
    with pytest.raises(ModelRefusedError, match="brings its own code"):
        opened(data, with_code)
    with pytest.raises(InhouseError, match="There is no model 'nowhere'"):
        opened(data, "nowhere")


def test_what_it_brings_is_measured(data: Path, cross_encoder: Path) -> None:
    """Where there is none, that is said."""
    question = Question(id="1", question=QUERY, facts=(Fact(filename="leave", text="16 weeks"),))
    questions = QuestionSet(name="q", sha256="0", questions=(question,))
    options = Options(answers=False, ablate=("rerank",))
    (ablation,) = evaluate(opened(data, cross_encoder), questions, options).ablations
    assert ablation.part == "rerank"
    assert "MRR" in {lift.metric for lift in ablation.lifts}
    with pytest.raises(UsageError, match="No cross-encoder re-ranks here"):
        evaluate(opened(data, ""), questions, options)


def test_the_doctor_names_it(
    tmp_path: Path, cross_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.cli import cli

    monkeypatch.chdir(tmp_path)
    for setting, ok, message in (
        (str(cross_encoder), True, "tiny-cross-encoder"),
        ("", True, "none configured"),
        ("nowhere", False, "There is no model 'nowhere'"),
    ):
        monkeypatch.setenv("INHOUSE_RETRIEVAL_RERANKER", setting)
        checks = json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).output)
        (check,) = [check for check in checks if check["name"] == "Re-ranker"]
        assert check["ok"] is ok
        assert message in check["found"]
