"""What two real models answered to sample questions, judged by a person who read the documents.

`data/judged_answers.jsonl`: the question's id, the model, its answer, and whether that is right, wrong, or
beside the point: true, and no answer. Some of what is wrong is made of true words, so that not all of it can
be noticed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from rag import Answer, Assistant, Settings
from rag.embedder import Embedder
from rag.evaluation.questions import JudgedAnswer, Question, read_questions
from rag.evaluation.scores import check_scores, strip_answer_markers
from tests.evaluation.conftest import ScriptedModel

JUDGED = Path(__file__).parent / "data" / "judged_answers.jsonl"
ROWS = [json.loads(line) for line in JUDGED.read_text("utf-8").splitlines()]
MOST_DOUBTED = 0.07
"""Of the right answers; measured: 2 of 43."""
MOST_BELIEVED = 0.04
"""Of the wrong answers; measured: 5 of 163."""


class Recorded(ScriptedModel):
    """Gives one answer to everything, until it is given another."""

    answer: str = ""

    def _generate(self, *_: object, **__: object) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.answer))])

    def _reply(self, messages: list[BaseMessage]) -> str:
        return self.answer


def _asked(sample_index: Path, questions: dict[str, Question], embedder: Embedder) -> list[Answer]:
    """What the program makes of each answer today."""
    settings = Settings()
    answers = []
    for name in sorted({row["model"] for row in ROWS}):
        model = Recorded(replies={}, model_name=name)
        assistant = Assistant.open(
            sample_index, settings=settings, embedder=embedder, chat_model=model
        )
        for row in (row for row in ROWS if row["model"] == name):
            model.answer = row["answer"]
            answers.append(assistant.ask(questions[row["id"]].question))
    return answers


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_judged_answers(sample_index: Path, sample_docs: Path, embedder: Embedder) -> None:
    """Hardly a right answer is called not found, and few wrong ones are shown as backed."""
    questions = {
        question.id: question
        for question in read_questions(sample_docs / "questions.jsonl").questions
    }
    right, wrong, doubted, believed = 0, 0, [], []
    for row, answer in zip(ROWS, _asked(sample_index, questions, embedder), strict=True):
        judged = JudgedAnswer(answer=strip_answer_markers(answer), right=row["judged"] == "right")
        question = questions[row["id"]].model_copy(update={"judged": (judged,)})
        scores = check_scores(question, answer)
        if share := scores.get("right_answers_doubted"):
            right += 1
            doubted += [row["answer"]] if share[0] else []
        if share := scores.get("wrong_answers_believed"):
            wrong += 1
            believed += [row["answer"]] if share[0] else []
    assert (right, wrong) == (43, 163)
    assert len(doubted) <= MOST_DOUBTED * right, doubted
    assert len(believed) <= MOST_BELIEVED * wrong, believed
