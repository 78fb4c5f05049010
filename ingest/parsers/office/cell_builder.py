"""Writes what stands in a cell of a table, where headings, bullets and tables are nothing but text."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.text_builder import TextBuilder


class CellBuilder(TextBuilder):
    """A TextBuilder whose text has no marks of headings, bullets and tables."""

    def heading(self, text: str, level: int) -> None:  # noqa: ARG002 - as the base class has it
        self.paragraph(text)

    def list_item(self, text: str, *, marker: str = "-", depth: int = 0) -> None:  # noqa: ARG002
        self.paragraph(text if marker == "-" or not text.strip() else f"{marker} {text}")

    def table_row(
        self,
        cells: Sequence[str],
        *,
        begins: bool,  # noqa: ARG002
        header: bool = False,  # noqa: ARG002
    ) -> bool:
        self.paragraph(" ".join(cell for cell in cells if cell.strip()))
        return any(cell.strip() for cell in cells)

    def line(self) -> str:
        """All of the text in one line."""
        return " ".join(self.text().split())
