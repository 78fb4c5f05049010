"""Small talk, and questions about the assistant itself: fixed sentences that claim nothing else."""

from __future__ import annotations

from rag.intents.intent import Intent
from rag.intents.result import IntentResult
from rag.intents.wording import find_wording
from rag.intents.workspace import Workspace


def answer_about(intent: Intent, workspace: Workspace) -> IntentResult:
    """The sentence for a greeting, for who and what the assistant is, for thanks and goodbyes."""
    wording = find_wording(intent.language)
    documents = wording.counted(
        "documents_phrase", workspace.snapshot.count(workspace.filter).documents
    )
    model = wording.reply("identity_model", model=workspace.model) if workspace.model else ""
    name = f"Inhouse ({workspace.profile})" if workspace.profile else "Inhouse"
    return IntentResult(
        kind=intent.kind,
        language=wording.code,
        text=wording.reply(intent.kind.value, documents=documents, name=name, model=model),
        generation=workspace.snapshot.generation.id,
    )
