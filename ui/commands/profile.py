"""`inhouse profile`: the domain profiles, and what a model is told because of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, with_settings
from rag.cli_output import shorten_path

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from rag.profile import Profile
    from rag.settings import Settings

_QUESTION = "(the question)"
_PASSAGE = "(the passages that were found)"


@click.group(invoke_without_command=True)
@as_json_option
@with_settings
@click.pass_context
def command(context: click.Context, settings: Settings, as_json: bool) -> None:
    """List the domain profiles of the folder of profiles.

    A profile makes the same model an expert of another field: see docs/profiles.md.
    """
    if context.invoked_subcommand:
        return
    from rag.profile import read_profiles

    profiles = read_profiles(settings.profiles)
    if as_json:
        click.echo(
            json.dumps([_facts(profile) for profile in profiles], ensure_ascii=False, indent=2)
        )
        return
    for profile in profiles:
        click.echo(f"{profile.name:<20} {profile.description}")
    if not profiles:
        click.echo(f"There is no profile in {shorten_path(str(settings.profiles))}.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
@with_settings
def check(settings: Settings, file: Path, as_json: bool) -> None:
    """Check the profile in FILE, and print what the model will see because of it.

    \b
    Example:
      inhouse profile check profiles/hr.toml
    """
    from rag.answering.prompt import style_of
    from rag.models import expected_model
    from rag.profile import read_profile

    profile = read_profile(file)
    model = expected_model(settings.llm.model)
    style = style_of(model)
    messages = _told(profile, model)
    seen = _documents_seen(profile, settings)
    if as_json:
        prompt = [{"role": message.type, "text": str(message.content)} for message in messages]
        result = _facts(profile) | {"prompt": prompt, "documents": seen}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    click.echo(f"{shorten_path(str(file))} is a profile: {profile.name}.\n")
    click.echo(f"What {model} is told:\n")
    for message in messages:
        click.secho(f"[{message.type}]", bold=True)
        click.echo(f"{message.content}\n")
    left = profile.examples[style.examples :]
    if left:
        click.echo(f"A model as small as this is not told {len(left)} of the examples.")
    click.echo(_looks_at(profile, seen))


def _told(profile: Profile, model: str) -> list[BaseMessage]:
    from rag.answering.prompt import messages, style_of
    from rag.hit import Hit

    # A question that holds each term shows each explanation that a real one may bring.
    question = " ".join([_QUESTION, *(term.term for term in profile.glossary)])
    passage = Hit(rank=1, score=0, uri="", title="Title", text=_PASSAGE, start=0, end=0)
    return messages(question, [passage], (), style_of(model), profile)


def _facts(profile: Profile) -> dict[str, Any]:
    return profile.model_dump(mode="json")


def _documents_seen(profile: Profile, settings: Settings) -> int | None:
    """How many documents of the index it looks at; None where there is no index."""
    from rag.errors import IndexMissingError
    from rag.index import open_store

    try:
        store = open_store(settings.location, beside=settings.data)
        return store.open_reader().snapshot().count(profile.filter).documents
    except IndexMissingError:
        return None


def _looks_at(profile: Profile, seen: int | None) -> str:
    where = ", ".join(shorten_path(folder) for folder in profile.filters.folders)
    tags = ", ".join(profile.filters.tags)
    parts = [f"in {where}" if where else "", f"with the tag {tags}" if tags else ""]
    what = " ".join(part for part in parts if part) or "all"
    counted = "" if seen is None else f": {seen:,} in the index here"
    return (
        f"It looks at documents {what}{counted}."
        if what != "all"
        else (f"It looks at all documents{counted}.")
    )
