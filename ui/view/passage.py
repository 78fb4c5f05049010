"""A stretch of a document as HTML: its headings, paragraphs, lists and tables, with the quote marked.

Every character comes from the document and is escaped. Where a line ends is only a matter of layout, so
lines of a paragraph are joined; in tables, lists and headings the document's own marks become HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ui.view.markup import escape

_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_ITEM = re.compile(r"([ \t]*)(?:[-*+•]|(\d{1,3})[.)])[ \t]+(?=\S)")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_RULE = re.compile(r"[ \t|:-]*-[ \t|:-]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CELL = re.compile(r"((?:\\.|[^|\\])*)\|")
_INLINE = re.compile(
    r"\*\*(?=\S)(?P<strong>[^*\n]+?)(?<=\S)\*\*|`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?=\S)(?P<em>[^*\n]+?)(?<=\S)\*(?![\w*])"
)
_PROSE = 0.3
"""So many of the lines after a paragraph's first begin in lower case; fewer do in a table's rows."""
_FULL = 0.72
"""A line this long, as a share of its paragraph's longest, was broken for want of room."""
_SEAM = re.compile(r"</mark>(<mark[^>]*>) </mark>\1")
_SHORT = 40  # characters; lines of a paragraph that are all shorter were broken on purpose

_LEAD_PARAGRAPHS, _LEAD, _LEAD_LONGEST = 3, 240, 700  # characters: some four lines, and ten

Span = tuple[int, int]
Mark = tuple[int, int, str]
"""What is marked: start, end, and a class of its own or nothing."""


@dataclass(frozen=True, slots=True)
class _DisplayLine:
    start: int
    text: str


@dataclass(slots=True)
class _Block:
    kind: str  # heading, item, row, code, paragraph
    lines: list[_DisplayLine]
    level: int = 0
    number: str = ""


def render_passage(
    text: str, mark: Span | None = None, *, marks: Sequence[Mark] = (), markdown: bool = False
) -> str:
    """`text` as HTML on one line; characters `mark` of it are marked, and so are those of all `marks`.

    `markdown`: strong and emphasised words and code are the document's own marks too. A link is text like
    any other.
    """
    given = [(*mark, ""), *marks] if mark else marks
    return _Painter(text, _apart(given, len(text)), markdown).paint()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in a document's text: characters `start` to `end`, without its marks."""

    level: int
    start: int
    end: int
    text: str


def find_headings(text: str) -> Iterator[Heading]:
    """The headings of the text, in their order."""
    for block in _blocks(text):
        line = block.lines[0]
        if block.kind == "heading" and line.text:
            yield Heading(block.level, line.start, line.start + len(line.text), line.text)


def render_lead(text: str, *, markdown: bool = False) -> str:
    """The first paragraphs of a document as HTML, cut where they are long; "" if it has none."""
    parts, length = [], 0
    for block in _blocks(text):
        if block.kind != "paragraph":
            continue
        last = block.lines[-1]
        paragraph = text[block.lines[0].start : last.start + len(last.text)]
        room = _LEAD_LONGEST - length
        if len(paragraph) > room:
            paragraph = paragraph[:room].rpartition(" ")[0] + " …"
        parts.append(render_passage(paragraph, markdown=markdown))
        length += len(paragraph)
        if length >= _LEAD or len(parts) == _LEAD_PARAGRAPHS:
            break
    return "".join(parts)


def _apart(marks: Sequence[Mark], length: int) -> list[Mark]:
    """The marks in order and apart: where some overlap, that stretch has the classes of each."""
    kept = [(max(0, a), min(length, b), kind) for a, b, kind in marks if a < length and b > 0]
    edges = sorted({edge for a, b, _ in kept for edge in (a, b)})
    marked = []
    for start, end in pairwise(edges):
        over = [kind for a, b, kind in kept if a <= start and end <= b]
        if over:
            marked.append((start, end, " ".join(dict.fromkeys(filter(None, over)))))
    return marked


