"""What an answer comes to: its status for programs, and its verdict for the reader."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer import CLEAR, Sentence, Status, Verdict
from rag.answering.query import Retrieved

ABSENT = 0.05
"""Confidence below which the documents are said not to hold an answer at all."""


def decide(
    retrieved: Retrieved,
    sentences: Sequence[Sentence],
    checked: Status,
    *,
    refused: bool,
    asked_model: bool,
    failed: bool,
) -> tuple[Status, Verdict]:
    """The status and the verdict of an answer.

    `checked` is the status that the check of the model's `sentences` gave; `refused`: the model said that
    the passages do not answer; `failed`: it broke off or could not be asked.
    """
    verdict = _verdict(retrieved, sentences, refused=refused)
    if retrieved.computed is not None:
        return _of_computed(verdict, checked, is_model_heard=asked_model and bool(sentences))
    if verdict is Verdict.NOTHING_READABLE:
        return Status.NOTHING_READABLE, verdict
    if not asked_model:
        return Status.NOT_ASKED, verdict
    if failed:
        return Status.MODEL_UNAVAILABLE, verdict
    if verdict is Verdict.NOT_IN_DOCUMENTS:
        return Status.NOT_IN_DOCUMENTS, verdict
    return checked, verdict


def _of_computed(
    verdict: Verdict, checked: Status, *, is_model_heard: bool
) -> tuple[Status, Verdict]:
    """A model may only add to what was computed, and only where the documents back all that it says."""
    if is_model_heard and verdict is Verdict.BACKED:
        return checked, verdict
    return Status.NOT_ASKED, Verdict.COMPUTED


def _verdict(retrieved: Retrieved, sentences: Sequence[Sentence], *, refused: bool) -> Verdict:
    if not retrieved.is_readable:
        return Verdict.NOTHING_READABLE
    backed = [s for s in sentences if s.supported and not s.is_beside_the_point]
    is_clear = retrieved.confidence >= CLEAR
    if backed and is_clear:
        return Verdict.BACKED if len(backed) == len(sentences) else Verdict.PARTLY_BACKED
    if is_clear and retrieved.extracts:
        return Verdict.QUOTED
    if not retrieved.hits or retrieved.confidence < ABSENT or (refused and not retrieved.extracts):
        return Verdict.NOT_IN_DOCUMENTS
    return Verdict.NO_CLEAR_ANSWER
