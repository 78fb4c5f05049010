"""A house for every test that wants one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.house import IngestedFolder


@pytest.fixture
def house(tmp_path: Path) -> IngestedFolder:
    return IngestedFolder(tmp_path)
