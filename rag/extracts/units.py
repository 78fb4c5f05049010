"""Splits passages into the units that a reader understands by themselves.

A unit is a sentence, a table's row, a list's item, a line of a key and its value, or a line of text that
is no sentence. Each knows what introduces it: the headings above it, the sentence or question that leads
to it, the header of its table.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rag.cells import join_cell_ranges
from rag.document import SECTION_SEPARATOR
from rag.extracts.markup import plain_text
from rag.extracts.passage_lines import (
    PIECE,
    PassageLine,
    cut_long_text,
    cut_wide_sentences,
    split_lines,
)
from rag.extracts.tables import TableHeader, is_table_row, read_table
from rag.hit import Hit
from rag.language import sentences

_NARROW = 40
"""The shortest line that can be the width of a page's column."""
_FULL_LINE = 0.72
"""From this share of the column's width on, a line may go on in the next one."""
_FULL_CHARACTERS = 70
"""A line of so many characters may go on in the next one, whatever that begins with."""
_HEADING_WORDS = 9
_KEY_WORDS = 6
_LINE_WORDS = 14
_REMEMBERED = 1_024
"""Passages whose units are kept: those of the latest questions, for about 5 MB."""

_FENCE = re.compile(r"\s*(?:```|~~~)")
_MARKED_HEADING = re.compile(r"\s*(#{1,6})\s+(.*?)\s*#*\s*$")
_BOLD_LINE = re.compile(r"\s*(\*\*|__)(?P<text>[^*_]+?)\1:?\s*$")
_NUMBERING = re.compile(r"(?:\d+(?:\.\d+)*\.?|[A-Z]\.|§+\s*\d+[a-z]?)\s+")
_ITEM = re.compile(
    r"(?P<indent>\s*)(?P<mark>[-*+•–▪◦‣●■]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)](?!\S))\s+(?=\S)"
)
_KEY = re.compile(
    r"(?:(?:\*\*|__)(?P<bold>[^*\n]{2,60}?):?(?:\*\*|__):?|(?P<plain>[^\s:|.;?!,][^:|.;?!\n]{1,48}):)\s+(?=\S)"
)
_LEADER = re.compile(r"(?P<key>\S.*?)\s?(?:\.{4,}|…{2,})\s?(?P<value>\S.*)")
_CODE_LINE = re.compile(r"[A-Z]{1,4}-?\d[\w-]*\s")
"""A line that begins with a code is a row of a list of codes."""
_END = re.compile(r"[.!?…。！？।؟:;][\"'”’»)\]*_」』]*$")
_QUESTION_END = re.compile(r"[?？؟][\"'”’»)\]*_」』]*$")


class UnitKind(StrEnum):
    """What a unit is."""

    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    PAIR = "pair"
    LINE = "line"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a passage that is shown, or not, as a whole.

    `hit` is the number of its passage, from 0; `start` and `end` are characters of the passage's text.
    `text` is its plain text, without markup. `lead_in` introduces it: the sentence before a list, a
    question above its answer, a key. `headings` are those above it, outermost first. `block` numbers the
    paragraph, list or table that it belongs to. A row has its `table` and its `cells`.
    """

    hit: int
    start: int
    end: int
    kind: UnitKind
    text: str
    block: int = 0
    number: str = ""
    lead_in: str = ""
    headings: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    table: TableHeader | None = None
    is_question: bool = False

    @property
    def context(self) -> str:
        """The headings above it and what introduces it, outermost first."""
        return " ".join(part for part in (*self.headings, self.lead_in) if part)


def split_units(hits: Sequence[Hit]) -> list[Unit]:
    """The units of all passages, in order; a passage of nothing but headings gives these."""
    return [
        replace(unit, hit=number) if number else unit
        for number, hit in enumerate(hits)
        for unit in _passage_units(hit.text, hit.lead, hit.section or "", hit.title)
    ]


@functools.lru_cache(maxsize=_REMEMBERED)
def _passage_units(text: str, lead: str, section: str, title: str) -> tuple[Unit, ...]:
    """The units of a passage, numbered 0, below these headings; `lead` is its table's head."""
    return tuple(_UnitReader(text, lead, section, title).units())