class _Painter:
    def __init__(self, text: str, marks: Sequence[Mark], markdown: bool) -> None:
        self._text, self._marks, self._markdown = text, marks, markdown

    def paint(self) -> str:
        parts: list[str] = []
        rows: list[_DisplayLine] = []
        for block in _blocks(self._text):
            if block.kind == "row":
                rows += block.lines
                continue
            if rows:
                parts.append(self._table(rows))
                rows = []
            parts.append(self._block(block))
        if rows:
            parts.append(self._table(rows))
        return "".join(parts)

    def _block(self, block: _Block) -> str:
        first = block.lines[0]
        if block.kind == "heading":
            return f'<p class="h h{block.level}">{self._inline(first)}</p>'
        if block.kind == "code":
            return f"<pre>{self._joined(block.lines, newline='&#10;')}</pre>"
        if block.kind == "item":
            number = f'<span class="no">{escape(block.number)}.</span> ' if block.number else ""
            kind = f"item in{block.level}" + (" numbered" if number else "")
            return f'<p class="{kind}">{number}{self._joined(block.lines)}</p>'
        return f"<p>{self._joined(block.lines)}</p>"

    def _joined(self, lines: list[_DisplayLine], newline: str = "") -> str:
        longest = max(len(line.text) for line in lines)
        flowing = longest >= _SHORT and _is_prose(lines)
        parts: list[str] = []
        for index, line in enumerate(lines):
            parts.append(self._plain(line.start, line.text) if newline else self._inline(line))
            if index + 1 < len(lines):
                flows = flowing and len(line.text) >= _FULL * longest
                gap = newline or (" " if flows else "<br>")
                kind = self._over(line.start + len(line.text), lines[index + 1].start)
                parts.append(gap if kind is None or gap != " " else f"{_open(kind)} </mark>")
        return _SEAM.sub(" ", "".join(parts))

    def _over(self, end: int, start: int) -> str | None:
        """The class of the mark that goes on over the gap between two lines."""
        for first, last, kind in self._marks:
            if first <= end < last and first < start:
                return kind
        return None

    def _table(self, rows: list[_DisplayLine]) -> str:
        has_header = len(rows) > 1 and bool(_RULE.fullmatch(rows[1].text))
        head = self._row(rows[0], "th") if has_header else ""
        body = "".join(
            self._row(row, "td") for row in rows[2 if has_header else 0 :] if not _is_rule(row)
        )
        head = f"<thead>{head}</thead>" if head else ""
        return f'<div class="wide"><table>{head}<tbody>{body}</tbody></table></div>'

    def _row(self, row: _DisplayLine, tag: str) -> str:
        text = row.text.strip()
        offset = row.start + row.text.index("|")
        scope = ' scope="col"' if tag == "th" else ""
        cells = []
        for cell in _CELL.finditer(text, 1):
            words = cell[1].strip()
            start = offset + cell.start() + cell[1].index(words)
            cells.append(f"<{tag}{scope}>{self._inline(_DisplayLine(start, words))}</{tag}>")
        return f"<tr>{''.join(cells)}</tr>"

    def _inline(self, line: _DisplayLine) -> str:
        if not self._markdown:
            return self._plain(line.start, line.text)
        parts, cursor = [], 0
        for match in _INLINE.finditer(line.text):
            parts.append(self._plain(line.start + cursor, line.text[cursor : match.start()]))
            name = match.lastgroup or ""
            inner = self._plain(line.start + match.start(name), match[name])
            parts.append(f"<{name}>{inner}</{name}>")
            cursor = match.end()
        parts.append(self._plain(line.start + cursor, line.text[cursor:]))
        return "".join(parts)

    def _plain(self, start: int, text: str) -> str:
        """Characters from `start` on, with what is marked among them in <mark>."""
        parts, cursor = [], 0
        for first, last, kind in self._marks:
            first, last = max(first - start, cursor), min(last - start, len(text))
            if first < last:
                parts += [_words(text[cursor:first]), _open(kind), _words(text[first:last])]
                parts.append("</mark>")
                cursor = last
        return "".join(parts) + _words(text[cursor:])


def _open(kind: str) -> str:
    return f'<mark class="{escape(kind)}">' if kind else "<mark>"


def _is_prose(lines: list[_DisplayLine]) -> bool:
    begin_low = sum(line.text[:1].islower() for line in lines[1:])
    return begin_low >= _PROSE * (len(lines) - 1)


def _words(text: str) -> str:
    return escape(text.replace("\\|", "|"))


def _is_rule(row: _DisplayLine) -> bool:
    return bool(_RULE.fullmatch(row.text))


def _blocks(text: str) -> Iterator[_Block]:
    """The blocks of the text, line by line; a blank line ends one."""
    open_: _Block | None = None
    fence = ""
    for line in _lines(text):
        if fence:
            if line.text.strip().startswith(fence):
                fence = ""
                yield from _closed(open_)
                open_ = None
            elif open_:
                open_.lines.append(line)
            else:
                open_ = _Block("code", [line])
            continue
        begun = _begun(line)
        if begun is None and line.text.strip() and open_ and open_.kind in ("paragraph", "item"):
            open_.lines.append(_stripped(line))
            continue
        yield from _closed(open_)
        open_ = None
        if begun is not None:
            open_ = begun
        elif match := _FENCE.match(line.text):
            fence = match[1]
        elif line.text.strip():
            open_ = _Block("paragraph", [_stripped(line)])
    yield from _closed(open_)


def _closed(block: _Block | None) -> Iterator[_Block]:
    if block is not None:
        yield block


def _begun(line: _DisplayLine) -> _Block | None:
    """The block that this line begins by its marks, if it does."""
    if match := _HEADING.match(line.text):
        rest = _stripped(_DisplayLine(line.start + match.end(), line.text[match.end() :]))
        return _Block("heading", [rest], level=len(match[1]))
    if _ROW.fullmatch(line.text):
        return _Block("row", [line])
    if match := _ITEM.match(line.text):
        rest = _stripped(_DisplayLine(line.start + match.end(), line.text[match.end() :]))
        return _Block("item", [rest], min(3, len(match[1].expandtabs(4)) // 2), match[2] or "")
    return None


def _stripped(line: _DisplayLine) -> _DisplayLine:
    text = line.text.strip()
    return _DisplayLine(line.start + (line.text.index(text) if text else 0), text)


def _lines(text: str) -> Iterator[_DisplayLine]:
    start = 0
    for raw in text.split("\n"):
        yield _DisplayLine(start, raw)
        start += len(raw) + 1
