"""Text of any encoding, and Markdown: the document's text is the file's own, decoded."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from ingest.errors import MislabelledFileError
from ingest.loaded import Block, BlockKind, LoadedDocument
from ingest.media_type import MARKDOWN, PLAIN_TEXT

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DETECTION_SAMPLE = 64 * 1024
_HEADING = re.compile(r"(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*?))??(?:[ \t]+#+)?[ \t]*")
_SETEXT = re.compile(r"(?:=+|-+)[ \t]*")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]+\S")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
_TABLE_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_RULE_MARKS = "|-: \t\n"
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_MARKUP = re.compile(r"(\*\*|__|`|\*(?=\S)|(?<=\S)\*)|\[([^\]]*)\]\([^)]*\)|\\(?=[^\w\s])")
_FRONT_MATTER_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)
_MAX_HEADING = 400
_MAX_LONE_LINE = 80


def parse_plain_text(data: bytes) -> LoadedDocument:
    text = decode(data)
    blocks = tuple(_lone_lines_as_headings(text, list(_scan(text, markdown=False))))
    return LoadedDocument(text, PLAIN_TEXT, blocks=blocks)


def parse_markdown(data: bytes) -> LoadedDocument:
    text = decode(data)
    blocks = tuple(_scan(text, markdown=True))
    front = _front_matter(text)
    title = _FRONT_MATTER_TITLE.search(text, 0, front) if front else None
    return LoadedDocument(text, MARKDOWN, title=title[1] if title else None, blocks=blocks)


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data` with "\\n" line ends and without a byte order mark.

    A mark at the front decides, then UTF-8 if it fits, then `declared`, then detection on a sample.
    Raises MislabelledFileError where no encoding makes text of it.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _normalise(data.decode(encoding, errors="replace"))
    if b"\x00" in data[:4096]:
        encoding = (
            "utf-16-le" if data[1:4096:2].count(0) >= data[0:4096:2].count(0) else "utf-16-be"
        )
        return _normalise(data.decode(encoding, errors="replace"))
    try:
        return _normalise(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _normalise(_decode_legacy(data, declared))


def _decode_legacy(data: bytes, declared: str | None) -> str:
    from charset_normalizer import from_bytes

    # A UTF-8 file that was cut in the middle of a character, or holds one wrong byte, is still UTF-8.
    text = data.decode("utf-8", errors="replace")
    if text.count("\ufffd") * 1000 <= len(text):
        return text
    for encoding in (declared, "ascii"):
        try:
            if encoding:
                return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    best = from_bytes(data[:_DETECTION_SAMPLE]).best()
    if best is None:
        raise MislabelledFileError("is not text in any known encoding, although it is called so")
    encoding = "cp1252" if best.encoding in ("latin_1", "iso8859_1") else best.encoding
    return data.decode(encoding, errors="replace")


def _normalise(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _front_matter(text: str) -> int:
    """Where a YAML front matter ends, or 0."""
    if not text.startswith("---\n"):
        return 0
    end = text.find("\n---\n", 3, 20_000)
    return end + 5 if end > 0 else 0


def _lines(text: str, start: int) -> Iterator[tuple[int, int]]:
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def _lone_lines_as_headings(text: str, blocks: list[Block]) -> Iterator[Block]:
    """In plain text a short line by itself, not a sentence, with text below it, is a heading."""
    for index, block in enumerate(blocks):
        words = text[block.start : block.end].strip()
        is_lone = (
            block.kind is BlockKind.PARAGRAPH
            and "\n" not in words
            and len(words) <= _MAX_LONE_LINE
            and words[:1].isalnum()
            and not words.endswith((".", ",", ";", "!", "?"))
            and any(char.isalpha() for char in words)
            and index + 1 < len(blocks)
        )
        if is_lone:
            yield Block(BlockKind.HEADING, block.start, block.end, 2 if index else 1, words)
        else:
            yield block


def _scan(text: str, *, markdown: bool) -> Iterator[Block]:
    """The blocks of a text, in one pass over its lines."""
    scanner = _Scanner(text, markdown=markdown)
    front = _front_matter(text) if markdown else 0
    if front:
        yield Block(BlockKind.CODE, 0, len(text[:front].rstrip()))
    for start, end in _lines(text, front):
        yield from scanner.line(start, end)
    yield from scanner.flush()


class _Scanner:
    """Groups lines into blocks. Knows as much of Markdown as cutting it well needs."""

    def __init__(self, text: str, *, markdown: bool) -> None:
        self.text = text
        self.markdown = markdown
        self.kind = BlockKind.PARAGRAPH
        self.start = -1
        self.end = -1
        self.fence = ""
        self.in_table = self.has_rule = False

    def line(self, start: int, end: int) -> Iterator[Block]:
        line = self.text[start : min(end, start + _MAX_HEADING)]
        if self.fence:
            self._extend(start, end)
            if line.strip().startswith(self.fence) and not line.strip().strip(self.fence[0]):
                self.fence = ""
                yield from self.flush()
            return
        if not line.strip() and not self.text[start:end].strip():
            self.in_table = False
            yield from self.flush()
        elif self.markdown and (fence := _FENCE.fullmatch(line)) and "`" not in fence["info"]:
            yield from self._begin(BlockKind.CODE, start, end)
            self.fence = fence["fence"]
        elif self.markdown and (heading := _HEADING.fullmatch(line)):
            yield from self.flush()
            yield self._heading(start, end, len(heading["marks"]), heading["title"] or "")
        elif self._is_setext_rule(line, start):
            level = 1 if line.startswith("=") else 2
            title = self.text[self.start : self.end]
            self.end = end
            yield self._heading(self.start, end, level, title)
            self.start = -1
        elif self.markdown and _TABLE_ROW.fullmatch(self.text, start, end):
            yield from self._table_line(start, end)
        elif _LIST_ITEM.match(line) and not (self.markdown and _RULE.fullmatch(line)):
            yield from self._begin(BlockKind.LIST_ITEM, start, end)
        elif self.start < 0 or self.kind in (BlockKind.TABLE_ROW, BlockKind.TABLE_HEADER):
            yield from self._begin(BlockKind.PARAGRAPH, start, end)
        else:
            self._extend(start, end)

    def flush(self) -> Iterator[Block]:
        if self.start >= 0:
            yield Block(self.kind, self.start, self.end)
        self.start = -1

    def _begin(self, kind: BlockKind, start: int, end: int) -> Iterator[Block]:
        yield from self.flush()
        self.kind, self.start, self.end = kind, start, end

    def _extend(self, start: int, end: int) -> None:
        if self.start < 0:
            self.start = start
        self.end = end

    def _heading(self, start: int, end: int, level: int, title: str) -> Block:
        return Block(BlockKind.HEADING, start, end, level, plain(title))

    def _is_setext_rule(self, line: str, start: int) -> bool:
        return (
            self.start >= 0
            and self.kind is BlockKind.PARAGRAPH
            and self.end == start - 1
            and self.end - self.start <= _MAX_HEADING
            and "\n" not in self.text[self.start : self.end]
            and _SETEXT.fullmatch(line) is not None
        )

    def _table_line(self, start: int, end: int) -> Iterator[Block]:
        if not self.in_table:
            self.in_table, self.has_rule = True, False
            yield from self._begin(BlockKind.TABLE_HEADER, start, end)
            return
        if self.kind is BlockKind.TABLE_HEADER and self.start >= 0:
            if not self.has_rule and _TABLE_RULE.fullmatch(self.text, start, end):
                self.has_rule = True
                self._extend(start, end)
                return
            if not self.has_rule:  # without a rule below it the row before was no header after all
                self.kind = BlockKind.TABLE_ROW
            elif not self.text[self.start : self.end].strip(_RULE_MARKS):
                # Converters leave the header empty where none is marked: the first row is it.
                self.start, self.end = start, end
                return
        yield from self._begin(BlockKind.TABLE_ROW, start, end)


def plain(markdown: str) -> str:
    """A heading's words without emphasis, code marks, links and escapes."""
    return " ".join(_MARKUP.sub(lambda match: match[2] or "", markdown).split())
