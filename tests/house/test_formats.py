"""What is not read of a file: the list in the code, the parsers and docs/formats.md say the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from ingest.media_type import SUPPORTED
from ingest.readers import READERS
from ingest.unread import KINDS, REPORTED, Unread
from tests.house.sources import ROOT, imports, trees
from ui.messages.sections import MEDIA_TYPES, RoomWords

_SUFFIX = re.compile(r"`(\.\w+)`")
_PARSERS = "ingest.parsers."


def rows() -> Iterator[tuple[str, frozenset[str], str]]:
    """Name, suffixes and last cell of each format in docs/formats.md."""
    for line in (ROOT / "docs" / "formats.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and _SUFFIX.search(cells[1]):
            yield cells[0], frozenset(_SUFFIX.findall(cells[1])), cells[4]


def kinds_used(module: str) -> set[Unread]:
    """The kinds that a parser's module counts, or a module of the parsers that it imports."""
    seen, left = set(), {module}
    while left:
        name = left.pop()
        seen.add(name)
        left |= {m for m in imports(name, types=False) if m.startswith(_PARSERS)} - seen
    return {
        Unread[node.attr]
        for name in seen
        for node in ast.walk(trees()[name])
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Unread"
    }


def test_every_suffix_stands_in_the_docs_once() -> None:
    """docs/formats.md lists exactly the suffixes that are read."""
    listed = [suffix for _, suffixes, _ in rows() for suffix in suffixes]
    assert sorted(listed) == sorted(SUPPORTED)


@pytest.mark.parametrize(
    ("name", "suffixes", "cell"), [pytest.param(*row, id=row[0]) for row in rows()]
)
def test_the_docs_list_what_is_counted(name: str, suffixes: frozenset[str], cell: str) -> None:
    """A row's last cell names the kinds of all its formats, in italics what is only counted."""
    kinds = {kind for suffix in suffixes for kind in REPORTED.get(SUPPORTED[suffix], frozenset())}
    expected = ", ".join(
        words.many if words.is_missing else f"*{words.many}*"
        for kind, words in KINDS.items()
        if kind in kinds
    )
    assert cell == expected, f"docs/formats.md, {name}"


@pytest.mark.parametrize("media_type", sorted(READERS))
def test_a_format_counts_what_is_listed(media_type: str) -> None:
    """`REPORTED` has each kind that one of a format's readers counts, and no other."""
    readers = READERS[media_type]
    used = set().union(*(kinds_used(_PARSERS + reader.module) for reader in readers))
    assert used == REPORTED.get(media_type, frozenset())


def test_every_format_has_a_name_on_the_page() -> None:
    """Not the end of its media type, as one that nobody has named."""
    assert set(MEDIA_TYPES).union(RoomWords().types) >= set(READERS)


def test_every_kind_has_words() -> None:
    assert set(KINDS) == set(Unread)
