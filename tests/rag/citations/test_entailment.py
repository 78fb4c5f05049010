"""A cross-encoder for natural-language inference, where one is configured, makes the check stricter.

None comes as a package, so they are made here: the real classes and tokenizer, with weights set by hand, so
that the verdict on a pair is known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from langchain_core.language_models import FakeListChatModel

from rag import Answer, Assistant
from rag.answer import Grade, Status
from rag.citations import Checked, check
from rag.citations.entailment import CrossEncoderEntailment, Entailment
from rag.errors import EmbeddingError, InhouseError, ModelRefusedError
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.citations.test_citations import PASSAGES, passage

LABELS = ("contradiction", "entailment", "neutral")
SAID = "Parental leave lasts sixteen weeks."


def make(
    folder: Path, labels: Sequence[str] = LABELS, *, word: str = "the", then: str, otherwise: str
) -> Path:
    """A model whose verdict is the label `then` where `word` stands in either text, else `otherwise`.

    Of all embeddings only that word's is not nothing, each place attends to all alike, and the layers hand on
    what they get: so the first place ends as a fixed vector where the word is read, and as nothing otherwise.
    """
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from rag.models import resolve_model

    tokenizer = AutoTokenizer.from_pretrained(resolve_model("all-minilm-l6-v2").path)
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "LayerNorm.weight" not in name:
                weights.zero_()
        layer = model.bert.encoder.layer[0]
        for dense in (layer.attention.self.value, layer.attention.output.dense):
            dense.weight.copy_(torch.eye(8))
        model.bert.pooler.dense.weight.copy_(torch.eye(8))
        model.bert.embeddings.word_embeddings.weight[tokenizer.convert_tokens_to_ids(word), 0] = 1
        model.classifier.bias[list(labels).index(otherwise)] = 4
        model.classifier.weight[list(labels).index(then), 0] = 20
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def judge(folder: Path) -> Entailment:
    return CrossEncoderEntailment(folder, folder.name)


def checked(text: str, entailment: Entailment) -> Checked:
    return check(text, PASSAGES, entailment=entailment)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        ("entailment", "neutral", "contradiction"),
        ("CONTRADICTION", "NEUTRAL", "ENTAILMENT"),
        ("Entailment", "Contradiction"),
        ("not_entailment", "entailment"),
        ("entailment", "Non-Entailment"),
    ],
)
def test_its_labels_are_found_by_their_names(tmp_path: Path, labels: tuple[str, ...]) -> None:
    """In any order and case, two of them or three."""
    yes = next(label for label in labels if label.casefold() == "entailment")
    no = next(
        label for label in labels if "contra" in label.casefold() or label.casefold()[0] == "n"
    )
    model = judge(make(tmp_path / "nli", labels, word="never", then=no, otherwise=yes))
    pairs = [("It is so.", "It is so."), ("It is never so.", "It is so."), ("So.", "Never so.")]
    assert model.holds(pairs) == [True, False, False]
    assert model.holds([]) == []


def test_what_is_neither_entailed_nor_contradicted_does_not_hold(tmp_path: Path) -> None:
    model = judge(make(tmp_path / "nli", then="contradiction", otherwise="neutral"))
    assert model.holds([("It is so.", "It is so.")]) == [False]


def test_it_takes_support_away_and_gives_none(tmp_path: Path) -> None:
    """What the words do not support stays unsupported though it be entailed, and is not even put to it."""
    yes = judge(make(tmp_path / "yes", then="neutral", otherwise="entailment", word="never"))
    no = judge(make(tmp_path / "no", then="neutral", otherwise="contradiction", word="never"))
    text = f"{SAID} Parental leave is 18 weeks [1]. Bananas are yellow."
    assert checked(text, yes) == check(text, PASSAGES)
    assert [sentence.supported for sentence in checked(text, yes).sentences] == [True, False, False]
    refused = checked(text, no)
    assert refused.status is Status.UNSUPPORTED
    assert (refused.citations, refused.cited, refused.dropped) == ((), frozenset(), 1)


def test_each_sentence_has_the_verdict_on_itself(tmp_path: Path) -> None:
    model = judge(
        make(tmp_path / "nli", then="contradiction", otherwise="entailment", word="remote")
    )
    text = (
        f"{SAID} Bananas are yellow. Two days a week remote work is allowed. Smoking isn't allowed."
    )
    sentences = checked(text, model).sentences
    assert [sentence.supported for sentence in sentences] == [True, False, False, True]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("title", "Parental leave is 16 weeks."),
        ("b", "Parental leave is 16 weeks."),
        (
            "region",
            "| Region | Fee |\n| --- | --- |\n| Veldhage | 16 weeks |\n| Lannick | 2 weeks |",
        ),
    ],
)
def test_title_section_and_header_are_read_with_the_quotation(
    tmp_path: Path, word: str, text: str
) -> None:
    """It has them before it as the reader has; another passage's words it has not."""
    said = "In Veldhage the fee is 16 weeks." if "|" in text else SAID
    passages = [passage(text), passage("Unread words.", 2)]
    for seen, supported in ((word, True), ("unread", False)):
        folder = make(tmp_path / seen, then="entailment", otherwise="neutral", word=seen)
        assert bool(check(said, passages, entailment=judge(folder)).citations) is supported


