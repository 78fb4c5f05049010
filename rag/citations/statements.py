"""What passages state: their sentences one by one, with what stands around each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from rag.citations.verbatim import join_tokens, tokens_of
from rag.document import SECTION_SEPARATOR
from rag.hit import Hit
from rag.language import sentences, table_rows
from rag.language.claims import Claim
from rag.language.identification import language_of
from rag.language.numerals import YEAR
from rag.language.vocabulary import Vocabulary

if TYPE_CHECKING:
    from rag.embedder import Embedder
    from rag.embedder.protocol import Float32

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|ignorier\w*|vergiss|ignorez|oubliez|ignora|olvida)\b.{0,40}"
    r"\b(?:above|instructions?|prompts?|previous (?:text|messages?)|everything|obig\w*|anweisung\w*"
    r"|ci-dessus|consignes?|instrucciones|anterior\w*)\b",
    re.IGNORECASE | re.DOTALL,
)
"""A sentence that is addressed to a model. It states nothing, and so it supports nothing."""
_WINDOW = 3
"""Neighbouring sentences that may support a claim together."""
_BATCH = 4
"""Texts of a batch, which is padded to its longest."""
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
    """A sentence of a passage, or a row of a table, with what a reader knows from around it.

    `text` is the sentence; of a row, with the labels that merged cells carry on into it. `about` are words of
    the titles and headings above it, `around` those and the words of the sentences beside it or of the row's
    header, `before` the same without the sentence behind. `rows` are the other rows of its table. `header` is
    the header row that it stands under; `designations` what is called by a number in it and in the
    titles, such as ("room", "4").
    """

    evidence: Evidence
    claim: Claim
    text: str
    about: frozenset[str]
    around: frozenset[str]
    before: frozenset[str]
    is_row: bool
    is_fragment: bool
    rows: tuple[Claim, ...] = ()
    header: str = ""
    designations: frozenset[tuple[str, str]] = frozenset()

    @property
    def with_header(self) -> str:
        """Its text, of a row below the header."""
        return f"{self.header}\n{self.text}" if self.header else self.text


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring statements of one passage, which may support a claim together.

    `stems` are the words and numbers of them, of what is above them, and of a table's header; `titles` those
    of what is above them alone.
    """

    statements: Sequence[Statement]
    stems: frozenset[str]
    titles: frozenset[str]

    @classmethod
    def of(cls, statements: Sequence[Statement]) -> Window:
        titles = frozenset[str]().union(*(statement.about for statement in statements))
        own = (statement.claim.stems for statement in statements)
        headers = (statement.around for statement in statements if statement.is_row)
        return cls(statements, titles.union(*own, *headers), titles)


