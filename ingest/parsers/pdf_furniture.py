"""Running headers, footers and page numbers: what stands at the edge of many pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest.parsers.pdf_lines import RawLine, join_segments
from ingest.parsers.pdf_table import Item, PdfTable

_WORD = re.compile(r"[^\W\d_]+")
_MAX_CHARS = 200
_MAX_SIZE = 1.25
_MIN_PAGES = 3
_MIN_PAGES_OF_NUMBER = 2
_MAX_AHEAD = 60
"""A page's printed number may be so far ahead of its place in the file: front matter is counted apart."""
_PAGE = (
    r"page|pages?\s*no\.?|p\.|pg\.?|seite|s\.|blatt|pagina|página|pág\.?|pag\.?|sida|side|strona|str\.?|sayfa|"
    r"folio|sheet|стр\.?|страница|σελίδα|oldal|sivu|第|쪽"
)
_OF = r"of|von|de|sur|di|del|van|av|af|z|из|/|／|\||共"
_PAGE_OF = re.compile(
    rf"(?:\b(?:{_PAGE})\s*)(?P<n>\d{{1,4}})(?:\s*(?:頁|页|ページ)?\s*(?:{_OF})\s*\d{{1,4}})?"
    rf"|(?<![\w.,/-])(?P<m>\d{{1,4}})\s*(?:{_OF})\s*\d{{1,4}}(?![\w.,/-])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\W{0,3}(\d{1,4})\W{0,3}")
_AT_AN_END = re.compile(r"(?P<n>\d{1,4})(?=\s+\S)|(?<=[|•·–—]\s)(?P<m>\d{1,4})$")


@dataclass(frozen=True, slots=True)
class _Edge:
    """A line of a page: its place among the items, and by what it is known again."""

    items: tuple[int, ...]
    top: float
    bottom: float
    text: str
    identities: frozenset[tuple[str, int]]


def without_furniture(pages: Sequence[Sequence[Item]], body_size: float) -> list[list[Item]]:
    """The pages without running headers, footers and page numbers.

    These are the outermost lines of a page, in its margins and in hardly larger type than the body, that come
    again at the same height on at least three pages and a third of all: the same words, or the same but for
    the page's own number ("Page 3 of 12"). Any other number that differs is content ("Invoice 1002"). The
    first of each is kept if it has words, since a company's name may stand nowhere else, and so is all of a
    page that has nothing else. For a number alone that keeps pace with the pages, or one that is called
    a page's, two are enough.
    """
    edges = [_edges(items, index, body_size) for index, items in enumerate(pages)]
    counts = Counter(identity for page in edges for edge in page for identity in edge.identities)
    needed = max(_MIN_PAGES, len(pages) // 3)
    middle = max((edge.bottom for page in edges for edge in page), default=0.0) / 2
    seen: set[tuple[str, int]] = set()
    result = []
    for items, page in zip(pages, edges, strict=True):
        gone: set[int] = set()
        for edge in _outermost(page, counts, needed, middle):
            if len(_WORD.findall(edge.text)) < 2 or seen & edge.identities:
                gone |= set(edge.items)
            seen |= edge.identities
        kept = [item for at, item in enumerate(items) if at not in gone]
        if not any(_WORD.search(_text(item)) for item in kept):
            numbers = {at for at in gone if _ALONE.fullmatch(_text(items[at]))}
            kept = [item for at, item in enumerate(items) if at not in numbers]
        result.append(kept)
    return result


def _edges(items: Sequence[Item], index: int, body_size: float) -> list[_Edge]:
    """A page's lines in their rows; those that do not stand in its margins have nothing to be known by."""
    edges = []
    at = 0
    for _, group in groupby(
        items, key=lambda item: item.line if isinstance(item, RawLine) else item
    ):
        members = list(group)
        places = tuple(range(at, at + len(members)))
        at += len(members)
        line = members[0]
        if not line.in_margin:
            edges.append(_Edge(places, line.top, line.bottom, "", frozenset()))
            continue
        if isinstance(line, RawLine):
            line = join_segments([member for member in members if isinstance(member, RawLine)])
        text = _text(line)
        too_large = isinstance(line, RawLine) and line.size > body_size * _MAX_SIZE
        is_other = too_large or len(text) > _MAX_CHARS
        identities = frozenset() if is_other else _identities(text, line.top, index)
        edges.append(_Edge(places, line.top, line.bottom, text, identities))
    return edges


def _outermost(
    page: Sequence[_Edge], counts: Counter[tuple[str, int]], needed: int, middle: float
) -> list[_Edge]:
    """The lines that come again, from the top and from the bottom as far as there is no other row."""
    result: list[_Edge] = []
    for ordered in (
        sorted((edge for edge in page if edge.top < middle), key=lambda edge: edge.top),
        sorted((edge for edge in page if edge.top >= middle), key=lambda edge: -edge.bottom),
    ):
        at = 0
        while at < len(ordered):
            row = [ordered[at]]
            while at + len(row) < len(ordered) and _overlap(row[0], ordered[at + len(row)]):
                row.append(ordered[at + len(row)])
            again = [edge for edge in row if _comes_again(edge, counts, needed)]
            if not again:
                break
            result += again
            at += len(row)
    return result


def _comes_again(edge: _Edge, counts: Counter[tuple[str, int]], needed: int) -> bool:
    often = max((counts[identity] for identity in edge.identities), default=0)
    match = _PAGE_OF.search(edge.text)
    is_number = _ALONE.fullmatch(edge.text) is not None or (match and match["n"])
    return often >= (_MIN_PAGES_OF_NUMBER if is_number else needed)


def _overlap(one: _Edge, other: _Edge) -> bool:
    height = min(one.bottom - one.top, other.bottom - other.top)
    return min(one.bottom, other.bottom) - max(one.top, other.top) > height / 2


def _identities(text: str, top: float, index: int) -> frozenset[tuple[str, int]]:
    """By what a line is known again: its words, with the page's number as how far it is ahead."""
    height = round(top / 4)
    if alone := _ALONE.fullmatch(text):
        return frozenset({(f"#{int(alone[1]) - index}", height)})
    known = {(text, height)}
    for pattern in (_PAGE_OF, _AT_AN_END):
        match = pattern.search(text) if pattern is _PAGE_OF else _at_an_end(text)
        if match is not None:
            ahead = int(match["n"] or match["m"]) - index
            if pattern is _PAGE_OF:  # a line may have it twice: "Sheet 3 of 8 | 3/8"
                known.add((_PAGE_OF.sub(lambda number: _ahead(number, index), text), height))
            elif 0 <= ahead <= _MAX_AHEAD:
                known.add((f"{text[: match.start()]}#{ahead}{text[match.end() :]}", height))
            break
    return frozenset(known)


def _ahead(number: re.Match[str], index: int) -> str:
    """How far a page's printed number is ahead of its place in the file."""
    return f"#{int(number['n'] or number['m']) - index}"


def _at_an_end(text: str) -> re.Match[str] | None:
    """A number that begins a line ("12 Annual report") or ends it behind a bar."""
    match = _AT_AN_END.match(text)
    return match or _AT_AN_END.search(text, max(0, len(text) - 8))


def _text(item: Item) -> str:
    if isinstance(item, PdfTable):
        return " ".join(piece.text for piece in item.pieces)
    return item.text