def test_long_texts_and_many_pairs_are_no_trouble(tmp_path: Path) -> None:
    """Longer than it reads, more than a batch, empty: a verdict for each, that of the pair alone."""
    model = judge(
        make(tmp_path / "nli", then="contradiction", otherwise="entailment", word="never")
    )
    pairs = [("leave " * 3_000, "never"), ("", ""), *(("a", f"never {n}") for n in range(40))]
    assert model.holds(pairs) == [False, True, *[False] * 40]


def ask(data: Path, folder: Path | str) -> Answer:
    settings = Settings.model_validate({"answers": {"entailment": str(folder)}})
    chat_model = FakeListChatModel(responses=[SAID])
    assistant = Assistant.open(
        data, settings=settings, embedder=HashingEmbedder(), chat_model=chat_model
    )
    return assistant.ask("How long is parental leave?")


def test_the_answer_is_what_it_left(data: Path, tmp_path: Path) -> None:
    """From the setting through `ask` to the Answer."""
    assert ask(data, "").status is Status.GROUNDED
    yes = make(tmp_path / "yes", then="contradiction", otherwise="entailment", word="never")
    assert ask(data, yes).status is Status.GROUNDED
    no = make(tmp_path / "no", then="contradiction", otherwise="entailment", word="weeks")
    answer = ask(data, no)
    assert (answer.status, answer.citations) == (Status.UNSUPPORTED, ())
    assert answer.context.read, "the evidence is there all the same"


def test_what_cannot_judge_is_refused_in_a_sentence(data: Path, tmp_path: Path) -> None:
    """An embedder, labels that name nothing, a re-ranker, nothing at all; when it is opened, not later."""
    from rag.models import resolve_model

    with pytest.raises(ModelRefusedError, match=r"it is a BertModel.*unset answers\.entailment"):
        ask(data, resolve_model("all-minilm-l6-v2").path)
    for labels in (
        ("LABEL_0", "LABEL_1"),
        ("SUPPORTS", "REFUTES"),
        ("entailment", "neutral"),
        ("x",),
    ):
        folder = make(tmp_path / labels[0], labels, then=labels[0], otherwise=labels[0])
        with pytest.raises(
            ModelRefusedError, match=f"has the labels {', '.join(labels)}; to check"
        ):
            ask(data, folder)
    with pytest.raises(InhouseError, match="There is no model 'nowhere'"):
        ask(data, "nowhere")


def test_one_that_fails_supports_nothing(tmp_path: Path) -> None:
    """Verdicts that are no numbers, and weights that are cut off, are an error that names it."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = make(tmp_path / "nan", then="contradiction", otherwise="entailment", word="never")
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] = torch.full_like(weights["classifier.bias"], float("nan"))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EmbeddingError, match="nan gave something that is not 3 scores a pair"):
        judge(folder).holds([("It is so.", "It is so.")])
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EmbeddingError, match="nan cannot be loaded"):
        judge(folder).holds([("It is so.", "It is so.")])
    # An answer is not broken by it: what it should have judged is unchecked, what stands there is not.
    (sentence, verbatim) = checked(f"{SAID} Smoking is not allowed.", judge(folder)).sentences
    assert (sentence.grade, sentence.supported) == (Grade.UNCHECKED, False)
    assert verbatim.grade is Grade.VERBATIM


def test_the_doctor_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.cli import cli

    folder = make(tmp_path / "tiny-nli", then="contradiction", otherwise="entailment")
    monkeypatch.chdir(tmp_path)
    for setting, ok, result in (
        (str(folder), True, "tiny-nli"),
        ("", True, "none configured"),
        ("nowhere", False, "There is no model 'nowhere'"),
    ):
        monkeypatch.setenv("INHOUSE_ANSWERS_ENTAILMENT", setting)
        checks = json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).output)
        (row,) = [check for check in checks if check["name"] == "Entailment"]
        assert row["ok"] is ok
        assert result in row["found"]
