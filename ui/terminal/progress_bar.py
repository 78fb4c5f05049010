"""A bar for what takes many questions."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class QuestionBar:
    """A bar on a terminal's standard error for every stage: questions, time left. Nothing elsewhere."""

    def __init__(self, *, shown: bool) -> None:
        self._disabled = None if shown else True  # None: shown on a terminal
        self._bar: Any = None

    def __enter__(self) -> QuestionBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def start(self, stage: str, questions: int) -> None:
        """Begin a bar of its own for the stage."""
        from tqdm import tqdm

        if self._bar is not None:
            self._bar.close()
        self._bar = tqdm(
            total=questions, unit="question", desc=stage, disable=self._disabled, leave=False
        )

    def advance(self) -> None:
        """One more question is done."""
        self._bar.update()
