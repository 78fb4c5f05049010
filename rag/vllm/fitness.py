"""Whether a model folder can be served here: looked at from all sides, nothing loaded, nothing started."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from rag.checks import CheckResult
from rag.errors import InhouseError
from rag.models.cache import read_receipt
from rag.models.cards import get_card
from rag.models.check import check_folder, check_sha256, hash_weights
from rag.models.machine import Machine
from rag.models.shape import ModelShape, read_shape
from rag.settings import ServeSettings
from rag.vllm.sizing import GIB, Device, require_room, size_up

_REGISTRY = Path("model_executor/models/registry.py")


def examine(folder: Path, machine: Machine, settings: ServeSettings) -> Iterator[CheckResult]:
    """Look at a model folder; ends early where the rest makes no sense any more.

    Files first: what could run code is refused before anything else of the folder is read.
    """
    files = _files(folder)
    yield files
    if not files.ok:
        return
    yield _hashes(folder)
    shape = read_shape(folder)
    yield _format(shape)
    if (folder / "modules.json").is_file():
        return  # an embedder: the rest is about serving with vLLM
    yield _architecture(shape)
    yield _template(shape)
    yield check_memory(folder, machine, settings)


def check_memory(folder: Path, machine: Machine, settings: ServeSettings) -> CheckResult:
    """Whether the model in `folder` fits into what is free."""
    shape = read_shape(folder)
    device: Device = "gpu" if machine.gpus else "cpu"
    sizing = size_up(shape, machine, settings, device)
    try:
        require_room(shape, machine, sizing, folder.name)
    except InhouseError as exc:
        return CheckResult("memory", False, exc.message, exc.hint)
    where = f"on {sizing.gpus} GPU{'s' * (sizing.gpus > 1)}, each" if sizing.gpus else "in memory,"
    detail = f"{where} {sizing.needed / GIB:.1f} GiB for a context of {sizing.context:,} tokens"
    return CheckResult("memory", sizing.fits, " ".join((detail + ".", *sizing.notes)))


def knows(architecture: str) -> bool | None:
    """Whether the installed vLLM knows an architecture; None if it is not installed. Imports nothing."""
    spec = importlib.util.find_spec("vllm")
    for location in spec.submodule_search_locations or () if spec else ():
        registry = Path(location) / _REGISTRY
        if registry.is_file():
            return f'"{architecture}"' in registry.read_text(encoding="utf-8")
    return None


def _files(folder: Path) -> CheckResult:
    try:
        check_folder(folder)
    except InhouseError as exc:
        return CheckResult("files", False, exc.message, exc.hint)
    count = len([path for path in folder.rglob("*") if path.is_file()])
    return CheckResult("files", True, f"{count} files: safetensors and data, complete, no code")


def _hashes(folder: Path) -> CheckResult:
    card, receipt = get_card(folder.name), read_receipt(folder)
    expected = card.hub.sha256 if card and card.hub else {}
    try:
        if expected:
            check_sha256(folder, expected)
            return CheckResult("hashes", True, "the weights are those that the catalogue names")
    except InhouseError as exc:
        return CheckResult("hashes", False, exc.message, exc.hint)
    actual = hash_weights(folder)
    if receipt is None:
        return CheckResult("hashes", True, f"nothing to compare with; SHA-256 {actual}")
    if actual == receipt["sha256"]:
        return CheckResult("hashes", True, f"as they were fetched ({receipt['source']})")
    hint = f"Delete {folder} and fetch the model again."
    return CheckResult("hashes", False, "the weights are not as they were fetched", hint)


def _format(shape: ModelShape) -> CheckResult:
    stored = (
        f"{shape.stored}, quantised with {shape.quantised}" if shape.quantised else shape.stored
    )
    what = shape.architecture or "an unnamed architecture"
    detail = f"{what}, {shape.parameters / 1e6:,.0f} million parameters, {stored}"
    return CheckResult("format", True, f"{detail}; {shape.weights / GIB:.2f} GiB as served")


def _architecture(shape: ModelShape) -> CheckResult:
    known = knows(shape.architecture)
    if known is None:
        return CheckResult("architecture", True, "vLLM is not installed: not looked at")
    if known:
        return CheckResult("architecture", True, f"{shape.architecture} is one that vLLM knows")
    hint = "Take a newer vLLM, or another model."
    return CheckResult("architecture", False, f"vLLM does not know {shape.architecture!r}", hint)


def _template(shape: ModelShape) -> CheckResult:
    if not shape.chat_template:
        return CheckResult("chat template", True, "none: a base model, served with a plain one")
    extra = "; it can think aloud, which inhouse serve switches off" if shape.thinks else ""
    return CheckResult("chat template", True, f"its own{extra}")
