"""Choose the passages and earlier turns that fit the model's context window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answer import Turn
from rag.answering.prompt import Style, build_messages_without_documents, messages, passage_text
from rag.errors import ModelServerError
from rag.hit import Hit
from rag.language import sentences
from rag.profile import Profile

CountTokens = Callable[[str], int]
PER_MESSAGE = 12
"""Tokens that a chat template puts around a message, at most."""
SPARE = 32
"""Tokens left free for what templates add besides, such as a system message of their own."""
_LEAST = 48
"""Tokens of a passage that are worth sending."""
_HISTORY_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class TokenBudget:
    """How much a model can be told.

    `passages`: tokens for the passages. `window`: tokens for all of the prompt; None where nobody knows.
    """

    passages: int
    window: int | None
    count: CountTokens


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is sent: the passages, and the latest turns; `notice` says it where a passage was cut."""

    passages: tuple[Hit, ...]
    turns: tuple[Turn, ...]
    notice: str = ""


def fit(
    question: str,
    hits: Sequence[Hit],
    history: Sequence[Turn],
    style: Style,
    profile: Profile,
    fence: str,
    room: TokenBudget,
) -> Fitted:
    """Choose what is sent: the best passages in their order, and as many turns as leave them room.

    Raises ModelServerError where the question itself, with what the profile says, is more than the window.
    """
    turns = tuple(history[max(0, len(history) - style.turns) :])
    if room.window is None:
        sent = pack(hits, room.passages, _sizer(style, fence, room.count))
        return Fitted(tuple(hits[:sent]), turns)
    blank = [hits[0].model_copy(update={"text": ""})] if hits else []
    fixed = _size(messages(question, blank, (), style, profile, fence), room.count) + SPARE
    free = room.window - fixed
    least = _LEAST if hits else 0
    if free < least:
        raise ModelServerError(
            f"The model reads {room.window:,} tokens beside its answer; the question and what the "
            f"profile says take {fixed:,}.",
            hint="Serve it with a longer context (--max-model-len), or lower llm.max_tokens.",
        )
    turns, used = _latest(turns, int(_HISTORY_SHARE * free), room.count)
    budget = min(room.passages, free - used)
    sizes = _sizer(style, fence, room.count)
    sent = pack(hits, budget, sizes)
    if not sent or sizes(hits[0]) <= free - used:
        return Fitted(tuple(hits[:sent]), turns)
    cut = _cut(hits[0], free - used, sizes)
    notice = (
        f"The best passage is longer than the model can read: of its {len(hits[0].text):,} "
        f"characters, {len(cut.text):,} were sent."
    )
    return Fitted((cut,), turns, notice)


def fit_turns(
    question: str, history: Sequence[Turn], style: Style, profile: Profile, room: TokenBudget
) -> tuple[Turn, ...]:
    """The latest turns that fit where no passage is sent."""
    turns = tuple(history[max(0, len(history) - style.turns) :])
    if room.window is None:
        return turns
    fixed = (
        _size(build_messages_without_documents(question, (), style, profile), room.count) + SPARE
    )
    return _latest(turns, max(0, room.window - fixed), room.count)[0]


def pack(hits: Sequence[Hit], budget: int, size: Callable[[Hit], int]) -> int:
    """How many of `hits`, from the first, fit into `budget` tokens; the first always does."""
    used = 0
    for packed, hit in enumerate(hits):
        used += size(hit)
        if used > budget and packed:
            return packed
    return len(hits)


def _sizer(style: Style, fence: str, count: CountTokens) -> Callable[[Hit], int]:
    """Tokens of a passage as it stands in the prompt."""
    return lambda hit: count(f"{passage_text(10, hit, style, fence)}\n\n") + 1


def _size(messages: Sequence[object], count: CountTokens) -> int:
    return sum(
        count(str(getattr(message, "content", message))) + PER_MESSAGE for message in messages
    )


def _latest(turns: Sequence[Turn], budget: int, count: CountTokens) -> tuple[tuple[Turn, ...], int]:
    """The latest turns that fit into the budget, whole ones only, and how many tokens they take."""
    kept, used = 0, 0
    for turn in reversed(turns):
        size = _size((f"Question: {turn.question}", turn.answer), count)
        if used + size > budget:
            break
        kept, used = kept + 1, used + size
    return tuple(turns[len(turns) - kept :]), used


def _cut(hit: Hit, budget: int, size: Callable[[Hit], int]) -> Hit:
    """The beginning of a passage that fits, at the end of a sentence where one is near."""

    def beginning(length: int) -> Hit:
        return hit.model_copy(update={"text": hit.text[:length], "end": hit.start + length})

    low, high = 0, len(hit.text)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(beginning(middle)) <= budget else (low, middle - 1)
    ends = [end for _, end in sentences.spans(hit.text) if end <= low]
    return beginning(ends[-1] if ends and ends[-1] > low // 2 else low)
