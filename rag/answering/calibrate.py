"""Fitting the decision of `rag.answering.abstention` to an index, from the index itself.

Words of a sentence that stands in a document make a question that the documents answer; the same question
with that document taken away is one that they do not. Some words are left out and some come from elsewhere,
since a person would not use the document's own.
"""

from __future__ import annotations

import functools
import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.answering.abstention import Calibration, CurvePoint, RetrievalSignals, measure_signals
from rag.embedder import Embedder
from rag.errors import UsageError
from rag.extras import require_extra
from rag.index import Filter, Snapshot, open_store
from rag.language import sentences
from rag.language.claims import Claim

if TYPE_CHECKING:
    import numpy.typing as npt

QUESTIONS = 300
_FEWEST = 20
_FOLDS = 5
_SEED = 20
_WORD = re.compile(r"[^\W\d_][\w'’-]+")
_WORDS = (3, 6)
_LENGTHS = (6, 40)  # words of a sentence
_STRANGE = 3  # one word more for so many comes from elsewhere
_TRIES = 4
_KEPT = 0.95
"""Share of the questions with an answer that the decision lets through, in cross-validation. People's own
questions share fewer words with the documents than drawn ones. Measured with the threshold of the best
balanced accuracy: 17 % of the answerable sample questions were called unanswered; with this one 1 %."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question, and the documents that answer it; none: nothing does."""

    question: str
    answered_by: frozenset[int]


def calibrate(
    data_dir: str | Path,
    embedder: Embedder,
    *,
    probes: Sequence[Probe] | None = None,
    count: int = QUESTIONS,
    progress: Callable[[int], object] = int,
) -> Calibration:
    """Fit the decision to the newest state of the index.

    `probes` None: `count` questions are drawn from the index. `progress` is told after each question how
    many are done. The same index gives the same calibration. Raises UsageError if it is too small for one:
    fewer than two documents, or hardly a sentence in them. Raises MissingDependencyError without the
    extra `eval`.
    """
    require_extra("eval", "A calibration")
    reader = open_store(data_dir).open_reader()
    snapshot = reader.snapshot()
    probes = list(draw(snapshot, count) if probes is None else probes)
    if len(probes) < _FEWEST:
        raise UsageError(
            f"Only {len(probes)} questions can be made from {data_dir}; "
            f"at least {_FEWEST} are needed.",
            hint="Ingest more documents first.",
        )
    signals, answered = _measure(snapshot, embedder, probes, progress)
    fitted = _fit(signals, answered)
    return replace(
        fitted,
        embedder=embedder.identity.to_json(),
        generation=snapshot.generation.id,
        chunks=snapshot.generation.chunks,
        questions=len(probes),
    )


def draw(snapshot: Snapshot, count: int) -> Iterator[Probe]:
    """Questions from the index's own sentences, spread over its documents."""
    ids = snapshot.document_ids().tolist()
    if len(ids) < 2:
        return
    chance = random.Random(_SEED)  # noqa: S311 - a sample, not a secret

    @functools.lru_cache(maxsize=count)
    def of(document: int) -> list[str]:
        texts = snapshot.chunk_texts(document).values()
        parts = (text[start:end] for text in texts for start, end in sentences.spans(text))
        return [part for part in parts if _LENGTHS[0] <= len(part.split()) <= _LENGTHS[1]]

    def words() -> tuple[int, list[str]]:
        document = chance.choice(ids)
        return document, _content(chance.choice(of(document) or [""]))

    for _ in range(_TRIES * count):
        document, content = words()
        if len(content) <= _WORDS[0]:
            continue
        size = min(len(content), chance.randint(*_WORDS))
        chosen = [content[index] for index in sorted(chance.sample(range(len(content)), size))]
        for _ in range(max(1, size // _STRANGE)):
            if strange := words()[1]:
                chosen.insert(chance.randrange(len(chosen) + 1), chance.choice(strange))
        yield Probe(f"What {' '.join(chosen)}?", frozenset({document}))
        count -= 1
        if not count:
            return


def _content(sentence: str) -> list[str]:
    """The words of a sentence that it is about, as they stand, in lower case."""
    return [
        word.lower() for word in _WORD.findall(sentence) if Claim.of(f"it {word.lower()}").words
    ]


def _measure(
    snapshot: Snapshot,
    embedder: Embedder,
    probes: Sequence[Probe],
    progress: Callable[[int], object],
) -> tuple[list[RetrievalSignals], list[bool]]:
    """Each probe with everything there, and with the documents that answer it taken away."""
    signals, answered = [], []
    for done, probe in enumerate(probes, start=1):
        query = embedder.embed_query(probe.question)
        signals.append(measure_signals(snapshot, probe.question, query, Filter()))
        answered.append(bool(probe.answered_by))
        if probe.answered_by:
            away = {
                chunk for document in probe.answered_by for chunk in snapshot.chunk_texts(document)
            }
            signals.append(measure_signals(snapshot, probe.question, query, Filter(), away))
            answered.append(False)
        progress(done)
    return signals, answered


def _fit(signals: Sequence[RetrievalSignals], answered: Sequence[bool]) -> Calibration:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = np.array(signals)
    labels = np.array(answered)
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    held_out = cross_val_predict(model, features, labels, cv=_FOLDS, method="predict_proba")[:, 1]
    model.fit(features, labels)
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    threshold = _threshold(held_out, labels)
    return Calibration(
        embedder={},
        generation=0,
        chunks=0,
        questions=0,
        bias=float(regression.intercept_[0] - weights @ scaler.mean_),
        best=float(weights[0]),
        lead=float(weights[1]),
        agreement=float(weights[2]),
        first=float(weights[3]),
        threshold=threshold,
        recall=round(float(np.mean(held_out[labels] >= threshold)), 4),
        refused=round(float(np.mean(held_out[~labels] < threshold)), 4),
        curve=_curve(held_out, labels),
    )


def _threshold(probability: npt.NDArray[np.float64], wanted: npt.NDArray[np.bool_]) -> float:
    """The highest threshold, in hundredths, that lets `_KEPT` of the questions with an answer through."""
    return math.floor(100 * float(np.quantile(probability[wanted], 1 - _KEPT))) / 100


def _curve(
    probability: npt.NDArray[np.float64], is_answered: npt.NDArray[np.bool_]
) -> tuple[CurvePoint, ...]:
    """Coverage and risk over thresholds from 0 to 1 (El-Yaniv and Wiener, JMLR 2010)."""
    points = []
    for threshold in np.round(np.linspace(0, 1, 51), 2).tolist():
        let_through = probability >= threshold
        risk = float(np.mean(~is_answered[let_through])) if let_through.any() else 0.0
        coverage = float(np.mean(let_through))
        points.append(CurvePoint(threshold, round(coverage, 4), round(risk, 4)))
    return tuple(points)
