from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag.errors import ModelNotFoundError
from rag.models import catalogue
from ui.cli import cli

MakeModel = Callable[[Path], Path]


def _run(tmp_path: Path, *arguments: str, code: int = 0) -> str:
    environment = {"INHOUSE_CACHE": str(tmp_path / "cache")}
    result = CliRunner().invoke(cli, ["models", *arguments], env=environment, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    assert (result.return_value or 0) == code
    return result.output


def test_the_table_has_a_line_for_each_model_and_fits_80_columns(tmp_path: Path) -> None:
    lines = _run(tmp_path).splitlines()
    assert max(map(len, lines)) <= 80
    named = [line.split()[0] for line in lines if line[:2] == "  " and line.strip()]
    assert [name for name in named if name.islower()] == [
        card.name for kind in ("llm", "embedder") for card in catalogue() if card.kind == kind
    ]


def test_a_line_of_the_table_says_size_memory_context_openness_and_licence(tmp_path: Path) -> None:
    lines = {line.split()[0]: line.split() for line in _run(tmp_path).splitlines() if line.strip()}
    assert lines["qwen2.5-7b-instruct"][1:] == ["7.6B", "17.5", "32k", "W·c", "yes", "Apache-2.0"]
    assert lines["bloom-560m"][1:6] == ["559M", "4.3", "2k", "WdC", "in"]
    assert lines["qwen2.5-3b-instruct"][5] == "no"


def test_the_json_has_the_same_models_as_the_table(tmp_path: Path) -> None:
    entries = json.loads(_run(tmp_path, "--json"))
    assert [entry["name"] for entry in entries] == [card.name for card in catalogue()]
    minilm = next(entry for entry in entries if entry["name"] == "all-minilm-l6-v2")
    assert minilm["dimension"] == 384
    assert minilm["cached"] is None
    assert {"licence", "limits", "memory_gb", "links", "checked", "gated"} <= set(minilm)


@pytest.mark.parametrize("name", [card.name for card in catalogue()])
def test_the_sheet_of_each_model_fits_80_columns_and_has_its_sources(
    name: str, tmp_path: Path
) -> None:
    sheet = _run(tmp_path, "show", name)
    card = next(card for card in catalogue() if card.name == name)
    assert max(len(line) for line in sheet.splitlines() if "https://" not in line) <= 80
    assert all(link in sheet for link in card.links)
    assert f"{card.parameters:,}" in sheet
    assert " ".join(card.limits.split()) in " ".join(sheet.split())
    assert ("after its licence is accepted" in sheet) == card.gated


def test_show_says_all_that_is_known(tmp_path: Path) -> None:
    assert "Apache-2.0" in _run(tmp_path, "show", "smollm2-135m-instruct")
    assert json.loads(_run(tmp_path, "show", "smollm2-135m-instruct", "--json"))["context"] == 8192
    assert json.loads(_run(tmp_path, "--json", "show", "smollm2-135m-instruct"))["kind"] == "llm"
    with pytest.raises(ModelNotFoundError, match="The catalogue has no model 'nope'"):
        _run(tmp_path, "show", "nope")
    with pytest.raises(ModelNotFoundError) as caught:
        _run(tmp_path, "show", "falcon-9b")
    assert "falcon-7b" in caught.value.hint
    assert "qwen" not in caught.value.hint


def test_pull_of_what_nobody_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        _run(tmp_path, "pull", "nope")


def test_check_of_a_good_folder_says_what_it_is(tmp_path: Path, make_model: MakeModel) -> None:
    folder = make_model(tmp_path / "tiny")
    shape = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 64}
    config = {"architectures": ["BloomForCausalLM"], **shape}
    (folder / "config.json").write_text(json.dumps(config))
    result = json.loads(_run(tmp_path, "check", str(folder), "--json"))
    assert result["folder"] == str(folder)
    checks = {check["name"]: check for check in result["findings"]}
    assert list(checks) == ["files", "hashes", "format", "architecture", "chat template", "memory"]
    assert all(check["ok"] for check in checks.values())
    assert "SHA-256" in checks["hashes"]["found"]
    assert "BloomForCausalLM" in checks["format"]["found"]
    assert "a base model" in checks["chat template"]["found"]


def test_check_refuses_code_before_it_reads_anything_else(
    tmp_path: Path, make_model: MakeModel
) -> None:
    folder = make_model(tmp_path / "tiny")
    (folder / "modeling_tiny.py").write_text("raise SystemExit('imported')")
    output = _run(tmp_path, "check", str(folder), code=1)
    assert "brings its own code" in output
    assert "→ " in output
    assert "architecture" not in output.split("→")[0].replace("whose architecture", "")


def test_check_names_an_architecture_that_vllm_does_not_know(
    tmp_path: Path, make_model: MakeModel
) -> None:
    folder = make_model(tmp_path / "tiny")
    (folder / "config.json").write_text(json.dumps({"architectures": ["NobodysForCausalLM"]}))
    assert "vLLM does not know 'NobodysForCausalLM'" in _run(tmp_path, "check", str(folder), code=1)


def test_recommend_names_a_model_for_this_machine(tmp_path: Path) -> None:
    result = json.loads(_run(tmp_path, "recommend", "--json"))
    assert result["machine"]["cores"] >= 1
    first = result["models"][0]
    assert first["name"] in {card.name for card in catalogue()}
    output = _run(tmp_path, "recommend")
    assert max(map(len, output.splitlines())) <= 80
    assert f"inhouse models pull {first['name']}" in output
