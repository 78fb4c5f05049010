"""`inhouse models`: the open models that Inhouse knows, and which of them are here."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.models import ModelCard
    from rag.settings import Settings

_COLUMNS = (
    "name",
    "kind",
    "licence",
    "parameters",
    "context",
    "memory",
    "weights",
    "data",
    "code",
    "cached",
)


@click.group(invoke_without_command=True)
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """List the open models: licence, openness, size, and which are on this machine."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    from rag.models import catalogue

    entries = [_describe(card, settings.cache) for card in catalogue()]
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    rows = [_COLUMNS] + [_row(entry) for entry in entries]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    for row in rows:
        click.echo(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


@command.command()
@click.argument("name")
@as_json_option
@with_settings
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show all that is known about one model of the catalogue."""
    from rag.errors import ModelNotFoundError
    from rag.models import catalogue, get_card

    card = get_card(name)
    if card is None:
        known = ", ".join(each.name for each in catalogue())
        raise ModelNotFoundError(f"The catalogue has no model {name!r}.", hint=f"It has: {known}.")
    entry = _describe(card, settings.cache)
    if _wants_json(as_json):
        click.echo(json.dumps(entry, indent=2))
        return
    for key, value in entry.items():
        if value not in (None, "", []):
            shown = "\n".join(map(str, value)) if isinstance(value, list) else _plain(value)
            click.echo(f"{key.replace('_', ' '):<22}" + shown.replace("\n", "\n" + " " * 22))


@command.command()
@click.argument("name")
@as_json_option
@with_settings
def pull(settings: Settings, name: str, as_json: bool) -> None:
    """Fetch a model now: a catalogue name or a hub id."""
    from rag.models import resolve_model

    folder = resolve_model(name, cache=settings.cache)
    if _wants_json(as_json):
        found = {"name": folder.name, "path": str(folder.path), "source": folder.source}
        click.echo(json.dumps({**found, "sha256": folder.sha256}, indent=2))
    else:
        click.echo(f"{folder.name} is in {folder.path} (from {folder.source}).")


def _wants_json(as_json: bool) -> bool:
    """Whether `--json` stands behind the subcommand or in front of it."""
    parent = click.get_current_context().parent
    return as_json or bool(parent and parent.params.get("as_json"))


def _describe(card: ModelCard, cache: Path | None) -> dict[str, Any]:
    """A card as JSON: the sources by name, and where the model lies on this machine, or null."""
    from rag.models import find_cached

    entry = asdict(card)
    found = find_cached(card, cache)
    entry |= {
        "links": list(card.links),
        "checked": card.checked.isoformat(),
        "hub": card.hub.id if card.hub else None,
        "wheel": card.wheel.requirement if card.wheel else None,
        "cached": str(found.path) if found else None,
    }
    return entry


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    return (
        entry["name"],
        entry["kind"],
        entry["licence"],
        _count(entry["parameters"]),
        str(entry["context"]),
        f"{entry['memory_gb']:g} GB",
        entry["weights_public"],
        entry["training_data_public"],
        entry["code_public"],
        "yes" if entry["cached"] else "no",
    )


def _count(parameters: int) -> str:
    return f"{parameters / 1e9:.1f} B" if parameters >= 1e9 else f"{parameters / 1e6:.0f} M"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
