"""What all commands share: the options that lead to the settings, and how an error ends a command."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from rag.errors import InhouseError

INTERRUPTED = 130
HELP_NAMES = ["-h", "--help"]
_OPTIONS = (
    click.option(
        "--data",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Folder of the index (default: ./data).",
    ),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File of settings (default: ./inhouse.toml).",
    ),
    click.option("--quiet", "-q", is_flag=True, help="Say nothing but the result and errors."),
    click.option("--log-format", type=click.Choice(["text", "json"]), help="How log lines look."),
)


def with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the common options, and the settings they lead to as its first argument."""

    @functools.wraps(function)
    def wrapper(
        data: Path | None,
        config: Path | None,
        quiet: bool,
        log_format: str | None,
        **arguments: Any,
    ) -> Any:
        from rag.settings import load_settings

        set_up_logging(log_format or "text", quiet=quiet)  # for what is wrong with the settings
        profile = arguments.pop("profile", None)  # of those commands that have `--profile`
        settings = load_settings(config, data=data, log_format=log_format, profile=profile)
        set_up_logging(settings.log_format, quiet=quiet)
        return function(settings, **arguments)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper


def as_json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`, on every command that prints a result."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(
        function
    )


def profile_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--profile NAME`, on every command that answers or finds; it becomes the setting `profile`."""
    return click.option(
        "--profile", metavar="NAME", help="Domain profile: its name, or its TOML file."
    )(function)


def as_reader_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--as TOKEN`, on every command that finds something; none: the operator, who may read everything."""
    return click.option(
        "--as",
        "readers",
        multiple=True,
        metavar="TOKEN",
        help="Find only what somebody with this reader token may read (repeatable); * is a stranger.",
    )(function)


def set_up_logging(log_format: str, *, quiet: bool) -> None:
    """Log lines to standard error: warnings, and unless `quiet` what the program does."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    for package in ("rag", "ingest", "ui"):
        logger = logging.getLogger(package)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING if quiet else logging.INFO)


def mark_run(run_id: str) -> None:
    """From here on log lines carry the id of this run, and the time."""
    for package in ("rag", "ingest", "ui"):
        for handler in logging.getLogger(package).handlers:
            if isinstance(handler.formatter, _Lines):
                handler.formatter.run = run_id


class _Lines(logging.Formatter):
    """`run` is the id of the run that the lines are about, or empty."""

    run = ""

    def moment(self, record: logging.LogRecord) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(record.created))


class _TextLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{record.levelname.lower()}: {record.getMessage()}"
        # Somebody who sits at the terminal knows when it is, and what they have started.
        return (
            f"{self.moment(record)} {self.run} {line}" if self.run and not _at_terminal() else line
        )


class _JsonLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.moment(record),
            **({"run": self.run} if self.run else {}),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return json.dumps(line, ensure_ascii=False)


def _at_terminal() -> bool:
    return sys.stderr.isatty()


def _logs_everything() -> bool:
    """Whether all of standard error is a log: JSON, or a run that nobody sits and looks at."""
    formatters = [handler.formatter for handler in logging.getLogger("ui").handlers]
    return any(
        isinstance(each, _JsonLines)
        or (isinstance(each, _TextLines) and each.run and not _at_terminal())
        for each in formatters
    )


def tell(line: str, level: int, **fields: str) -> None:
    """A line to standard error: a log line in JSON and in a run without a terminal, else as it is.

    Below warnings, nothing where `--quiet` was asked for. `fields` are for programs: JSON alone has them.
    """
    logger = logging.getLogger("ui")
    if _logs_everything():
        logger.log(level, "%s", line, extra={"fields": fields})
    elif logger.isEnabledFor(level):
        click.echo(line, err=True)


def note(line: str, level: int = logging.INFO) -> None:
    """A line for the log alone: nothing where somebody looks at a terminal."""
    if _logs_everything():
        tell(line, level)


def short_path(uri: str) -> str:
    """The path on one line, relative to here where that is shorter; what cannot be printed is written out."""
    with contextlib.suppress(OSError, ValueError):  # the folder we are in may be gone
        uri = min(uri, os.path.relpath(uri), key=len)
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in uri
    )


def run(command: click.Command, arguments: Sequence[str] | None, name: str) -> int:
    """Run a command; returns its exit code. An expected error becomes one sentence."""
    output = sys.stdout
    command.context_settings.setdefault("help_option_names", HELP_NAMES)
    try:
        result = command.main(arguments, prog_name=name, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except InhouseError as exc:
        tell(f"{name}: {exc}", logging.ERROR)
        return exc.exit_code
    except click.ClickException as exc:
        exc.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:
        # Where the reader of a pipe has seen enough, click puts a silent output in place and ends with 1.
        if sys.stdout is output:
            raise
        return 0
