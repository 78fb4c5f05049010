"""A file with very much text does not take the run with it, and is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.heavy_files import HeavyFiles, lacks_memory, measure_free_memory
from tests.ingest.house import IngestedFolder


def test_what_a_run_cannot_hold_is_left_out_by_name(house: IngestedFolder) -> None:
    """Its text needs more memory than a file may have, although it is small enough for its parser."""
    house.settings = {"ingest": {"memory_mb": 128}}
    big = house.write("big.txt", "many words of text\n" * 400_000)
    house.write("small.txt", "few words\n")
    report = house.ingest()
    assert report.added == 1
    ((uri, reason),) = [(problem.uri, problem.reason) for problem in report.skipped]
    assert uri == str(big)
    assert "more than ingest.memory_mb = 128" in reason


def test_what_does_not_fit_into_the_free_memory_waits(house: IngestedFolder) -> None:
    free = measure_free_memory()
    if free is None:
        pytest.skip("this system does not say how much memory is free")
    assert "are free" in lacks_memory(free)
    assert lacks_memory(1000) == ""


def test_the_file_that_a_run_was_killed_over_is_left_out_the_next_night(
    house: IngestedFolder,
) -> None:
    """Until it changes, or somebody wants it to be tried again."""
    house.write("a.txt", "words\n")
    house.ingest()
    suspect = house.write("suspect.txt", "more words\n")
    (house.data / "reading.json").write_text(json.dumps([str(suspect)]))
    first = house.ingest()
    assert [problem.uri for problem in first.failed] == [str(suspect)]
    assert "was killed" in first.failed[0].reason
    assert house.ingest().failed == first.failed, "it is left out until it changes"
    assert house.ingest(retry_failed=True).failed == ()


def test_a_note_is_there_as_long_as_the_text_is_held(tmp_path: Path) -> None:
    heavy = HeavyFiles(tmp_path)
    heavy.begin("/small", 100)
    assert not list(tmp_path.iterdir())
    heavy.begin("/large", 2**23)
    assert HeavyFiles(tmp_path).left == {"/large"}
    heavy.end("/large")
    assert not list(tmp_path.iterdir())
