"""`inhouse doctor`: is every part there, and how to mend it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings
from rag.errors import InhouseError

if TYPE_CHECKING:
    from rag.settings import Settings

_MIN_FREE_GIB = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do if it is not as it should be."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


@click.command()
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> int:
    """Check each part of Inhouse, and say how to mend what is missing. Exit code 1 if something is."""
    checks = [_run(name, check, settings) for name, check in CHECKS.items()]
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
    for check in [] if as_json else checks:
        mark = click.style("ok", fg="green") if check.ok else click.style("!!", fg="red", bold=True)
        click.echo(f"{mark}  {check.name:<16}{check.found}")
        if check.remedy and not check.ok:
            click.echo(f"{'':<20}→ {check.remedy}")
    return 0 if all(check.ok for check in checks) else 1


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name, True, check(settings))
    except InhouseError as exc:
        return Check(name, False, exc.message, exc.hint)


def _data_folder(settings: Settings) -> str:
    folder = settings.data.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise InhouseError(f"{existing} cannot be written.", hint="Choose another with --data DIR.")
    free = shutil.disk_usage(existing).free / 2**30
    if free < _MIN_FREE_GIB:
        raise InhouseError(f"Only {free:.1f} GiB are free in {existing}.", hint="Make some room.")
    return f"{folder}, {free:,.0f} GiB free"


def _index(settings: Settings) -> str:
    from rag.index import IndexReader

    generation = IndexReader(settings.data).snapshot().generation
    return (
        f"generation {generation.id}: {generation.documents:,} documents, "
        f"{generation.chunks:,} chunks, every file as it was written"
    )


def _model(name: str, kind: str, cache: Path | None) -> str:
    from rag.models import resolve_model

    folder = resolve_model(name, kind=kind, cache=cache, fetch=False)  # type: ignore[arg-type]
    return f"{folder.name}, in {folder.path}"


def _embedder(settings: Settings) -> str:
    return _model(settings.embedder.model, "embedder", settings.cache)


def _language_model(settings: Settings) -> str:
    return _model(settings.llm.model, "llm", settings.cache)


def _vllm(settings: Settings) -> str:
    del settings
    from rag.vllm import find_vllm

    found = find_vllm()
    return f"{found.distribution} {found.version}, for the {found.device.upper()}"


def _model_server(settings: Settings) -> str:
    from rag.vllm import health

    names = health(
        settings.llm.url,
        timeout=settings.llm.connect_timeout_s,
        api_key=settings.llm.api_key,
    )
    return f"{settings.llm.url} serves {', '.join(names) or 'no model'}"


CHECKS: dict[str, Callable[[Settings], str]] = {
    "Data folder": _data_folder,
    "Embedder": _embedder,
    "Index": _index,
    "Language model": _language_model,
    "vLLM": _vllm,
    "Model server": _model_server,
}
