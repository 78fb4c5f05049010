"""What two real models answered to sample questions, judged by a person who read the documents.

`data/judged_answers.jsonl`: the question's id, the model, its answer, and whether that is right. A wrong one
may be made of true words, so that not every one can be noticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from rag import Assistant, Settings
from rag.embedder import Embedder
from rag.evaluation.questions import JudgedAnswer, Question, read_questions
from rag.evaluation.scores import check_scores
from tests.evaluation.conftest import ScriptedModel

JUDGED = Path(__file__).parent / "data" / "judged_answers.jsonl"
MOST_BELIEVED = 0.07
"""Of the wrong answers; measured: 1 of 16."""


class Recorded(ScriptedModel):
    """Gives one answer to everything."""

    answer: str

    def _generate(self, *_: object, **__: object) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.answer))])

    def _reply(self, messages: list[BaseMessage]) -> str:
        return self.answer


def _replayed(
    sample_index: Path, questions: dict[str, Question], embedder: Embedder
) -> Iterator[tuple[str, dict[str, object]]]:
    """Each answer, and what the check makes of it today."""
    settings = Settings()
    for line in JUDGED.read_text("utf-8").splitlines():
        row = json.loads(line)
        judged = JudgedAnswer(answer=row["answer"], right=row["right"])
        question = questions[row["id"]].model_copy(update={"judged": (judged,)})
        model = Recorded(replies={}, answer=row["answer"], model_name=row["model"])
        assistant = Assistant.open(
            sample_index, settings=settings, embedder=embedder, chat_model=model
        )
        answer = assistant.ask(question.question)
        yield row["answer"], dict(check_scores(question, answer))


def test_judged_answers(sample_index: Path, sample_docs: Path, embedder: Embedder) -> None:
    """No right answer is called not found, and hardly a wrong one is shown as backed."""
    questions = {
        question.id: question
        for question in read_questions(sample_docs / "questions.jsonl").questions
    }
    doubted, believed, right, wrong = [], [], 0, 0
    for text, scores in _replayed(sample_index, questions, embedder):
        if share := scores.get("right_answers_doubted"):
            right += 1
            doubted += [text] if share[0] else []
        if share := scores.get("wrong_answers_believed"):
            wrong += 1
            believed += [text] if share[0] else []
    assert (right, wrong) == (4, 16)
    assert doubted == []
    assert len(believed) <= MOST_BELIEVED * wrong, believed
