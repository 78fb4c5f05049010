"""The results of `inhouse doctor` and `inhouse models check`, one a line."""

from __future__ import annotations

from collections.abc import Iterable

import click

from rag.checks import CheckResult


def echo_results(results: Iterable[CheckResult], *, width: int) -> None:
    """Print a mark, the name in `width` columns and the details; below it the hint if something is wrong."""
    for result in results:
        mark = (
            click.style("ok", fg="green") if result.ok else click.style("!!", fg="red", bold=True)
        )
        click.echo(f"{mark}  {result.name:<{width}}{result.detail}")
        if result.hint and not result.ok:
            click.echo(f"{'':<{width + 4}}→ {result.hint}")
