"""Another embedder, from the command line, with real models."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.models import resolve_model
from tests.cli.conftest import CommandResult


@pytest.fixture
def other_model(tmp_path: Path) -> Path:
    """The default embedder with its vocabulary's vectors in another order: a model of its own."""
    from safetensors.numpy import load_file, save_file

    folder = tmp_path / "backwards"
    shutil.copytree(resolve_model("all-minilm-l6-v2", kind="embedder", progress=False).path, folder)
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("word_embeddings.weight"))
    weights[name] = weights[name][::-1].copy()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.slow
def test_an_embedder_is_refused_until_the_index_is_switched_to_it(
    inhouse_in_process: Callable[..., CommandResult], tmp_path: Path, other_model: Path
) -> None:
    """Searching and ingesting exit with 2, both names and the command; that command mends it."""
    inhouse = inhouse_in_process
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks.\n")
    assert inhouse("ingest", "docs").code == 0
    switched = {
        "INHOUSE_EMBEDDER_MODEL": str(other_model),
        "INHOUSE_EMBEDDER_BACKEND": "sentence-transformers",  # leaves nothing in the user's cache
    }
    for command in (("search", "leave"), ("ingest", "docs")):
        refused = inhouse(*command, **switched)
        assert (refused.code, refused.out) == (2, "")
        assert "all-minilm-l6-v2, not with " in refused.err
        assert "backwards" in refused.err
        assert "inhouse reembed" in refused.err
    report = inhouse("reembed", "--json", **switched).json()
    assert report == {"generation": 2, "embedded": 1, "reused": 0}
    ended = inhouse("search", "leave", "--json", **switched)
    assert ended.json()[0]["text"].startswith("# Leave")
    assert inhouse("search", "leave").code == 2
