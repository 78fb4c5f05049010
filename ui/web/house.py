"""What the page's routes and events work with, in one hand."""

from __future__ import annotations

from dataclasses import dataclass

from rag.settings import Settings
from ui.view.text import Words
from ui.web.desk import Desk
from ui.web.feedback import FeedbackBook
from ui.web.history import History


@dataclass(frozen=True, slots=True)
class House:
    """One for each application."""

    settings: Settings
    words: Words
    desk: Desk
    history: History
    feedback: FeedbackBook
