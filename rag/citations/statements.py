"""What passages state: their sentences one by one, with what stands around each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag.document import SECTION_SEPARATOR
from rag.hit import Hit
from rag.language import sentences
from rag.language.claims import Claim
from rag.language.numerals import YEAR

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|ignorier\w*|vergiss|ignorez|oubliez|ignora|olvida)\b.{0,40}"
    r"\b(?:above|instructions?|prompts?|previous (?:text|messages?)|everything|obig\w*|anweisung\w*"
    r"|ci-dessus|consignes?|instrucciones|anterior\w*)\b",
    re.IGNORECASE | re.DOTALL,
)
"""A sentence that is addressed to a model. It states nothing, and so it supports nothing."""
_FRAGMENT = 6
"""Words, at most, of a heading or an entry that is no sentence."""
_NUMBERING = re.compile(r"^\d+(?:\.\d+)*\.?\s+")
_LOWERCASE = re.compile(r"\b[^\W\d_A-ZÄÖÜ]\w+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a passage: hit number (from 0) and characters of its text."""

    hit: int
    start: int
    end: int

    def overlaps(self, other: Evidence) -> bool:
        """Whether both have a character in common."""
        return self.hit == other.hit and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a passage, and the words around it; of a table's row, those of the other rows.

    `header` is the text of the header row that it stands under; `designations` what is called by a number in
    it and in the titles, such as ("room", "4").
    """

    evidence: Evidence
    claim: Claim
    text: str
    about: frozenset[str]
    around: frozenset[str]
    is_row: bool
    is_fragment: bool
    rows: tuple[frozenset[str], ...] = ()
    header: str = ""
    designations: frozenset[tuple[str, str]] = frozenset()


class Source:
    """The passages that a model has read, sentence by sentence."""

    def __init__(self, passages: Sequence[Hit]) -> None:
        self._passages = passages
        self.statements = [
            each for number, hit in enumerate(passages) for each in _statements(number, hit)
        ]
        self.plain_words = frozenset(
            word.removesuffix("s") for hit in passages for word in _LOWERCASE.findall(hit.text)
        )
        """Words that stand somewhere in lower case, and so are no names."""

    def as_read(self, evidence: Evidence) -> str:
        """A stretch as a reader has it before him: under its title, its section, its table's header."""
        hit = self._passages[evidence.hit]
        headers = {
            each.header: None for each in self.statements if each.evidence.overlaps(evidence)
        }
        parts = (hit.title, hit.section, *headers, hit.text[evidence.start : evidence.end])
        return "\n".join(part for part in parts if part)


def _statements(number: int, hit: Hit) -> Iterator[Statement]:
    spans = [
        (start, end)
        for start, end in sentences.spans(hit.text)
        if not _ORDER.search(hit.text[start:end])
    ]
    claims = [Claim.of(hit.text[start:end]) for start, end in spans]
    rows = [
        hit.text[start:end].startswith("|") or " | " in hit.text[start:end] for start, end in spans
    ]
    # A file's name says what it is about as well, and often better than its first heading.
    named = re.sub(r"[-_]", " ", f"{hit.title} {PurePosixPath(hit.uri).stem}")
    named_claim = Claim.of(f"{hit.title}. {named}. {hit.section or ''}")
    about = named_claim.words | _years(named_claim)
    header: frozenset[str] = frozenset()
    header_text, header_claim = "", Claim.of("")
    designations = named_claim.designations
    heading: frozenset[str] = frozenset()
    for place, ((start, end), claim) in enumerate(zip(spans, claims, strict=True)):
        if not rows[place]:
            header, header_text, header_claim = frozenset(), "", Claim.of("")
        elif "---" in hit.text[end : spans[place + 1][0] if place + 1 < len(spans) else end]:
            header, header_text, header_claim = claim.words, hit.text[start:end], claim
        around = about | heading
        if rows[place]:
            around |= header
            others = tuple(
                claims[other].words
                for other in _table(rows, place)
                if other != place and claims[other].words != header
            )
        else:
            others = ()
            for beside in (place - 1, place + 1):
                if not 0 <= beside < len(spans) or rows[beside]:
                    continue
                # A question is about the sentence that follows it, and about no other.
                if beside < place or not _is_question(hit.text, spans[beside]):
                    around |= claims[beside].words | _years(claims[beside])
        if _is_question(hit.text, (start, end)):
            continue
        is_fragment = not rows[place] and _is_fragment(hit.text[start:end], claim)
        if is_fragment:
            heading = claim.words
        if is_fragment and _is_heading(hit, start, end):
            continue
        yield Statement(
            Evidence(number, start, end),
            claim,
            hit.text[start:end],
            about | heading,
            around,
            rows[place],
            is_fragment,
            others,
            header_text if claim.words != header else "",
            designations | header_claim.designations,
        )


def _table(rows: Sequence[bool], place: int) -> range:
    """The rows of the table that the one at `place` belongs to."""
    first, last = place, place
    while first and rows[first - 1]:
        first -= 1
    while last + 1 < len(rows) and rows[last + 1]:
        last += 1
    return range(first, last + 1)


def _years(claim: Claim) -> frozenset[str]:
    """A year may stand beside the sentence that it dates."""
    return frozenset(each.stem for each in claim.numbers if YEAR.fullmatch(each.stem))


def _is_fragment(text: str, claim: Claim) -> bool:
    """A few words without a full stop: a heading, an entry of a list."""
    return len(claim.tokens) <= _FRAGMENT and not text.endswith((".", "!", "?"))


def _is_heading(hit: Hit, start: int, end: int) -> bool:
    """A heading says what is spoken of, and nothing about it."""
    line = hit.text[hit.text.rfind("\n", 0, start) + 1 : start]
    if line.lstrip().startswith("#"):
        return True
    name = _NUMBERING.sub("", hit.text[start:end]).casefold()
    above = (hit.title, *(hit.section or "").split(SECTION_SEPARATOR))
    return name in {_NUMBERING.sub("", each).casefold() for each in above}


def _is_question(text: str, span: tuple[int, int]) -> bool:
    """A question states nothing."""
    return text[slice(*span)].rstrip("\"'”’»)*_ ").endswith("?")
