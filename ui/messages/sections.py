"""The words of the rooms beside the conversation: navigation, search, documents, quality, about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rag.index.catalog.ledger import FileState

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "application/epub+zip": "EPUB",
        "application/json": "JSON",
        "application/msword": "Word (.doc)",
        "application/pdf": "PDF",
        "application/rtf": "RTF",
        "application/vnd.ms-excel": "Excel (.xls)",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12": "Excel (.xlsb)",
        "application/vnd.ms-outlook": "Outlook",
        "application/vnd.ms-powerpoint": "PowerPoint (.ppt)",
        "application/vnd.oasis.opendocument.presentation": "ODP",
        "application/vnd.oasis.opendocument.spreadsheet": "ODS",
        "application/vnd.oasis.opendocument.text": "ODT",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
        "application/x-ipynb+json": "Jupyter",
        "application/xml": "XML",
        "image/bmp": "BMP",
        "image/gif": "GIF",
        "image/jpeg": "JPEG",
        "image/png": "PNG",
        "image/tiff": "TIFF",
        "image/webp": "WebP",
        "multipart/related": "MHTML (.mht)",
        "text/asciidoc": "AsciiDoc",
        "text/csv": "CSV",
        "text/html": "HTML",
        "text/markdown": "Markdown",
        "text/org": "Org",
        "text/tab-separated-values": "TSV",
        "text/x-rst": "reStructuredText",
    }
)
"""Names that are the same in every language."""


def _states() -> Mapping[FileState, str]:
    return MappingProxyType(
        {
            FileState.INDEXED: "indexed",
            FileState.PARTIAL: "partly indexed",
            FileState.EMPTY: "no text",
            FileState.FAILED: "failed",
            FileState.SKIPPED: "skipped",
        }
    )


def _types() -> Mapping[str, str]:
    return MappingProxyType(
        {"text/plain": "Text", "message/rfc822": "E-mail", "application/mbox": "Mailbox"}
    )


def _languages() -> Mapping[str, str]:
    return MappingProxyType(
        {
            "de": "German",
            "en": "English",
            "es": "Spanish",
            "fr": "French",
            "it": "Italian",
            "nl": "Dutch",
            "pt": "Portuguese",
        }
    )


@dataclass(frozen=True, slots=True)
class RoomWords:
    """Every word of these rooms. Braces are filled in by the view."""

    rooms: str = "Rooms"
    menu: str = "Menu"
    ask: str = "Ask"
    compare: str = "Compare"
    search: str = "Search"
    documents: str = "Documents"
    quality: str = "Quality"
    admin: str = "Admin"
    section: str = "Section"
    other_versions: str = "Other versions"
    show_differences: str = "Show the differences"
    no_differences: str = "Nothing differs but the layout."
    about: str = "About"
    sign_out: str = "Sign out"
    own_language: str = "English"
    skip: str = "Skip to the content"
    not_there: str = "This page is not there, or not for you."
    yes: str = "yes"
    no: str = "no"
    partly: str = "partly"

    search_lead: str = "Passages that fit your words, found without the model."
    search_label: str = "What to look for"
    search_again: str = "Search"
    any_folder: str = "Any folder"
    any_type: str = "Any type"
    any_tag: str = "Any tag"
    any_state: str = "Any state"
    folder: str = "Folder"
    type: str = "Type"
    tag: str = "Tag"
    changed_from: str = "Changed from"
    changed_until: str = "until"
    clear: str = "Clear filters"
    nothing_fits: str = "No passage fits. Try other words."
    nothing_fits_filters: str = "No passage fits. Try other words, or fewer filters."
    nothing_readable: str = (
        "There is no document here that you may read. Ask whoever looks after this page."
    )
    nothing_read_in: str = "No document has been read in yet."
    best_first: str = "{passages}, best first"
    more_hits: str = "Show more passages"
    why: str = "Why it is here"
    score: str = "Score"
    score_why: str = "from both rankings; the higher, the better"
    by_meaning: str = "By meaning"
    by_words: str = "By words"
    place_of: str = "place {n}"
    not_among: str = "not among the first {n}"
    matched: str = "Your words in it"
    none_matched: str = "none as they stand"
    bad_date: str = "A date is written as in 2026-11-24."

    documents_lead: str = "Every file that was read, and what became of it."
    documents_lead_plain: str = "All documents that you may read."
    files: str = "Files"
    chunk_count: tuple[str, str] = ("1 chunk", "{n} chunks")
    name: str = "Name"
    name_filter: str = "Name or title"
    state: str = "State"
    pages: str = "Pages"
    author: str = "Written by"
    upload_closed: str = (
        "Read in, but no access rule opens it to you. Ask whoever looks after this page."
    )
    no_author: str = "not named in the file"
    outline: str = "Contents"
    begins: str = "How it begins"
    size: str = "Size"
    changed: str = "Changed"
    read: str = "Read in"
    states: Mapping[FileState, str] = field(default_factory=_states)
    types: Mapping[str, str] = field(default_factory=_types)
    no_file: str = "No file fits these filters."
    shown: str = "{first} to {last} of {total}"
    before: str = "Previous"
    after: str = "Next"
    coverage: str = "Coverage"
    coverage_why: str = "{with_text} of {pages} pages have text"
    last_run: str = "Last run"
    last_run_why: str = (
        "{added} added, {updated} updated, {deleted} gone, {failed} failed · {seconds} s"
    )
    no_run: str = "none yet"
    with_problems: str = "With problems"
    in_index: str = "In the index"
    pages_with_text: str = "{with_text} of {pages} with text"
    generation_since: str = "since generation {n}"
    language: str = "Language"
    languages: Mapping[str, str] = field(default_factory=_languages)
    tags: str = "Tags"
    chunks: str = "Chunks"
    chunks_lead: str = (
        "What the search and the model get of this document, piece by piece. "
        "The first line of each says where it stands; it is read along with the text."
    )
    no_chunks: str = "The index holds no text of this file."
    characters: str = "characters {start} to {end}"
    back_to_documents: str = "All documents"
    read_it: str = "Open"

    inbox: str = "Inbox"
    upload: str = "Upload documents"
    upload_here: str = "or drop them here. They are read in at once, by a process of its own."
    ingest_again: str = "Read the inbox again"
    withdraw: str = "Withdraw"
    withdraw_sure: str = "Withdraw {name}? It is deleted, and nothing is answered from it any more."
    already_there: str = "There is a file {name} already, from {by}. Replace it?"
    already_there_too: str = "There is a file {name} already. Replace it?"
    replace: str = "Replace"
    keep_both: str = "Keep both"
    withdraw_outside: str = "To withdraw it, take it out of its folder: it is not in the inbox."
    read_again: str = "Read it in again"
    was_read_again: str = "It was read again; this is what came of it."
    cancel: str = "Cancel"
    sending: str = "Sending {name}"
    too_large: str = "{name} is too large: a file has {limit} at most."
    ingest_waiting: str = "Another run is at work; this one waits for it."
    ingest_begins: str = "Looking for what has changed"
    ingest_running: str = "Reading in: {files} of {total} files"
    ingest_done: str = "Read in."
    progress: str = "How far it is"

    quality_lead: str = (
        "How well questions are found and answered, measured on questions of your own."
    )
    no_evaluation: str = "Nothing has been measured yet."
    how_to_measure: str = "Measure it with: inhouse eval questions.jsonl"
    feedback: str = "What people said"
    no_feedback: str = "Nobody has said anything yet."
    helpful: str = "Helpful"
    not_helpful: str = "Not helpful"
    feedback_count: str = "{helpful} found an answer helpful, {unhelpful} did not."

    about_lead: str = "What answers here, under which licence, and where your data stays."
    stays: str = "Where data stays"
    stays_here: str = (
        "Documents, questions and answers stay on the server that shows this page. "
        "The page loads nothing from anywhere else, and nothing is reported to anybody."
    )
    stays_model: str = "Questions and the passages found for them go to the model server at {url}."
    stays_loopback: str = "That is this same machine."
    stays_elsewhere: str = "That is another machine; who runs it can read them."
    stays_judge: str = "Sentences of answers and what they rest on go to the model server at {url}."
    index_at: str = "The index lies in {path}."
    model: str = "Language model"
    embedder: str = "Embedder"
    reranker: str = "Re-ranking"
    reranks: str = "This model reads the best passages with the question, and puts them in order."
    entailment: str = "Second check"
    entails: str = (
        "This model reads each sentence of an answer with its quotation, and has to find it there."
    )
    judge: str = "Judge"
    judges: str = (
        "Tried on these documents' sentences, it tells right from wrong often enough: it is asked about "
        "sentences that words alone do not settle."
    )
    judges_not: str = (
        "Tried on these documents' sentences, it does not tell right from wrong often enough: "
        "it has no vote."
    )
    unknown_model: str = "The catalogue of open models does not know {name}."
    licence: str = "Licence"
    weights: str = "Weights are public"
    training_data: str = "Training data is public"
    code: str = "Code is public"
    commercial: str = "Commercial use"
    parameters: str = "Parameters"
    context: str = "Context"
    tokens: str = "{n} tokens"
    memory: str = "Memory"
    checked: str = "As known on {date}; what its sources say counts"
    versions: str = "Versions"
    own_licence: str = "Inhouse is free software under the Apache License 2.0."
    notices: str = "Third-party notices"
    notices_lead: str = "What Inhouse is built with, as installed here, and each part's licence."
    package: str = "Package"
    version: str = "Version"


ENGLISH_ROOMS = RoomWords()
