"""`inhouse verify`: is the index as it should be?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.option("--full", is_flag=True, help="Compare every row, not only checksums and counts.")
@as_json_option
@with_settings
def command(settings: Settings, full: bool, as_json: bool) -> int:
    """Check the index, and build anew what is damaged and can be.

    Vectors and words are made again from the catalogue. A damaged catalogue is named, with the way back.

    \b
    Exit codes: 0 all is well now, 1 something is wrong and could not be mended.
    """
    from rag.index.maintenance.verify import verify

    verification = verify(settings.data, full=full)
    if as_json:
        click.echo(
            json.dumps(asdict(verification) | {"ok": verification.ok}, ensure_ascii=False, indent=2)
        )
        return 0 if verification.ok else 1
    for check in verification.checks:
        bad = len(check.problems) + check.more
        verdict = f"{bad:,} problem{'s' if bad > 1 else ''}" if bad else "in order"
        verdict += "; built anew" if check.name in verification.repaired else ""
        click.echo(f"{check.name:<10} {verdict}")
        for problem in check.problems:
            click.echo(f"  {problem}")
        if check.more:
            click.echo(f"  … and {check.more:,} more")
    if verification.hint:
        click.echo(verification.hint)
    return 0 if verification.ok else 1
