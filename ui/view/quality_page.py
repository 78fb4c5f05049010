"""How good the answers are: the last evaluation, and what people said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import Answer
from rag.evaluation import Evaluation
from ui.messages.numbers import format_day_and_time, number
from ui.messages.page import Words
from ui.view.evaluation.page import report
from ui.view.markup import escape, escape_name, render_emphasis

MOST = 100
"""So much feedback is shown, the latest first."""


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """What somebody said of an answer. `given_at`: seconds since the epoch."""

    name: str
    given_at: float
    helpful: bool
    reason: str
    note: str
    answer: Answer


def render_quality_page(
    evaluation: Evaluation | None,
    feedback: Sequence[FeedbackItem] | None,
    words: Words,
) -> str:
    """The last evaluation, and what people said; `feedback` None: for somebody who may not see any."""
    messages = words.rooms
    if evaluation is None:
        measured = (
            f'<p class="none">{escape(messages.no_evaluation)}</p>'
            f'<p class="how">{_with_code(messages.how_to_measure)}</p>'
        )
    else:
        measured = report(evaluation, heading="h2", words=words)
    return (
        f'<h1>{escape(messages.quality)}</h1><p class="lead">{escape(messages.quality_lead)}</p>'
        f"{measured}{'' if feedback is None else _feedback(feedback, words)}"
    )


def _with_code(text: str) -> str:
    before, _, command = text.partition("inhouse ")
    return f"{escape(before)}<code>inhouse {escape(command)}</code>"


def _feedback(feedback: Sequence[FeedbackItem], words: Words) -> str:
    messages = words.rooms
    if not feedback:
        inner = f'<p class="quiet">{escape(messages.no_feedback)}</p>'
    else:
        helpful = sum(item.helpful for item in feedback)
        counted = messages.feedback_count.format(
            helpful=number(helpful, words), unhelpful=number(len(feedback) - helpful, words)
        )
        cards = "".join(_card(item, words) for item in feedback[:MOST])
        inner = f'<p class="quiet">{escape(counted)}</p><ol class="cards">{cards}</ol>'
    return f"<section><h2>{escape(messages.feedback)}</h2>{inner}</section>"


def _card(item: FeedbackItem, words: Words) -> str:
    kind, label = (
        ("indexed", words.rooms.helpful) if item.helpful else ("failed", words.rooms.not_helpful)
    )
    parts = [
        item.name,
        format_day_and_time(item.given_at, words),
        words.reasons.get(item.reason, item.reason),
    ]
    status = words.statuses[item.answer.status][0]
    model = item.answer.model.rstrip("/").rpartition("/")[2]
    origin = [status, model, words.generation.format(n=number(item.answer.generation, words))]
    note = f"<blockquote>{escape(item.note)}</blockquote>" if item.note else ""
    return (
        f'<li class="card"><h3>{escape_name(item.answer.question)}</h3>'
        f'<p class="where"><span class="state-tag state-{kind}">{escape(label)}</span> '
        f"{' · '.join(escape_name(part) for part in parts if part)}</p>{note}"
        f"<details><summary>{' · '.join(escape_name(part) for part in origin if part)}</summary>"
        f"<p>{render_emphasis(item.answer.text)}</p></details></li>"
    )
