"""A bar for what takes many questions."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class QuestionBar:
    """A bar on a terminal's standard error for every stage: questions, time left. Nothing elsewhere."""

    def __init__(self, *, visible: bool) -> None:
        self._disabled = None if visible else True  # None: shown on a terminal
        self._bar: Any = None

    def __enter__(self) -> QuestionBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def start(self, stage: str, total: int) -> None:
        """Begin a bar of its own for the stage."""
        from tqdm import tqdm

        if self._bar is not None:
            self._bar.close()
        self._bar = tqdm(
            total=total, unit="question", desc=stage, disable=self._disabled, leave=False
        )

    def advance(self, done: int = 1, *, chunks: int = 0) -> None:
        """More questions are done."""
        del chunks  # questions have none
        self._bar.update(done)
