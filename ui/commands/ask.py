"""`inhouse ask`: an answer from the documents."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from rag.cli_options import (
    add_profile_option,
    add_where_option,
    as_json_option,
    as_reader_option,
    with_settings,
)

if TYPE_CHECKING:
    from rag import Answer, Assistant, Filter
    from rag.settings import Settings


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="QUESTION")
@click.option("--compare", is_flag=True, help="Ask the same model without the documents, too.")
@click.option("--no-model", is_flag=True, help="Answer in the documents' own words alone.")
@click.option("--show-model-text", is_flag=True, help="Print also what the documents do not back.")
@add_profile_option
@as_reader_option
@add_where_option
@as_json_option
@with_settings
def command(
    settings: Settings,
    words: tuple[str, ...],
    compare: bool,
    no_model: bool,
    show_model_text: bool,
    readers: tuple[str, ...],
    conditions: tuple[str, ...],
    as_json: bool,
) -> int:
    """Answer QUESTION from the documents, with its sources.

    What the model says stands in front where the documents back it; then come the documents' own words.
    Without a model server these are the answer, and the exit code is 12; with --no-model it is 0.

    \b
    Examples:
      inhouse ask "How long is parental leave?"
      inhouse ask "How long is parental leave?" --profile profiles/hr.toml
      inhouse ask "How long is parental leave?" --compare
      inhouse ask "How long is parental leave?" --no-model --json
    """
    from rag import Assistant, Filter
    from rag.errors import UsageError
    from rag.index.conditions import parse_conditions

    if compare and no_model:
        raise UsageError("--compare asks the model; it cannot go with --no-model.")

    question = " ".join(words)
    assistant = Assistant.open(settings.location, settings=settings)
    if readers:
        assistant = assistant.for_readers(readers)
    chosen = Filter(metadata=parse_conditions(conditions))
    if compare:
        return _compare(assistant, question, chosen, as_json=as_json)
    if as_json:
        answer = assistant.ask(question, filter=chosen, ask_model=not no_model)
        click.echo(json.dumps(answer.to_json(), ensure_ascii=False, indent=2))
    else:
        answer = print_answer(
            assistant,
            question,
            filter=chosen,
            ask_model=not no_model,
            show_model_text=show_model_text,
        )
    return _exit_code(answer)


def _exit_code(*answers: Answer) -> int:
    from rag import Status
    from rag.errors import ModelServerError

    unavailable = any(answer.status is Status.MODEL_UNAVAILABLE for answer in answers)
    return ModelServerError.exit_code if unavailable else 0


def _compare(assistant: Assistant, question: str, filter: Filter, *, as_json: bool) -> int:
    from ui.terminal import answers as terminal

    if as_json:
        both = assistant.compare(question, filter=filter)
        click.echo(json.dumps(both.to_json(), ensure_ascii=False, indent=2))
        return _exit_code(both.with_documents, both.without_documents)
    click.secho("With the documents", bold=True)
    answer = print_answer(assistant, question, filter=filter)
    click.secho("\nThe same model without them", bold=True)
    *_, last = assistant.stream_without_documents(question)
    alone: Answer = last.answer  # type: ignore[union-attr]
    click.echo(terminal.answer_text(alone) or "It said nothing.")
    click.echo(f"\n{terminal.describe_own_answer(alone)}")
    if alone.notice:
        click.echo(terminal.escape_controls(alone.notice), err=True)
    return _exit_code(answer, alone)


def print_answer(
    assistant: Assistant,
    question: str,
    *,
    filter: Filter | None = None,
    ask_model: bool = True,
    show_model_text: bool = False,
) -> Answer:
    """Print the answer and what it rests on.

    On a terminal the documents' own words are there at once, while the model still writes.
    """
    from rag.answer import AnswerEvent, RetrievalEvent
    from ui.terminal import answers as terminal

    live = sys.stdout.isatty()
    early = ""
    for event in assistant.stream(question, filter=filter, ask_model=ask_model):
        if isinstance(event, RetrievalEvent) and event.is_final and live:
            early = terminal.format_early(event)
            click.echo(early)
        elif isinstance(event, AnswerEvent):
            answer = event.answer  # the last event, always
    text = terminal.answer_text(answer)
    if early:  # it has been seen
        text = text.removesuffix(early).strip()
    if text:
        click.echo(text)
    click.echo(f"\n{terminal.format_status(answer)}")
    if answer.notice:
        click.echo(terminal.escape_controls(answer.notice), err=True)
    if show_model_text and answer.text:
        click.echo(f"\nWhat the model wrote: {terminal.model_text(answer)}")
    if sources := terminal.format_sources(answer):
        click.echo(sources)
    return answer
