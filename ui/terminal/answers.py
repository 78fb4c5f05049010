"""Answers and hits as text for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

import click

from rag.answer import Answer, Citation, Extract, RetrievalEvent, Status, Verdict
from rag.cli_output import shorten_path
from rag.hit import Hit, Place, Why
from rag.retrieval import highlight
from ui.messages.page import ENGLISH, Words
from ui.terminal.computed import format_computed
from ui.view.headline import choose_headline, find_verdict

_COLOURS = {
    Verdict.BACKED: "green",
    Verdict.PARTLY_BACKED: "yellow",
    Verdict.QUOTED: "green",
    Verdict.COMPUTED: "green",
    Verdict.NO_CLEAR_ANSWER: "yellow",
    Verdict.NOT_IN_DOCUMENTS: "yellow",
    Verdict.NOTHING_READABLE: "red",
}
_EXCERPT = 240


def answer_text(answer: Answer) -> str:
    """What stands in front: the sentences that the documents back, else the documents' own words.

    "" where nothing comes near.
    """
    backed = [
        sentence.text + "".join(f" [{n}]" for n in sentence.citations)
        for sentence in answer.backed_sentences
    ]
    parts = [_wrapped(escape_controls(" ".join(backed)))] if backed and _is_backed(answer) else []
    if answer.computed is not None:  # what a model adds stands below it
        parts.insert(0, format_computed(answer.computed))
    elif find_verdict(answer) not in (Verdict.BACKED, Verdict.NOT_IN_DOCUMENTS):
        parts.append(format_extracts(answer.extracts))
    return "\n".join(part for part in parts if part)


def format_early(event: RetrievalEvent) -> str:
    """What can be shown before the model says anything."""
    if event.computed is not None:
        return format_computed(event.computed)
    return format_extracts(event.extracts)


def format_extracts(extracts: Sequence[Extract]) -> str:
    """The documents' own words, each with the place where it stands."""
    return "\n".join(
        _wrapped(f"“{_line(extract.text)}”", indent="  ", first="• ")
        + "\n"
        + _wrapped(f"{_line(extract.title)} ({place(extract)})", indent="  ", first="  ")
        + (f"\n  {_newer_text(extract.newer)}" if extract.newer else "")
        for extract in extracts
    )


def model_text(answer: Answer, words: Words = ENGLISH) -> str:
    """All that the model wrote, each sentence with its sources or the word that it has none."""
    sentences = [
        sentence.text
        + "".join(f" [{n}]" for n in sentence.citations)
        + ("" if sentence.supported else f" [{words.no_source}]")
        for sentence in answer.sentences
    ]
    return _wrapped(" ".join(map(escape_controls, sentences)) or escape_controls(answer.text))


def format_status(answer: Answer, words: Words = ENGLISH) -> str:
    """What the answer comes to, in plain words."""
    line = choose_headline(answer, words)
    why = line.why
    if find_verdict(answer) is Verdict.QUOTED and answer.text:
        why = "The model’s wording was not backed by them; --show-model-text prints it."
    return click.style(line.label, fg=_COLOURS[line.verdict], bold=True) + f": {why}"


def _is_backed(answer: Answer) -> bool:
    return find_verdict(answer) in (Verdict.BACKED, Verdict.PARTLY_BACKED)


def describe_own_answer(answer: Answer) -> str:
    """How much of what the model says by itself the documents bear out."""
    total = len(answer.sentences)
    borne_out = sum(sentence.supported for sentence in answer.sentences)
    if answer.status in (Status.MODEL_UNAVAILABLE, Status.NOT_IN_DOCUMENTS) or not total:
        return ENGLISH.statuses[answer.status][0]
    sentences = "1 sentence" if total == 1 else f"{total} sentences"
    return f"Of its {sentences}, the documents bear out {borne_out or 'none'}."


def format_sources(answer: Answer) -> str:
    """The quotes behind the numbers of the sentences, in the documents' own words."""
    cited = {n for sentence in answer.backed_sentences for n in sentence.citations}
    return "\n".join(_source(citation) for citation in answer.citations if citation.n in cited)


def _source(citation: Citation) -> str:
    quote = _line(citation.quote)
    return _wrapped(f"{place(citation)}: “{quote}”", indent="      ", first=f"  [{citation.n}] ")


def format_hits(hits: list[Hit], query: str) -> Iterator[str]:
    """A paragraph for each hit of a query."""
    for hit in hits:
        head = f"{hit.rank:>3}  {click.style(_line(hit.title), bold=True)}  ({place(hit)})"
        yield f"{head}\n{_wrapped(excerpt(hit.text, query), indent='     ', first='     ')}"
        for note in format_other_documents(hit):
            yield _wrapped(note, indent="     ", first="     ")
        if hit.why is not None:
            yield _wrapped(format_why(hit.why), indent="     ", first="     ")


def format_other_documents(hit: Hit) -> Iterator[str]:
    """A newer version of its document, and others that say the same."""
    if hit.newer is not None:
        yield _newer_text(hit.newer)
    if hit.also_in:
        yield f"Also in {', '.join(map(_named, hit.also_in))}."


def _newer_text(newer: Place) -> str:
    return f"Older version; the newer one: {_named(newer)}."


def _named(source: Place) -> str:
    return f"{_line(source.title)} ({shorten_path(source.uri)})"


def format_why(why: Why) -> str:
    """Why a passage was found, in one line."""
    meaning = f"{why.dense_rank}. by meaning" if why.dense_rank else "not by meaning"
    words = f"{why.lexical_rank}. by words" if why.lexical_rank else "not by words"
    shared = f" ({escape_controls(', '.join(why.matched))})" if why.matched else ""
    return f"Found {meaning}, {words}{shared}; score {why.fused_score:.3f}."


def place(source: Hit | Citation | Extract) -> str:
    """Where it stands: file, page, section."""
    parts = [shorten_path(source.uri)]
    if source.page is not None:
        parts.append(f"page {source.page}")
    if source.section:
        parts.append(_line(source.section))
    return ", ".join(parts)


def excerpt(text: str, query: str) -> str:
    """The sentences of a passage with the most words of the query, on one line."""
    begin = highlight.best_start(query, text, _EXCERPT)
    line = _line(text[begin:])
    cut = line if len(line) <= _EXCERPT else line[:_EXCERPT].rsplit(" ", 1)[0] + " …"
    return f"… {cut}" if begin else cut


def _line(text: str) -> str:
    return escape_controls(" ".join(text.split()))


def escape_controls(text: str) -> str:
    """The text without control characters: a document must not steer the terminal."""
    return "".join(
        character if character.isprintable() or character == "\n" else " " for character in text
    )


def _wrapped(text: str, indent: str = "", first: str = "") -> str:
    width = min(100, shutil.get_terminal_size((100, 24)).columns)
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=indent)
