"""Models from a model hub that speaks the Hugging Face protocol (HF_ENDPOINT names another one).

Only safetensors, JSON and tokenizer files are asked for, and each large file is compared with the
SHA-256 that the hub has for it. What the hub's own cache on this machine holds is used first, without
a network.
"""

from __future__ import annotations

import fnmatch
import json
import os
import queue
import shutil
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rag.errors import ModelRefusedError
from rag.models.cache import require_space
from rag.models.cards import HubSource
from rag.models.check import WEIGHTS, check_folder, check_sha256
from rag.models.source import SourceUnavailableError
from rag.progress import step

_ENDPOINT = "https://huggingface.co"
_CONNECT_S = 3.0
_TRUE = {"1", "ON", "TRUE", "YES"}
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "*.tiktoken", "LICENSE*")
# The same weights in other formats, or a second copy of them.
_UNWANTED = ("onnx/*", "openvino/*", "original/*", "consolidated*", "*.gguf", ".*")


def fetch_from_hub(hub: HubSource, work: Path, into: Path, *, progress: bool = True) -> str:
    """Put the model in `into`, ready for use; return where it came from, for people.

    What arrived stays in `work`, and the next attempt goes on from there. Raises
    SourceUnavailableError if the hub cannot be reached or does not have the model, ModelRefusedError
    if the model is not safetensors, wants to run code or is not what it should be.
    """
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError as exc:
        raise SourceUnavailableError(
            "huggingface_hub is not installed (pip install huggingface_hub)"
        ) from exc
    snapshot = _cached_snapshot(hub.id)
    if snapshot is not None:
        _copy(hub, snapshot, into)
        check_sha256(into, hub.sha256)
        return f"hub cache {snapshot}"
    endpoint = _endpoint()
    if _is_offline() or huggingface_hub.is_offline_mode():
        raise SourceUnavailableError("HF_HUB_OFFLINE is set, and the hub's cache does not have it")
    if reason := _why_unreachable(endpoint):
        raise SourceUnavailableError(f"{endpoint} cannot be reached ({reason})")
    try:
        return _download(hub, endpoint, work, into, progress=progress)
    except errors.GatedRepoError as exc:
        raise SourceUnavailableError(
            f"{hub.id} is only given to people who accepted its licence: accept it on {endpoint}, then "
            "set HF_TOKEN"
        ) from exc
    except errors.RepositoryNotFoundError as exc:
        raise SourceUnavailableError(f"{endpoint} has no model {hub.id}") from exc
    except (errors.HfHubHTTPError, errors.HFValidationError) as exc:
        raise SourceUnavailableError(f"{endpoint} answered: {_first_line(exc)}") from exc
    except _connection_errors() as exc:
        raise SourceUnavailableError(f"the transfer broke off: {_first_line(exc)}") from exc


def is_reachable() -> bool:
    """Whether the hub may be asked, and something answers there within a few seconds."""
    return not _is_offline() and not _why_unreachable(_endpoint())


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or _ENDPOINT


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE


def _download(hub: HubSource, endpoint: str, work: Path, into: Path, *, progress: bool) -> str:
    from huggingface_hub import HfApi

    info = HfApi(endpoint=endpoint).model_info(hub.id, files_metadata=True, timeout=10)
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
    names = _choose(siblings)
    if not any(name.endswith(WEIGHTS) for name in names):
        raise ModelRefusedError(
            f"{hub.id} offers no {WEIGHTS} weights.",
            hint="Take a model that does; other formats can run code when they are loaded.",
        )
    total = sum(siblings[name].size or 0 for name in names)
    require_space(work, 2 * total)
    arriving = work / "hub"
    with step(f"Fetching {hub.id}", total_bytes=total, enabled=progress) as update:
        bars = _bar_class(update)
        # Small files first: a model that wants to run code is refused before its weights arrive.
        for name in sorted(names, key=lambda file_name: siblings[file_name].size or 0):
            _fetch_file(hub, name, info.sha, endpoint, arriving, bars)
    _copy(hub, arriving, into, names)
    expected = {name: lfs.sha256 for name in names if (lfs := siblings[name].lfs)}
    check_sha256(into, {**expected, **hub.sha256})
    return f"hub {hub.id} at {info.sha}"


