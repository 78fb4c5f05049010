"""Which sentence of the passages answers a question, and what a small model's answer becomes by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from rag import Assistant
from rag.citations import check
from rag.citations.relevance import SURE, SURE_ENOUGH, Bearing, features, only_repeats
from rag.citations.statements import PassageSentences
from rag.embedder import Embedder
from rag.hit import Hit
from rag.settings import Settings
from rag.testing import HashingEmbedder

SMALL = "smollm2-135m-instruct"
QUESTION = "How many days of vacation do full-time employees receive a year?"
ANSWER = "Full-time employees receive 27 days of vacation a year."

pytestmark = pytest.mark.slow


class NamedModel(FakeListChatModel):
    """A model that says one thing, under the name of one in the catalogue."""

    model_name: str = SMALL


def passage(text: str, rank: int = 1) -> Hit:
    return Hit(
        rank=rank, score=1, uri=f"/{rank}.md", title="Handbook", text=text, start=50, end=50 + len(text)
    )  # fmt: skip


def ask(index: Path, embedder: Embedder, said: str, **more: str) -> Assistant:
    model = NamedModel(responses=[said], **more)
    return Assistant.open(index, settings=Settings(), embedder=embedder, chat_model=model)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (QUESTION, "27 days"),
        ("How many days of readings does the memory card keep?", "400 days"),
        ("Wie lange ist die regelmäßige Wochenarbeitszeit?", "37,5 Stunden"),
    ],
)
def test_the_sentence_that_answers_is_found_word_for_word(
    sample_index: Path, embedder: Embedder, question: str, part: str
) -> None:
    passages = Assistant.open(sample_index, settings=Settings(), embedder=embedder).search(question)
    best = Bearing(question, PassageSentences(passages[:3]), embedder).best
    assert best is not None
    assert part in passages[best.hit].text[best.start : best.end]


@pytest.mark.parametrize(
    "text", ["", "# Desks", "Desks are shared.", "Is it so? Desks are shared. So?"]
)
def test_where_nothing_answers_nothing_is_sure(text: str, embedder: Embedder) -> None:
    """Even where there is but one sentence to choose."""
    source = PassageSentences([passage(text)])
    assert Bearing("How long is parental leave?", source, embedder).best is None


def test_one_at_most_is_sure(sample_index: Path, embedder: Embedder) -> None:
    """Only what is ahead of all others may be."""
    passages = Assistant.open(sample_index, settings=Settings(), embedder=embedder).search(QUESTION)
    source = PassageSentences(passages)
    bearing = Bearing(QUESTION, source, embedder)
    probabilities = [bearing.of(statement.evidence) for statement in source.statements]
    assert all(0 <= probability <= 1 for probability in probabilities)
    assert sum(probability >= SURE_ENOUGH for probability in probabilities) == 1
    assert max(probabilities) >= SURE


def test_the_scale_of_an_embedders_cosines_changes_nothing() -> None:
    """Some embedders find everything alike: 0.8 is far apart for them."""
    source = PassageSentences(
        [passage("Parental leave is 16 weeks. Desks are shared. Trains are late.")]
    )

    class Narrow(HashingEmbedder):
        def embed_documents(self, texts):  # type: ignore[no-untyped-def]
            return super().embed_documents(texts) * 0.5

    question = "How long is parental leave?"
    wide = features(question, source.statements, HashingEmbedder())[:, 1:]
    narrow = features(question, source.statements, Narrow())[:, 1:]
    same = [column for column in range(wide.shape[1]) if column != 9]  # but for the gap in meaning
    assert (wide[:, same] == narrow[:, same]).all()


def test_true_but_beside_the_point(embedder: Embedder) -> None:
    """It is supported, and labelled: whether it is true and whether it answers are two questions."""
    passages = [passage("Parental leave is 16 weeks. Desks are shared by all teams.")]
    bearing = Bearing("How long is parental leave?", PassageSentences(passages), embedder)
    (beside,) = check("Desks are shared by all teams.", passages, bearing=bearing).sentences
    assert (beside.supported, beside.is_beside_the_point) == (True, True)
    (answer,) = check("It is 16 weeks.", passages, bearing=bearing).sentences
    assert (answer.supported, answer.is_beside_the_point) == (True, False)


def test_who_says_the_last_answer_again_has_not_answered(embedder: Embedder) -> None:
    passages = [passage("Parental leave is 16 weeks. Desks are shared by all teams.")]
    bearing = Bearing(
        "How long is parental leave? And for managers?", PassageSentences(passages), embedder
    )
    sentence = "Parental leave is 16 weeks."

    def is_beside_the_point(before: str) -> bool:
        checked = check(sentence, passages, bearing=bearing, before=before)
        return checked.sentences[0].is_beside_the_point

    assert not is_beside_the_point("")
    assert is_beside_the_point("How long is parental leave? 16 weeks.")
    assert not is_beside_the_point("How long is parental leave? It depends.")


def test_an_answer_that_misses_leaves_the_documents_words(
    sample_index: Path, embedder: Embedder
) -> None:
    """What a small model gets wrong is not supported, and the sentence that answers is the first extract."""
    reply = "Full-time employees receive 72 days."
    answer = ask(sample_index, embedder, reply).ask(QUESTION)
    assert [(sentence.text, sentence.supported) for sentence in answer.sentences] == [
        (reply, False)
    ]
    assert answer.text == reply
    assert answer.extracts[0].text.startswith(ANSWER)


@pytest.mark.parametrize(
    ("sentence", "question", "repeats"),
    [
        ("KT-230.", "What does KT-230 on the gate mean?", True),
        ("The vat is washed.", "Our guide is lost. How is the vat washed?", True),
        ("The vat is washed at noon.", "When is the vat washed?", False),
        ("There is a speed limit.", "Is there a speed limit?", False),
        ("The Tern 40.", "What is larger, the Tern 40 or the Merlin 7?", False),
        ("Puedo lavarlo.", "¿Puedo lavarlo?", False),
    ],
)
def test_what_only_repeats_the_question_is_no_answer_to_it(
    sentence: str, question: str, repeats: bool
) -> None:
    assert only_repeats(sentence, question) is repeats


@pytest.mark.parametrize(
    ("sentence", "quote", "is_yes"),
    [
        ("Yes, you can keep your old laptop.", "You may buy your old laptop for 60 euro.", False),
        (
            "Yes, you can keep your old laptop.",
            "Employees may keep old laptops once they are wiped.",
            True,
        ),
        ("Yes, you can keep it.", "You may keep your old laptop.", True),
        ("You may buy your old laptop.", "You may buy your old laptop for 60 euro.", True),
    ],
)
def test_a_yes_stands_in_what_is_quoted_word_for_word(
    sentence: str, quote: str, is_yes: bool
) -> None:
    """It adds nothing of its own, so that nothing else shows what it rests on."""
    assert only_repeats(sentence, "Can I keep my old laptop?", [quote]) is not is_yes
