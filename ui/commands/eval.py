"""`inhouse eval`: how good are the hits and the answers?"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.cli_options import add_profile_option, as_json_option, with_settings
from rag.cli_output import print_message

if TYPE_CHECKING:
    from rag.evaluation import Evaluation
    from rag.evaluation.drafting import Writer
    from rag.evaluation.gates import Failure
    from rag.settings import Settings
    from ui.terminal.progress_bar import QuestionBar

SOME_UNANSWERED = 3


@click.command()
@click.argument("questions", type=click.Path(path_type=Path), metavar="QUESTIONS.jsonl")
@click.option("--no-answers", is_flag=True, help="Measure the search alone; needs no model server.")
@click.option(
    "--ablate",
    type=click.Choice(["dense", "lexical", "rerank", "retrieval"]),
    multiple=True,
    help="Measure without this part too, and print what it brings. May be repeated.",
)
@click.option(
    "--gate",
    type=click.Path(path_type=Path),
    metavar="GATES.toml",
    help="Fail where a figure is out of these bounds.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write report.html and report.json into this folder.",
)
@click.option(
    "-k", type=click.IntRange(1, 200), default=5, show_default=True, help="Hits that count."
)
@click.option(
    "--words",
    type=click.IntRange(1, 100_000),
    default=1500,
    show_default=True,
    help="Words of hits in which known facts are looked for.",
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Questions that the model is asked at a time.",
)
@click.option("--make", is_flag=True, help="Draft QUESTIONS.jsonl from the documents instead.")
@click.option(
    "--count",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="Questions to draft.",
)
@add_profile_option
@as_json_option
@with_settings
def command(
    settings: Settings,
    questions: Path,
    no_answers: bool,
    ablate: tuple[str, ...],
    gate: Path | None,
    out: Path | None,
    k: int,
    words: int,
    parallel: int,
    make: bool,
    count: int,
    as_json: bool,
) -> int:
    """Ask every question of QUESTIONS.jsonl, and measure how well it is found and answered.

    docs/evaluation.md says how a question looks, and what each figure means. Nothing is judged by a
    model: the same index, questions and answers give the same figures. The result is kept in the data
    folder, where the page shows it.

    --make drafts such a file from the documents, to be edited by somebody who knows them: sentences with a
    number or a name, put as questions by the model, or as gaps where no model server answers.

    \b
    Exit codes: 0 done, 1 a gate is not met, 3 some questions got no answer,
    12 there is no model server (and no --no-answers).

    \b
    Examples:
      inhouse eval questions.jsonl --no-answers --out report
      inhouse eval questions.jsonl --ablate retrieval --gate gates.toml
      inhouse eval --make questions.jsonl --count 100
    """
    if make:
        return _make(settings, questions, count, parallel, no_answers=no_answers, as_json=as_json)
    from rag import Assistant
    from rag.evaluation import Options, evaluate, read_questions
    from rag.evaluation.gates import read_gates
    from rag.evaluation.metrics import Names

    question_set = read_questions(questions)
    gates = None if gate is None else read_gates(gate, Names(k, words))
    _check_folder(out)
    assistant = Assistant.open(settings.location, settings=settings)
    options = Options(
        k=k, budget=words, answers=not no_answers, concurrency=parallel, ablate=ablate
    )
    with _bar() as bar:
        evaluation = evaluate(assistant, question_set, options, bar)
    _keep(settings.data, evaluation)
    _print(evaluation, as_json=as_json)
    failures = gates.check(evaluation) if gates else []
    if out is not None:
        _write(out, evaluation, failures)
    for failure in failures:
        print_message(f"gate: {failure}", logging.ERROR)
    if failures:
        return 1
    return SOME_UNANSWERED if evaluation.unanswered else 0


def _bar() -> QuestionBar:
    from ui.terminal.progress_bar import QuestionBar

    return QuestionBar(visible=logging.getLogger("ui").isEnabledFor(logging.INFO))


def _make(
    settings: Settings, path: Path, count: int, parallel: int, *, no_answers: bool, as_json: bool
) -> int:
    from rag.errors import UsageError
    from rag.evaluation.drafting import CLOZE, draft, write_draft
    from rag.index import open_store

    if path.exists():
        raise UsageError(f"{path} exists already.", hint="Name a new file.")
    snapshot = open_store(settings.location, beside=settings.data).open_reader().snapshot()
    write = None if no_answers else _writer(settings)
    with _bar() as bar:
        rows, problem = draft(snapshot, count, write, parallel, bar)
    if problem is not None:
        print_message(
            f"{problem} From there on the drafts are sentences with a gap.", logging.WARNING
        )
    if not rows:
        raise UsageError("The documents hold no sentence that a question could be drafted from.")
    write_draft(path, rows)
    gaps = sum(row["type"] == CLOZE for row in rows)
    if as_json:
        click.echo(json.dumps({"path": str(path), "questions": len(rows), "gaps": gaps}, indent=2))
        return 0
    put = f", {gaps:,} of them as sentences with a gap" if gaps else ""
    click.echo(f"{path} holds {len(rows):,} drafts{put}.")
    click.echo("Put them into your own words, and add some that the documents do not answer.")
    return 0


def _writer(settings: Settings) -> Writer | None:
    from rag.errors import ModelServerError
    from rag.evaluation.drafting import make_model_writer

    try:
        return make_model_writer(settings.llm)
    except ModelServerError as exc:
        print_message(f"{exc.message} The drafts are sentences with a gap.", logging.WARNING)
        return None


def _check_folder(out: Path | None) -> None:
    """Say before a long run that its report has nowhere to go."""
    from rag.errors import StorageError

    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(f"{out} cannot be made: {exc.strerror or exc}.") from exc


def _keep(data: Path, evaluation: Evaluation) -> None:
    from rag.errors import StorageError
    from rag.evaluation.store import keep

    try:
        keep(data, evaluation)
    except StorageError as exc:
        print_message(f"warning: {exc}", logging.WARNING)  # the result is here all the same


def _print(evaluation: Evaluation, *, as_json: bool) -> None:
    from ui.terminal.evaluation import format_evaluation

    if as_json:
        click.echo(json.dumps(evaluation.to_json(), ensure_ascii=False, indent=2))
        return
    for line in format_evaluation(evaluation):
        click.echo(line)


def _write(out: Path, evaluation: Evaluation, failures: list[Failure]) -> None:
    from rag.errors import StorageError
    from rag.evaluation.store import write_json
    from ui.view.evaluation.page import render_evaluation_page

    try:
        write_json(out / "report.json", evaluation)
        (out / "report.html").write_text(render_evaluation_page(evaluation, failures), "utf-8")
    except OSError as exc:
        raise StorageError(f"{out} cannot be written: {exc.strerror or exc}.") from exc
    print_message(f"The report is {out / 'report.html'}", logging.INFO)
