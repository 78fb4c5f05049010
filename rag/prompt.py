"""What the model is told.

The front of a prompt is the same for every question, so that the server's prefix cache holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answer import Turn
from rag.hit import Hit

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

REFUSAL = "The documents do not say."
"""What the model is asked to say when the passages hold no answer; `rag.citations` looks for it."""


@dataclass(frozen=True, slots=True)
class Style:
    """How much a model is told at once.

    `system` is what it is told first, `alone` the same where it has no documents to read.
    `context_tokens` bounds the passages, `turns` the earlier questions; generation ends at one of
    `stop`. `frequency_penalty` keeps a small model from saying the same thing until its tokens run out.
    """

    system: str
    alone: str
    context_tokens: int
    turns: int
    numbered: bool
    stop: tuple[str, ...] = ()
    frequency_penalty: float = 0.0


FULL = Style(
    system=(
        "You answer questions from a company's documents. Use only the passages given. "
        "Answer in one to three short sentences, in the language of the question, and repeat "
        "numbers, names and dates exactly. If the passages do not hold the answer, say: " + REFUSAL
    ),
    alone="Answer in one to three short sentences, in the language of the question.",
    context_tokens=1500,
    turns=3,
    numbered=True,
)
COMPACT = Style(
    system="Answer the question in one short sentence, using only the text.",
    alone="Answer the question in one short sentence.",
    context_tokens=400,
    turns=1,
    numbered=False,
    stop=("\n\n", "\nQuestion:"),
    frequency_penalty=0.4,
)
"""For models below a billion parameters: they lose the thread in what helps a larger one."""
SMALL_MODEL_PARAMETERS = 1_000_000_000


def style_of(model: str) -> Style:
    """The style for a model by its name; one that the catalogue does not know is taken for a large one."""
    from rag.models import get_card

    card = get_card(model)
    return COMPACT if card and card.parameters < SMALL_MODEL_PARAMETERS else FULL


def messages(
    question: str, passages: Sequence[Hit], history: Sequence[Turn], style: Style
) -> list[BaseMessage]:
    """The conversation as the model sees it: instructions, earlier turns, passages, the question."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    made: list[BaseMessage] = [SystemMessage(style.system)]
    for turn in history[-style.turns :]:
        made += [HumanMessage(turn.question), AIMessage(turn.answer)]
    evidence = "\n\n".join(
        f"[{number}] {_heading(hit)}\n{hit.text}" if style.numbered else hit.text
        for number, hit in enumerate(passages, start=1)
    )
    label = "Passages" if style.numbered else "Text"
    made.append(HumanMessage(f"{label}:\n{evidence}\n\nQuestion: {question}"))
    return made


def messages_without_documents(
    question: str, history: Sequence[Turn], style: Style
) -> list[BaseMessage]:
    """The same conversation with nothing to read: what is left is what the model itself knows."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    made: list[BaseMessage] = [SystemMessage(style.alone)]
    for turn in history[-style.turns :]:
        made += [HumanMessage(turn.question), AIMessage(turn.answer)]
    return [*made, HumanMessage(question)]


def _heading(hit: Hit) -> str:
    return f"{hit.title}, {hit.section}" if hit.section else hit.title
