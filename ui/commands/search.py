"""`inhouse search`: passages, without the language model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rag.cli_options import (
    add_profile_option,
    add_where_option,
    as_json_option,
    as_reader_option,
    with_settings,
)

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="QUERY")
@click.option("-k", type=click.IntRange(1, 1000), default=8, show_default=True, help="How many.")
@click.option("--explain", is_flag=True, help="Say why each passage was found.")
@add_profile_option
@as_reader_option
@add_where_option
@as_json_option
@with_settings
def command(
    settings: Settings,
    words: tuple[str, ...],
    k: int,
    *,
    explain: bool,
    readers: tuple[str, ...],
    conditions: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the passages that fit QUERY best. Needs no model server.

    \b
    Examples:
      inhouse search "error E17 after defrost" -k 3
      inhouse search "notice period" --where kind=policy --where year=2024..
    """
    from rag import Assistant, Filter
    from rag.index.conditions import parse_conditions
    from ui.terminal import answers

    query = " ".join(words)
    assistant = Assistant.open(settings.location, settings=settings)
    if readers:
        assistant = assistant.for_readers(readers)
    chosen = Filter(metadata=parse_conditions(conditions))
    hits = assistant.search(query, k=k, filter=chosen, explain=explain, fold=True)
    if as_json:
        click.echo(json.dumps([hit.to_json() for hit in hits], ensure_ascii=False, indent=2))
    elif hits:
        click.echo("\n".join(answers.format_hits(hits, query)))
    else:
        click.echo("Nothing found.")
