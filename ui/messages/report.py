"""The words of an evaluation's report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportWords:
    """Every word of it but the metrics' meanings and the faults, for which see `ReportTerms`."""

    over: str = "Evaluation · {when}"
    questions: str = "Questions"
    questions_of: str = "{n}, {without} of them without an answer"
    index: str = "Index"
    chunk_count: tuple[str, str] = ("1 chunk", "{n} chunks")
    generation: str = "generation {n}"
    embedder: str = "Embedder"
    model: str = "Model"
    not_asked: str = "not asked"
    took: str = "Took"
    seconds: str = "{n} s"
    from_to: str = "{low} to {high}"
    all_figures: str = "All figures"
    by_type: str = "By type of question"
    without_part: str = "Without {part}"
    went_wrong: str = "What went wrong"
    value: str = "value"
    interval: str = "95 % interval"
    number_of_questions: str = "questions"
    milliseconds: str = "milliseconds"
    with_: str = "with"
    without: str = "without"
    lift: str = "lift"

    tile_recall: str = "documents found in {k} hits"
    tile_coverage: str = "facts found in {budget} words"
    tile_containment: str = "answers hold the expected one"
    tile_citations: str = "citations quote a known fact"
    tile_abstention: str = "balanced accuracy of refusing"
    tile_search: str = "for a search, median"

    curve: str = "Documents found, by number of hits"
    curve_says: str = "Recall rises from {first} at 1 hit to {last} at {n}"
    curve_note: str = (
        "Share of the right documents among the first hits: {first} with 1, {middle} with {k}, "
        "{last} with {n}."
    )
    hits: str = "hits"
    recall_by_type: str = "Recall of documents in {k} hits, by type"
    containment_by_type: str = "Answers that hold the expected one, by type"
    citations_by_type: str = "Citations that quote a known fact, by type"
    weakest_first: str = "The weakest type stands first; bars are 95 % intervals."
    left_out: str = "The {n} types with the fewest questions are in the table."
    statuses: str = "What became of the questions"
    statuses_says: str = "Statuses of the answers"
    statuses_note: str = (
        "Questions with an answer in the documents should be grounded, the others refused."
    )
    has_answer: str = "has an answer"
    has_none: str = "has none"
    risk: str = "What refusing doubtful questions would save"
    risk_says: str = "Risk over coverage"
    risk_axis: str = "share of questions that are answered, the surest first"
    risk_note: str = (
        "Share of answered questions that go wrong, by how sure the search is that the documents say it. "
        "With every question answered: {at_all}."
    )
    time: str = "Time"
    time_says: str = "Cumulated share of questions over time"
    time_note: str = "Share of questions done within so many milliseconds."
    time_parallel: str = "Searches ran one at a time, answers up to {n} at a time."
    search: str = "search"
    first_word: str = "first token"
    whole_answer: str = "whole answer"
    brings: str = "What {part} brings"
    brings_says: str = "Lift by {part}"
    brings_note: str = (
        "How much higher each figure is with it than without it, on the same questions; where the 95 % "
        "interval crosses 0, it may bring nothing."
    )

    none_wrong: str = "Nothing went wrong with any question."
    how_many_wrong: str = (
        "{wrong} of {all} questions, in the order of the file. "
        "Open one to see what was found and said."
    )
    more_wrong: str = "{n} more are in report.json."
    asked_before: str = "Asked before"
    made_whole: str = "Made whole"
    expected: str = "Expected"
    refusal: str = "A refusal: the documents do not say."
    known_facts: str = "Known facts"
    answer: str = "Answer"
    no_text: str = "(no text)"
    citations: str = "Citations"
    without_documents: str = "Without documents"
    found: str = "Found"
    nothing: str = "Nothing."
    none_further: str = "No hit further down is right either."
    first_right: str = "The first right one is at rank {n}."
    right: str = "right"
    wrong: str = "wrong"


ENGLISH_REPORT = ReportWords()


@dataclass(frozen=True, slots=True)
class ReportTerms:
    """What an evaluation says in English, in another language; `ui.messages.report_terms` looks it up."""

    meanings: Mapping[str, str]
    """What a metric is a share or a mean of; {k}, {budget} and {recall} are filled in."""
    faults: Mapping[str, str]
    """By the English sentence, with {n} for its number."""
    parts: Mapping[str, str]
    """What the search and the answering are made of, as in "without …"."""
