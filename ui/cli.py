"""The command line: `inhouse …`. Each command is a file of its own, loaded when it is called."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence

import click

from rag.cli_options import HELP_NAMES, run

COMMANDS = {
    "init": "Write commented settings, and systemd units for this machine.",
    "ingest": "Read folders into the index.",
    "check": "Show what would be read of a file, and what not.",
    "ask": "Answer a question from the documents.",
    "search": "Find passages, without the language model.",
    "web": "Serve the page.",
    "mcp": "Serve the documents to chat programs and agents (MCP).",
    "api": "Serve answers to other programs, as OpenAI's interface does.",
    "user": "Say who may sign in on the page.",
    "audit": "Show who signed in, uploaded and changed what.",
    "eval": "Measure how well questions are found and answered.",
    "serve": "Serve the language model with vLLM on this machine.",
    "models": "Show the catalogue of open models; pull, check or recommend one.",
    "profile": "Show the domain profiles, or check one.",
    "calibrate": "Fit when to say that the documents do not say.",
    "status": "Show what the index holds.",
    "verify": "Check the index, and mend what can be mended.",
    "move": "Copy an index into a database, or back into a folder.",
    "rollback": "Go back to an earlier state of the index.",
    "backup": "Copy the index and what stands beside it, while they are in use.",
    "restore": "Bring back a backup.",
    "vacuum": "Let go of old states of the index.",
    "forget": "Remove documents, or a person, for good.",
    "reembed": "Switch the index to another embedder.",
    "doctor": "Check each part, and say how to mend it.",
    "sbom": "Print the software bill of materials.",
    "demo": "Show it all at work on sample documents.",
}
"""Name and one line of help; here, so that `inhouse --help` loads none of them."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        near = difflib.get_close_matches(name, COMMANDS, 1)
        if name not in COMMANDS and near:
            ctx.fail(f"No such command {name!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = "ingest.cli" if cmd_name == "ingest" else f"ui.commands.{cmd_name}"
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": HELP_NAMES})
@click.version_option(package_name="inhouse", message="inhouse %(version)s")
def cli() -> None:
    """Answer questions from your own documents, with an open model that you run yourself.

    \b
    Begin with:
      inhouse ingest handbook/
      inhouse ask "How long is parental leave?"
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(cli, arguments, "inhouse"))