def _fetch_file(
    hub: HubSource, name: str, revision: str | None, endpoint: str, into: Path, bars: Any
) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download(
        hub.id, name, revision=revision, endpoint=endpoint, local_dir=into, tqdm_class=bars
    )
    if hub.drop_auto_map:
        return
    if name.endswith("config.json") and b'"auto_map"' in (into / name).read_bytes():
        raise ModelRefusedError(
            f"{hub.id} wants to run its own code ({name} has auto_map).",
            hint="Take a model whose architecture vLLM and transformers know themselves.",
        )


def _bar_class(update: Any) -> Any:
    """The hub's library reports to a tqdm class, one bar a file; ours adds them up in one bar."""
    from tqdm import tqdm

    done = 0

    class Silent(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})
            self._add(kwargs.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            self._add(n or 0)

        def _add(self, n: float) -> None:
            nonlocal done
            done += int(n)
            update(done)

    return Silent


def _choose(names: Iterable[str]) -> list[str]:
    chosen = []
    for name in names:
        is_wanted = any(fnmatch.fnmatch(Path(name).name, pattern) for pattern in _WANTED)
        unwanted = any(fnmatch.fnmatch(name, pattern) for pattern in _UNWANTED)
        if is_wanted and not unwanted and ".." not in Path(name).parts:
            chosen.append(name)
    return chosen


def _cached_snapshot(hub_id: str) -> Path | None:
    """The model's folder in the hub's own cache, if a complete one is there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        snapshot = Path(snapshot_download(hub_id, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    names = _choose(path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*"))
    complete = any(name.endswith(WEIGHTS) for name in names)
    return snapshot if complete and (snapshot / "config.json").exists() else None


def _copy(hub: HubSource, source: Path, into: Path, names: Iterable[str] | None = None) -> None:
    """Link the wanted files of `source` into `into` where the disk allows it, copy them elsewhere."""
    chosen = names or _choose(
        path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()
    )
    for name in chosen:
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        original = (source / name).resolve()
        try:
            os.link(original, target)
        except OSError:
            shutil.copy(original, target)
        if hub.drop_auto_map and name.endswith("config.json"):
            _drop_auto_map(target)
    check_folder(into)


def _drop_auto_map(path: Path) -> None:
    """Take the reference to code out of a configuration; the file it was linked from stays as it is."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return  # `check_folder` says what is wrong with it
    if isinstance(content, dict) and content.pop("auto_map", None) is not None:
        path.unlink()
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _why_unreachable(endpoint: str) -> str:
    """Empty if anything at all answers at `endpoint` within a few seconds, else why not.

    Asked in a thread: a resolver without a network can take far longer than any timeout of ours.
    """
    answers: queue.Queue[str] = queue.Queue()

    def ask() -> None:
        import httpx

        try:
            httpx.head(endpoint, timeout=_CONNECT_S)
            answers.put("")
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            answers.put(_first_line(exc))

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=_CONNECT_S + 1)
    except queue.Empty:
        return f"no answer within {_CONNECT_S:.0f} s"


def _connection_errors() -> tuple[type[Exception], ...]:
    """What a broken transfer raises: the hub's library has changed the one beneath it more than once."""
    from huggingface_hub import errors

    beneath = getattr(errors, "HTTPError", ConnectionError)
    return (errors.LocalEntryNotFoundError, ConnectionError, TimeoutError, beneath)


def _first_line(exc: Exception) -> str:
    lines = str(exc).strip().splitlines()
    return (lines[0] if lines else type(exc).__name__).rstrip(".")
