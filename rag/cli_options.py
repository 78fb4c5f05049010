"""What all commands share: the options that lead to the settings, and how an error ends a command."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.cli_output import print_message, set_up_logging
from rag.errors import InhouseError, StorageError, UsageError
from rag.extras import find_extra, make_missing_extra_error

if TYPE_CHECKING:
    from rag.settings import Settings

INTERRUPTED = 130
HELP_NAMES = ["-h", "--help"]
LOAD_SETTINGS = "inhouse.load_settings"
"""Where the context of a command keeps the call that reads its settings again."""
_OPTIONS = (
    click.option(
        "--data",
        metavar="DIR",
        help="Folder of the index, or postgresql://… (default: ./data).",
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
        data: str | None,
        config: Path | None,
        quiet: bool,
        log_format: str | None,
        **arguments: Any,
    ) -> Any:
        from rag.settings import load_settings

        set_up_logging(log_format or "text", quiet=quiet)  # for what is wrong with the settings
        profile = arguments.pop("profile", None)  # of those commands that have `--profile`
        load = functools.partial(
            load_settings, config, data=data, log_format=log_format, profile=profile
        )
        click.get_current_context().meta[LOAD_SETTINGS] = load
        settings = load()
        set_up_logging(settings.log_format, quiet=quiet)
        if settings.tracing.spans:
            from rag.tracing import switch_on

            switch_on()
        return function(settings, **arguments)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper


def require_folder(settings: Settings, hint: str) -> None:
    """Raise UsageError, with what to do instead, for a command that works on an index in a folder alone."""
    if settings.database:
        raise UsageError(
            "This works on an index in a folder; this one is in a database.", hint=hint
        )


def as_json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`, on every command that prints a result."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(
        function
    )


def add_profile_option(function: Callable[..., Any]) -> Callable[..., Any]:
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


def add_where_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--where NAME=VALUE`, on every command that finds something: only documents of which that is said."""
    return click.option(
        "--where",
        "conditions",
        multiple=True,
        metavar="NAME=VALUE",
        help="Only documents whose metadata fit: kind=policy,memo or year=2024..2026 (repeatable).",
    )(function)


def run(command: click.Command, arguments: Sequence[str] | None, name: str) -> int:
    """Run a command; returns its exit code. An expected error becomes one sentence."""
    output = sys.stdout
    command.context_settings.setdefault("help_option_names", HELP_NAMES)
    try:
        result = command.main(arguments, prog_name=name, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except ModuleNotFoundError as exc:
        extra = find_extra(exc.name or "")
        if extra is None:
            raise
        error = make_missing_extra_error(extra, str(exc.name), "This")
        print_message(f"{name}: {error}", logging.ERROR)
        return error.exit_code
    except InhouseError as exc:
        print_message(f"{name}: {exc}", logging.ERROR)
        return exc.exit_code
    except click.ClickException as exc:
        exc.show()
        return 2
    except PermissionError as exc:
        print_message(f"{name}: {_describe_refusal(exc)}", logging.ERROR)
        return StorageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:
        # Where the reader of a pipe has seen enough, click puts a silent output in place and ends with 1.
        if sys.stdout is output:
            raise
        return 0


def _describe_refusal(error: PermissionError) -> str:
    what = f"{error.filename} cannot be used" if error.filename else "Something cannot be used"
    return f"{what}: {error.strerror or error}. Check its permissions, and those of its folder."
