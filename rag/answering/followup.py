"""Questions that lean on the conversation, made whole before they are searched for.

"And for part-timers?" finds nothing by itself. Whether a question leans is told by its words; a model may
put it anew, and what it says is searched for only if it keeps the subject. Else the earlier question is put
in front, which needs no model.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from rag.answer import Turn
from rag.answering.llm import Piece

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_OPENINGS = re.compile(
    r"(and|but|or|so|then|also|what about|how about|und|aber|oder|dann|wie ist es mit|et|mais|ou|alors"
    r"|y|pero|o|entonces)\b",
    re.I,
)
_POINTING = frozenset(
    re.findall(
        r"\S+",
        "it its it's that this these those they them their ones he she him her his same other others "
        "another afterwards dies dieser dieses dazu dafür damit davon ihn ihm cela ça ceci celui celle ceux "
        "celles lui eso esto ello ellos ellas",
    )
)
_COMPARING = frozenset({"same", "other", "others", "another", "ones", "afterwards"})
_PRONOUNS = _POINTING - _COMPARING
"""A rewrite may put a name in place of a pronoun; "the other one" it has to keep."""
_FEW_WORDS = 3
_FEW_TELLING = 4
"""With more telling words, a question that points most often points at something in itself."""
_LONGEST_ANSWER = 200
LONGEST_REWRITE = 300
"""Characters; what a model says beyond them is no question any more."""
PATIENCE_S = 5.0
"""Seconds that a rewrite may take; joining takes none."""
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        "a an the is are was were be do does did have has had can could may must should will would i we you "
        "my our your to of in on at for with from by as if and or but so then what which who whom whose when "
        "where why how many much long often about not no yes also too",
    )
)

INSTRUCTION = (
    "Rewrite the last question so that it can be understood without the conversation. "
    "Use only words of the conversation. Answer with the question alone."
)


def is_followup(question: str, history: Sequence[Turn]) -> bool:
    """Whether the question cannot be understood without what was said before.

    It begins by going on ("and …"), has next to no words, or says little and points at something ("it").
    """
    if not history:
        return False
    words = _words(question)
    return (
        _OPENINGS.match(question.strip()) is not None
        or len(words) <= _FEW_WORDS
        or (len(_telling(question)) <= _FEW_TELLING and not _POINTING.isdisjoint(words))
    )


def points(question: str) -> bool:
    """Whether the question points at something that was said before ("it", "these")."""
    return not _POINTING.isdisjoint(_words(question))


def join_questions(question: str, history: Sequence[Turn]) -> str:
    """The question behind the one that it leans on, and behind its answer if that is short.

    A question that leans itself brings the one before it along.
    """
    parts: list[str] = []
    for at in range(len(history) - 1, -1, -1):
        turn = history[at]
        if not parts and len(turn.answer) <= _LONGEST_ANSWER:
            parts.insert(0, turn.answer.strip())
        parts.insert(0, turn.question.strip())
        if not is_followup(turn.question, history[:at]):
            break
    return " ".join([*(part for part in parts if part), question])


def resolve_question(
    question: str,
    history: Sequence[Turn],
    rewrite: Callable[[list[BaseMessage]], str] | None = None,
) -> str:
    """What to search for: the question itself, unless it leans on `history`.

    `rewrite` asks a model; None, or a model that says nothing of use, leaves it at joining.
    """
    if not is_followup(question, history):
        return question
    if rewrite is not None:
        rewritten = _first_line(rewrite(_request(question, history)))
        if keeps_subject(rewritten, question, history):
            return rewritten
    return join_questions(question, history)


def keeps_subject(rewritten: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a rewritten question says what the question says, about what was talked about, and no more.

    It has every telling word of the question, at least one of the conversation that the question lacks, and
    none that neither has. A pronoun may go.
    """
    if not rewritten or len(rewritten) > LONGEST_REWRITE:
        return False
    if question.rstrip().endswith("?") and not rewritten.endswith("?"):
        return False  # an answer, not a question
    rewritten_words, question_words = _telling(rewritten), _telling(question)
    before = {word for turn in history for word in _telling(f"{turn.question} {turn.answer}")}
    return (
        question_words <= rewritten_words
        and bool((rewritten_words & before) - question_words)
        and rewritten_words <= question_words | before
    )


def collect_pieces(pieces: Iterable[Piece]) -> str:
    """What a model makes of a question; nothing where it takes too long or does not come to an end."""
    text, started = "", time.monotonic()
    for piece in pieces:
        text += piece.text
        if time.monotonic() - started > PATIENCE_S or len(text) > LONGEST_REWRITE:
            return ""
    return text


def _request(question: str, history: Sequence[Turn]) -> list[BaseMessage]:
    from langchain_core.messages import HumanMessage, SystemMessage

    talk = "\n".join(f"Question: {turn.question}\nAnswer: {turn.answer}" for turn in history[-2:])
    return [SystemMessage(INSTRUCTION), HumanMessage(f"{talk}\nLast question: {question}")]


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return re.sub(r"^(?:\w+ )?question:\s*", "", line, flags=re.I).strip(" \"“”'")


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _telling(text: str) -> set[str]:
    """The words that say what it is about; an English plural counts as its singular."""
    return {
        word.removesuffix("'s").rstrip("s") or word
        for word in _words(text)
        if word not in _EMPTY and word not in _PRONOUNS
    }
