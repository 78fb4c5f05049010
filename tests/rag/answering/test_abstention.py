"""When the answer is that the documents do not say: fitted to the index, and left aside when it is old."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from rag import Assistant
from rag.answer import Verdict
from rag.answering.abstention import (
    CALIBRATION,
    Calibration,
    RetrievalSignals,
    load_calibration,
    measure_signals,
    save_calibration,
)
from rag.answering.calibrate import Probe, calibrate, draw
from rag.embedder import Embedder
from rag.errors import IndexDamagedError, UsageError
from rag.index import Filter, IndexReader
from rag.settings import AnswersSettings, Settings
from tests.conftest import SAMPLE_DOCS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fitted(sample_index: Path, embedder: Embedder) -> Calibration:
    return calibrate(sample_index, embedder, count=120)


@pytest.fixture
def index(sample_index: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_index, tmp_path / "data"))


def test_it_hardly_doubts_what_is_answered(
    fitted: Calibration, sample_index: Path, embedder: Embedder
) -> None:
    """Of people's questions with an answer, 1 in 20 at most; more where their document is away."""
    snapshot = IndexReader(sample_index).snapshot()
    names = {Path(row.uri).stem: row.document_id for row in _one_chunk_each(snapshot)}
    kept = refused = tried = 0
    for line in (SAMPLE_DOCS / "questions.jsonl").read_text("utf-8").splitlines():
        question = json.loads(line)
        gold = {names[fact["filename"]] for fact in question.get("facts", ())}
        if not gold or question.get("history"):
            continue
        query = embedder.embed_query(question["question"])
        away = {chunk for document in gold for chunk in snapshot.chunk_texts(document)}
        kept += fitted.permits(measure_signals(snapshot, question["question"], query, Filter()))
        refused += not fitted.permits(
            measure_signals(snapshot, question["question"], query, Filter(), away)
        )
        tried += 1
    assert tried > 100
    assert kept >= 0.95 * tried
    assert refused > tried - kept


def _one_chunk_each(snapshot):  # type: ignore[no-untyped-def]
    firsts = [
        next(iter(snapshot.chunk_texts(document))) for document in snapshot.document_ids().tolist()
    ]
    return snapshot.chunks(firsts).values()


def test_the_same_index_gives_the_same_calibration(sample_index: Path, embedder: Embedder) -> None:
    assert calibrate(sample_index, embedder, count=30) == calibrate(
        sample_index, embedder, count=30
    )


def test_drawn_questions_are_made_of_their_document(sample_index: Path) -> None:
    snapshot = IndexReader(sample_index).snapshot()
    for probe in draw(snapshot, 25):
        (document,) = probe.answered_by
        text = " ".join(snapshot.chunk_texts(document).values()).lower()
        words = probe.question.removeprefix("What ").rstrip("?").split()
        assert sum(word in text for word in words) >= len(words) / 2


def test_the_curve_falls_in_coverage(fitted: Calibration) -> None:
    coverage = [point.coverage for point in fitted.curve]
    assert coverage == sorted(coverage, reverse=True)
    assert coverage[0] == 1.0
    assert fitted.curve[0].risk == pytest.approx(0.5)  # each question is there with and without


def test_a_question_below_the_threshold_has_no_clear_answer(
    fitted: Calibration, index: Path, embedder: Embedder
) -> None:
    """The calibration is a label on what is shown; it keeps nothing back."""
    save_calibration(index, replace(fitted, threshold=1.0))
    model = FakeListChatModel(responses=["The model spoke."])
    settings = Settings()
    answer = Assistant.open(index, settings=settings, embedder=embedder, chat_model=model).ask(
        "How long is the trial period?"
    )
    assert answer.verdict is Verdict.NO_CLEAR_ANSWER
    assert answer.extracts

    off = settings.model_copy(update={"answers": AnswersSettings(abstain=False)})
    assistant = Assistant.open(index, settings=off, embedder=embedder, chat_model=model)
    assert assistant.ask("How long is the trial period?").text == "The model spoke."


@pytest.mark.parametrize(
    "change", [{"embedder": {"name": "another"}}, {"chunks": 10_000}], ids=["embedder", "corpus"]
)
def test_one_that_was_made_for_something_else_is_left_aside(
    change: dict[str, object],
    fitted: Calibration,
    index: Path,
    embedder: Embedder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And whoever runs it is told, once."""
    save_calibration(index, replace(fitted, threshold=1.0, **change))  # type: ignore[arg-type]
    model = FakeListChatModel(responses=["The model spoke."])
    assistant = Assistant.open(index, settings=Settings(), embedder=embedder, chat_model=model)
    assert assistant.ask("How long is the trial period?").text == "The model spoke."
    assert assistant.ask("How long is the trial period?").text == "The model spoke."
    messages = [
        record.getMessage()
        for record in caplog.records
        if record.name == "rag.answering.abstention"
    ]
    assert len(messages) == 1
    assert messages[0].startswith("The calibration was made for")
    assert messages[0].endswith("Make it anew with: inhouse calibrate")


def test_it_is_kept_and_read_back(fitted: Calibration, tmp_path: Path) -> None:
    assert load_calibration(tmp_path) is None
    save_calibration(tmp_path, fitted)
    assert load_calibration(tmp_path) == fitted
    assert [path.name for path in tmp_path.iterdir()] == [CALIBRATION]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"layout": 2}', '{"layout": 2, "curve": 3}'])
def test_an_unreadable_one_is_an_error_that_says_what_to_do(text: str, tmp_path: Path) -> None:
    (tmp_path / CALIBRATION).write_text(text)
    with pytest.raises(IndexDamagedError, match="calibration") as caught:
        load_calibration(tmp_path)
    assert "inhouse calibrate" in str(caught.value.hint)


def test_one_of_an_earlier_version_is_left_aside_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / CALIBRATION).write_text('{"layout": 1, "curve": []}')
    assert load_calibration(tmp_path) is None
    assert "inhouse calibrate" in caplog.text


def test_too_little_to_fit_is_an_error(sample_index: Path, embedder: Embedder) -> None:
    with pytest.raises(UsageError, match="at least 20"):
        calibrate(sample_index, embedder, probes=[Probe("What?", frozenset())])


def test_nothing_to_search_is_not_close() -> None:
    assert measure_signals(_Empty(), "Why?", None, Filter()) == RetrievalSignals(0.0, 0.0)  # type: ignore[arg-type]


class _Empty:
    def dense(self, *_: object) -> object:
        import numpy as np

        from rag.index.search.vectors import Candidates

        return Candidates(np.empty(0, np.int64), np.empty(0, np.float32))

    lexical = dense
