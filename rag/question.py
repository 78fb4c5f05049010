"""What can be asked."""

from __future__ import annotations

from rag.errors import UsageError

MAX_QUESTION_CHARACTERS = 4_000
"""A longer question is refused: no embedder reads it whole, and no model answers it."""


def validate_question(question: str) -> str:
    """The question without outer white space. Raises UsageError if it is empty or too long."""
    # Bytes of the command line that are no UTF-8 come as surrogates, which no tokenizer takes.
    question = question.encode("utf-8", "replace").decode().strip()
    if not question:
        raise UsageError("The question is empty.", hint="Ask one in a sentence.")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise UsageError(
            f"The question has {len(question):,} characters; "
            f"at most {MAX_QUESTION_CHARACTERS:,} can be asked.",
            hint="Shorten it, or ingest the text as a document.",
        )
    return question
