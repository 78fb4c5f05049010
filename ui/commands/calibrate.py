"""`inhouse calibrate`: when the answer is that the documents do not say."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.option(
    "--questions", type=click.IntRange(20, 5000), default=300, show_default=True,
    help="How many questions to draw from the index.",
)  # fmt: skip
@click.option(
    "--judge",
    is_flag=True,
    help="Try the model server as a judge of doubtful sentences instead.",
)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the curve into this SVG file.")
@as_json_option
@with_settings
def command(
    settings: Settings, questions: int, judge: bool, plot: Path | None, as_json: bool
) -> None:
    """Fit to this index when an answer is labelled as not clear, because the documents do not say.

    Questions are made from sentences of the index, each once with its document there and once with it taken
    away. Run it after the first ingest, and when the documents or the embedder have changed much; a
    calibration that no longer fits is left aside. No model server is needed.

    With --judge the model (that of answers.judge_url, if set) is asked about sentences of the documents, and
    the same with one thing wrong. Where it tells them apart it votes from then on about sentences that words
    alone do not settle.

    \b
    Examples:
      inhouse calibrate --plot curve.svg
      inhouse calibrate --judge
    """
    if judge:
        _try_judge(settings, as_json=as_json)
        return
    from tqdm import tqdm

    from rag.answering.abstention import save_calibration
    from rag.answering.calibrate import calibrate
    from rag.embedder import open_embedder
    from rag.index import open_store

    store = open_store(settings.location, beside=settings.data)
    # disable=None: no bar off a terminal.
    with tqdm(total=questions, desc="Questions", disable=None, leave=False) as bar:
        fitted = calibrate(
            settings.location,
            open_embedder(settings, store.read_embedder()),
            count=questions,
            progress=lambda done: bar.update(done - bar.n),
        )
    path = save_calibration(settings.data, fitted)
    if plot is not None:
        from ui.view.evaluation.calibration_curve import draw_curve

        plot.write_text(draw_curve(fitted), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(asdict(fitted), indent=2))
        return
    click.echo(
        f"Of questions that the documents do not answer, {fitted.refused:.0%} are told; "
        f"of those that they answer, {1 - fitted.recall:.0%} are taken for such."
    )
    click.echo(f"Fitted on {fitted.questions:,} questions; kept in {path}.")


def _try_judge(settings: Settings, *, as_json: bool) -> None:
    from tqdm import tqdm

    from rag import Assistant
    from rag.answering.judging import save_trial

    # disable=None: no bar off a terminal.
    with tqdm(desc="Pairs of sentences", disable=None, leave=False) as bar:
        trial = Assistant.open(settings.location, settings=settings).try_judge(
            progress=lambda done: bar.update(done - bar.n)
        )
    path = save_trial(settings.data, trial)
    if as_json:
        click.echo(json.dumps({**asdict(trial), "has_vote": trial.has_vote}, indent=2))
        return
    click.echo(f"{trial}.")
    click.echo(f"Tried on {trial.pairs:,} pairs of sentences; kept in {path}.")
