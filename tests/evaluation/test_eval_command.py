"""`inhouse eval` on the sample documents, with the real index and embedder."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rag.cli_options import run
from rag.evaluation import store
from tests.conftest import free_port
from ui.cli import cli


class EvalResult(NamedTuple):
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Command = Callable[..., EvalResult]


@pytest.fixture(scope="module")
def data(sample_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample index: evaluations are kept in it."""
    copy = tmp_path_factory.mktemp("evaluated") / "data"
    shutil.copytree(sample_index, copy)
    return copy


@pytest.fixture
def command(
    data: Path,
    sample_docs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """`inhouse eval FILE …` in an empty folder; FILE is 12 of the sample questions unless it is named."""
    monkeypatch.chdir(tmp_path)
    few = (sample_docs / "questions.jsonl").read_text("utf-8").splitlines()[::18]
    (tmp_path / "few.jsonl").write_text("\n".join(few), "utf-8")
    monkeypatch.setenv("INHOUSE_LLM_URL", f"http://127.0.0.1:{free_port()}/v1")

    def call(*arguments: str, file: str = "few.jsonl") -> EvalResult:
        code = run(cli, ["eval", file, "--data", str(data), *arguments], "inhouse")
        return EvalResult(code, *capsys.readouterr())

    return call


@pytest.fixture
def index_files(data: Path) -> Callable[[], dict[str, str]]:
    """SHA-256 of every file of the index itself."""

    def read() -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in data.rglob("*")
            if path.is_file() and store.FOLDER not in path.parts and path.suffix != ".db-shm"
        }

    return read


def test_the_search_alone(
    command: Command,
    sample_docs: Path,
    data: Path,
    tmp_path: Path,
    index_files: Callable[[], dict[str, str]],
) -> None:
    """Needs no model server, says each figure, writes the report, keeps the result, leaves the index."""
    before = index_files()
    ended = command(
        "--no-answers", "--ablate", "dense", "--ablate", "lexical", "--out", "report",
        file=str(sample_docs / "questions.jsonl"),
    )  # fmt: skip
    assert ended.code == 0, ended.err
    for line in ("recall@5", "fact_coverage@1500w", "follow_up", "Without dense", "Time, median"):
        assert line in ended.out
    report: dict[str, Any] = json.loads((tmp_path / "report/report.json").read_text("utf-8"))
    figures = report["overall"]["metrics"]
    assert figures["recall@5"][0] > 0.85
    assert figures["recall@5"][3] == 165
    assert figures["fact_coverage@1500w"][0] > 0.9
    assert figures["page_hit@5"][3] == 37
    assert figures["recall@5_standalone"][0] > 0.9
    assert report["overall"]["unanswerable"] == 40
    assert [ablation["part"] for ablation in report["ablations"]] == ["dense", "lexical"]
    assert report["notices"] == []
    page = (tmp_path / "report/report.html").read_text("utf-8")
    assert page.count("<svg") == 6
    last = store.load_last_evaluation(data)
    assert last is not None
    assert last.to_json() == report
    assert index_files() == before


def test_the_same_figures_as_json(command: Command) -> None:
    """Twice the same, but for the clock; `-k` and `--words` change the names."""
    arguments = ("--no-answers", "--json", "-k", "3", "--words", "200", "--quiet")
    first, second = (json.loads(command(*arguments).out) for _ in range(2))
    assert set(first["overall"]["metrics"]) >= {"recall@3", "nDCG@3", "fact_coverage@200w"}
    assert first["overall"]["metrics"] == second["overall"]["metrics"]
    assert first["types"].keys() == second["types"].keys()


def test_without_a_model_server_answers_are_not_measured(command: Command) -> None:
    ended = command()
    assert ended.code == 12
    assert ended.out == ""
    assert "No model server answers at" in ended.err
    assert "--no-answers" in ended.err


def test_a_gate_that_is_not_met_says_which_and_by_how_much(
    command: Command, tmp_path: Path
) -> None:
    gates = tmp_path / "gates.toml"
    gates.write_text('[metrics]\n"recall@5" = { min = 0.2 }\n')
    assert command("--no-answers", "--gate", "gates.toml").code == 0
    gates.write_text('[metrics]\n"recall@5" = { min = 1.1 }\nMRR = { min = 0.1 }\n')
    ended = command("--no-answers", "--gate", "gates.toml", "--out", "report")
    assert ended.code == 1
    (line,) = [line for line in ended.err.splitlines() if line.startswith("gate:")]
    assert line.startswith("gate: recall@5 is ")
    assert line.endswith("below its gate of 1.1")
    assert "1 gate is not met" in (tmp_path / "report/report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--ablate", "retrieval", "--no-answers"), "the model has to answer"),
        (("--ablate", "magic"), "'magic' is not one of"),
        (("--gate", "missing.toml"), "missing.toml cannot be read"),
        (("-k", "0"), "0 is not in the range"),
        (("--out", "taken"), "taken cannot be made"),
    ],
)
def test_what_makes_no_sense_is_said_first(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    ended = command(*arguments)
    assert ended.code in (1, 2)
    assert reason in ended.err
    assert "Traceback" not in ended.err


def test_a_bad_line_is_named(command: Command, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"question": "What?", "unanswerable": true}\n{"x": 1}\n')
    ended = command("--no-answers", file="q.jsonl")
    assert ended.code == 2
    assert "q.jsonl line 2: question: field required" in ended.err


def test_an_index_that_is_not_there(
    command: Command, sample_docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(sample_docs / "questions.jsonl")
    assert run(cli, ["eval", file, "--no-answers", "--data", "nowhere"], "inhouse") == 10
    assert "nowhere" in capsys.readouterr().err


def test_a_draft_can_be_measured(command: Command, tmp_path: Path) -> None:
    """Made without a model server, which is said; then found again by the search."""
    ended = command("--make", "--count", "20", file="draft.jsonl")
    assert ended.code == 0
    assert "draft.jsonl holds 20 drafts, 20 of them as sentences with a gap." in ended.out
    assert "No model server answers" in ended.err
    again = command("--make", file="draft.jsonl")
    assert (again.code, "exists already" in again.err) == (2, True)
    measured = command("--no-answers", "--json", file="draft.jsonl")
    metrics = json.loads(measured.out)["overall"]["metrics"]
    assert metrics["recall@5"][3] == 20
    assert metrics["recall@5"][0] > 0.9, "a sentence finds the document that it stands in"
