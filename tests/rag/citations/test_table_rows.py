"""A row of a table supports what is said of it, under its own headers, and of no other row."""

from __future__ import annotations

import pytest

from tests.rag.citations.test_citations import is_supported

PARTS = """| Part | Description | Fits | Price EUR | Weight kg |
|---|---|---|---|---|
| KB-1101-C | Cutter set | Tern 40, 50 | 768 | 7.4 |
| KB-1204 | Drum bearing | Tern 40 | 215 | 3.1 |
| KB-1310 | Pump seal | Merlin 7 | 64 | 0.2 |"""
FAULTS = """| Code | Text | Cause | Remedy |
|---|---|---|---|
| F-31 | Water level too high | Drain hose bent | Straighten it |
| F-32 | Water level too low | Inlet shut | Open it |"""
DOUGHS = """| Dough | Thickness | Roller speed |
|---|---|---|
| Rye dough | 1.3 mm | 2.8 turns/min |
| Pastry | 1.1 mm | 3.0 turns/min |"""


@pytest.mark.parametrize(
    ("sentence", "table", "supported"),
    [
        # Two parts fit a Tern 40, and the machine itself is none of them.
        ("The list price of a new Tern 40 is 768 EUR.", PARTS, False),
        ("The cutter set for the Tern 40 costs 768 EUR.", PARTS, True),
        ("The part for the Merlin 7 costs 64 EUR.", PARTS, True),
        ("Part KB-1204 costs 215 EUR.", PARTS, True),
        ("Water level too high causes F-31.", FAULTS, False),
        ("F-31 means that the water level is too high.", FAULTS, True),
        ("The cause of F-31 is a bent drain hose.", FAULTS, True),
        ("The roller speed for rye dough is 1.3 mm.", DOUGHS, False),
        ("The roller speed for rye dough is 2.8 turns/min.", DOUGHS, True),
        ("Rye dough takes 1.3 mm at a roller speed of 2.8 turns/min.", DOUGHS, True),
    ],
)
def test_a_value_is_of_its_row_and_its_column(sentence: str, table: str, supported: bool) -> None:
    assert is_supported(sentence, table) is supported
