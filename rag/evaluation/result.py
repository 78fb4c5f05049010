"""An evaluation and everything that it rests on: one object for the terminal, the report and JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rag.answer import Status
from rag.evaluation.bootstrap import Figure
from rag.evaluation.metrics import Names, Share
from rag.evaluation.questions import Question

FORMAT = 1


class _ReportPart(BaseModel):
    model_config = ConfigDict(frozen=True)


class RankedPassage(_ReportPart):
    """A passage that was found; `right`: it is from a document that the question's facts name."""

    uri: str
    title: str
    page: int | None = None
    section: str | None = None
    right: bool = False


class Quoted(_ReportPart):
    """A citation of the answer; `right`: it quotes a known fact, None where none is known."""

    uri: str
    title: str
    page: int | None = None
    quote: str
    right: bool | None = None


class MeasuredAnswer(_ReportPart):
    """The answer to a question: its text, its status, what it cites; `timings_ms` as in `Answer`."""

    text: str
    status: Status
    quoted: tuple[Quoted, ...] = ()
    timings_ms: dict[str, float] = Field(default_factory=dict)


class Outcome(_ReportPart):
    """What became of one question.

    `found` has the best hits in order of rank; `first_right` is the rank of the first hit from a right
    document, also below those, or None. `said` is None where no answer was asked for, or none came. `alone`
    is the text that the model wrote without the documents, where that was asked for. `scores` hold what the
    question adds to each metric, as [part, whole]; `alone_scores` the same for `alone`. `faults` says what
    went wrong, in plain words. `confidence`: higher where the documents are more likely to hold an answer;
    comparable within one evaluation only.
    """

    question: Question
    search_ms: float
    confidence: float
    found: tuple[RankedPassage, ...]
    first_right: int | None = None
    scores: dict[str, Share]
    faults: tuple[str, ...] = ()
    said: MeasuredAnswer | None = None
    alone: str | None = None
    alone_scores: dict[str, Share] = Field(default_factory=dict)


class Lift(_ReportPart):
    """A metric with and without a part; `lift` is the difference, with its paired interval."""

    metric: str
    full: float | None
    without: float | None
    lift: Figure


class Ablation(_ReportPart):
    """What a part brings: dense, lexical, rerank, or retrieval as a whole."""

    part: str
    lifts: tuple[Lift, ...]


class Subject(_ReportPart):
    """What was measured: the questions, the index, the models and the settings that matter.

    `k`: hits that count; `budget`: words of hits in which facts are looked for.
    """

    questions: str
    questions_sha256: str
    generation: int
    documents: int
    chunks: int
    embedder: str
    k: int
    budget: int
    model: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class Summary(_ReportPart):
    """Figures over some of the questions.

    `metrics`: value, low and high end of its 95 % interval, and the number of questions, by name.
    `latency_ms`: percentiles by name, such as `search_p50`. `statuses`: how many answers had each status.
    """

    questions: int
    unanswerable: int
    metrics: dict[str, Figure]
    latency_ms: dict[str, float]
    statuses: dict[Status, int] = Field(default_factory=dict)


class Evaluation(_ReportPart):
    """What `inhouse eval` measured. `made_at`: seconds since the epoch; `seconds`: how long it took.

    `meanings` explains each metric in `overall`. `types` has the figures of each type of question.
    `recall_curve`: mean recall@1, recall@2, … over the questions with facts. `risk_coverage`: (coverage,
    risk) from the surest question on, by what counts as going wrong. `notices`: what a reader has
    to know, such as facts that name documents the index does not hold.
    """

    format: int = FORMAT
    made_at: float
    seconds: float
    subject: Subject
    meanings: dict[str, str]
    overall: Summary
    types: dict[str, Summary]
    recall_curve: tuple[float, ...]
    risk_coverage: dict[str, tuple[tuple[float, float], ...]] = Field(default_factory=dict)
    outcomes: tuple[Outcome, ...]
    ablations: tuple[Ablation, ...] = ()
    notices: tuple[str, ...] = ()
    unanswered: int = 0

    @property
    def names(self) -> Names:
        """The names of its metrics that hold a number."""
        return Names(self.subject.k, self.subject.budget)

    @property
    def with_answers(self) -> bool:
        """Whether the model was asked."""
        return any(outcome.said is not None for outcome in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        """Ready for `json.dumps`; `Evaluation.model_validate` reads it back."""
        return self.model_dump(mode="json")
