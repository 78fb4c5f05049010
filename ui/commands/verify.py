"""`inhouse verify`: is everything in the data folder as it should be?"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings
from rag.cli_output import print_message
from rag.errors import IndexDamagedError

if TYPE_CHECKING:
    from rag.index.maintenance.verify import Check, Verification
    from rag.settings import Settings

_MENDED = 3
_PEOPLE, _CALIBRATION = "people", "calibration"


@click.command()
@click.option("--full", is_flag=True, help="Compare every row, not only checksums and counts.")
@as_json_option
@with_settings
def command(settings: Settings, full: bool, as_json: bool) -> int:
    """Check the index and what stands beside it, and build anew what is damaged and can be.

    Vectors and words are made again from the catalogue. A damaged catalogue, or file of accounts and
    conversations, is named, with the way back. Damage goes to standard error, also with --quiet,
    so that a job whose output is thrown away still mails it.

    \b
    Exit codes: 0 all was well, 1 something is wrong and could not be mended, 3 something was damaged and
    has been built anew.
    """
    from rag.index import open_store

    beside = _beside(settings)
    try:
        verification = open_store(settings.location, beside=settings.data).verify(full=full)
    except IndexDamagedError:
        for check in beside:
            _say(check, is_mended=False, as_json=as_json)
        raise
    verification = replace(verification, checks=(*verification.checks, *beside))
    if as_json:
        result = asdict(verification) | {"ok": verification.ok}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    for check in verification.checks:
        _say(check, is_mended=check.name in verification.repaired, as_json=as_json)
    if hint := verification.hint:
        print_message(hint, logging.ERROR)
    return _exit_code(verification)


def _beside(settings: Settings) -> list[Check]:
    """The checks of what stands beside the index."""
    from rag.answering.abstention import load_calibration
    from rag.index.maintenance.verify import Check
    from ui.web.userdata.database import WAY_BACK, check_people, locate_people_file

    path = locate_people_file(settings)
    problem = check_people(path)
    people = Check(
        _PEOPLE, int(path.exists()), (f"{path}: {problem} {WAY_BACK}",) if problem else ()
    )
    try:
        fitted = load_calibration(settings.data)
    except IndexDamagedError as exc:
        return [people, Check(_CALIBRATION, 1, (str(exc),))]
    return [people, Check(_CALIBRATION, int(fitted is not None), ())]


def _say(check: Check, *, is_mended: bool, as_json: bool) -> None:
    count = len(check.problems) + check.more
    if not count:
        if not as_json:
            click.echo(f"{check.name:<12}{'in order' if check.checked else 'none'}")
        return
    verdict = f"{count:,} problem{'s' if count > 1 else ''}"
    verdict += "; built anew" if is_mended else ""
    lines = [f"{check.name:<12}{verdict}", *(f"  {problem}" for problem in check.problems)]
    if check.more:
        lines.append(f"  … and {check.more:,} more")
    level = logging.WARNING if is_mended else logging.ERROR
    for line in lines:
        print_message(line, level)


def _exit_code(verification: Verification) -> int:
    if not verification.ok:
        return 1
    return _MENDED if verification.repaired else 0
