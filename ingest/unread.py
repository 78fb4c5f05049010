"""What a file may hold that is not read: the kinds of content, and which format reports which of them.

A parser counts what it meets and does not read, and hands the counts over with its text:

    unread: Counter[Unread] = Counter()
    unread[Unread.CHART] += 1
    return LoadedDocument(text, DOCX, blocks=…, unread=unread)

The rest follows by itself: the file is `partial` if one of the kinds counts as missing, with the reason
"holds 2 charts and a drawing that were not read"; the ledger keeps the counts, and `inhouse status` adds
them up. A kind that a parser uses stands in `REPORTED` under the parser's format, and in the format's row in
`docs/formats.md`; a test compares the three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ingest import media_type as types


class Unread(StrEnum):
    """A kind of content. The value is its name in the ledger and in JSON."""

    CHART = "chart"
    DIAGRAM = "diagram"
    DRAWING = "drawing"
    PICTURE = "picture"
    EQUATION = "equation"
    FORMULA = "formula"
    TEXT_BOX = "text_box"
    TABLE = "table"
    FORM_FIELD = "form_field"
    SIGNATURE = "signature"
    NOTE = "note"
    COMMENT = "comment"
    ATTACHMENT = "attachment"
    EMBEDDED_FILE = "embedded_file"
    LINKED_PART = "linked_part"
    RECORDING = "recording"
    ENCRYPTED_PART = "encrypted_part"
    DAMAGED_PART = "damaged_part"
    MISSING_PART = "missing_part"
    CHARACTER = "character"
    FAR_CELL = "far_cell"
    DELETED_TEXT = "deleted_text"
    HIDDEN_TEXT = "hidden_text"
    HIDDEN_SHEET = "hidden_sheet"
    HIDDEN_ROW = "hidden_row"
    HIDDEN_SLIDE = "hidden_slide"
    PAGE_HEADER = "page_header"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind is called, for one and for several.

    `is_missing`: whether somebody who opens the file reads something there that search does not find, so
    that the file is `partial`. What nobody sees (hidden sheets), what holds no words as a rule (pictures)
    and what stands on every page is only counted.
    """

    one: str
    many: str
    is_missing: bool = True


KINDS: Mapping[Unread, Kind] = MappingProxyType(
    {
        Unread.CHART: Kind("a chart", "charts"),
        Unread.DIAGRAM: Kind("a diagram", "diagrams"),
        Unread.DRAWING: Kind("a drawing", "drawings"),
        Unread.PICTURE: Kind("a picture", "pictures", is_missing=False),
        Unread.EQUATION: Kind("an equation", "equations"),
        Unread.FORMULA: Kind(
            "a formula without a stored result", "formulas without a stored result"
        ),
        Unread.TEXT_BOX: Kind("a text box", "text boxes"),
        Unread.TABLE: Kind("a table", "tables"),
        Unread.FORM_FIELD: Kind("a form field", "form fields"),
        Unread.SIGNATURE: Kind("a signature", "signatures"),
        Unread.NOTE: Kind("a note", "notes"),
        Unread.COMMENT: Kind("a comment", "comments"),
        Unread.ATTACHMENT: Kind("an attachment", "attachments"),
        Unread.EMBEDDED_FILE: Kind("an embedded file", "embedded files"),
        Unread.LINKED_PART: Kind("a part of another file", "parts of other files"),
        Unread.RECORDING: Kind("a recording", "recordings"),
        Unread.ENCRYPTED_PART: Kind("an encrypted part", "encrypted parts"),
        Unread.DAMAGED_PART: Kind("a damaged part", "damaged parts"),
        Unread.MISSING_PART: Kind("a part that is missing", "parts that are missing"),
        Unread.CHARACTER: Kind("a character without a meaning", "characters without a meaning"),
        Unread.FAR_CELL: Kind("a cell too far out", "cells too far out"),
        Unread.DELETED_TEXT: Kind("a deleted passage", "deleted passages", is_missing=False),
        Unread.HIDDEN_TEXT: Kind("a hidden passage", "hidden passages", is_missing=False),
        Unread.HIDDEN_SHEET: Kind("a hidden sheet", "hidden sheets", is_missing=False),
        Unread.HIDDEN_ROW: Kind(
            "a hidden row or column", "hidden rows and columns", is_missing=False
        ),
        Unread.HIDDEN_SLIDE: Kind("a hidden slide", "hidden slides", is_missing=False),
        Unread.PAGE_HEADER: Kind(
            "a page header or footer", "page headers and footers", is_missing=False
        ),
    }
)

