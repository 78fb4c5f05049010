"""The way in: a question that needs no language model, answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rag.embedder import Embedder
from rag.index import Filter, Snapshot
from rag.intents.about import answer_about
from rag.intents.changes import answer_changes
from rag.intents.comparison import answer_comparison
from rag.intents.documents import answer_documents
from rag.intents.intent import Intent, IntentKind
from rag.intents.mentions import answer_mentions
from rag.intents.recognition import recognise
from rag.intents.result import IntentResult
from rag.intents.summary import answer_summary
from rag.intents.workspace import Workspace

_ANSWERS: Mapping[IntentKind, Callable[[Intent, Workspace], IntentResult | None]] = {
    IntentKind.MENTIONS: answer_mentions,
    IntentKind.DOCUMENTS: answer_documents,
    IntentKind.CHANGES: answer_changes,
    IntentKind.SUMMARY: answer_summary,
    IntentKind.COMPARISON: answer_comparison,
}


def answer_without_model(
    question: str,
    *,
    snapshot: Snapshot,
    filter: Filter,
    embedder: Embedder,
    profile: str = "",
    model: str = "",
    language: str = "",
) -> IntentResult | None:
    """Answer a question that needs no language model; None for every other question.

    `filter` is the asker's own, rights included: nothing that it keeps back is counted, listed or named.
    `profile` and `model` are what the assistant calls itself and its model when it is asked. `language`
    (ISO 639-1) is tried first; the answer is in the language that the question was recognised in. Raises
    IndexDamagedError and GenerationGoneError, as a search does.
    """
    intent = recognise(question, language)
    if intent is None:
        return None
    workspace = Workspace(snapshot, filter, embedder, profile, model)
    return answer_intent(intent, workspace)


def answer_intent(intent: Intent, workspace: Workspace) -> IntentResult | None:
    """Answer a recognised request; None if the documents that it names are not there, for this asker."""
    if intent.kind.is_about_the_assistant:
        return answer_about(intent, workspace)
    return _ANSWERS[intent.kind](intent, workspace)
