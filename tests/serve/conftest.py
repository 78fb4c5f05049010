from __future__ import annotations

import json
import socket
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from rag.models import ModelFolder
from rag.settings import ServeSettings

FAKE = Path(__file__).parent / "fake"


@pytest.fixture
def model(tmp_path: Path) -> ModelFolder:
    """A folder that looks like a model; the stand-in for vLLM does not read it."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 2048}))
    save_file({"weight": np.zeros(4, np.float32)}, folder / "model.safetensors")
    return ModelFolder("tiny", folder, None, "test")


@pytest.fixture
def settings() -> ServeSettings:
    """Settings with a port that nothing listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    return ServeSettings(port=port, start_timeout_s=30)


@pytest.fixture
def fake_vllm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """The stand-in is the vLLM that is installed; `setenv("FAKE_VLLM", …)` says how it behaves."""
    monkeypatch.syspath_prepend(FAKE)
    monkeypatch.setenv("PYTHONPATH", str(FAKE))
    monkeypatch.setenv("FAKE_VLLM", "serve")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # without an engine of its own
    return monkeypatch