class PassageSentences:
    """The passages that a model has read, sentence by sentence."""

    def __init__(self, passages: Sequence[Hit]) -> None:
        self._passages = passages
        self._vectors: Float32 | None = None
        self._window_vectors: Float32 | None = None
        self.statements = [
            statement
            for number, hit in enumerate(passages)
            for statement in _StatementReader(number, hit).statements()
        ]
        self.plain_words = frozenset(
            word.removesuffix("s") for hit in passages for word in _LOWERCASE.findall(hit.text)
        )
        """Words that stand somewhere in lower case, and so are no names."""

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """All words and numbers of the passages and of their titles."""
        return Vocabulary(self.everything.stems)

    @cached_property
    def everything(self) -> Window:
        return Window.of(self.statements)

    @cached_property
    def _by_passage(self) -> list[list[Statement]]:
        groups = groupby(self.statements, lambda statement: statement.evidence.hit)
        return [list(statements) for _, statements in groups]

    @cached_property
    def windows(self) -> list[Window]:
        """Every statement with the up to two behind it in its passage."""
        return [
            Window.of(statements[start : start + _WINDOW])
            for statements in self._by_passage
            for start in range(max(1, len(statements) - _WINDOW + 1))
        ]

    @cached_property
    def passage_stems(self) -> list[frozenset[str]]:
        """Of each passage all words and numbers, with its titles."""
        return [Window.of(statements).stems for statements in self._by_passage]

    @cached_property
    def passage_tokens(self) -> list[str]:
        """Of each passage the words in order, in a form in which neighbours can be looked for."""
        return [
            "\n".join(join_tokens(tokens_of(statement.text)) for statement in statements)
            for statements in self._by_passage
        ]

    def is_in_another_language(self, sentence: str) -> bool:
        """Whether none of the passages is in the language of the sentence, as far as both are known."""
        language = language_of(sentence)
        others = {language_of(hit.text) for hit in self._passages}
        return bool(language) and "" not in others and language not in others

    def vectors(self, embedder: Embedder) -> Float32:
        """(n_statements, dimension): the statements' vectors; a row's is that of its header and itself.

        Computed once, so that it can be done while the model writes.
        """
        if self._vectors is None:
            self._vectors = _embedded(
                [statement.with_header for statement in self.statements], embedder
            )
        return self._vectors

    def window_vectors(self, embedder: Embedder) -> Float32:
        """Those of one to three neighbouring statements, as the sums of theirs, of length 1."""
        if self._window_vectors is None:
            self._window_vectors = self._summed(embedder)
        return self._window_vectors

    def _summed(self, embedder: Embedder) -> Float32:
        vectors = self.vectors(embedder)
        sums, start = [vectors], 0
        for statements in self._by_passage:
            own = vectors[start : start + len(statements)]
            start += len(statements)
            for size in range(2, min(_WINDOW, len(own)) + 1):
                count = len(own) - size + 1
                sums.append(sum(own[n : n + count] for n in range(size)))  # type: ignore[arg-type]
        together = np.vstack(sums)
        lengths = np.linalg.norm(together, axis=1, keepdims=True)
        return np.asarray(together / np.maximum(lengths, 1e-9), np.float32)

    def as_read(self, evidence: Evidence) -> str:
        """The quote with its title, section and table header."""
        hit = self._passages[evidence.hit]
        headers = {
            statement.header: None
            for statement in self.statements
            if statement.evidence.overlaps(evidence)
        }
        parts = (hit.title, hit.section, *headers, hit.text[evidence.start : evidence.end])
        return "\n".join(part for part in parts if part)


@dataclass(slots=True)
class _Table:
    """The rows of a table that were read so far; `header` is one name for each column."""

    header: list[str]
    rows: list[list[str]]

    @property
    def header_text(self) -> str:
        return table_rows.join_cells(self.header) if self.header else ""

    def filled(self, cells: list[str]) -> list[str]:
        """The row with the labels that merged cells carry on into it."""
        labels = table_rows.carry_labels(cells, self.rows)
        return [label or cell for label, cell in zip(labels, cells, strict=True)]


