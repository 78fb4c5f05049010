"""Measures the check of answers on sentences with known labels, and fits its score to them.

    python benchmarks/check.py measure FILE.jsonl   # grades, area under the curve, calibration error
    python benchmarks/check.py fit FILE.jsonl       # cross-validates, and writes rag/citations/scoring.json
    python benchmarks/check.py cost                 # processor time of checking three sentences

Each line of the file is {"label": "supported" | …, "claim": "…", "evidence": ["…", …]}: the form of WiCE
(Kamoi et al., 2023), whose development set the numbers in the package were fitted to. Every other label than
"supported" counts as unsupported. To these, `fit` adds the pairs of tests/rag/citations/doctored that are
there to be learnt from, and every sentence with passages of another one. They weigh little: they keep the
score of what is doctored, and of what has nothing to do with the passages, below that of what is not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag.answer import Grade
from rag.citations import check
from rag.citations.features import FEATURES, measure
from rag.citations.scoring import FILE
from rag.citations.statements import PassageSentences
from rag.citations.support import find_support
from rag.embedder import Remembering, open_embedder
from rag.hit import Hit
from rag.language.claims import Claim, read_remembered
from rag.settings import load_settings

T = TypeVar("T")
DOCTORED = Path(__file__).parents[1] / "tests" / "rag" / "citations" / "doctored"
ADDED_WEIGHT = 0.1
"""What an added sentence weighs beside one of the file."""
FOLDS = 10
LEFT_OUT = ("longest_missing", "meaning")
"""Features that say what others say better: fitted with them, their weights have the wrong sign."""
NOT_FOUND_PRECISION = 0.9


def hit(text: str, title: str = "", rank: int = 1) -> Hit:
    return Hit(
        rank=rank,
        score=1 / rank,
        uri="article.html",
        title=title,
        text=text,
        start=0,
        end=len(text),
    )


def rows(path: Path) -> Iterator[tuple[str, list[Hit], str]]:
    """Claim, passages and label of each line."""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        title = row["evidence"][0].removeprefix("(meta data) TITLE: ") if row["evidence"] else ""
        title = title if title != (row["evidence"] or [""])[0] else ""
        yield row["claim"], [hit("\n".join(row["evidence"]), title)], row["label"]


def doctored() -> Iterator[tuple[str, list[Hit], str]]:
    """The pairs that are there to be learnt from."""
    for folder, file in (("passages", "logic"), ("kinds", "kinds")):
        names = sorted(path.stem for path in (DOCTORED / folder).glob("*.md"))
        for line in (DOCTORED / f"{file}.jsonl").read_text("utf-8").splitlines():
            pair = json.loads(line)
            if pair["half"] != "mend":
                continue
            first = names.index(pair["passage"])
            beside = [names[(first + n) % len(names)] for n in range(3)]
            texts = [(DOCTORED / folder / f"{name}.md").read_text("utf-8") for name in beside]
            hits = [
                hit(text, text.split("\n")[0].strip("# "), n + 1) for n, text in enumerate(texts)
            ]
            yield pair["true"], hits, "supported"
            yield pair["doctored"], hits, "doctored"


def unrelated(pairs: list[tuple[str, list[Hit], str]]) -> Iterator[tuple[str, list[Hit], str]]:
    """Every sentence with passages that belong to another one."""
    for (claim, own, _), (_, passages, _) in zip(
        pairs, pairs[len(pairs) // 2 :] + pairs, strict=False
    ):
        if own[0].text != passages[0].text:
            yield claim, passages, "unrelated"


def features(sentences, embedder) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Features, whether supported, and the claims, one row for each sentence."""
    values, labels, claims = [], [], []
    for claim, passages, label in sentences:
        source = PassageSentences(passages)
        if not source.statements:
            continue
        support = find_support(claim, source)
        measured = measure(
            claim, Claim.of(claim), source,
            rules=support.share, denied=support.denied, embedder=embedder,
        )  # fmt: skip
        values.append(measured.values)
        labels.append(label == "supported")
        claims.append(claim)
    return np.array(values), np.array(labels), claims


