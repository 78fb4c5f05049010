"""The model families: tiny ones, served by the real vLLM as `inhouse serve` does, and asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from rag.models import resolve_model
from tests.conftest import free_port
from tests.serve.tiny import FAMILIES, make_tiny

pytestmark = [pytest.mark.slow, pytest.mark.vllm, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
INHOUSE = [sys.executable, "-m", "ui"]
# One of them in every run of the tests: a base model, with neither a template nor an end of its own.
_ALWAYS = "falcon"


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(name, marks=[] if name == _ALWAYS else [pytest.mark.families])
        for name in FAMILIES
    ],
)
def test_a_model_of_the_family_is_served_and_answers_and_leaves_nothing_behind(
    family: str, tmp_path: Path, sample_index: Path
) -> None:
    tokenizer = resolve_model("smollm2-135m-instruct", kind="llm", progress=False).path
    folder = make_tiny(family, tmp_path / f"tiny-{family}", tokenizer)
    port, log = str(free_port()), tmp_path / "vllm.log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "INHOUSE_SERVE_KV_CACHE_GB": "0.1"}
    command = [*INHOUSE, "serve", "--model", str(folder), "--port", port, "--log-file", str(log)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert f"vLLM serves tiny-{family} on" in line, server.communicate()[1]
            started = psutil.Process(server.pid).children(recursive=True)
            answer = _ask(f"http://127.0.0.1:{port}/v1", sample_index, tmp_path)
            server.terminate()
            assert server.wait(120) == 128 + 15
        finally:
            server.kill()
    assert answer["model"] == f"tiny-{family}"
    assert answer["status"] in {"unsupported", "partial", "grounded", "not_in_documents"}
    assert answer["usage"]["completion_tokens"] > 0
    assert answer["usage"]["prompt_tokens"] > 100  # it was given passages to read
    assert answer["text"]
    assert answer["context"]["cited"] + answer["context"]["read"]
    assert started
    assert not [p for p in started if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def _ask(url: str, index: Path, folder: Path) -> dict[str, object]:
    done = subprocess.run(
        [*INHOUSE, "ask", "How long is parental leave?", "--data", str(index), "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "INHOUSE_LLM_URL": url},
        cwd=folder,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer
