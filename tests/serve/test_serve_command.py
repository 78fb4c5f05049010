"""`inhouse serve` as a person runs it: a process that is started, watched and interrupted."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from rag.errors import ModelServerStartError
from rag.models import ModelFolder
from rag.models.machine import Gpu, Machine
from rag.settings import ServeSettings
from rag.vllm import health, share_machine

ROOT = Path(__file__).parents[2]
INHOUSE = [sys.executable, "-c", "from ui.cli import main; main()"]


@contextmanager
def _serve(
    model: ModelFolder, settings: ServeSettings, *arguments: str
) -> Iterator[subprocess.Popen[str]]:
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)])
    command = [*INHOUSE, "serve", "--model", str(model.path), "--port", str(settings.port)]
    with subprocess.Popen(
        [*command, "--log-file", str(model.path.parent / "vllm.log"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        cwd=model.path.parent,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_is_the_exit_code(
    signum: signal.Signals,
    fake_vllm: pytest.MonkeyPatch,
    model: ModelFolder,
    settings: ServeSettings,
) -> None:
    with _serve(model, settings) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"vLLM serves tiny on http://127.0.0.1:{settings.port}/v1" in line
        assert "vllm.log" in line
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        process.send_signal(signum)
        assert process.wait(20) == 128 + signum
        assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_a_signal_during_the_start_stops_everything_too(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings
) -> None:
    fake_vllm.setenv("FAKE_VLLM", "hang")
    with _serve(model, settings) as process:
        family: list[psutil.Process] = []
        while len(family) < 2:
            assert process.poll() is None
            family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
        assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("behaviour", ["die", "die_later"])
def test_a_vllm_that_dies_is_one_sentence_and_no_traceback(
    behaviour: str, fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings
) -> None:
    fake_vllm.setenv("FAKE_VLLM", behaviour)
    with _serve(model, settings) as process:
        _, errors = process.communicate(timeout=30)
        assert process.returncode not in {0, None}
    assert "vLLM" in errors
    assert "Traceback" not in errors


def test_a_dry_run_prints_the_command_that_a_shell_takes_and_starts_nothing(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings
) -> None:
    with _serve(model, settings, "--dry-run", "--max-model-len", "1024") as process:
        output, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    words = shlex.split(output)
    assert "HF_HUB_OFFLINE=1" in words
    assert words[words.index("-m") + 1] == "vllm.entrypoints.openai.api_server"
    assert words[words.index("--model") + 1] == str(model.path)
    assert words[words.index("--max-model-len") + 1] == "1024"
    assert not (model.path.parent / "vllm.log").exists()


@pytest.mark.parametrize(("visible", "gpus"), [("0,2", "2"), ("3", "1")])
def test_on_a_machine_with_gpus_the_command_is_for_those_that_are_visible(
    visible: str,
    gpus: str,
    fake_vllm: pytest.MonkeyPatch,
    model: ModelFolder,
    settings: ServeSettings,
    tmp_path: Path,
) -> None:
    """The build of vLLM for GPUs is installed beside the other, and the driver tells of four cards."""
    info = tmp_path / "site" / "vllm-0.0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.0.1\n")
    fake_vllm.setenv("PYTHONPATH", os.pathsep.join([os.environ["PYTHONPATH"], str(info.parent)]))
    cards = "".join(f"{n}, GPU-{n}, NVIDIA L4, 23034, 22500, 8.9\n" for n in range(4))
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{cards}END\n")
    program.chmod(0o755)
    fake_vllm.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))
    fake_vllm.setenv("CUDA_VISIBLE_DEVICES", visible)
    (model.path / "config.json").write_text('{"num_attention_heads": 32, "max_seq_len": 2048}')
    with _serve(model, settings, "--dry-run", "--gpus", "4") as process:
        words = shlex.split(process.communicate(timeout=30)[0])
    assert words[words.index("--tensor-parallel-size") + 1] == gpus
    assert words[words.index("--gpu-memory-utilization") + 1] == "0.90"
    assert words[words.index("--max-model-len") + 1] == "2048"
    assert words[words.index("--chat-template") + 1].endswith("question_answering.jinja")
    assert not {"--block-size", "--enforce-eager", "--kv-cache-memory-bytes"} & set(words)


def test_a_model_that_brings_its_own_code_is_refused_and_nothing_is_started(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings
) -> None:
    (model.path / "modeling_tiny.py").write_text("raise SystemExit('imported')")
    with _serve(model, settings) as process:
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 1
    assert "brings its own code" in errors
    assert "Traceback" not in errors
    assert output == ""
    assert not (model.path.parent / "vllm.log").exists()


def test_replicas_listen_on_ports_in_a_row_and_outlive_each_other(
    fake_vllm: pytest.MonkeyPatch, model: ModelFolder, settings: ServeSettings
) -> None:
    with _serve(model, settings, "--replicas", "2") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        urls = [f"http://127.0.0.1:{settings.port + number}/v1" for number in range(2)]
        assert f"vLLM serves tiny on {urls[0]}, {urls[1]}" in line
        assert f"INHOUSE_LLM_URL={urls[0]},{urls[1]}" in process.stderr.readline()
        family = psutil.Process(process.pid).children(recursive=True)
        first = next(p for p in family if str(settings.port) in p.cmdline())
        first.kill()
        assert "The other 1 go on." in process.stderr.readline()
        assert health(urls[1]) == ("tiny",)
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
        assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_each_replica_has_its_share_of_the_machine() -> None:
    gpus = tuple(Gpu(f"L4 {number}") for number in range(4))
    machine = Machine(8, 64_000, 32_000, True, gpus)
    halves = share_machine(machine, 2, "gpu")
    assert [share.machine.gpus for share in halves] == [gpus[:2], gpus[2:]]
    assert [share.environment for share in halves] == [
        {"CUDA_VISIBLE_DEVICES": "0,1"},
        {"CUDA_VISIBLE_DEVICES": "2,3"},
    ]
    thirds = share_machine(machine, 3, "cpu", range(8))
    assert {(share.machine.cores, share.machine.free) for share in thirds} == {(2, 10_666)}
    assert thirds[2].environment == {"VLLM_CPU_OMP_THREADS_BIND": "4,5"}
    with pytest.raises(ModelServerStartError, match="5 replicas need a GPU each; there are 4"):
        share_machine(machine, 5, "gpu")
