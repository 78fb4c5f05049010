"""Measure and fit the selection of answering sentences; `python benchmarks/extracts.py --help`.

A SET is DATA=QUESTIONS: an index's folder, and a file of questions as in sample_docs/questions.jsonl. A
question counts as answered where one of its expected answers stands in the text of the first extract, or
of the first three. `measure` measures the model that is in the package. `fit` makes it anew: it fits on
all sets together, and measures each question with a model that was fitted on questions about other
documents.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.answering.question_search import SEARCHED_PASSAGES
from rag.embedder import Remembering, open_embedder
from rag.evaluation.wording import holds, share_of, words
from rag.extracts.confidence import SIGNALS
from rag.extracts.features import NAMES, compute_wording_features
from rag.extracts.relevance import (
    MODEL,
    MeasuredUnits,
    best_signals,
    choose_first,
    compute_margins,
    measure_units,
    parse_model,
)
from rag.extracts.selection import (
    group_units,
    select_answering_units,
    select_extracts,
    show_group,
    show_units,
)
from rag.extracts.units import Unit
from rag.hit import Hit
from rag.index import Filter, IndexReader
from rag.retrieval.retriever import retrieve
from rag.settings import load_settings

FOLDS = 8
NEGATIVES = 30
"""Units that do not answer and are learnt from, for each question; more change nothing but the time."""
TREES, DEPTH, RATE, LEAF = 120, 3, 0.08, 40
KEPT = 200_000
PASSAGES = SEARCHED_PASSAGES
RECALL = 0.88
"""Share of the answerable questions that the confidence lets through at one half, in cross-validation."""


@dataclass
class ScoredQuestion:
    """A question with its passages, their units, and what is known of the answer."""

    set: str
    text: str
    hits: Sequence[Hit]
    answers: Sequence[str]
    facts: Sequence[dict[str, Any]]
    is_unanswerable: bool
    is_followup: bool
    is_made: bool = False
    """An answerable one that is made unanswerable: the passages that hold its answer are taken away."""

    @property
    def is_scored(self) -> bool:
        """Whether it counts: follow-ups are another exercise, and some sets have no short answers."""
        return bool(self.answers) and not self.is_followup and not self.is_made

    @property
    def document(self) -> str:
        """The document that its answer stands in; questions about one are never in two folds."""
        return str(self.facts[0]["filename"]) if self.facts else self.text


def questions_of(
    pair: str, embedder: Remembering, *, is_made_unanswerable: bool = False
) -> list[ScoredQuestion]:
    """The questions of a set with the passages that are found for them.

    `is_made_unanswerable`: each with an answer also once with those passages taken away that hold it.
    """
    data, _, path = pair.partition("=")
    snapshot = IndexReader(Path(data)).snapshot()
    questions = []
    for line in Path(path).read_text("utf-8").splitlines():
        raw = json.loads(line)
        text = raw.get("standalone") or raw["question"]
        hits = retrieve(snapshot, embedder, text, PASSAGES, Filter(), fold=True)
        question = ScoredQuestion(
            pair, text, hits, raw.get("answers") or (), raw.get("facts") or (),
            bool(raw.get("unanswerable")), raw.get("type") == "follow_up",
        )  # fmt: skip
        questions.append(question)
        if question.is_scored and is_made_unanswerable:
            more = retrieve(snapshot, embedder, text, 3 * PASSAGES, Filter(), fold=True)
            left = [hit for hit in more if not holds(hit.text, question.answers)][:PASSAGES]
            questions.append(replace(question, hits=left, is_unanswerable=True, is_made=True))
    return questions


@click.group(help=__doc__)
def main() -> None:
    """Run a command."""


@main.command()
@click.argument("sets", nargs=-1, required=True)
def measure(sets: Sequence[str]) -> None:
    """Measure the model of the package."""
    embedder = open_embedder(load_settings())
    for pair in sets:
        questions = questions_of(pair, Remembering(embedder, KEPT))
        cold = Remembering(embedder)
        cached = Remembering(embedder, KEPT)
        results, confidences, seconds, again = [], [], [], []
        for question in questions:
            for remembering, taken in ((cold, seconds), (cached, []), (cached, again)):
                started = time.perf_counter()
                selection = select_extracts(question.text, question.hits, remembering)
                taken.append(time.perf_counter() - started)
            results.append([extract.text for extract in selection.extracts])
            confidences.append(selection.confidence)
        print(pair)
        print(_line(questions, results, confidences))
        for name, taken in (("as they come", seconds), ("asked again", again)):
            low, high = np.percentile(np.array(taken) * 1e3, [50, 95])
            print(f"  milliseconds, {name:13} p50 {low:6.1f}   p95 {high:6.1f}")


@main.command()
@click.argument("sets", nargs=-1, required=True)
@click.option(
    "--output", type=click.Path(path_type=Path), default=MODEL, help="Where the model goes."
)
def fit(sets: Sequence[str], output: Path) -> None:
    """Fit the model on these sets, and measure it in cross-validation."""
    embedder = Remembering(open_embedder(load_settings()), KEPT)
    questions = [
        question
        for pair in sets
        for question in questions_of(pair, embedder, is_made_unanswerable=True)
    ]
    folds = _folds(questions)
    units = [_units(question, embedder) for question in questions]
    measured: list[Any] = [None] * len(questions)
    sums: list[Any] = [None] * len(questions)
    for fold in range(FOLDS):
        weights = _fit_first_sight(u for u, f in zip(units, folds, strict=True) if f != fold)
        for index in np.flatnonzero(folds == fold):
            measured[index] = _measured(questions[index], units[index], weights, embedder)
    for fold in range(FOLDS):
        model = _fit_trees(m for m, f in zip(measured, folds, strict=True) if f != fold)
        for index in np.flatnonzero(folds == fold):
            sums[index] = _sums(model, measured[index].features)
    unit = _fit_unit(measured, sums)
    rows = [
        _signals(question, m, s, embedder)
        for question, m, s in zip(questions, measured, sums, strict=True)
    ]
    held_out, selection = _fit_confidence(questions, np.array(rows), folds)
    for pair in sets:
        places = [
            n
            for n, question in enumerate(questions)
            if question.set == pair and not question.is_made
        ]
        results = [
            _texts(questions[n], measured[n], _unit_probability(unit, sums[n])) for n in places
        ]
        print(pair)
        print(_line([questions[n] for n in places], results, [held_out[n] for n in places]))
    numbers = {
        **_fit_trees(measured),
        "first_sight": _fit_first_sight(units).tolist(),
        "unit": unit,
        "selection": selection,
    }
    output.write_text(json.dumps(numbers) + "\n", "utf-8")
    print(f"{output}: {output.stat().st_size:,} bytes")


@dataclass
class Units:
    """The units of a question, their shown texts and wording, and which of them answer it."""

    units: list[Unit]
    texts: list[str]
    wording: Any
    is_answer: Any


@dataclass
class Measured(Units):
    """The same with the features of those that are embedded."""

    embedded: MeasuredUnits

    @property
    def features(self) -> Any:
        """(n_embedded, n_features)."""
        return self.embedded.features

    @property
    def answers(self) -> Any:
        """(n_embedded,): which of these answer."""
        return self.is_answer[self.embedded.places]


def _units(question: ScoredQuestion, embedder: Remembering) -> Units:
    units = select_answering_units(question.hits)
    texts = show_units(question.text, units)
    wording = compute_wording_features(question.text, question.hits, units, embedder)
    is_answer = [_answers(question, unit, text) for unit, text in zip(units, texts, strict=True)]
    return Units(units, texts, wording, np.array(is_answer, dtype=bool))


def _measured(
    question: ScoredQuestion, units: Units, weights: Any, embedder: Remembering
) -> Measured:
    """Measure the units that look best by these weights of `WORDING_NAMES`."""
    places = choose_first(units.wording @ weights)
    if len(places):
        embedded = measure_units(
            question.text, units.units, units.texts, units.wording, places, embedder
        )
    else:
        embedded = MeasuredUnits(places, np.zeros((0, len(NAMES))))
    return Measured(units.units, units.texts, units.wording, units.is_answer, embedded)


def _fit_first_sight(units: Iterable[Units]) -> Any:
    """(n_wording,): weights by which the answering units of these questions look best."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    learnt = [question_units for question_units in units if question_units.is_answer.any()]
    scaler = StandardScaler()
    rows = scaler.fit_transform(np.vstack([question_units.wording for question_units in learnt]))
    labels = np.concatenate([question_units.is_answer for question_units in learnt])
    model = LogisticRegression(C=0.1, max_iter=1000, class_weight="balanced").fit(rows, labels)
    return (model.coef_[0] / scaler.scale_).round(5)