def calibration_error(labels: np.ndarray, scores: np.ndarray, bins: int = 10) -> float:
    """Mean distance of the score from the share of supported sentences, over bins of the score."""
    bin_of = np.minimum((scores * bins).astype(int), bins - 1)
    return float(
        sum(
            (bin_of == n).mean() * abs(scores[bin_of == n].mean() - labels[bin_of == n].mean())
            for n in range(bins)
            if (bin_of == n).any()
        )
    )


def fitted(values: np.ndarray, labels: np.ndarray, weights: np.ndarray, columns: list[int]):
    """Weights and bias of the logistic regression, for the features as they are."""
    from sklearn.linear_model import LogisticRegression

    mean, scale = values[:, columns].mean(axis=0), values[:, columns].std(axis=0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=3000)
    model.fit((values[:, columns] - mean) / scale, labels, sample_weight=weights)
    slopes = model.coef_[0] / scale
    return slopes, float(model.intercept_[0] - (slopes * mean).sum())


def probabilities(values: np.ndarray, columns: list[int], slopes: np.ndarray, bias: float):
    return 1 / (1 + np.exp(-(values[:, columns] @ slopes + bias)))


def fit(path: Path) -> None:
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold

    embedder = Remembering(open_embedder(load_settings()), kept=100_000)
    values, labels, claims = features(rows(path), embedder)
    learnt = list(doctored())
    elsewhere = [*unrelated(list(rows(path))), *unrelated(learnt)]
    more, more_labels, _ = features([*learnt, *elsewhere], embedder)
    result: dict[str, object] = {}
    for name, unused in (("meaning", LEFT_OUT), ("words", (*LEFT_OUT, "meaning_window"))):
        columns = [n for n, feature in enumerate(FEATURES) if feature not in unused]
        scores = np.zeros(len(labels))
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
        for train, test in folds.split(values, labels, np.array(claims)):
            all_values = np.vstack([values[train], more])
            all_labels = np.concatenate([labels[train], more_labels])
            weights = np.concatenate([np.ones(len(train)), np.full(len(more), ADDED_WEIGHT)])
            fitted_model = fitted(all_values, all_labels, weights, columns)
            scores[test] = probabilities(values[test], columns, *fitted_model)
        slopes, bias = fitted(
            np.vstack([values, more]),
            np.concatenate([labels, more_labels]),
            np.concatenate([np.ones(len(labels)), np.full(len(more), ADDED_WEIGHT)]),
            columns,
        )
        result[name] = {
            "bias": round(bias, 4),
            "weights": {
                FEATURES[n]: round(float(w), 4) for n, w in zip(columns, slopes, strict=True)
            },
        }
        print(f"{name}: area {roc_auc_score(labels, scores):.3f}, calibration error "
              f"{calibration_error(labels, scores):.3f} ({FOLDS} folds by claim)")  # fmt: skip
        for threshold in np.arange(0.1, 0.35, 0.02):
            below = scores < threshold
            print(f"  below {threshold:.2f}: {below.mean():.2f} of all, "
                  f"{1 - labels[below].mean():.3f} of them unsupported, "
                  f"{labels[below].sum() / labels.sum():.3f} of the supported")  # fmt: skip
    kept = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    result["thresholds"] = kept.get("thresholds") or {
        "not_found": 0.2, "by_rules": 0.3, "alone": 0.9, "verbatim": 0.97, "contradicted": 0.1,
    }  # fmt: skip
    FILE.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(json.dumps(result))


