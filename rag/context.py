"""Which of the passages that were found the model gets to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.hit import Hit


def pack(hits: Sequence[Hit], budget: int, count_tokens: Callable[[str], int]) -> int:
    """How many of `hits`, from the first, fit into `budget` tokens; the first always does."""
    used = 0
    for packed, hit in enumerate(hits):
        used += count_tokens(f"{hit.title} {hit.section or ''}\n{hit.text}")
        if used > budget and packed:
            return packed
    return len(hits)
