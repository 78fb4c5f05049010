"""Requests that need no language model: recognised by their words, answered from the index.

"Which documents mention …?", "How many documents …?", "What changed between …?", "Summarise …", "Compare …",
and small talk. `answer_without_model` is the way in; `split_questions` takes several questions in one apart.
"""

from rag.computed import Cell, Change, Row, Table
from rag.intents.answering import answer_without_model
from rag.intents.intent import Intent, IntentKind
from rag.intents.recognition import recognise
from rag.intents.result import IntentResult
from rag.intents.splitting import split_questions

__all__ = [
    "Cell",
    "Change",
    "Intent",
    "IntentKind",
    "IntentResult",
    "Row",
    "Table",
    "answer_without_model",
    "recognise",
    "split_questions",
]
