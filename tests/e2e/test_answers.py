"""The main job with the real embedder, the real index and the real vLLM."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.answer import Answer, Status

pytestmark = [pytest.mark.vllm, pytest.mark.slow]


def _inhouse(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "INHOUSE_LLM_URL": url},
    )


@pytest.fixture(scope="module")
def answer(sample_index: Path, vllm_url: str) -> Answer:
    done = _inhouse(
        "ask", "How long is the trial period of a new contract?",
        "--data", str(sample_index), "--json", url=vllm_url,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Answer.model_validate(json.loads(done.stdout))


def test_an_answer_rests_on_the_document_that_says_it(answer: Answer) -> None:
    """The default model answers a plain question, and the citation names the handbook."""
    assert answer.status is Status.GROUNDED
    assert "five months" in answer.text
    assert Path(answer.citations[0].uri).name == "employee-handbook.docx"
    assert "five months" in answer.citations[0].quote


def test_each_quote_stands_word_for_word_at_its_span(answer: Answer, sample_index: Path) -> None:
    """`document.text[start:end] == quote`, read from the catalogue itself."""
    texts = document_texts(sample_index)
    assert answer.citations
    for citation in answer.citations:
        assert texts[citation.uri][citation.start : citation.end] == citation.quote


def test_the_lists_of_the_context_are_what_was_found(answer: Answer) -> None:
    """Cited, read and retrieved passages are disjoint and together all that the search found."""
    context = answer.context
    ranks = [hit.rank for hit in (*context.cited, *context.read, *context.retrieved)]
    assert sorted(ranks) == list(range(1, 9))
    assert context.cited


def test_an_answer_reports_what_it_cost(answer: Answer) -> None:
    """Token counts come from the server, and the first token comes before the last."""
    assert answer.usage.prompt_tokens > 50
    assert answer.usage.completion_tokens > 3
    assert answer.timings_ms["search"] < answer.timings_ms["first_token"]
    assert answer.timings_ms["first_token"] <= answer.timings_ms["total"]


def test_a_terminal_reads_the_answer_with_its_source(sample_index: Path, vllm_url: str) -> None:
    """Without --json: the documents' words or a sentence that they back, what that comes to, its file."""
    done = _inhouse(
        "ask", "By what time must the late plate be ordered?",
        "--data", str(sample_index), url=vllm_url,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "15:00" in done.stdout
    assert any(label in done.stdout for label in ("Backed by", "In your documents’ own words"))
    assert "bilge-canteen-hours.txt" in done.stdout


def document_texts(data: Path) -> dict[str, str]:
    """Every current document's text by uri, straight from the catalogue."""
    from rag.index.catalog import database

    connection = database.connect(data / "catalog.db")
    return dict(
        connection.execute(
            "SELECT d.uri, t.text FROM documents d JOIN texts t ON t.id = d.text_id "
            "WHERE d.died IS NULL"
        ).fetchall()
    )
