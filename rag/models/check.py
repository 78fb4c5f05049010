"""A model's files are data, never code: what is refused, and what has to match.

Loading a pickle runs whatever it says; `auto_map` and Python files in a model folder ask the loader to
import them; `modules.json` of sentence-transformers names classes to import. All are refused before any
library sees the folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.errors import ModelRefusedError

WEIGHTS = ".safetensors"
_PICKLED = {".bin", ".ckpt", ".h5", ".joblib", ".msgpack", ".npy", ".npz"}
_PICKLED |= {".pickle", ".pkl", ".pt", ".pth"}
_CODE = {".dll", ".dylib", ".exe", ".py", ".pyc", ".pyd", ".sh", ".so"}
_NO_CONFIGURATION = {"tokenizer.json", "vocab.json"}  # large, and no loader looks for code in them
_CODE_KEYS = {"auto_map", "custom_generate", "custom_pipelines", "trust_remote_code"}
_MAX_JSON_BYTES = 64 * 2**20
_MAX_HEADER_BYTES = 100 * 2**20  # the safetensors format's own limit


def check_folder(folder: Path) -> None:
    """Refuse a folder that is not a complete model of safetensors and JSON.

    Raises ModelRefusedError with the file and the reason.
    """
    if not any((folder / name).is_file() for name in ("config.json", "modules.json")):
        raise ModelRefusedError(
            f"{folder} is not a model folder: it has no config.json.",
            hint="Name the folder that holds the model's config.json and *.safetensors.",
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        _check_name(path, folder)
    weights = [path for path in files if path.suffix == WEIGHTS]
    if not weights:
        raise ModelRefusedError(
            f"{folder} has no {WEIGHTS} file.",
            hint="Only safetensors weights are used; convert the model, or take another.",
        )
    for path in files:
        if path.suffix == ".json" and path.name not in _NO_CONFIGURATION:
            _check_json(path, folder)
    for path in weights:
        _check_header(path)


def check_sha256(folder: Path, expected: Mapping[str, str]) -> None:
    """Raise ModelRefusedError for the first file of `folder` that is not what `expected` says."""
    for name, sha256 in expected.items():
        path = folder / name
        if not path.is_file():
            raise ModelRefusedError(f"The model has no file {name}, which it should have.")
        actual = hash_file(path)
        if actual != sha256:
            raise ModelRefusedError(
                f"{name} has SHA-256 {actual}, but {sha256} was expected.",
                hint="It is not the file that was checked; nothing of it is used.",
            )


def hash_file(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_weights(folder: Path) -> str:
    """SHA-256 of the weights: of the file if there is one, else over all names and their hashes."""
    weights = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob(f"*{WEIGHTS}")]
    if len(weights) == 1:
        return hash_file(weights[0][1])
    digest = hashlib.sha256()
    for name, path in sorted(weights):
        digest.update(f"{hash_file(path)}  {name}\n".encode())
    return digest.hexdigest()


def _check_name(path: Path, folder: Path) -> None:
    name, suffix = path.relative_to(folder), path.suffix.lower()
    if suffix in _PICKLED:
        raise ModelRefusedError(
            f"{folder} has {name}: a file of this kind can run code when it is loaded.",
            hint="Delete it if the same weights are there as safetensors; else take another model.",
        )
    if suffix in _CODE:
        raise ModelRefusedError(
            f"{folder} has {name}: a model that brings its own code is refused.",
            hint="Take a model whose architecture vLLM and transformers know themselves.",
        )


def _check_json(path: Path, folder: Path) -> None:
    name = path.relative_to(folder)
    if path.stat().st_size > _MAX_JSON_BYTES:
        raise ModelRefusedError(f"{path} has more than {_MAX_JSON_BYTES} bytes.")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as exc:
        raise ModelRefusedError(f"{path} is not JSON: {exc}.") from exc
    if key := _code_key(content):
        raise ModelRefusedError(
            f"{folder} wants to run its own code ({name} has {key}).",
            hint="Take a model whose architecture vLLM and transformers know themselves.",
        )
    if name.name == "modules.json":
        _check_modules(path, content)
    if name.name.endswith(f"{WEIGHTS}.index.json"):
        _check_shards(path, content)


def _code_key(content: Any) -> str:
    """The first key, at any depth, by which a configuration would have code loaded; "" if there is none.

    A library's own attributes, which a file may not set, end in `_internal`: of
    `_attn_implementation_internal` transformers fetched a kernel from the hub (CVE-2026-4372).
    """
    waiting: list[Any] = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in _CODE_KEYS or str(key).endswith("_internal"):
                    return str(key)
                if str(key).endswith("_implementation") and not _is_known(inner):
                    return str(key)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return ""


def _is_known(implementation: Any) -> bool:
    """Whether it names a kernel of the library itself; one from the hub is named like "user/kernel"."""
    named = implementation.values() if isinstance(implementation, dict) else [implementation]
    return all(
        name is None or (isinstance(name, str) and re.fullmatch(r"[a-z0-9_]*", name))
        for name in named
    )


def _check_modules(path: Path, content: Any) -> None:
    for module in content if isinstance(content, list) else [content]:
        kind = module.get("type") if isinstance(module, dict) else None
        where = module.get("path", "") if isinstance(module, dict) else ""
        if not str(kind).startswith("sentence_transformers."):
            raise ModelRefusedError(f"{path} names {kind!r}, which is no module of its library.")
        if Path(where).is_absolute() or ".." in Path(where).parts:
            raise ModelRefusedError(f"{path} points outside the model's folder: {where!r}.")


def _check_shards(path: Path, content: Any) -> None:
    shards = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(shards, dict):
        raise ModelRefusedError(f"{path} does not say which file holds which weights.")
    for shard in sorted({str(shard) for shard in shards.values()}):
        if Path(shard).name != shard or not (path.parent / shard).is_file():
            raise ModelRefusedError(
                f"{path.parent} is incomplete: {shard} is missing.",
                hint="Fetch the model again.",
            )


def _check_header(path: Path) -> None:
    """A safetensors file says itself how long it has to be: a cut-off download shows here."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(size - 8, _MAX_HEADER_BYTES):
                raise ValueError("its header has an impossible length")
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
        size_needed = 8 + length + max(ends, default=0)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
        raise ModelRefusedError(
            f"{path} is not a safetensors file: {exc}.",
            hint="A git checkout without LFS has only small text files in its place: fetch it anew.",
        ) from exc
    if size != size_needed:
        raise ModelRefusedError(
            f"{path} is cut off or damaged: it has {size} bytes, its header says {size_needed}.",
            hint="Fetch the model again.",
        )
