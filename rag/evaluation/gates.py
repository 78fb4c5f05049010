"""Bounds that an evaluation has to stay within, from a TOML file; see docs/evaluation.md."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import ConfigurationError
from rag.evaluation.metrics import Names, metrics
from rag.evaluation.result import Evaluation, Summary
from rag.validation import describe_first_problem

LATENCIES = tuple(
    f"{name}_{percentile}"
    for name in ("search", "first_token", "answer")
    for percentile in ("p50", "p95")
)
_ROUNDING = 1e-9


class Bound(BaseModel):
    """What one figure may be; `max_drop` and `max_rise` are differences to the baseline's figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min: float | None = None
    max: float | None = None
    max_drop: float | None = Field(None, ge=0)
    max_rise: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _says_something(self) -> Bound:
        if not self.model_fields_set:
            raise ValueError("says none of min, max, max_drop, max_rise")
        return self

    @property
    def needs_baseline(self) -> bool:
        return self.max_drop is not None or self.max_rise is not None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    baseline: Path | None = None
    metrics: dict[str, Bound] = Field(default_factory=dict)
    types: dict[str, dict[str, Bound]] = Field(default_factory=dict)
    lifts: dict[str, dict[str, Bound]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """A figure outside of its bound, in one sentence."""

    figure: str
    reason: str

    def __str__(self) -> str:
        return f"{self.figure} {self.reason}"


@dataclass(frozen=True, slots=True)
class Gates:
    """The bounds by figure: a metric, `TYPE: metric`, or `lift of PART: metric`."""

    bounds: Mapping[str, Bound]
    baseline: Evaluation | None

    def check(self, evaluation: Evaluation) -> list[Failure]:
        """Every figure that is out of bounds, or was not measured at all."""
        now = dict(_figures(evaluation))
        before = dict(_figures(self.baseline)) if self.baseline else {}
        return [
            Failure(figure, reason)
            for figure, bound in self.bounds.items()
            for reason in _reasons(bound, now.get(figure), before.get(figure))
        ]


def read_gates(path: Path, names: Names) -> Gates:
    """Read a file of gates. Raises ConfigurationError, which names what is wrong and where."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        file = _File.model_validate(content)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigurationError(f"The gates {path} cannot be read: {exc}.") from exc
    except ValidationError as exc:
        problem = describe_first_problem(exc)
        raise ConfigurationError(f"{path}: {problem.key or 'the file'}: {problem.reason}.") from exc
    bounds = dict(_bounds(path, file, names))
    if not bounds:
        raise ConfigurationError(f"{path} holds no gate.", hint="docs/evaluation.md has examples.")
    return Gates(bounds, _baseline(path, file, bounds))


def _bounds(path: Path, file: _File, names: Names) -> Iterator[tuple[str, Bound]]:
    known = [*metrics(names), *LATENCIES]
    sections = [
        ("metrics", "", file.metrics),
        *(
            (f"types.{name}", f"{name}: ", bounds_of_kind)
            for name, bounds_of_kind in file.types.items()
        ),
        *(
            (f"lifts.{name}", f"lift of {name}: ", bounds_of_lift)
            for name, bounds_of_lift in file.lifts.items()
        ),
    ]
    for section, prefix, bounds in sections:
        for metric, bound in bounds.items():
            if metric not in known:
                raise ConfigurationError(
                    f"{path}: {section}.{metric} is no metric with k = {names.k} and "
                    f"{names.budget} words.",
                    hint=f"There are: {', '.join(known)}.",
                )
            yield f"{prefix}{metric}", bound


def _baseline(path: Path, file: _File, bounds: Mapping[str, Bound]) -> Evaluation | None:
    if file.baseline is None:
        if relative := [figure for figure, bound in bounds.items() if bound.needs_baseline]:
            raise ConfigurationError(
                f"{path}: {relative[0]} is held against a baseline, and none is named.",
                hint='Name one: baseline = "report.json", the JSON of an earlier evaluation.',
            )
        return None
    baseline = path.parent / file.baseline
    try:
        return Evaluation.model_validate(json.loads(baseline.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"The baseline {baseline} cannot be read: {exc}.") from exc
    except ValueError as exc:
        raise ConfigurationError(
            f"The baseline {baseline} is no evaluation.", hint="Write one with: inhouse eval --out"
        ) from exc


def _figures(evaluation: Evaluation) -> Iterator[tuple[str, float]]:
    yield from _of_summary("", evaluation.overall)
    for name, summary in evaluation.types.items():
        yield from _of_summary(f"{name}: ", summary)
    for ablation in evaluation.ablations:
        for lift in ablation.lifts:
            if lift.lift.value is not None:
                yield f"lift of {ablation.part}: {lift.metric}", lift.lift.value


def _of_summary(prefix: str, summary: Summary) -> Iterator[tuple[str, float]]:
    for name, figure in summary.metrics.items():
        if figure.value is not None:
            yield f"{prefix}{name}", figure.value
    for name, milliseconds in summary.latency_ms.items():
        yield f"{prefix}{name}", milliseconds


def _reasons(bound: Bound, now: float | None, before: float | None) -> Iterator[str]:
    if now is None:
        yield "was not measured"
        return
    if bound.min is not None and now < bound.min - _ROUNDING:
        yield f"is {now:.4g}, {bound.min - now:.4g} below its gate of {bound.min:.4g}"
    if bound.max is not None and now > bound.max + _ROUNDING:
        yield f"is {now:.4g}, {now - bound.max:.4g} above its gate of {bound.max:.4g}"
    if not bound.needs_baseline:
        return
    if before is None:
        yield "was not measured in the baseline"
        return
    if bound.max_drop is not None and before - now > bound.max_drop + _ROUNDING:
        yield _moved("fell", now, before, bound.max_drop)
    if bound.max_rise is not None and now - before > bound.max_rise + _ROUNDING:
        yield _moved("rose", now, before, bound.max_rise)


def _moved(verb: str, now: float, before: float, allowed: float) -> str:
    return (
        f"{verb} by {abs(now - before):.4g}, from {before:.4g} to {now:.4g}; "
        f"at most {allowed:.4g} is allowed"
    )