def _answers(question: ScoredQuestion, unit: Unit, text: str) -> bool:
    """Whether a unit holds an expected answer, and stands where the fact stands."""
    name = Path(question.hits[unit.hit].uri).stem
    if not holds(f"{text} {unit.text}", question.answers):
        return False
    unit_words = words(unit.text)
    return any(
        fact["filename"] == name and share_of(unit_words, words(fact.get("text") or "")) >= 0.5
        for fact in question.facts
    )


def _folds(questions: Sequence[ScoredQuestion]) -> Any:
    """The fold of each question, by its document."""
    chance = np.random.default_rng(0)
    documents = sorted({question.document for question in questions})
    fold_of = dict(zip(documents, chance.permutation(len(documents)) % FOLDS, strict=True))
    return np.array([fold_of[question.document] for question in questions])


def _fit_trees(measured: Iterable[Measured]) -> dict[str, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    chance = np.random.default_rng(0)
    features, labels, weights = [], [], []
    for question in measured:
        if not question.answers.any():
            continue
        others = np.flatnonzero(~question.answers)
        others = chance.choice(others, min(NEGATIVES, len(others)), replace=False)
        answers = np.flatnonzero(question.answers)
        features += [question.features[answers], question.features[others]]
        labels += [np.ones(len(answers)), np.zeros(len(others))]
        weights += [
            np.full(len(answers), 1 / len(answers)),
            np.full(len(others), 2 / max(1, len(others))),
        ]
    model = HistGradientBoostingClassifier(
        max_iter=TREES, max_depth=DEPTH, learning_rate=RATE, min_samples_leaf=LEAF,
        l2_regularization=5, max_features=0.4, random_state=0, early_stopping=False,
    )  # fmt: skip
    model.fit(np.vstack(features), np.concatenate(labels), np.concatenate(weights))
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        indexes = np.arange(len(nodes))
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            {
                "feature": np.where(leaf, 0, nodes["feature_idx"]).tolist(),
                "threshold": np.where(leaf, 0, nodes["num_threshold"]).round(5).tolist(),
                "left": np.where(leaf, indexes, nodes["left"]).tolist(),
                "right": np.where(leaf, indexes, nodes["right"]).tolist(),
                "value": np.where(leaf, nodes["value"], 0).round(5).tolist(),
            }
        )
    return {"features": list(NAMES), "depth": DEPTH, "trees": trees}


