"""How good are the answers? Questions with known answers, asked and measured.

`read_questions` reads a file, `evaluate` asks and measures; what comes out is an `Evaluation`.
"""

from __future__ import annotations

from rag.evaluation.questions import Fact, Question, QuestionSet, read_questions
from rag.evaluation.result import Evaluation
from rag.evaluation.run import Options, evaluate

__all__ = [
    "Evaluation",
    "Fact",
    "Options",
    "Question",
    "QuestionSet",
    "evaluate",
    "read_questions",
]
