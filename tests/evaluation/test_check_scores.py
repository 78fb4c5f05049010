"""Right answers that the check doubts, and wrong ones that it lets a reader believe."""

from __future__ import annotations

import pytest

from rag.answer import Answer, Grade, Sentence, Status
from rag.evaluation.metrics import Share
from rag.evaluation.questions import JudgedAnswer, Question
from rag.evaluation.scores import answer_scores, check_scores

FEE = Question(id="fee", question="What is the fee?", answers=("60 euros",))
TRUE = "The fee is 60 euros."
WRONG = "The fee is 90 euros."


def answer(*sentences: tuple[str, Grade], beside: bool = False) -> Answer:
    supported = (Grade.VERBATIM, Grade.PARAPHRASE)
    return Answer(
        question=FEE.question,
        text=" ".join(text for text, _ in sentences),
        status=Status.PARTIAL,
        sentences=tuple(
            Sentence(
                text=text, grade=grade, supported=grade in supported, is_beside_the_point=beside
            )
            for text, grade in sentences
        ),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer((TRUE, Grade.PARAPHRASE)), {"right_answers_doubted": Share(0, 1)}),
        (answer((TRUE, Grade.NOT_FOUND)), {"right_answers_doubted": Share(1, 1)}),
        # What stands beside the expected answer is another sentence.
        (
            answer((TRUE, Grade.VERBATIM), ("It is a pity.", Grade.NOT_FOUND)),
            {"right_answers_doubted": Share(0, 1)},
        ),
        (answer((WRONG, Grade.PARAPHRASE)), {"wrong_answers_believed": Share(1, 1)}),
        (answer((WRONG, Grade.NOT_FOUND)), {"wrong_answers_believed": Share(0, 1)}),
        # A reader sees that a part of it is not backed.
        (
            answer((WRONG, Grade.PARAPHRASE), ("It is high.", Grade.NOT_FOUND)),
            {"wrong_answers_believed": Share(0, 1)},
        ),
        (answer((WRONG, Grade.UNCHECKED)), {"wrong_answers_believed": Share(0, 1)}),
        (answer((WRONG, Grade.VERBATIM), beside=True), {"wrong_answers_believed": Share(0, 1)}),
        (answer(), {}),
    ],
)
def test_doubted_and_believed(given: Answer, expected: dict[str, Share]) -> None:
    """Counted once for each answer, by whether it holds the expected one."""
    assert check_scores(FEE, given) == expected


def test_a_judgement_goes_before_the_words() -> None:
    """An answer that a person has called right is right in other words too, and the other way round."""
    judged = FEE.model_copy(
        update={
            "judged": (
                JudgedAnswer(answer="the fee is €60", right=True),
                JudgedAnswer(answer="Not 60 euros.", right=False),
            )
        }
    )
    assert check_scores(judged, answer(("The fee is €60.", Grade.NOT_FOUND))) == {
        "right_answers_doubted": Share(1, 1)
    }
    assert check_scores(judged, answer(("Not 60 euros.", Grade.VERBATIM))) == {
        "wrong_answers_believed": Share(1, 1)
    }


def test_what_the_documents_do_not_say_is_wrong() -> None:
    """Whatever is answered to an unanswerable question; a refusal is no answer."""
    question = Question(id="bonus", question="How high is the bonus?", unanswerable=True)
    believed = answer_scores(question, answer(("It is 5 %.", Grade.PARAPHRASE)), {})
    assert believed["wrong_answers_believed"] == (1, 1)
    refusal = answer(("The documents do not say.", Grade.UNCHECKED))
    refused = refusal.model_copy(update={"status": Status.NOT_IN_DOCUMENTS})
    assert "wrong_answers_believed" not in answer_scores(question, refused, {})


def test_without_an_expected_answer_nobody_knows() -> None:
    """A question that only has facts counts for neither."""
    question = Question.model_validate({"id": "q", "question": "?", "facts": [{"filename": "a"}]})
    assert check_scores(question, answer((TRUE, Grade.NOT_FOUND))) == {}
