"""Writes a document's text block by block and remembers where each block stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ingest.loaded import Block, BlockKind, LoadedDocument, Page, SheetRow
from ingest.unread import Unread

_SPACES = re.compile(r"[^\S\n]+")
_AROUND_NEWLINE = re.compile(r" ?\n ?")


def squeeze(text: str) -> str:
    """The text with runs of blanks as one blank; line breaks stay."""
    return _AROUND_NEWLINE.sub("\n", _SPACES.sub(" ", text)).strip()


class TextBuilder:
    """Collects headings, paragraphs, list items and tables; `document()` is the result.

    Headings are written as Markdown writes them ("## Fees") and tables as Markdown tables, so that
    whoever reads a quote sees the structure.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.rows: list[SheetRow] = []
        self._parts: list[str] = []
        self._length = 0

    @property
    def position(self) -> int:
        """Where the next character will stand."""
        return self._length

    def text(self) -> str:
        return "".join(self._parts)

    def document(
        self,
        media_type: str,
        *,
        title: str | None = None,
        author: str | None = None,
        language: str = "",
        pages: Sequence[Page] = (),
        gaps: Sequence[str] = (),
        unread: Mapping[Unread, int] | None = None,
        doubt: str = "",
    ) -> LoadedDocument:
        """The finished document; an empty title or author is none."""
        return LoadedDocument(
            self.text(),
            media_type,
            title=title or None,
            language=language,
            blocks=tuple(self.blocks),
            pages=tuple(pages),
            rows=tuple(self.rows),
            gaps=tuple(gaps),
            unread=unread or {},
            doubt=doubt,
            metadata={"author": author} if author else {},
        )

    def heading(self, text: str, level: int) -> None:
        text = " ".join(text.split())
        if text:
            level = min(max(level, 1), 6)
            self._block(BlockKind.HEADING, f"{'#' * level} {text}", "\n\n", level, text)

    def paragraph(self, text: str) -> None:
        self._block(BlockKind.PARAGRAPH, squeeze(text), "\n\n")

    def list_item(self, text: str, *, marker: str = "-", depth: int = 0) -> None:
        text = squeeze(text)
        if not text:
            return
        follows = self.blocks and self.blocks[-1].kind is BlockKind.LIST_ITEM
        self._block(
            BlockKind.LIST_ITEM, f"{'  ' * depth}{marker} {text}", "\n" if follows else "\n\n"
        )

    def code(self, text: str) -> None:
        self._block(BlockKind.CODE, text.strip("\n"), "\n\n")

    def table(self, rows: Iterable[Sequence[str]], *, header: bool = True) -> None:
        """Write rows as a Markdown table; the first one is its header unless `header` is False."""
        first = True
        for row in rows:
            if self.table_row(row, begins=first, header=first and header):
                first = False

    def table_row(self, cells: Sequence[str], *, begins: bool, header: bool = False) -> bool:
        """Write one row, of a new table if it `begins` one; False for a row without words."""
        cells = [" ".join(cell.split()).replace("|", "\\|") for cell in cells]
        if not any(cells):
            return False
        line = f"| {' | '.join(cells)} |"
        separator = "\n\n" if begins else "\n"
        if header:
            self._block(BlockKind.TABLE_HEADER, f"{line}\n|{' --- |' * len(cells)}", separator)
        else:
            self._block(BlockKind.TABLE_ROW, line, separator)
        return True

    def include(self, document: LoadedDocument, below: int = 0) -> None:
        """Write another document's text here, its headings `below` levels down; its pages are left out."""
        lead = len(document.text) - len(document.text.lstrip())
        text = document.text.strip()
        if not text:
            return
        if self._length:
            self._write("\n\n")
        offset = self._length - lead
        self._write(text)
        for block in document.blocks:
            start = max(block.start + offset, self._length - len(text))
            end = min(block.end + offset, self._length)
            if start <= end:
                level = block.level + below if block.level else 0
                self.blocks.append(replace(block, start=start, end=end, level=level))
        for row in document.rows:
            self.rows.append(replace(row, start=row.start + offset, end=row.end + offset))

    def _block(
        self, kind: BlockKind, text: str, separator: str, level: int = 0, title: str = ""
    ) -> None:
        if not text.strip():
            return
        if self._length:
            self._write(separator)
        start = self._length
        self._write(text)
        self.blocks.append(Block(kind, start, self._length, level, title))

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