def _sums(trees: dict[str, Any], features: Any) -> Any:
    model = parse_model({**trees, "first_sight": (), "unit": (1, 0, 0), "selection": (0, 0)})
    return model.sums(features) if len(features) else np.zeros(0)


def _fit_unit(measured: Sequence[Measured], sums: Sequence[Any]) -> list[float]:
    from sklearn.linear_model import LogisticRegression

    pairs = [(m, s) for m, s in zip(measured, sums, strict=True) if len(s)]
    features = np.vstack([np.column_stack([s, compute_margins(s)]) for _, s in pairs])
    model = LogisticRegression().fit(features, np.concatenate([m.answers for m, _ in pairs]))
    return [round(float(x), 4) for x in (*model.coef_[0], model.intercept_[0])]


def _unit_probability(unit: Sequence[float], sums: Any) -> Any:
    return 1 / (1 + np.exp(-(unit[0] * sums + unit[1] * compute_margins(sums) + unit[2])))


def _signals(
    question: ScoredQuestion, measured: Measured, sums: Any, embedder: Remembering
) -> list[float]:
    if not len(sums):
        return [0.0] * len(SIGNALS)
    return best_signals(
        question.text,
        question.hits,
        measured.units,
        measured.texts,
        measured.embedded,
        sums,
        embedder,
    )


