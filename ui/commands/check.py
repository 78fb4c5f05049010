"""`inhouse check`: what would be read of a file, and what not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from ingest.errors import UnreadableFileError
    from ingest.loaded import LoadedDocument
    from rag.settings import Settings


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@as_json_option
@with_settings
def command(settings: Settings, files: tuple[Path, ...], as_json: bool) -> int:
    """Show what would be read of each FILE, as text, and what not; nothing is written.

    The text has its headings ("## Fees"), tables and pages as search and model get them.

    \b
    Exit codes: 0 every file can be read, 3 some cannot.
    """
    from ingest.sandbox import Sandbox

    limits = settings.ingest
    with Sandbox(
        timeout_s=limits.timeout_s,
        memory_mb=limits.memory_mb,
        max_file_mb=limits.max_file_mb,
        max_text_mb=limits.max_text_mb,
        ocr_languages=limits.ocr_languages if limits.ocr == "auto" else "",
        ocr_timeout_s=limits.ocr_timeout_s,
        needs_barriers=limits.sandbox == "required",
    ) as sandbox:
        accounts = []
        # Who names a link means the file behind it; a link that ingest meets in a folder is not followed.
        outcomes = sandbox.map(path.resolve() for path in files)
        for path, (_, outcome) in zip(files, outcomes, strict=True):
            accounts.append(_account(path, outcome))
            if not as_json:
                _show(path, outcome)
    if as_json:
        click.echo(json.dumps(accounts, ensure_ascii=False, indent=2))
    return 0 if all(account["state"] in ("indexed", "partial") for account in accounts) else 3


def _account(path: Path, outcome: LoadedDocument | UnreadableFileError) -> dict[str, Any]:
    """The promised JSON of one file; `state` and `reason` are what the ledger would have."""
    from ingest.errors import FileTooLargeError, UnreadableFileError, UnsupportedFileError
    from ingest.loaded import BlockKind

    if isinstance(outcome, UnreadableFileError):
        skipped = isinstance(outcome, FileTooLargeError | UnsupportedFileError)
        state = "skipped" if skipped else "failed"
        reason = outcome.reason if path.exists() else "does not exist"
        return {"file": str(path), "state": state, "reason": reason, "hint": outcome.hint}
    shortfall = outcome.shortfall
    state = "empty" if outcome.is_empty else "partial" if shortfall else "indexed"
    return {
        "file": str(path),
        "state": state,
        "reason": shortfall or ("holds no text" if outcome.is_empty else ""),
        "media_type": outcome.media_type,
        "title": outcome.title,
        "language": outcome.language,
        "reader": outcome.reader,
        "characters": len(outcome.text),
        "headings": [
            {"level": block.level, "title": block.title}
            for block in outcome.blocks
            if block.kind is BlockKind.HEADING
        ],
        "pages": outcome.page_count,
        "pages_without_text": list(outcome.pages_without_text),
        "unread": {kind.value: count for kind, count in outcome.unread.items() if count},
        "text": outcome.text,
    }


def _show(path: Path, outcome: LoadedDocument | UnreadableFileError) -> None:
    """The text between a line with the file's name and the lines that say what was not read."""
    from ingest.errors import UnreadableFileError
    from ingest.unread import describe
    from ui.terminal.answers import escape_controls

    click.echo(f"──── {escape_controls(str(path))} ────")
    account = _account(path, outcome)
    if not isinstance(outcome, UnreadableFileError):
        click.echo("\n".join(map(escape_controls, _with_pages(outcome).split("\n"))))
        if outcome.reader:
            click.echo(f"Read by a second reader: {escape_controls(outcome.reader)}.")
        if phrase := describe(outcome.unread):
            verb = "was" if sum(outcome.unread.values()) == 1 else "were"
            click.echo(f"{phrase[0].upper()}{phrase[1:]} {verb} not read.")
    reason = (
        f": {escape_controls(path.name)} {escape_controls(account['reason'])}"
        if account["reason"]
        else ""
    )
    click.echo(f"{account['state'].capitalize()}{reason}.")
    if hint := account.get("hint"):
        click.echo(escape_controls(hint))


def _with_pages(document: LoadedDocument) -> str:
    """The text with a line before each page; a page without text says so."""
    if not document.pages:
        return document.text
    parts = []
    for page in document.pages:
        text = document.text[page.start : page.end].strip()
        parts.append(f"-- page {page.number} --\n{text or '(nothing was read of this page)'}")
    return "\n".join(parts)
