"""`inhouse audit`: who signed in, uploaded and changed what; where that is kept, also who opened what."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings
    from ui.web.userdata.audit import AuditLine

_DAY_S = 86_400.0


@click.command()
@click.option("--person", default="", metavar="NAME", help="Only what NAME did, or was done to.")
@click.option(
    "--action",
    "actions",
    multiple=True,
    metavar="ACTION",
    help="Only this, such as sign_in, sign_in_failed, upload, set or opened (repeatable).",
)
@click.option("--days", type=click.FloatRange(0, 36_500), help="Only of so many last days.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000_000), default=100, show_default=True, help="Lines."
)
@as_json_option
@with_settings
def command(
    settings: Settings,
    person: str,
    actions: tuple[str, ...],
    days: float | None,
    limit: int,
    as_json: bool,
) -> None:
    """Print what was written down, the latest first: who did what, to whom, from where, in which request.

    Signing in, uploads and changes of people are always written down, for web.audit_days. Who asked, and who
    opened which document, is with web.audit_reading = true. Questions and passwords never are.
    """
    from ui.web.userdata.audit import AuditLog
    from ui.web.userdata.opening import has_people, open_people

    since = 0.0 if days is None else time.time() - days * _DAY_S
    lines: list[AuditLine] = []
    if has_people(settings):
        log = AuditLog(open_people(settings), days=settings.web.audit_days)
        lines = log.latest(limit, actions=actions, person=person, since=since)
    if as_json:
        click.echo(json.dumps([line.to_json() for line in lines], ensure_ascii=False, indent=2))
        return
    for line in lines:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(line.at))
        parts = (moment, line.person or "-", line.action, line.target, line.detail, line.request)
        click.echo("  ".join(part for part in parts if part))
    if not lines:
        click.echo("Nothing is written down.")
