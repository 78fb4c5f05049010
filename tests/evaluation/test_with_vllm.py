"""The whole of it with the real model: a handful of questions, with and without the documents."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rag.cli_options import run
from ui.cli import cli

# Four answers of a real model take minutes on a busy machine.
pytestmark = [pytest.mark.vllm, pytest.mark.slow, pytest.mark.timeout(900)]

ASKED = ("hr-014", "hr-007", "hr-048", "hr-002")


def test_answers_are_measured(
    sample_index: Path,
    sample_docs: Path,
    vllm_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every answer comes, every quotation is exact, and the documents bring what no model can know."""
    monkeypatch.setenv("INHOUSE_LLM_URL", vllm_url)
    monkeypatch.setenv("INHOUSE_LLM_MAX_TOKENS", "48")
    rows = [
        json.loads(line)
        for line in (sample_docs / "questions.jsonl").read_text("utf-8").splitlines()
    ]
    chosen = [row for row in rows if row["id"] in ASKED]
    chosen += [row for row in rows if row["unanswerable"]][:1]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in chosen), "utf-8")
    data = tmp_path / "data"
    shutil.copytree(sample_index, data)
    # One at a time: then what the model says does not depend on what else the server computes.
    arguments = ["--data", str(data), "--ablate", "retrieval", "--out", str(tmp_path), "--json"]
    arguments += ["--parallel", "1"]
    assert run(cli, ["eval", str(questions), *arguments], "inhouse") == 0
    report = json.loads(capsys.readouterr().out)
    figures = {name: figure[0] for name, figure in report["overall"]["metrics"].items()}
    assert report["unanswered"] == 0
    assert report["subject"]["model"] == "smollm2-135m-instruct"
    assert figures["answer_containment"] is not None
    assert figures["exact_quotes"] == 1
    assert figures["citation_precision"] is not None
    assert figures["abstention_balanced_accuracy"] is not None
    assert report["overall"]["latency_ms"]["first_token_p50"] > 1
    (ablation,) = report["ablations"]
    lift = next(lift for lift in ablation["lifts"] if lift["metric"] == "answer_containment")
    assert lift["full"] == figures["answer_containment"]
    assert lift["lift"][0] > 0
    assert sum(outcome["alone"] is not None for outcome in report["outcomes"]) == len(ASKED)
    assert "What retrieval brings" in (tmp_path / "report.html").read_text("utf-8")