class _UnitReader:
    """Reads a passage line by line."""

    def __init__(self, text: str, lead: str, section: str, title: str) -> None:
        self._text, self._lead, self._title = text, lead, title
        self._lines = list(split_lines(text))
        prose = [len(line.text) for line in self._lines if not is_table_row(line.text)]
        self._width = max(prose, default=0)
        self._units: list[Unit] = []
        # The range of cells that a passage of a sheet is made of is no heading.
        self._section = tuple(
            plain_text(name)
            for name in section.split(SECTION_SEPARATOR)
            if name and join_cell_ranges([name]) is None
        )
        self._headings: list[tuple[int, str]] = []
        self._lead_in = ""
        self._parents: list[tuple[int, str]] = []
        self._block = 0

    def units(self) -> list[Unit]:
        """Its units in order."""
        index = 0
        while index < len(self._lines):
            index = self._read(index)
        units = [unit for unit in self._units if not unit.is_question]
        return units or self._fallback()

    def _fallback(self) -> list[Unit]:
        """Headings or questions, where there is nothing else."""
        return self._units or [
            Unit(0, line.start, line.end, UnitKind.LINE, plain_text(line.text))
            for line in self._lines
            if any(character.isalnum() for character in plain_text(line.text))
        ]

    def _read(self, index: int) -> int:
        """Read what begins at line `index`; returns the line behind it."""
        line = self._lines[index]
        if line.is_blank:
            return index + 1
        if _FENCE.match(line.text):
            return self._read_code(index)
        if is_table_row(line.text):
            return self._read_table(index)
        if level := self._heading_level(index):
            self._open_heading(level, line)
            return index + 1
        self._block += 1
        if item := _ITEM.match(line.text):
            return self._read_item(index, item)
        if self._parents and not self._lead_in.endswith("?"):
            self._lead_in = ""  # the list that it introduced is over
        self._parents.clear()
        return self._read_paragraph(index)

    def _read_code(self, index: int) -> int:
        end = index + 1
        while end < len(self._lines) and not _FENCE.match(self._lines[end].text):
            end += 1
        inside = [line for line in self._lines[index + 1 : end] if not line.is_blank]
        if inside:
            self._block += 1
            start, stop = inside[0].start, inside[-1].end
            for begin, finish in cut_long_text(self._text, start, stop):
                self._add(begin, finish, UnitKind.CODE)
        return end + 1

    def _read_table(self, index: int) -> int:
        end = index
        while end < len(self._lines) and is_table_row(self._lines[end].text):
            end += 1
        lines = self._lines[index:end]
        self._block += 1
        lead = self._lead.split("\n") if self._lead and not index else []
        table, rows = read_table([line.text for line in lines], lead)
        for number, cells in rows:
            line = lines[number]
            text = " ".join(cell for cell in cells if cell)
            if not any(character.isalnum() for character in text):
                continue
            self._units.append(
                Unit(
                    0, line.start, line.end, UnitKind.ROW, text, self._block,
                    lead_in=self._lead_in, headings=self._path(),
                    cells=cells, table=table,
                )
            )  # fmt: skip
        return end

    def _read_item(self, index: int, item: re.Match[str]) -> int:
        line = self._lines[index]
        end = index + 1
        while end < len(self._lines) and self._continues_item(end):
            end += 1
        last = self._lines[end - 1]
        while self._parents and self._parents[-1][0] >= line.indent:
            self._parents.pop()
        lead_in = " ".join([self._lead_in, *(text for _, text in self._parents)]).strip()
        mark = item["mark"]
        number = mark if any(character.isalnum() for character in mark) else ""
        start = line.start + item.end()
        text = self._text[start : last.end]
        key = _KEY.match(text)
        if len(text) <= PIECE:
            self._add(start, last.end, UnitKind.ITEM, number=number, lead_in=lead_in)
        else:
            name = plain_text(key["bold"] or key["plain"]) if key else ""
            for begin, stop in self._sentences(start, last.end):
                self._add(begin, stop, UnitKind.ITEM, number=number, lead_in=lead_in)
                number, lead_in = "", f"{lead_in} {name}".strip()
                name = ""
        self._parents.append((line.indent, plain_text(text).removesuffix(":") + ":"))
        return end

    def _continues_item(self, index: int) -> bool:
        line, before = self._lines[index], self._lines[index - 1]
        if (
            line.is_blank
            or _ITEM.match(line.text)
            or is_table_row(line.text)
            or _MARKED_HEADING.match(line.text)
        ):
            return False
        return bool(line.indent >= 2 or self._is_wrapped(before, line))

    def _read_paragraph(self, index: int) -> int:
        """Read lines that belong together as prose, or one that stands by itself."""
        end = index + 1
        while end < len(self._lines):
            end_of_gap = end
            while end_of_gap < len(self._lines) and self._lines[end_of_gap].is_blank:
                end_of_gap += 1
            if end_of_gap == len(self._lines):
                break
            following = self._lines[end_of_gap]
            if self._begins_block(end_of_gap) or not self._is_wrapped(
                self._lines[end - 1], following, is_gap=end_of_gap > end
            ):
                break
            end = end_of_gap + 1
        start, stop = self._lines[index].start, self._lines[end - 1].end
        self._add_prose(start, stop, is_alone=end == index + 1)
        return end

    def _begins_block(self, index: int) -> bool:
        text = self._lines[index].text
        return bool(
            _FENCE.match(text)
            or is_table_row(text)
            or _MARKED_HEADING.match(text)
            or _ITEM.match(text)
            or _CODE_LINE.match(text)
        )

    def _is_wrapped(
        self, line: PassageLine, following: PassageLine, *, is_gap: bool = False
    ) -> bool:
        """Whether a sentence goes on from one line to the next."""
        first = following.text[:1]
        is_full = len(line.text) >= max(_NARROW, _FULL_LINE * self._width)
        if is_gap:
            return is_full and first.islower() and not _END.search(line.text)
        if _KEY.match(following.text) and not first.islower():
            return is_full and len(line.text) >= _FULL_CHARACTERS and not _END.search(line.text)
        if first.islower() and not _LEADER.fullmatch(following.text):
            return True
        return is_full and len(line.text) >= _FULL_CHARACTERS

    def _add_prose(self, start: int, end: int, *, is_alone: bool) -> None:
        text = self._text[start:end]
        if leader := _LEADER.fullmatch(text):
            cells = (plain_text(leader["key"]), plain_text(leader["value"]))
            self._add(start, end, UnitKind.PAIR, text=" … ".join(cells))
            return
        key = _KEY.match(text)
        spans = list(self._sentences(start, end))
        is_pair = (
            bool(key) and len((key["bold"] or key["plain"]).split()) <= _KEY_WORDS if key else False
        )
        name = plain_text(key["bold"] or key["plain"]) if key and is_pair else ""
        if name.endswith("?"):
            self._lead_in, is_pair, name = name, False, ""
            start += key.end() if key else 0
            spans = list(self._sentences(start, end))
        lead_in = self._lead_in
        for number, (begin, stop) in enumerate(spans):
            sentence = plain_text(self._text[begin:stop])
            if _QUESTION_END.search(sentence):
                lead_in = self._lead_in = sentence
                self._add(begin, stop, UnitKind.SENTENCE, is_question=True)
                continue
            is_sentence = bool(_END.search(sentence)) or len(sentence.split()) > _LINE_WORDS
            kind = UnitKind.SENTENCE if is_sentence else UnitKind.LINE
            if not number and is_pair:
                kind = UnitKind.PAIR
            introduced = f"{lead_in} {name}".strip() if number and name else lead_in
            self._add(begin, stop, kind, lead_in=introduced)
        last = plain_text(self._text[slice(*spans[-1])]) if spans else ""
        if last.endswith((":", "：")):
            self._lead_in = last
        elif not _QUESTION_END.search(last) and not (lead_in.endswith("?") and is_alone):
            self._lead_in = ""

    def _sentences(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The sentences between two places of the passage; line breaks inside them are none of theirs."""
        text = self._text[start:end]
        flat = re.sub(r"\n[>\s]*", lambda match: " " * len(match[0]), text)
        for first, last in sentences.spans(flat):
            # A bracket or a mark of emphasis that the search for sentences left outside belongs to it.
            for begin, stop in cut_wide_sentences(flat, first, last):
                yield from (
                    (start + one, start + other) for one, other in cut_long_text(flat, begin, stop)
                )

    def _add(
        self,
        start: int,
        end: int,
        kind: UnitKind,
        *,
        text: str = "",
        number: str = "",
        lead_in: str | None = None,
        is_question: bool = False,
    ) -> None:
        text = text or plain_text(re.sub(r"\n[>\s]*", " ", self._text[start:end]))
        if not any(character.isalnum() for character in text):
            return
        self._units.append(
            Unit(
                0, start, end, kind, text, self._block, number,
                self._lead_in if lead_in is None else lead_in, self._path(),
                is_question=is_question,
            )
        )  # fmt: skip

    def _path(self) -> tuple[str, ...]:
        """The headings above: those of the section that the passage is in, and those in the passage."""
        inside = tuple(name for _, name in self._headings)
        above = tuple(name for name in self._section if name not in inside)
        return (*above, *inside)

    def _heading_level(self, index: int) -> int:
        """1 to 6 for a heading, 7 for one that has no mark but looks like one, 0 for none."""
        line = self._lines[index]
        if marked := _MARKED_HEADING.match(line.text):
            return len(marked[1])
        if _BOLD_LINE.match(line.text):
            return 7
        text = line.text
        words = text.split()
        following = next((later for later in self._lines[index + 1 :] if not later.is_blank), None)
        if (
            following is None
            or len(words) > _HEADING_WORDS
            or _END.search(text)
            or _KEY.match(text)
        ):
            return 0
        letters = [character for character in text if character.isalpha()]
        if len(letters) > 3 and "".join(letters).isupper() and not _ITEM.match(following.text[:0]):
            return 7
        is_apart = self._is_blank(index - 1) and self._is_blank(index + 1)
        bare = _NUMBERING.sub("", text, count=1) if _NUMBERING.match(text) else text
        if not is_apart or not bare[:1].isupper() or is_table_row(following.text):
            return 7 if is_apart and plain_text(text) in {self._title, *self._section} else 0
        if _ITEM.match(text):
            return 0 if _ITEM.match(following.text) else 7
        has_digits = any(character.isdigit() for character in bare)
        return 0 if has_digits or "," in bare or len(bare) < 3 else 7

    def _is_blank(self, index: int) -> bool:
        return not 0 <= index < len(self._lines) or self._lines[index].is_blank

    def _open_heading(self, level: int, line: PassageLine) -> None:
        marked = _MARKED_HEADING.match(line.text)
        name = plain_text(marked[2] if marked else line.text).removesuffix(":")
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        self._headings.append((level, name))
        self._lead_in = name if name.endswith("?") else ""
        self._parents.clear()
