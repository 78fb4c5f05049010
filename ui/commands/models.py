"""`inhouse models`: the open models that Inhouse knows, which of them are here, which to take."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, with_settings
from ui.terminal.checks import echo_results

if TYPE_CHECKING:
    from rag.models import ModelCard, Suggestion
    from rag.settings import Settings


@click.group(invoke_without_command=True)
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """List the open models: licence, openness, size, and which are on this machine."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    from rag.models import catalogue, find_cached
    from ui.terminal.models import table

    if as_json:
        entries = [_describe(card, settings.cache) for card in catalogue()]
        click.echo(json.dumps(entries, ensure_ascii=False, indent=2))
        return
    here = [card.name for card in catalogue() if find_cached(card, settings.cache)]
    click.echo(table(catalogue(), here))


@command.command()
@click.argument("name")
@as_json_option
@with_settings
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show all that is known about one model of the catalogue."""
    from rag.errors import ModelNotFoundError
    from rag.models import get_card
    from rag.models.cards import suggest_names
    from ui.terminal.models import format_fact_sheet

    card = get_card(name)
    if card is None:
        raise ModelNotFoundError(f"The catalogue has no model {name!r}.", hint=suggest_names(name))
    entry = _describe(card, settings.cache)
    if _wants_json(as_json):
        click.echo(json.dumps(entry, ensure_ascii=False, indent=2))
    else:
        click.echo(format_fact_sheet(card, entry["cached"]))


@command.command()
@click.argument("name")
@as_json_option
@with_settings
def pull(settings: Settings, name: str, as_json: bool) -> None:
    """Fetch a model now: a catalogue name or a hub id."""
    from rag.models import resolve_model

    folder = resolve_model(name, cache=settings.cache)
    if _wants_json(as_json):
        result = {"name": folder.name, "path": str(folder.path), "source": folder.source}
        click.echo(json.dumps({**result, "sha256": folder.sha256}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{folder.name} is in {folder.path} (from {folder.source}).")


@command.command()
@click.argument("folder", metavar="FOLDER")
@as_json_option
@with_settings
def check(settings: Settings, folder: str, as_json: bool) -> int:
    """Look whether the model in FOLDER can be used here; nothing of it is run.

    Looked at: that it is safetensors and data, complete and without code; that the weights are those that
    were fetched; its format and chat template; whether vLLM knows it, and whether it fits into memory.
    FOLDER may be the name of a model that was fetched. Exit code 1 if something is wrong.
    """
    from rag.models import this_machine
    from rag.vllm.fitness import examine

    path = _folder_of(folder, settings.cache)
    results = list(examine(path, this_machine(), settings.serve))
    if _wants_json(as_json):
        rows = [result.to_json() for result in results]
        click.echo(
            json.dumps({"folder": str(path), "findings": rows}, ensure_ascii=False, indent=2)
        )
    else:
        echo_results(results, width=15)
    return 0 if all(result.ok for result in results) else 1


@command.command()
@click.option("--embedder", "for_embedder", is_flag=True, help="Recommend an embedder.")
@click.option(
    "--languages",
    default="",
    help="With --embedder: the documents' languages (de,fr); else those of the index.",
)
@as_json_option
@with_settings
def recommend(settings: Settings, for_embedder: bool, languages: str, as_json: bool) -> None:
    """Say which language model, or which embedder, suits this machine, and why."""
    if for_embedder:
        _recommend_embedder(settings, languages, _wants_json(as_json))
        return
    from rag.models import recommend as choose
    from rag.models import this_machine
    from ui.terminal.models import format_machine

    machine = this_machine()
    suggestions = choose(machine)
    if _wants_json(as_json):
        entries = [
            {
                **_describe(suggestion.card, settings.cache),
                "why": suggestion.why,
                "tokens_per_s": suggestion.tokens_per_s,
            }
            for suggestion in suggestions
        ]
        result = {"machine": asdict(machine), "models": entries}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    click.echo(f"This machine: {format_machine(machine)}.")
    for suggestion in suggestions:
        _echo_suggestion(suggestion)
    name = suggestions[0].card.name
    click.echo(f"\nTo take it: inhouse models pull {name}, and in inhouse.toml")
    click.echo(f'  [llm]\n  model = "{name}"')


def _recommend_embedder(settings: Settings, named: str, as_json: bool) -> None:
    from rag.errors import IndexMissingError
    from rag.index import open_store
    from rag.language.names import name_language
    from rag.models import this_machine
    from rag.models.recommend import recommend_embedder

    has_index = True
    codes = [code.strip().lower() for code in named.split(",") if code.strip()]
    try:
        counts = open_store(settings.location, beside=settings.data).read_overview().languages
    except IndexMissingError:
        counts, has_index = {}, False
    codes = codes or [code for code in counts if code] or ["en"]
    card = recommend_embedder(this_machine(), codes)
    if as_json:
        result = {**_describe(card, settings.cache), "languages": codes}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    click.echo(f"For {', '.join(map(name_language, codes))}: {card.name}. {card.notes}")
    click.echo(f'\nTo take it, in inhouse.toml\n  [embedder]\n  model = "{card.name}"')
    if has_index:
        click.echo("and then, for the documents that are in the index: inhouse reembed")


def _folder_of(named: str, cache: Path | None) -> Path:
    """A folder as it is, or where a fetched model lies."""
    from rag.models import resolve_model

    folder = Path(named).expanduser()
    if folder.is_dir():
        return folder.resolve()
    return resolve_model(named, cache=cache, fetch=False).path


def _echo_suggestion(suggestion: Suggestion) -> None:
    from ui.terminal.models import count

    card, speed = suggestion.card, suggestion.tokens_per_s
    pace = "" if speed is None else f", about {speed:.0f} words a second here"
    click.echo()
    click.secho(card.name, bold=True)
    click.echo(textwrap.fill(suggestion.why, 78, initial_indent="  ", subsequent_indent="  "))
    click.echo(
        f"  {count(card.parameters)} parameters, {card.memory_gb:.1f} GiB, {card.licence}{pace}"
    )


def _wants_json(as_json: bool) -> bool:
    """Whether `--json` stands behind the subcommand or in front of it."""
    parent = click.get_current_context().parent
    return as_json or bool(parent and parent.params.get("as_json"))


def _describe(card: ModelCard, cache: Path | None) -> dict[str, Any]:
    """A card as JSON: the sources by name, and where the model lies on this machine, or null."""
    from rag.models import find_cached

    entry = asdict(card)
    cached = find_cached(card, cache)
    entry |= {
        "links": list(card.links),
        "memory_gb": card.memory_gb,
        "checked": card.checked.isoformat(),
        "hub": card.hub.id if card.hub else None,
        "wheel": card.wheel.requirement if card.wheel else None,
        "cached": str(cached.path) if cached else None,
    }
    return entry


@command.group(invoke_without_command=True)
@with_settings
def engine(settings: Settings) -> None:
    """Show which vLLM serves the model here; install one into an interpreter of its own, or remove it."""
    del settings
    if click.get_current_context().invoked_subcommand is not None:
        return
    from rag.vllm import find_vllm

    vllm = find_vllm()
    click.echo(f"{vllm.distribution} {vllm.version} is run by {vllm.python}.")


@engine.command()
@click.option(
    "--build",
    type=click.Choice(["cpu", "gpu"]),
    help="Which build of vLLM (default: the one for this machine).",
)
@with_settings
def install(settings: Settings, build: str | None) -> None:
    """Install the build of vLLM that fits this machine, pinned, and try that it can be imported.

    It has its own interpreter and packages: nothing of this environment changes. `inhouse serve` and
    `inhouse demo` use it from then on. Takes minutes and some GB.
    """
    del settings
    from rag.models.engine import CPU_BUILD, GPU_BUILD, install_engine
    from rag.models.machine import find_gpus

    chosen = build or ("gpu" if find_gpus() else "cpu")
    installed = install_engine(GPU_BUILD if chosen == "gpu" else CPU_BUILD)
    click.echo(f"{installed.distribution} {installed.version} is run by {installed.python}.")


@engine.command()
@with_settings
def remove(settings: Settings) -> None:
    """Remove every vLLM that `inhouse models engine install` made."""
    del settings
    from rag.models.engine import remove_engines

    names = remove_engines()
    click.echo(f"Removed {', '.join(names)}." if names else "There is none.")
