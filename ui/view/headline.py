"""The line above an answer: what it comes to, in people's words."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answer import Answer, Status, Verdict
from ui.messages.page import Words

_OF_STATUS = {
    Status.GROUNDED: Verdict.BACKED,
    Status.PARTIAL: Verdict.PARTLY_BACKED,
    Status.UNSUPPORTED: Verdict.NO_CLEAR_ANSWER,
    Status.NOT_IN_DOCUMENTS: Verdict.NOT_IN_DOCUMENTS,
    Status.MODEL_UNAVAILABLE: Verdict.NO_CLEAR_ANSWER,
    Status.NOTHING_READABLE: Verdict.NOTHING_READABLE,
    Status.NOT_ASKED: Verdict.QUOTED,
}
"""For answers that were stored before they had a verdict."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A `label`, and in a sentence `why` it is so."""

    verdict: Verdict
    label: str
    why: str


def find_verdict(answer: Answer) -> Verdict:
    """The verdict, also of an answer that was stored before there was one."""
    return answer.verdict or _OF_STATUS[answer.status]


def choose_headline(answer: Answer, words: Words) -> Headline:
    """The line for an answer."""
    verdict = find_verdict(answer)
    label, why = words.verdicts[verdict]
    if answer.status is Status.MODEL_UNAVAILABLE:
        if answer.text:
            why = f"{why} {words.broke_off}"
        elif verdict is Verdict.QUOTED:
            why = words.quoted_without_model
        else:
            why = f"{why} {words.no_model_wrote}"
    elif verdict is Verdict.QUOTED and answer.status is Status.NOT_ASKED:
        why = words.quoted_not_asked
    elif verdict is Verdict.QUOTED and not answer.text:
        why = words.quoted_without_model
    elif verdict is Verdict.NO_CLEAR_ANSWER and not answer.extracts:
        why = words.nothing_near
    return Headline(verdict, label, why)
