"""The tables of docs/scale.md are those that `benchmarks/capacity.py` computes and simulates."""

from __future__ import annotations

from benchmarks.capacity import model_rows, size_rows
from tests.house.sources import ROOT


def test_the_tables_of_capacity_are_those_of_the_simulation() -> None:
    text = (ROOT / "docs" / "scale.md").read_text("utf-8")
    for row in (*size_rows(), *model_rows()):
        assert row in text
