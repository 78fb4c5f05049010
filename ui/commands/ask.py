"""`inhouse ask`: an answer from the documents."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, as_reader_option, profile_option, with_settings

if TYPE_CHECKING:
    from rag import Answer, Assistant
    from rag.settings import Settings


@click.command()
@click.argument("question")
@click.option("--compare", is_flag=True, help="Ask the same model without the documents, too.")
@profile_option
@as_reader_option
@as_json_option
@with_settings
def command(
    settings: Settings, question: str, compare: bool, readers: tuple[str, ...], as_json: bool
) -> int:
    """Answer QUESTION from the documents, with its sources.

    Without a model server the passages that fit best are shown, and the exit code is 12.

    \b
    Examples:
      inhouse ask "How long is parental leave?"
      inhouse ask "How long is parental leave?" --profile profiles/hr.toml
      inhouse ask "How long is parental leave?" --compare
    """
    from rag import Assistant

    assistant = Assistant.open(settings.data, settings=settings)
    if readers:
        assistant = assistant.for_readers(readers)
    if compare:
        return _compare(assistant, question, as_json=as_json)
    if as_json:
        answer = assistant.ask(question)
        click.echo(json.dumps(answer.to_json(), ensure_ascii=False, indent=2))
    else:
        answer = print_answer(assistant, question)
    return _exit_code(answer)


def _exit_code(*answers: Answer) -> int:
    from rag import Status
    from rag.errors import ModelServerError

    unavailable = any(each.status is Status.MODEL_UNAVAILABLE for each in answers)
    return ModelServerError.exit_code if unavailable else 0


def _compare(assistant: Assistant, question: str, *, as_json: bool) -> int:
    from ui.terminal import answers

    if as_json:
        both = assistant.compare(question)
        click.echo(json.dumps(both.to_json(), ensure_ascii=False, indent=2))
        return _exit_code(both.with_documents, both.without_documents)
    click.secho("With the documents", bold=True)
    told = print_answer(assistant, question)
    click.secho("\nThe same model without them", bold=True)
    *_, last = assistant.stream_without_documents(question)
    alone: Answer = last.answer  # type: ignore[union-attr]
    click.echo(answers.answer_text(alone) or "It said nothing.")
    click.echo(f"\n{answers.alone_text(alone)}")
    if alone.notice:
        click.echo(answers.safe(alone.notice), err=True)
    return _exit_code(told, alone)


def print_answer(assistant: Assistant, question: str) -> Answer:
    """Print the answer, as it comes where standard output is a terminal, then what it rests on."""
    from rag.answer import AnswerEvent, DeltaEvent
    from ui.terminal import answers

    live = sys.stdout.isatty()
    for event in assistant.stream(question):
        if isinstance(event, DeltaEvent) and live:
            click.echo(answers.safe(event.text), nl=False)
        elif isinstance(event, AnswerEvent):
            answer = event.answer  # the last event, always
    if live and answer.text:
        # The text has been seen; what follows is which of it is carried by what.
        click.echo("\n")
    if answer.text and (not live or answer.citations):
        click.echo(answers.answer_text(answer))
    click.echo(f"\n{answers.status_text(answer)}")
    if answer.notice:
        click.echo(answers.safe(answer.notice), err=True)
    if sources := answers.sources_text(answer):
        click.echo(sources)
    return answer
