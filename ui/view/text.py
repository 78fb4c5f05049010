"""The words on the page, in one place, so that another language is another `Words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rag.answer import Status


def _english_statuses() -> Mapping[Status, tuple[str, str]]:
    return MappingProxyType(
        {
            Status.GROUNDED: (
                "Grounded",
                "Every sentence rests on a passage quoted from the documents.",
            ),
            Status.PARTIAL: (
                "Partly supported",
                "Check the marked sentences: no source was found for them.",
            ),
            Status.UNSUPPORTED: (
                "Not supported",
                "Nothing in the documents backs this answer. Do not rely on it.",
            ),
            Status.NOT_IN_DOCUMENTS: (
                "Not in the documents",
                "The nearest passages are shown, so that you can judge for yourself.",
            ),
            Status.MODEL_UNAVAILABLE: (
                "Model unavailable",
                "No answer was written. These are the passages that fit the question best.",
            ),
        }
    )


@dataclass(frozen=True, slots=True)
class Words:
    """Every word that the page says by itself. Braces are filled in by the view."""

    language: str = "en"
    product: str = "Inhouse"
    heading: str = "Ask your documents"
    promise: str = (
        "Answers come from your company’s own documents. "
        "Each sentence shows the passage it rests on, or says that it has none."
    )
    starters: str = "Try one of these"
    label: str = "Your question"
    placeholder: str = "Ask a question"
    ask: str = "Ask"
    stop: str = "Stop"
    new: str = "New conversation"
    caution: str = "Answers can be wrong. The quoted passages are the documents’ own words."
    skip: str = "Skip to the question"
    loading: str = "Opening the page"
    no_script: str = "This page needs JavaScript, which your browser has switched off."
    lost: str = "The page cannot reach its server. Check that it is still running."

    you: str = "You asked"
    searching: str = "Searching the documents"
    reading: str = "Reading {passages}"
    writing: str = "Writing, not checked yet"
    broke_off: str = "The model broke off. What it wrote until then was checked as far as it goes."
    stopped: str = "Stopped"
    stopped_why: str = "This text was not checked against the documents."
    failed: str = "No answer"
    no_source: str = "no source"
    source: str = "Source"
    show_sources: str = "Show sources"
    show_passages: str = "Show passages"
    statuses: Mapping[Status, tuple[str, str]] = field(default_factory=_english_statuses)

    sources: str = "Sources"
    passages: str = "Passages found"
    sources_for: str = "for"
    none_found: str = "No passage fits this question."
    also_read: str = "Also read, not cited"
    also_found: str = "Found, not sent to the model"
    whole_passage: str = "Whole passage"
    close: str = "Close sources"
    page: str = "page {page}"
    passage_count: tuple[str, str] = ("1 passage", "{n} passages")
    document_count: tuple[str, str] = ("1 document", "{n} documents")
    generation: str = "generation {n}"
    seconds: str = "{n} s"

    index_missing: str = "No index yet"
    index_unavailable: str = "Index unavailable"
    model_ready: str = "ready"
    model_missing: str = "Model unavailable"
    model_missing_note: str = "Questions still find passages; no answer is written from them."
    question_empty: str = "Type a question first."
    question_too_long: str = (
        "This question has {n} characters; the longest possible is {limit}. Shorten it."
    )
    broken: str = "Something went wrong on the server. Its log says what."


ENGLISH = Words()


def counted(forms: tuple[str, str], n: int) -> str:
    """`forms` are the words for one and for any other number."""
    return forms[0] if n == 1 else forms[1].format(n=f"{n:,}")
