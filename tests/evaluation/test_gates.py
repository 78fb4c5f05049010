"""Files of gates that make no sense are named before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.evaluation.gates import read_gates
from rag.evaluation.metrics import Names

NAMES = Names(5, 1500)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no gate"),
        ("[metrics\n", "cannot be read"),
        ("[metrics]\nrecal = { min = 1 }", "metrics.recal is no metric with k = 5"),
        ('[metrics]\n"recall@10" = { min = 1 }', "metrics.recall@10 is no metric with k = 5"),
        ('[types.x]\n"recall" = { min = 1 }', "types.x.recall is no metric"),
        ("[metrics]\nMRR = { least = 1 }", "metrics.MRR.least: extra inputs are not permitted"),
        ("[metrics]\nMRR = {}", "metrics.MRR: says none of min, max, max_drop, max_rise"),
        ('[metrics]\nMRR = { min = "high" }', "metrics.MRR.min: input should be a valid number"),
        ("[metrics]\nMRR = 0.9", "metrics.MRR: input should be a valid dictionary"),
        ("[metrics]\nMRR = { max_drop = 0.1 }", "MRR is held against a baseline"),
        ("[gate]\nMRR = { min = 1 }", "gate: extra inputs are not permitted"),
        ('baseline = "no.json"\n[metrics]\nMRR = { min = 1 }', "no.json cannot be read"),
        ('baseline = "g.toml"\n[metrics]\nMRR = { min = 1 }', "g.toml is no evaluation"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "g.toml"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_gates(path, NAMES)
    assert reason in caught.value.message
    assert str(tmp_path) in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read: .*No such file"):
        read_gates(tmp_path / "g.toml", NAMES)
