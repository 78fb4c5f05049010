"""The lines of a PDF page, and the segments that wide gaps cut them into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

HYPHEN = "\ufffe"
"""What PDFium writes where a line ends in a hyphen and the word goes on in the next one."""
REGULAR, MEDIUM, BOLD = 2, 3, 4


class PdfWord(NamedTuple):
    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line of a page or, where the line has wide gaps, a segment of one; `line` numbers the line.

    Edges are points from the top left corner of the page as it is read. `weight` is the font's, REGULAR for
    most. `cells` counts the segments of a whole line. `in_margin`: at the very top or bottom of the page,
    where running headers and page numbers stand. `is_turned`: it does not run as the page's text does.
    `is_faint`: it is set so that perhaps nobody sees it.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    weight: int = REGULAR
    cells: int = 1
    in_margin: bool = False
    line: int = -1
    words: tuple[PdfWord, ...] = ()
    is_turned: bool = False
    is_faint: bool = False

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def bold(self) -> bool:
        return self.weight >= BOLD


def cut(segment: RawLine, words: Sequence[PdfWord]) -> RawLine:
    """The part of a segment that `words` of it make up."""
    return replace(
        segment,
        text=" ".join(word.text for word in words),
        left=min(word.left for word in words),
        right=max(word.right for word in words),
        words=tuple(words),
    )


def join_segments(segments: Sequence[RawLine]) -> RawLine:
    """The segments of a line as the whole that they are."""
    if len(segments) == 1:
        return segments[0]
    return replace(
        segments[0],
        text=" ".join(segment.text for segment in segments),
        left=min(segment.left for segment in segments),
        top=min(segment.top for segment in segments),
        right=max(segment.right for segment in segments),
        bottom=max(segment.bottom for segment in segments),
        cells=sum(segment.cells for segment in segments),
        words=tuple(word for segment in segments for word in segment.words),
    )
