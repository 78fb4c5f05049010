"""A language model's vote on a sentence that the words alone do not settle.

A small model is no better than chance at this. So nobody's vote counts before `inhouse calibrate --judge` has
tried the model on sentences of the user's own documents: true ones, and the same with one thing wrong. Only
where it is right often enough does it vote from then on, and only for a sentence: it never overrides a
figure, a name or a denial that contradicts.
"""

from __future__ import annotations

from typing import Protocol


class Judge(Protocol):
    """Anything that says whether a text says all that a sentence says. Safe to use from many threads."""

    def confirms(self, text: str, sentence: str) -> bool | None:
        """Whether it does; None where there is no clear answer, or none in time."""
        ...