class _StatementReader:
    """One passage on its way to its statements. What stands in `Hit.lead` is read, and states nothing."""

    def __init__(self, number: int, hit: Hit) -> None:
        self._number, self._hit = number, hit
        lead = f"{hit.lead}\n" if hit.lead else ""
        self._lead_end, self._text = len(lead), lead + hit.text
        self._spans = [
            (start, end)
            for start, end in sentences.spans(self._text)
            if not _ORDER.search(self._text[start:end])
        ]
        self._is_row = [table_rows.is_row(self._text[start:end]) for start, end in self._spans]
        self._rows = self._filled_rows()
        self._claims = [
            Claim.of(self._rows[index][0] if index in self._rows else self._text[start:end])
            for index, (start, end) in enumerate(self._spans)
        ]

    def _filled_rows(self) -> dict[int, tuple[str, str, int]]:
        """For each row that is no header: its text with all labels, its header, the number of its table."""
        rows: dict[int, tuple[str, str, int]] = {}
        table, number = _Table([], []), 0
        for index, (start, end) in enumerate(self._spans):
            if not self._is_row[index]:
                table, number = _Table([], []), number + 1
                continue
            cells = table_rows.split_cells(self._text[start:end])
            following = self._spans[index + 1][0] if index + 1 < len(self._spans) else end
            if any(map(table_rows.is_rule, self._text[end:following].split("\n"))):
                table, number = _Table(cells, []), number + 1
            elif table.header and not table.rows and table_rows.is_second_header(cells):
                table.header = table_rows.join_two_level_header(table.header, cells)
            else:
                filled = table.filled(cells)
                table.rows.append(filled)
                rows[index] = (table_rows.join_cells(filled), table.header_text, number)
        return rows

    def statements(self) -> Iterator[Statement]:
        # A file's name says what it is about as well, and often better than its first heading.
        hit = self._hit
        named = re.sub(r"[-_]", " ", f"{hit.title} {PurePosixPath(hit.uri).stem}")
        named_claim = Claim.of(f"{hit.title}. {named}. {hit.section or ''}")
        about = named_claim.words | _years(named_claim)
        heading: frozenset[str] = frozenset()
        for index, (start, end) in enumerate(self._spans):
            claim = self._claims[index]
            if start < self._lead_end or is_question(self._text[start:end]):
                continue
            evidence = Evidence(self._number, start - self._lead_end, end - self._lead_end)
            if index in self._rows:
                yield self._row(index, evidence, about | heading, named_claim.designations)
                continue
            is_fragment = not self._is_row[index] and _is_fragment(self._text[start:end], claim)
            if is_fragment:
                heading = claim.words
            if is_fragment and _is_heading(hit, evidence.start, evidence.end):
                continue
            yield Statement(
                evidence,
                claim,
                self._text[start:end],
                about | heading,
                about | heading | self._beside(index, (-1, 1)),
                about | heading | self._beside(index, (-1,)),
                self._is_row[index],
                is_fragment,
                designations=named_claim.designations,
            )

    def _row(
        self,
        index: int,
        evidence: Evidence,
        about: frozenset[str],
        designations: frozenset[tuple[str, str]],
    ) -> Statement:
        text, header, table = self._rows[index]
        header_claim = Claim.of(header)
        # "It is locked out for 5 minutes" under "Lock-out".
        header_words = header_claim.words | Claim.of(header.replace("-", " ")).words
        others = tuple(
            self._claims[other]
            for other, (_, _, other_table) in self._rows.items()
            if other != index and other_table == table
        )
        return Statement(
            evidence,
            self._claims[index],
            text,
            about,
            about | header_words,
            about | header_words,
            is_row=True,
            is_fragment=False,
            rows=others,
            header=header,
            designations=designations | header_claim.designations,
        )

    def _beside(self, index: int, offsets: Sequence[int]) -> frozenset[str]:
        """Words of the sentences so many places before (-1) and behind (1)."""
        words: frozenset[str] = frozenset()
        for beside in (index + offset for offset in offsets):
            if not 0 <= beside < len(self._spans) or self._is_row[beside]:
                continue
            # A question is about the sentence that follows it, and about no other.
            if beside < index or not is_question(self._text[slice(*self._spans[beside])]):
                words |= self._claims[beside].words | _years(self._claims[beside])
        return words


def _years(claim: Claim) -> frozenset[str]:
    """A year may stand beside the sentence that it dates."""
    return frozenset(number.stem for number in claim.numbers if YEAR.fullmatch(number.stem))


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
    return name in {_NUMBERING.sub("", heading).casefold() for heading in above}


def is_question(text: str) -> bool:
    """A question states nothing."""
    return text.rstrip("\"'”’»)*_ ").endswith("?")


def _embedded(texts: Sequence[str], embedder: Embedder) -> Float32:
    """The vectors of the texts, in their order; like lengths are computed together."""
    vectors = np.empty((len(texts), embedder.identity.dimension), np.float32)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        vectors[batch] = embedder.embed_documents([texts[index] for index in batch])
    return vectors
