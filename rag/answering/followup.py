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
_GERMAN_OPENINGS = {"und", "aber", "oder", "dann", "wie ist es mit"}
"""Of a language in which every noun has a capital, as names have elsewhere."""
_CODE = re.compile(r"\b[A-Za-z]{1,4}[-_/.]?\d[\w-]*")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NAME = re.compile(r"\b[A-ZÀ-Þ][\w-]+(?: (?:[A-ZÀ-Þ][\w-]+|\d+\b))*")
_NAMED = re.compile(
    rf"(?P<opening>(?i:{_OPENINGS.pattern})) (?P<lead>(?:[^\W\d_A-ZÀ-Þ]{{1,4}} ){{0,3}})"
    rf"(?P<name>{_CODE.pattern}|{_YEAR.pattern}|{_NAME.pattern})[\s?!.]*$"
)
"""A question that names another thing and says nothing else: "And the one in France?"."""
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
_SUBJECT = re.compile(
    r"(?:do(?:es)?|did|is|are|was|were|can|could|will|would|has|have|must)\s+(?:that|they|he|she)\b"
    r"|does\s+it\b",
    re.I,
)
"""Something that was named before is what this asks about: "Does that cover labour?"."""
_FEW_WORDS = 3
_FEW_TELLING = 4
"""With more telling words, a question that points most often points at something in itself."""
_LONGEST_ANSWER = 80
"""Characters of an answer that is searched for with its question. A longer one says more than was asked, and
draws the search to itself: 25 of 32 follow-ups found their answer first without it, 19 with it."""
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

    It begins by going on ("and …") or by asking about "that", has next to no words, or says little and points
    at something ("it").
    """
    if not history:
        return False
    words = _words(question)
    return (
        _OPENINGS.match(question.strip()) is not None
        or _SUBJECT.match(question.strip()) is not None
        or len(words) <= _FEW_WORDS
        or (len(_telling(question)) <= _FEW_TELLING and not _POINTING.isdisjoint(words))
    )


def points(question: str) -> bool:
    """Whether the question points at something that was said before ("it", "these")."""
    return not _POINTING.isdisjoint(_words(question))


def join_questions(question: str, history: Sequence[Turn], *, with_answer: bool = True) -> str:
    """The earlier question, its answer if that is short, and this one; or what `replace_name` makes of them.

    An earlier question that leans itself is made whole first.
    """
    *before, turn = history
    earlier, answer = turn.question.strip(), turn.answer.strip()
    if is_followup(earlier, before):
        earlier = join_questions(earlier, before, with_answer=False)
    if replaced := replace_name(earlier, question):
        return replaced
    if not with_answer or len(answer) > _LONGEST_ANSWER:
        answer = ""
    return " ".join(part for part in (earlier, answer, question) if part)


def replace_name(earlier: str, question: str) -> str:
    """The earlier question about the name, code or year of `question`; empty if that says more than one.

    It takes the place of the only one, or of the one behind the same word ("in Veldhage").
    """
    named = _NAMED.match(question.strip())
    if named is None:
        return ""
    name, lead = named["name"], named["lead"].split()
    kind = next(pattern for pattern in (_CODE, _YEAR, _NAME) if pattern.fullmatch(name))
    names = [match for match in kind.finditer(earlier) if match.start() > 0]
    if len(names) != 1 or (kind is _NAME and named["opening"].lower() in _GERMAN_OPENINGS):
        names = [
            match for match in names if lead and earlier[: match.start()].endswith(f" {lead[-1]} ")
        ]
    if len(names) != 1:
        return ""
    return earlier[: names[0].start()] + name + earlier[names[0].end() :]


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
    joined = join_questions(question, history)
    if rewrite is None or not joined.endswith(question):  # another name says it all
        return joined
    rewritten = _first_line(rewrite(_request(question, history)))
    return rewritten if keeps_subject(rewritten, question, history) else joined


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