_OPEN_XML = frozenset({Unread.DAMAGED_PART, Unread.MISSING_PART})
_SHEETS = frozenset({Unread.FAR_CELL, Unread.HIDDEN_SHEET, Unread.HIDDEN_ROW})
_OPEN_DOCUMENT = _SHEETS | {
    Unread.CHART,
    Unread.PICTURE,
    Unread.EQUATION,
    Unread.FORM_FIELD,
    Unread.EMBEDDED_FILE,
    Unread.RECORDING,
    Unread.DAMAGED_PART,
    Unread.HIDDEN_TEXT,
    Unread.HIDDEN_SLIDE,
}
_RICH_TEXT = frozenset({Unread.PICTURE, Unread.EQUATION, Unread.EMBEDDED_FILE, Unread.HIDDEN_TEXT})

_ATTACHED = frozenset({Unread.ATTACHMENT, Unread.PICTURE})

REPORTED: Mapping[str, frozenset[Unread]] = MappingProxyType(
    {
        types.PDF: frozenset({Unread.ATTACHMENT, Unread.CHARACTER, Unread.HIDDEN_TEXT}),
        types.NOTEBOOK: frozenset({Unread.PICTURE}),
        types.DOCX: _OPEN_XML
        | {
            Unread.CHART,
            Unread.DIAGRAM,
            Unread.PICTURE,
            Unread.EQUATION,
            Unread.EMBEDDED_FILE,
            Unread.LINKED_PART,
            Unread.CHARACTER,
            Unread.DELETED_TEXT,
            Unread.HIDDEN_TEXT,
        },
        types.PPTX: _OPEN_XML
        | {
            Unread.CHART,
            Unread.DIAGRAM,
            Unread.PICTURE,
            Unread.EMBEDDED_FILE,
            Unread.RECORDING,
            Unread.HIDDEN_TEXT,
            Unread.HIDDEN_SLIDE,
        },
        types.XLSX: _OPEN_XML
        | _SHEETS
        | {Unread.CHART, Unread.DIAGRAM, Unread.PICTURE, Unread.FORMULA},
        types.XLSB: _OPEN_XML | _SHEETS | {Unread.CHART, Unread.DIAGRAM},
        types.PPT: frozenset({Unread.EMBEDDED_FILE, Unread.HIDDEN_SLIDE}),
        types.XLS: _SHEETS | {Unread.CHART},
        types.ODT: _OPEN_DOCUMENT,
        types.ODP: _OPEN_DOCUMENT,
        types.ODS: _OPEN_DOCUMENT,
        types.RTF: _RICH_TEXT,
        types.EMAIL: _ATTACHED,
        types.MBOX: _ATTACHED,
        types.MSG: _ATTACHED | _RICH_TEXT,
    }
)
"""Media type to the kinds that its parser may meet and not read; a format without any is left out.

Mail and archives report what their attachments report as well.
"""


def describe(counts: Mapping[Unread, int], *, missing_only: bool = False) -> str:
    """The counts in words, in the order of the kinds: "2 charts and a drawing"; empty if there are none.

    With `missing_only`, only of kinds that make a file `partial`.
    """
    phrases = [
        kind.one if counts[key] == 1 else f"{counts[key]:,} {kind.many}"
        for key, kind in KINDS.items()
        if counts.get(key) and (kind.is_missing or not missing_only)
    ]
    return _join(phrases)


def _join(phrases: Sequence[str]) -> str:
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"
