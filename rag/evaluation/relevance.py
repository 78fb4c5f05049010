"""Does a passage or a quotation show a known fact?"""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable, Sequence

from rag.answer import Citation
from rag.evaluation.questions import Fact
from rag.evaluation.wording import share_of, words
from rag.hit import Hit

COVERED = 0.85
"""Share of a fact's distinct words that have to be there: markup and hyphenation may cost a few."""


def is_document(filename: str, uri: str) -> bool:
    """Whether `filename`, with or without its ending or some of its folders, names the document."""
    suffix, path = (unicodedata.normalize("NFC", name) for name in (filename, uri))
    return f"/{path}".endswith(f"/{suffix}") or f"/{posixpath.splitext(path)[0]}".endswith(
        f"/{suffix}"
    )


def list_documents_of_facts(facts: Iterable[Fact]) -> list[str]:
    """The distinct documents that facts name, in order; "a" and "a.md" are one."""
    names: list[str] = []
    for fact in facts:
        if not any(is_document(fact.filename, n) or is_document(n, fact.filename) for n in names):
            names.append(fact.filename)
    return names


def count_covered_facts(facts: Sequence[Fact], hits: Sequence[Hit], budget: int) -> tuple[int, int]:
    """How many of the facts with a text the first `budget` words of hits cover, and how many there are.

    Hits are taken whole, from the first until one does not fit; the first always counts. A fact is covered
    if at least `COVERED` of its distinct words stand in what was quoted from its document: this does not
    depend on how documents are cut.
    """
    quoted: dict[str, set[str]] = {}
    used = 0
    for hit in hits:
        hit_words = words(hit.text)
        if used and used + len(hit_words) > budget:
            break
        used += len(hit_words)
        quoted.setdefault(hit.uri, set()).update(hit_words)
    stated = [(fact.filename, words(fact.text)) for fact in facts if words(fact.text)]
    covered = 0
    for filename, fact_words in stated:
        there = set[str]().union(
            *(quote_words for uri, quote_words in quoted.items() if is_document(filename, uri))
        )
        covered += share_of(fact_words, there) >= COVERED
    return covered, len(stated)


def on_a_known_page(facts: Sequence[Fact], hits: Iterable[Hit]) -> bool:
    """Whether one of the hits stands on a page that a fact names."""
    return any(
        hit.page is not None and hit.page == fact.page and is_document(fact.filename, hit.uri)
        for hit in hits
        for fact in facts
    )


def shows(citation: Citation, fact: Fact) -> bool:
    """Whether a citation quotes the fact.

    It has to be from the fact's document. Where the fact has a text, the quotation and the fact have to
    share `COVERED` of the distinct words of the shorter of the two; else, where it has a page, it has to
    be that page.
    """
    if not is_document(fact.filename, citation.uri):
        return False
    fact_words, quoted = set(words(fact.text)), set(words(citation.quote))
    if fact_words and quoted:
        short, long = sorted((fact_words, quoted), key=len)
        return share_of(short, long) >= COVERED
    return fact.page is None or citation.page == fact.page