def _fit_confidence(
    questions: Sequence[ScoredQuestion], rows: Any, folds: Any
) -> tuple[list[float], list[float]]:
    """The confidence of each question, held out, and the weights."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = np.array(
        [(bool(q.answers) or q.is_unanswerable) and not q.is_followup for q in questions]
    )
    answerable = np.array([not q.is_unanswerable for q in questions])
    names = [f"{q.set} {q.is_made} {q.is_unanswerable}" for q in questions]
    weights = np.array([1 / names.count(name) for name in names]) * len(questions) / 4
    held_out = np.zeros(len(questions))

    def fitted(places: Any) -> Any:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05))
        return model.fit(
            rows[places], answerable[places], logisticregression__sample_weight=weights[places]
        )

    for fold in range(FOLDS):
        held_out[folds == fold] = fitted(known & (folds != fold)).decision_function(
            rows[folds == fold]
        )
    # One half lets through RECALL of the answerable questions of the set where fewest pass.
    cut = min(
        np.quantile(
            held_out[[n for n, name in enumerate(names) if name == set_name and known[n]]],
            1 - RECALL,
        )
        for set_name in set(names)
        if set_name.endswith("False")
        and any(known[n] for n, name in enumerate(names) if name == set_name)
    )
    model = fitted(known)
    scale, regression = model[0], model[1]
    weight = regression.coef_[0] / scale.scale_
    bias = float(regression.intercept_[0] - weight @ scale.mean_ - cut)
    held_out = 1 / (1 + np.exp(-(held_out - cut)))
    return held_out.tolist(), [round(float(x), 5) for x in (*weight, bias)]


def _texts(question: ScoredQuestion, measured: Measured, probabilities: Any) -> list[str]:
    """The texts of the first three groups."""
    every = np.zeros(len(measured.units))
    every[measured.embedded.places] = probabilities
    groups = group_units(question.text, measured.units, every)[:3]
    return [show_group(measured.units, measured.texts, group) for group in groups]


def _line(
    questions: Sequence[ScoredQuestion],
    results: Sequence[Sequence[str]],
    confidences: Sequence[float],
) -> str:
    scored = [(q, r) for q, r in zip(questions, results, strict=True) if q.is_scored]
    lines = []
    if scored:
        first = np.mean([any(holds(t, q.answers) for t in r[:1]) for q, r in scored])
        three = np.mean([any(holds(t, q.answers) for t in r[:3]) for q, r in scored])
        there = np.mean([any(holds(hit.text, q.answers) for hit in q.hits) for q, _ in scored])
        characters = np.mean([len(r[0]) for _, r in scored if r])
        lines.append(
            f"  {len(scored)} questions: first {first:.3f}, first three {three:.3f} "
            f"(in the passages {there:.3f}), {characters:.0f} characters in the first"
        )
    else:
        facts = [
            max(
                (share_of(words(f["text"]), words(" ".join(r))) for f in q.facts if f.get("text")),
                default=None,
            )
            for q, r in zip(questions, results, strict=True)
        ]
        shares = [share for share in facts if share is not None]
        right = [
            bool(r)
            and any(
                share_of(words(r[0]), words(f["text"])) >= 0.8 for f in q.facts if f.get("text")
            )
            for q, r in zip(questions, results, strict=True)
            if any(f.get("text") for f in q.facts)
        ]
        lines.append(
            f"  {len(shares)} questions with facts: first extract is part of a fact {np.mean(right):.3f}, "
            f"share of a fact's words in the first three {np.mean(shares):.3f}"
        )
    for name, is_expected in (("with an answer", False), ("without one", True)):
        low = [
            c < 0.5
            for q, c in zip(questions, confidences, strict=True)
            if q.is_unanswerable is is_expected and not q.is_followup
        ]
        if low:
            lines.append(f"  no clear answer for {np.mean(low):.3f} of {len(low)} {name}")
    counted = [
        (q.is_unanswerable, c)
        for q, c in zip(questions, confidences, strict=True)
        if not q.is_followup
    ]
    if len({is_unanswerable for is_unanswerable, _ in counted}) == 2:
        lines.append(_separation(*zip(*counted, strict=True)))
    return "\n".join(lines)


def _separation(is_unanswerable: Sequence[bool], confidences: Sequence[float]) -> str:
    """How well the confidence tells both kinds of questions apart, whatever the threshold."""
    from sklearn.metrics import roc_auc_score

    without, values = np.array(is_unanswerable), np.array(confidences)
    threshold = np.quantile(values[~without], 1 - RECALL)
    return (
        f"  area under the curve {roc_auc_score(~without, values):.3f}; with {1 - RECALL:.0%} of those with "
        f"an answer called unclear: {np.mean(values[without] < threshold):.3f} of those without one"
    )


if __name__ == "__main__":
    main()
