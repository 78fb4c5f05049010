"""JSON as people and programs write it."""

from __future__ import annotations

import pytest

from ingest.errors import DamagedFileError
from ingest.loader import load_bytes
from ingest.media_type import JSON


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('// settings\n{"a": "b", /* c */ "d": 1}', "a: b\nd: 1"),
        ('{"a": "no // comment, ]"}', "a: no // comment, ]"),
        ('{"a": NaN, "c": [1, 2,]}', "a: NaN\n\n# c\n\n- 1\n- 2"),
        ('{"a": "x", "a": "y"}', "# a\n\n- x\n- y"),
        ('\ufeff{"a": "b"}', "a: b"),
        ('"just text"', "just text"),
    ],
)
def test_nothing_of_it_is_lost(text: str, read: str) -> None:
    """Comments, a comma too many, a key twice, a mark at the front, a value alone."""
    assert load_bytes(text.encode(), JSON).text == read


def test_what_is_no_json_is_said() -> None:
    with pytest.raises(DamagedFileError, match="is not sound JSON"):
        load_bytes(b'{"a": }', JSON)
