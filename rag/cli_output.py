"""What the commands print beside their result: log lines, messages to standard error, short paths."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import time

import click

from rag.request_id import get_current_request


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
        request = get_current_request()
        line = f"{record.levelname.lower()}: {record.getMessage()}{f' (request {request})' * bool(request)}"
        # Somebody who sits at the terminal knows when it is, and what they have started.
        return (
            f"{self.moment(record)} {self.run} {line}" if self.run and not _at_terminal() else line
        )


class _JsonLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.moment(record),
            **({"run": self.run} if self.run else {}),
            **({"request": request} if (request := get_current_request()) else {}),
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
        isinstance(formatter, _JsonLines)
        or (isinstance(formatter, _TextLines) and formatter.run and not _at_terminal())
        for formatter in formatters
    )


def print_message(line: str, level: int, **fields: str) -> None:
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
        print_message(line, level)


def shorten_path(uri: str) -> str:
    """The path on one line, relative to here where that is shorter; what cannot be printed is written out."""
    # The folder that we are in may be gone; what a source has is no path.
    with contextlib.suppress(OSError, ValueError):
        if "://" not in uri:
            uri = min(uri, os.path.relpath(uri), key=len)
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in uri
    )
