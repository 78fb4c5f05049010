"""The words on the page, in one place: another language is another `Words`; see `ui.messages.languages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rag.answer import Grade, Status, Verdict
from ui.messages.admin import ENGLISH_ADMIN, AdminWords
from ui.messages.formats import ENGLISH_FORMATS, Formats
from ui.messages.report import ENGLISH_REPORT, ReportWords
from ui.messages.sections import ENGLISH_ROOMS, RoomWords


def _english_statuses() -> Mapping[Status, tuple[str, str]]:
    return MappingProxyType(
        {
            Status.GROUNDED: (
                "Backed by your documents",
                "Every sentence stands in a passage that is quoted from them.",
            ),
            Status.PARTIAL: (
                "Partly backed",
                "Check the marked sentences: no source was found for them.",
            ),
            Status.UNSUPPORTED: (
                "Not backed",
                "No source was found for what the model wrote.",
            ),
            Status.NOT_IN_DOCUMENTS: (
                "Your documents do not say",
                "The model found no answer in the passages.",
            ),
            Status.MODEL_UNAVAILABLE: (
                "Model unavailable",
                "No answer was written.",
            ),
            Status.NOTHING_READABLE: (
                "Nothing here that you may read",
                "No document that could answer is open to you.",
            ),
            Status.NOT_ASKED: (
                "In your documents’ own words",
                "No model was asked.",
            ),
        }
    )


def _english_verdicts() -> Mapping[Verdict, tuple[str, str]]:
    return MappingProxyType(
        {
            Verdict.BACKED: (
                "Backed by your documents",
                "The numbers lead to the words that each sentence rests on.",
            ),
            Verdict.PARTLY_BACKED: (
                "Partly backed",
                "Only what your documents back stands in front, and then their own words.",
            ),
            Verdict.QUOTED: (
                "In your documents’ own words",
                "The model’s wording was not backed by them and is folded away below.",
            ),
            Verdict.COMPUTED: (
                "Answered without the model",
                "No language model had a part in it.",
            ),
            Verdict.NO_CLEAR_ANSWER: ("No clear answer found", "These come closest."),
            Verdict.NOT_IN_DOCUMENTS: (
                "Your documents do not say",
                "Nothing in them comes near an answer to this question.",
            ),
            Verdict.NOTHING_READABLE: (
                "Nothing here that you may read",
                "No document that could answer is open to you. Ask whoever looks after this page.",
            ),
        }
    )


def _english_grades() -> Mapping[Grade, str]:
    return MappingProxyType(
        {
            Grade.VERBATIM: "in the document’s own words",
            Grade.PARAPHRASE: "in other words",
            Grade.NOT_FOUND: "not found in the passages",
            Grade.UNCHECKED: "not checked",
        }
    )


def _english_file_notes() -> Mapping[str, str]:
    explanation = "This is the text that was read from it."
    return MappingProxyType(
        {
            "access": f"The original file is not where it was. {explanation}",
            "changed": f"The original file has changed since it was read in. {explanation}",
            "unreadable": f"The page cannot be shown as a picture. {explanation}",
        }
    )


def _english_reasons() -> Mapping[str, str]:
    return MappingProxyType(
        {
            "wrong": "It is wrong",
            "incomplete": "Something is missing",
            "wrong_source": "The source does not fit",
            "not_found": "The documents do say it",
            "unclear": "It is hard to understand",
            "other": "Something else",
        }
    )


def _english_sides() -> Mapping[str, tuple[str, str]]:
    return MappingProxyType(
        {
            "alone": ("The model alone", "Without a single document."),
            "with": ("With your documents", "The same model, told what your documents say."),
        }
    )


def _english_alone() -> Mapping[Status, str]:
    return MappingProxyType(
        {
            Status.GROUNDED: "By chance or from its training, your documents say the same.",
            Status.PARTIAL: "Your documents bear out only part of it.",
            Status.UNSUPPORTED: "Your documents bear out none of it.",
            Status.NOT_IN_DOCUMENTS: "It says that it does not know.",
            Status.MODEL_UNAVAILABLE: "No answer was written.",
            Status.NOTHING_READABLE: "There is no document that you may read.",
            Status.NOT_ASKED: "No model was asked.",
        }
    )


def _english_keys() -> Mapping[str, str]:
    return MappingProxyType(
        {
            "/": "to the question box",
            "@": "ask only some documents",
            "[": "the citation before",
            "]": "the next citation",
            "Esc": "close what is open",
            "?": "this list",
        }
    )


@dataclass(frozen=True, slots=True)
class Words:
    """Every word that the page says by itself. Braces are filled in by the view."""

    language: str = "en"
    product: str = "Inhouse"
    heading: str = "Ask your documents"
    promise: str = (
        "Your company’s own documents answer, in their own words. "
        "What the model adds is shown only where they back it."
    )
    starters: str = "Try one of these"
    fields: str = "Or ask about one field"
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
    resolving: str = "Rewording your question for the search"
    reading: str = "Reading {passages}"
    writing: str = "The model is writing. What your documents back of it appears here."
    writing_unchecked: str = "Writing, not checked"
    broke_off: str = "The model broke off. What it wrote until then was checked as far as it goes."
    stopped: str = "Stopped"
    stopped_why: str = "The model’s text ends where you stopped it."
    interrupted: str = "Not finished"
    interrupted_why: str = "The answer ended before it was whole. Ask again for all of it."
    failed: str = "No answer"
    no_source: str = "not found in the documents"
    show_sources: str = "Show sources"
    show_passages: str = "Show passages"
    statuses: Mapping[Status, tuple[str, str]] = field(default_factory=_english_statuses)
    verdicts: Mapping[Verdict, tuple[str, str]] = field(default_factory=_english_verdicts)
    quoted_without_model: str = "These sentences answer best."
    quoted_not_asked: str = "These sentences answer best. No model was asked."
    no_model_wrote: str = "The model is not available just now."
    grades: Mapping[Grade, str] = field(default_factory=_english_grades)
    probably: str = "probably in the documents"
    unchecked: str = "not checked"
    beside_the_point: str = "in the documents, but beside the point"
    extracts: str = "What the documents say"
    computed_table: str = "Result"
    model_text: str = "What the model wrote (not backed by the documents)"
    rest_of_model_text: str = "All that the model wrote (partly not backed by the documents)"

    sources: str = "Sources"
    passages: str = "Passages found"
    sources_for: str = "for"
    none_found: str = "No passage fits this question."
    nothing_near: str = "No passage comes near this question."
    sources_of_model: str = "Sources of what the model wrote"
    also_read: str = "Also read, not cited"
    also_found: str = "Found, not sent to the model"
    whole_passage: str = "Whole passage"
    close: str = "Close sources"
    page: str = "page {page}"
    passage_count: tuple[str, str] = ("1 passage", "{n} passages")
    document_count: tuple[str, str] = ("1 document", "{n} documents")
    generation: str = "generation {n}"
    searched_instead: str = "Searched for “{text}”"
    without_model: str = (
        "The language model does not answer just now. These are the documents’ own words."
    )
    searched_for: str = "searched for “{text}”"
    seconds: str = "{n} s"

    profiles: str = "Profiles"
    change_profile: str = "Choose a profile. Now"
    everything: str = "All documents"
    everything_why: str = "Without a profile: everything that you may read"
    ask_profile: str = "Ask {name}"
    profile_gone: str = (
        "The profile {name} of this conversation is not offered any more. What you ask now is asked "
        "of {other}."
    )
    too_many_answers: str = (
        "{n} of your answers are being written already. Wait for one of them, or stop it."
    )
    no_longer_welcome: str = (
        "You are signed out, or what you may read has changed. Reload the page, and ask again."
    )

    index_missing: str = "No index yet"
    index_missing_note: str = "Nothing has been read in yet. Ask whoever looks after this page."
    index_unavailable: str = "Index unavailable"
    index_unavailable_note: str = (
        "The documents cannot be searched just now. Ask whoever looks after this page."
    )
    model_ready: str = "ready"
    model_answers: str = "Ready"
    model_missing: str = "Model unavailable"
    model_silent: str = "The model does not answer just now."
    model_missing_note: str = "The documents still do, in their own words."
    details: str = "Details"
    question_empty: str = "Type a question first."
    question_too_long: str = (
        "This question has {n} characters; the longest possible is {limit}. Shorten it."
    )
    broken: str = "Something went wrong on the server. Its log says what."

    source: str = "Source"
    in_document: str = "Read it in the document"
    on_page: str = "See page {page}"
    on_slide: str = "Read slide {page}"
    opening: str = "Opening the document"
    close_source: str = "Close the document"
    also_in: str = "The same stands in"
    and_more: str = "and {n} more"
    newer_version: str = "There is a newer version:"
    withdrawn: str = (
        "This document has been withdrawn since. What was quoted from it is not shown any more."
    )
    not_there: str = "This document is not there any more, or you may not read it."
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
    sources_gone: str = (
        "Something that this answer rests on has been withdrawn since. The rest is as it was."
    )
    withheld: str = (
        "This sentence is not shown: it may rest on a document that is not there for you any more."
    )
    a_document: str = "A document"

    copy: str = "Copy"
    copied: str = "Copied, with its sources."
    ask_again: str = "Ask again"
    edit: str = "Edit question"
    helpful: str = "Helpful"
    unhelpful: str = "Not helpful"
    helpful_thanks: str = "Thank you. What was good about it?"
    unhelpful_title: str = "What was wrong?"
    reason: str = "Reason"
    reasons: Mapping[str, str] = field(default_factory=_english_reasons)
    note: str = "Anything else (if you like)"
    feedback_seen: str = (
        "It is kept with the question and the answer, for those who look after this page."
    )
    leave_it: str = "Close"
    send: str = "Send"
    thanks: str = "Thank you. It was kept."

    share: str = "Share or save"
    share_link: str = "A link for colleagues"
    share_link_why: str = (
        "Whoever opens it sees this conversation, and what you ask in it later, as far as they may read "
        "the documents behind it themselves. You can end the link at any time, here or in your history."
    )
    share_create: str = "Create a link"
    share_copy: str = "Copy the link"
    share_link_copied: str = "The link was copied."
    share_end: str = "Stop sharing"
    share_ended: str = "The link leads nowhere from now on."
    share_send: str = "Send"
    share_mail: str = "Write an e-mail with this answer"
    share_save: str = "Save"
    share_answer: str = "This answer:"
    share_all: str = "The whole conversation:"
    share_print: str = "Print or save as PDF"
    shared_links: str = "Shared by a link"
    shared_with_you: str = (
        "A colleague shares this conversation. You see of it what you may read; what you ask below becomes "
        "a conversation of your own."
    )
    link_gone: str = (
        "This link leads nowhere: the conversation was deleted, or is not shared any more."
    )
    conversation_gone: str = (
        "This conversation is not there: it was deleted, or it is somebody else’s and not shared."
    )
    history: str = "History"
    history_search: str = "Search your conversations"
    close_history: str = "Close the history"
    none_kept: str = "Nothing yet. What you ask is kept here, for you alone."
    none_fit: str = "No conversation holds this."
    history_note: str = (
        "Kept for you alone, until you delete it. Those who look after this page see which questions found "
        "no answer, without your name."
    )
    untitled: str = "Untitled"
    rename: str = "Rename"
    forget: str = "Delete"
    forget_sure: str = "Delete this conversation for good?"
    forget_all: str = "Delete all"
    forget_all_sure: str = "Delete all of your conversations for good?"
    export: str = "Export all"
    question_count: tuple[str, str] = ("1 question", "{n} questions")
    cut: str = "Interrupted"
    cut_why: str = "The connection to the server broke off. Your question is in the box again."
    try_again: str = "Try again"
    suggested: str = "What does “{title}” say about “{heading}”?"
    next_questions: str = "You might ask next"
    about_document: str = "About this document"
    ask_about: str = "Ask about this document"
    only_in: str = "Only in"
    scope_add: str = "Ask only some documents (@)"
    scope_list: str = "Documents, folders and tags"
    scope_document: str = "Document"
    scope_remove: str = "Remove"
    scope_found: str = "{n} to choose from"
    scope_nothing: str = "No document, folder or tag has this name."
    scope_gone: str = (
        "“{name}” is not there any more, or you may not read it. Remove it to ask the rest."
    )
    export_this: str = "This conversation as Markdown"
    keys: str = "Keys"
    key_list: Mapping[str, str] = field(default_factory=_english_keys)
    server_busy: str = "Too many questions are being asked just now. Try again in a moment."
    still_answering: str = "Your last question is still being answered. Try again in a moment."

    compare: str = "Compare"
    compare_heading: str = "The same model, with and without your documents"
    compare_lead: str = (
        "One question, asked twice. On its own the model answers from what it once read somewhere. "
        "With your documents, each sentence has to rest on a passage that you can open."
    )
    compare_stopped: str = "Stopped."
    compare_full: str = "Too many comparisons are going on. Try again in a moment."
    sides: Mapping[str, tuple[str, str]] = field(default_factory=_english_sides)
    thinking: str = "Answering from memory"
    alone_why: Mapping[Status, str] = field(default_factory=_english_alone)
    tally: str = "{n} of {sentences} borne out by your documents"
    sentence_count: tuple[str, str] = ("1 sentence", "{n} sentences")

    later: str = "Show what comes after"
    rooms: RoomWords = ENGLISH_ROOMS
    admin: AdminWords = ENGLISH_ADMIN
    report: ReportWords = ENGLISH_REPORT
    formats: Formats = ENGLISH_FORMATS


ENGLISH = Words()
