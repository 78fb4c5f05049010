"""The manual page and the completions of the shells, made from the commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from rag.cli_options import HELP_NAMES

_COMPLETIONS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}
_EXIT_STATUS = {
    "0": "done",
    "1": "could not be done",
    "2": "wrong usage or configuration",
    "3": "done, but some files failed",
    "10": "there is no index in the data folder",
    "11": "another run is writing to the data folder",
    "12": "the model server cannot be reached",
    "128+N": "stopped by signal N",
}
_FILES = {
    "./inhouse.toml": "settings; another file is named by --config or INHOUSE_CONFIG",
    "./data": "the index; another folder is named by --data or INHOUSE_DATA",
}


def build_completion(shell: str) -> str:
    """What a shell reads to complete the words of a command line."""
    from ui.cli import cli

    text = _COMPLETIONS[shell](cli, {}, "inhouse", "_INHOUSE_COMPLETE").source()
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def man_page(commands: Iterable[tuple[str, click.Command]]) -> str:
    """`inhouse.1`: every command with its options."""
    lines = [
        r".\" Made from the code: UPDATE_DOCS=1 make test ARGS=tests/house",
        '.TH INHOUSE 1 "" "Inhouse" "User commands"',
        ".SH NAME",
        r"inhouse \- answers from your own documents, with an open model that you run yourself",
        ".SH SYNOPSIS",
        ".B inhouse",
        r".I command",
        r"[\fIoptions\fR] [\fIarguments\fR]",
        ".SH DESCRIPTION",
        *_paragraphs("Reads documents into an index, finds passages, and answers questions."),
        ".SH COMMANDS",
    ]
    for name, command in commands:
        if not isinstance(command, click.Group) or command.invoke_without_command:
            lines += _command(name, command)
    lines += [".SH EXIT STATUS", *_items(_EXIT_STATUS), ".SH FILES", *_items(_FILES)]
    lines += [".SH SEE ALSO", *_paragraphs("inhouse COMMAND --help; the documentation in docs/.")]
    return "\n".join(lines) + "\n"


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name, help_option_names=HELP_NAMES)
    yield f".SS {_escape(' '.join([name, *command.collect_usage_pieces(context)]))}"
    yield from _paragraphs(command.help or "")
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    yield from _items({names: text for names, text in filter(None, records) if text})


def _paragraphs(text: str) -> Iterator[str]:
    """A docstring's paragraphs; those behind a \\b keep their lines."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if number:
            yield ".PP"
        lines = paragraph.strip("\n").splitlines()
        if lines[0].strip() == "\b":
            yield from [".nf", *(_escape(line) for line in lines[1:]), ".fi"]
        else:
            yield _escape(" ".join(" ".join(lines).split()))


def _items(texts: dict[str, str]) -> Iterator[str]:
    for name, text in texts.items():
        yield from [".TP", rf"\fB{_escape(name)}\fR", _escape(" ".join(text.split()))]


def _escape(text: str) -> str:
    """Text as roff prints it: no sign of it is a command, and ASCII says them all."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    escaped = "".join(sign if sign.isascii() else rf"\[u{ord(sign):04X}]" for sign in escaped)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped
