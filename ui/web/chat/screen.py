"""What the chat page shows of a conversation, as HTML."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answer import Answer
from ui.view.answer_actions import Kept


@dataclass(frozen=True, slots=True)
class Screen:
    """What changes on the page; None leaves a part as it is.

    `now` is the turn that is being answered, `earlier` are the finished ones, each with its evidence,
    all as HTML. `note` is a plain sentence beside the question box.
    """

    now: str | None = None
    now_evidence: str | None = None
    earlier: str | None = None
    earlier_evidence: str | None = None
    note: str | None = None
    busy: bool = True


@dataclass(frozen=True, slots=True)
class RenderedTurn:
    """A turn as it stands on the page: the question, its answer, its evidence, both as HTML.

    `scope`: ids of what was asked; none: all documents.
    """

    question: str
    turn: str
    evidence: str
    answered: bool
    kept: Kept | None = None
    answer: Answer | None = None
    is_stopped: bool = False
    is_interrupted: bool = False
    scope: tuple[str, ...] = ()