def measure_all(path: Path, *, with_meaning: bool) -> None:
    from sklearn.metrics import roc_auc_score

    embedder = Remembering(open_embedder(load_settings()), kept=100_000) if with_meaning else None
    grades: Counter[tuple[str, str]] = Counter()
    labels, scores, supported = [], [], []
    for claim, passages, label in rows(path):
        checked = check(claim, passages, embedder=embedder)
        sentences = [
            sentence for sentence in checked.sentences if sentence.grade is not Grade.UNCHECKED
        ]
        worst = min(sentences, key=lambda sentence: sentence.score or 0.0, default=None)
        grades[worst.grade if worst else "unchecked", label] += 1
        labels.append(label == "supported")
        scores.append((worst.score or 0.0) if worst else 0.5)
        supported.append(bool(sentences) and all(sentence.supported for sentence in sentences))
    truth, predicted = np.array(labels), np.array(supported)
    of = {
        grade: {label: n for (g, label), n in sorted(grades.items()) if g == grade}
        for grade, _ in grades
    }
    right = float(truth[predicted].mean()) if predicted.any() else 0.0
    recall = float(predicted[truth].mean())
    print(json.dumps({
        "sentences": len(labels),
        "grades": of,
        "supported graded not_found": round(of.get("not_found", {}).get("supported", 0) / truth.sum(), 3),
        "area": round(float(roc_auc_score(truth, scores)), 3),
        "calibration_error": round(calibration_error(truth, np.array(scores)), 3),
        "called supported": {"precision": round(right, 3), "recall": round(recall, 3)},
    }, indent=1))  # fmt: skip


def answers() -> Iterator[tuple[list[str], list[Hit]]]:
    """Three true sentences about a document, with six passages: the document and the next five."""
    for folder, file in (("passages", "logic"), ("kinds", "kinds")):
        texts = {path.stem: path.read_text("utf-8") for path in (DOCTORED / folder).glob("*.md")}
        names = sorted(texts)
        pairs = map(json.loads, (DOCTORED / f"{file}.jsonl").read_text("utf-8").splitlines())
        true: defaultdict[str, list[str]] = defaultdict(list)
        for pair in pairs:
            true[pair["passage"]].append(pair["true"])
        for name, sentences in true.items():
            first = names.index(name)
            beside = [texts[names[(first + n) % len(names)]] for n in range(6)]
            hits = [
                hit(text, text.split("\n")[0].strip("# "), n + 1) for n, text in enumerate(beside)
            ]
            for start in range(0, len(sentences) - 2, 3):
                yield sentences[start : start + 3], hits


def cost(*, with_meaning: bool) -> None:
    """Prints the processor time of a check, without the vectors of the passages' sentences.

    Passages are read as for the first time, and once more as they are for a later question.
    """
    embedder = Remembering(open_embedder(load_settings())) if with_meaning else None
    times: defaultdict[str, list[float]] = defaultdict(list)

    def measured(name: str, run: Callable[[], T]) -> T:
        start = time.process_time()
        result = run()
        times[name].append(1e3 * (time.process_time() - start))
        return result

    check("A first sentence, so that everything is loaded.", [hit("A passage.")], embedder=embedder)
    for sentences, hits in answers():
        read_remembered.cache_clear()
        source = measured("reading new passages", lambda hits=hits: PassageSentences(hits))
        if embedder:
            measured("their vectors", lambda source=source: source.window_vectors(embedder))
        measured(
            "the check",
            lambda sentences=sentences, hits=hits, source=source: check(
                "\n".join(sentences), hits, embedder=embedder, source=source
            ),
        )
        measured("reading known passages", lambda hits=hits: PassageSentences(hits))
    for first in ("new", "known"):
        times[f"check with {first} passages"] = [
            reading + checking
            for reading, checking in zip(
                times[f"reading {first} passages"], times["the check"], strict=True
            )
        ]
    for name, milliseconds in times.items():
        p50, p90 = np.percentile(milliseconds, (50, 90))
        print(f"{name:28} p50 {p50:6.1f} ms   p90 {p90:6.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=("measure", "fit", "cost"))
    parser.add_argument("file", type=Path, nargs="?", help="for measure and fit")
    parser.add_argument("--no-embedder", action="store_true", help="measure by words alone")
    args = parser.parse_args()
    if args.command == "cost":
        cost(with_meaning=not args.no_embedder)
    elif args.file is None:
        parser.error(f"{args.command} needs a file")
    elif args.command == "fit":
        fit(args.file)
    else:
        measure_all(args.file, with_meaning=not args.no_embedder)


if __name__ == "__main__":
    sys.exit(main())
