"""What a loader makes of a file: its text, and where things stand in it.

All positions are character offsets into `LoadedDocument.text`. Every value is plain enough for JSON, which
is how it crosses from the parser's process: a parser that was taken over by a hostile file can send a
wrong text, but nothing that would run here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ingest.media_type import FORMATS, SUPPORTED
from ingest.unread import KINDS, Unread, describe
from rag.document import Box

NO_OCR = "none"
_LONGEST_METADATA = 1_000
ATTACHMENT = "Attachment: "
"""How the heading begins below which an attached file stands."""


class BlockKind(StrEnum):
    """What a stretch of text is, as far as cutting it is concerned."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_HEADER = "table_header"
    TABLE_ROW = "table_row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the text; `level` is a heading's rank (1 is the highest), else 0.

    `title` is a heading's own words where the text has them with markup around ("## **Fees**").
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The text of one page (from 1) of a paged format."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line on a page and the rectangle that it fills."""

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a sheet: `row`, `first` and `last` column from 1; `sheet` is empty in a file that is one."""

    start: int
    end: int
    sheet: str
    row: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A file as it was read.

    `blocks` are in order and do not overlap; only white space stands between them. `pages` lists every
    page, those in `pages_without_text` with an empty range. `title` is what the document calls itself, or
    None. `source_sha256` is of the very bytes that were parsed. `language` is ISO 639-1 or empty. `gaps`
    say what else of the file is not in the text, each as the end of a sentence that begins with the file's
    name; `unread` counts what was met and not read, by kind. `ocr` names the languages in which pictures of
    text were read; it is NO_OCR where such were met, and could not be read. `reader` is empty, or names the
    second reader whose result this is. `formats` are the media types of the file and of the files in it:
    their parsers took part. `doubt` is a parser's own word that it has missed something, such as "found no
    text in 3 streams of text": another reader is then tried, where there is one. `front_matter` is what its
    author says of it by names of their own: strings, numbers, truth values, or lists of these.
    """

    text: str
    media_type: str
    source_sha256: str = ""
    title: str | None = None
    language: str = ""
    blocks: tuple[Block, ...] = ()
    pages: tuple[Page, ...] = ()
    lines: tuple[Line, ...] = ()
    rows: tuple[SheetRow, ...] = ()
    gaps: tuple[str, ...] = ()
    unread: Mapping[Unread, int] = field(default_factory=dict)
    ocr: str = ""
    reader: str = ""
    formats: tuple[str, ...] = ()
    doubt: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    front_matter: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read: zero bytes, only white space, only pictures."""
        return not self.text.strip()

    @property
    def page_count(self) -> int:
        return len(self.pages)

    @property
    def pages_without_text(self) -> tuple[int, ...]:
        return tuple(page.number for page in self.pages if page.start == page.end)

    @property
    def shortfall(self) -> str:
        """What could not be read, phrased to follow the file's name; empty if there is nothing."""
        reasons = [self.other_shortfall] if self.other_shortfall else []
        if phrase := describe(self.unread, missing_only=True):
            count = sum(n for kind, n in self.unread.items() if KINDS[kind].is_missing)
            reasons.append(f"holds {phrase} that {'was' if count == 1 else 'were'} not read")
        return "; ".join(reasons)

    @property
    def other_shortfall(self) -> str:
        """The pages without text and the gaps, phrased as `shortfall` is: what has no kind."""
        blank = self.pages_without_text
        reasons = list(self.gaps)
        if blank:
            pages = f"pages {_ranges(blank)}" if len(blank) > 1 else f"page {blank[0]}"
            hint = "; if it is a scan, tesseract would read it (see ingest.ocr)"
            hint = hint if self.ocr == NO_OCR else ""
            reasons.insert(0, f"has no text on {pages}{hint}")
        return "; ".join(reasons)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and strings for `json.dumps`; `from_json` reads them back."""
        return {
            "text": self.text,
            "media_type": self.media_type,
            "source_sha256": self.source_sha256,
            "title": self.title,
            "language": self.language,
            "blocks": [[b.kind, b.start, b.end, b.level, b.title] for b in self.blocks],
            "pages": [[p.number, p.start, p.end] for p in self.pages],
            "lines": [
                [n.start, n.end, n.box.page, n.box.left, n.box.top, n.box.right, n.box.bottom]
                for n in self.lines
            ],
            "rows": [[r.start, r.end, r.sheet, r.row, r.first, r.last] for r in self.rows],
            "gaps": list(self.gaps),
            "unread": {kind.value: count for kind, count in self.unread.items() if count},
            "ocr": self.ocr,
            "reader": self.reader,
            "formats": list(self.formats),
            "metadata": dict(self.metadata),
            "front_matter": dict(self.front_matter),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LoadedDocument:
        """Read what `to_json` wrote; raises ValueError for anything that is not a sound document."""
        try:
            document = cls(
                text=value["text"],
                media_type=value["media_type"],
                source_sha256=value["source_sha256"],
                title=value["title"],
                language=value["language"],
                blocks=tuple(Block(BlockKind(b[0]), *b[1:]) for b in value["blocks"]),
                pages=tuple(Page(*p) for p in value["pages"]),
                lines=tuple(Line(n[0], n[1], Box(*n[2:])) for n in value["lines"]),
                rows=tuple(SheetRow(*r) for r in value["rows"]),
                gaps=tuple(str(gap) for gap in value["gaps"]),
                unread={Unread(kind): int(count) for kind, count in value["unread"].items()},
                ocr=value["ocr"],
                reader=value["reader"],
                formats=tuple(value["formats"]),
                metadata={str(k): str(v)[:_LONGEST_METADATA] for k, v in value["metadata"].items()},
                front_matter={str(k): _plain(v) for k, v in value["front_matter"].items()},
            )
            _check(document)
        except (KeyError, TypeError, IndexError, AttributeError) as exc:
            raise ValueError(f"not a loaded document: {exc}") from exc
        return document


def _plain(value: Any) -> Any:
    """A string, a number or a truth value, or a list of them; raises TypeError for anything else."""
    if isinstance(value, list):
        return [_plain(item) for item in value if not isinstance(item, list)]
    if isinstance(value, str):
        return value[:_LONGEST_METADATA]
    if isinstance(value, int | float):
        return value
    raise TypeError("front matter holds plain values")


def _check(document: LoadedDocument) -> None:
    strings = [document.text, document.media_type, document.source_sha256, document.language]
    strings += [document.ocr, document.reader, document.title or "", *document.formats]
    if not all(isinstance(value, str) for value in strings):
        raise ValueError("a text is not a string")
    unknown = set(document.formats) - FORMATS
    if unknown and not unknown.issubset(SUPPORTED.values()):
        raise ValueError("a format is not known")
    document.text.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    position = 0
    for block in document.blocks:
        if not position <= block.start <= block.end:
            raise ValueError("blocks overlap or are out of order")
        position = block.end
    ranges = [(page.start, page.end) for page in document.pages]
    ranges += [(line.start, line.end) for line in document.lines]
    ranges += [(row.start, row.end) for row in document.rows]
    length = len(document.text)
    if position > length or not all(0 <= start <= end <= length for start, end in ranges):
        raise ValueError("a position is outside the text")


def _ranges(numbers: Sequence[int], most: int = 10) -> str:
    """ "1-3, 7" for 1, 2, 3, 7; at most ten ranges."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown_ranges = [f"{a}-{b}" if b > a else f"{a}" for a, b in ranges[:most]]
    return ", ".join([*shown_ranges, "…"] if len(ranges) > most else shown_ranges)
