"""docs/sources.md says of every kind of source which options it has."""

from __future__ import annotations

import importlib

import pytest

from ingest.sources.kinds import BUILT_IN
from tests.house.pages import options_table
from tests.house.sources import ROOT


@pytest.mark.parametrize("kind", BUILT_IN)
def test_the_options_of_a_source_are_documented(kind: str) -> None:
    """As a table below the kind's heading, with the defaults and descriptions that the code has."""
    module, name = BUILT_IN[kind]
    options = getattr(importlib.import_module(module), name).Options
    page = (ROOT / "docs" / "sources.md").read_text("utf-8")
    section = page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    assert options_table(options.model_fields) in section
