from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag.errors import ModelNotFoundError
from ui.cli import cli


def _run(tmp_path: Path, *arguments: str) -> str:
    environment = {"INHOUSE_CACHE": str(tmp_path / "cache")}
    result = CliRunner().invoke(
        cli, ["models", *arguments], env=environment, catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.output


def test_the_table_has_a_line_for_each_model_and_says_what_is_here(tmp_path: Path) -> None:
    head, *lines = _run(tmp_path).splitlines()
    assert head.split() == [
        *("name", "kind", "licence", "parameters", "context", "memory"),
        *("weights", "data", "code", "cached"),
    ]
    assert [line.split()[0] for line in lines] == ["all-minilm-l6-v2", "smollm2-135m-instruct"]
    assert all(line.endswith("no") for line in lines)


def test_the_json_has_the_same_models_as_the_table(tmp_path: Path) -> None:
    entries = json.loads(_run(tmp_path, "--json"))
    assert [entry["name"] for entry in entries] == ["all-minilm-l6-v2", "smollm2-135m-instruct"]
    assert entries[0]["dimension"] == 384
    assert entries[0]["cached"] is None


def test_show_says_all_that_is_known(tmp_path: Path) -> None:
    assert "Apache-2.0" in _run(tmp_path, "show", "smollm2-135m-instruct")
    assert json.loads(_run(tmp_path, "show", "smollm2-135m-instruct", "--json"))["context"] == 8192
    assert json.loads(_run(tmp_path, "--json", "show", "smollm2-135m-instruct"))["kind"] == "llm"
    with pytest.raises(ModelNotFoundError, match="The catalogue has no model 'nope'"):
        _run(tmp_path, "show", "nope")


def test_pull_of_what_nobody_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        _run(tmp_path, "pull", "nope")
