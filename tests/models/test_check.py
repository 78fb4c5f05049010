from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import ModelRefusedError
from rag.models import check_folder
from rag.models.check import check_sha256, hash_file, hash_weights

Spoil = Callable[[Path], object]


def _write(name: str, content: object) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    return spoil


def _cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


_REFUSED: dict[str, tuple[Spoil, str]] = {
    "own code named in the configuration": (
        _write("config.json", {"auto_map": {"AutoModel": "m.Model"}}),
        "auto_map",
    ),
    "own code for the tokenizer": (_write("tokenizer_config.json", {"auto_map": {}}), "auto_map"),
    "own code of a module further down": (
        _write("1_Pooling/config.json", {"auto_map": {}}),
        "auto_map",
    ),
    "a kernel by a private attribute": (
        _write("config.json", {"_attn_implementation_internal": "someone/kernel"}),
        "_attn_implementation_internal",
    ),
    "a kernel of the hub in a part of the model": (
        _write("config.json", {"text_config": {"attn_implementation": "someone/kernel:forward"}}),
        "attn_implementation",
    ),
    "own code in a list of a configuration": (
        _write("tokenizer_config.json", {"parts": [{"auto_map": {}}]}),
        "auto_map",
    ),
    "a Python file": (_write("modeling_tiny.py", "print()"), "brings its own code"),
    "a shared library": (_write("kernel.so", ""), "brings its own code"),
    "a pickled checkpoint": (_write("pytorch_model.bin", ""), "can run code when it is loaded"),
    "a pickle in capitals": (_write("WEIGHTS.PT", ""), "can run code when it is loaded"),
    "a pickle further down": (_write("2_Dense/model.pkl", ""), "can run code when it is loaded"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "has no .safetensors"),
    "no configuration": (lambda folder: (folder / "config.json").unlink(), "no config.json"),
    "weights cut off": (_cut, "cut off or damaged"),
    "a Git LFS pointer": (
        _write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "not a safetensors file",
    ),
    "empty weights": (_write("model.safetensors", ""), "not a safetensors file"),
    "a foreign module class": (
        _write("modules.json", [{"idx": 0, "path": "", "type": "os.system"}]),
        "no module of its library",
    ),
    "a module outside the folder": (
        _write("modules.json", [{"path": "../x", "type": "sentence_transformers.models.Dense"}]),
        "points outside",
    ),
    "a missing shard": (
        _write("model.safetensors.index.json", {"weight_map": {"w": "model-2.safetensors"}}),
        "model-2.safetensors is missing",
    ),
    "a configuration that is not JSON": (_write("config.json", "{"), "is not JSON"),
    "deeply nested JSON": (_write("config.json", "[" * 100_000), "is not JSON"),
}


def test_a_complete_model_is_accepted(tmp_path: Path, make_model: Callable[[Path], Path]) -> None:
    check_folder(make_model(tmp_path / "m"))


def test_a_kernel_of_the_library_is_no_code_of_the_model(
    tmp_path: Path, make_model: Callable[[Path], Path]
) -> None:
    folder = make_model(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    named = {"_attn_implementation": "sdpa", "text_config": {"attn_implementation": None}}
    (folder / "config.json").write_text(json.dumps(config | named))
    check_folder(folder)


@pytest.mark.parametrize("case", _REFUSED)
def test_refused(case: str, tmp_path: Path, make_model: Callable[[Path], Path]) -> None:
    """A folder that could run code, or is not whole, is refused, and the reason is said."""
    folder = make_model(tmp_path / "m")
    spoil, reason = _REFUSED[case]
    spoil(folder)
    with pytest.raises(ModelRefusedError) as caught:
        check_folder(folder)
    assert reason in str(caught.value)


def test_a_changed_or_missing_file_does_not_pass_for_the_one_that_was_checked(
    tmp_path: Path, make_model: Callable[[Path], Path]
) -> None:
    folder = make_model(tmp_path / "m")
    expected = {"model.safetensors": hash_file(folder / "model.safetensors")}
    check_sha256(folder, expected)
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelRefusedError, match="was expected"):
        check_sha256(folder, expected)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelRefusedError, match=r"no file model\.safetensors"):
        check_sha256(folder, expected)


def test_the_weights_hash_is_the_files_own_and_covers_every_shard(
    tmp_path: Path, make_model: Callable[[Path], Path]
) -> None:
    folder = make_model(tmp_path / "m")
    one = hash_weights(folder)
    assert one == hash_file(folder / "model.safetensors")
    (folder / "model-2.safetensors").write_bytes(b"2")
    two = hash_weights(folder)
    (folder / "model-2.safetensors").write_bytes(b"3")
    assert len({one, two, hash_weights(folder)}) == 3
