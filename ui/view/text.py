"""The words on the page, in one place: another language is another `Words`; see `ui.view.languages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rag.answer import Status
from ui.view.text_rooms import ENGLISH_ROOMS, RoomWords


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


def _english_file_notes() -> Mapping[str, str]:
    shown = "This is the text that was read from it."
    return MappingProxyType(
        {
            "access": f"The original file is not where it was. {shown}",
            "changed": f"The original file has changed since it was read in. {shown}",
            "unreadable": f"The page cannot be shown as a picture. {shown}",
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

    source: str = "Source"
    in_document: str = "Read it in the document"
    on_page: str = "See page {page}"
    opening: str = "Opening the document"
    close_source: str = "Close the document"
    withdrawn: str = (
        "This document has been withdrawn since. What was quoted from it is not shown any more."
    )
    not_there: str = "This document is not in the index any more, or you may not read it."
    quote_gone: str = (
        "The document has changed since this answer; the quoted words do not stand in it any more."
    )
    no_originals: str = "The original files cannot be downloaded here."
    file_notes: Mapping[str, str] = field(default_factory=_english_file_notes)
    picture_of: str = "Page {page} of {title}"
    page_of: str = "{page} of {pages}"
    page_before: str = "Page before"
    page_after: str = "Next page"
    slide: str = "slide {page}"
    zoom_in: str = "Larger"
    zoom_out: str = "Smaller"
    zoom_fit: str = "Fit"
    as_text: str = "As text"
    as_picture: str = "As it looks"
    download: str = "Download"
    earlier: str = "Show what comes before"
    later: str = "Show what comes after"
    rooms: RoomWords = ENGLISH_ROOMS


ENGLISH = Words()


def counted(forms: tuple[str, str], n: int) -> str:
    """`forms` are the words for one and for any other number."""
    return forms[0] if n == 1 else forms[1].format(n=f"{n:,}")
