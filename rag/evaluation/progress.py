"""What a person sees of a running evaluation."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Hears of every stage as it begins, and of every question that is done."""

    def start(self, stage: str, questions: int) -> None: ...

    def advance(self) -> None: ...


class Silent:
    """Says nothing."""

    def start(self, stage: str, questions: int) -> None:
        """Hear of a stage."""

    def advance(self) -> None:
        """Hear of a question."""
