"""Drafts of questions from the documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import ModelServerError, UsageError
from rag.evaluation import read_questions
from rag.evaluation.drafting import draft, read_question, write_draft
from rag.evaluation.picking import Picked, answer_in, pick
from rag.index import IndexReader, Snapshot
from rag.progress import NoProgress

SENTENCE = "Full-time employees receive 27 days of vacation a year."
PICKED = Picked("leave", "Leave", None, SENTENCE, 28, 35)


@pytest.fixture(scope="module")
def snapshot(sample_index: Path) -> Snapshot:
    return IndexReader(sample_index).snapshot()


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        (SENTENCE, "27 days"),
        ("Working abroad is possible for at most 20 working days a year.", "20 working days"),
        ("Releases above €10,000 are looked at once more by somebody else.", "€10,000"),
        ("You can have an advance of up to 80 % of the expected cost.", "80 %"),
        ("Keep the room at -18 °C and tell 4 people about the lock.", "4 people"),
        ("It is ordered by 15:00 on the screen by the door.", "15:00"),
        ("Unused parts are returned by 15 May 2026 at the latest.", "15 May"),
        ("The floor must carry 1.5 kg, and 1.5 kg again over there.", None),  # twice: two places
        ("Check the gasket of the door (part OH-81220) and replace it.", "OH-81220"),
        ("The Berlin office is led by Anna Weber, who came from Kiel.", "Anna Weber"),
        ("Anna Weber leads the office, and everybody likes it there.", None),  # the whole subject
        ("See section 4 for what everybody ought to know about it.", None),
        ("There is nothing to ask for in this sentence at all.", None),
    ],
)
def test_what_a_question_could_ask_for(sentence: str, answer: str | None) -> None:
    span = answer_in(sentence)
    assert (sentence[slice(*span)] if span else None) == answer


def test_sentences_are_spread_over_the_documents(snapshot: Snapshot) -> None:
    """One of each document before a second of any; each stands in its document, once in all of them."""
    texts = {
        document.uri: snapshot.text(document.document_id) for document in snapshot.list_documents()
    }
    everything = "\n".join(texts.values())
    picked = pick(snapshot, 30)
    assert len(picked) == len({sentence.filename for sentence in picked}) == 30
    for each in picked:
        (uri,) = [uri for uri in texts if Path(uri).stem == each.filename]
        assert each.sentence in texts[uri]
        assert everything.count(each.sentence) == 1
        assert each.sentence[each.start : each.end] == each.answer
        assert (each.page is not None) == uri.endswith((".pdf", ".pptx")), uri
    assert pick(snapshot, 30) == picked, "the same each time"
    assert pick(snapshot, 5) == picked[:5]


def test_a_draft_is_a_file_of_questions(snapshot: Snapshot, tmp_path: Path) -> None:
    """Without a model the questions are gaps; what was drafted can be asked, and a file stays."""
    rows, problem = draft(snapshot, 8, None, 2, NoProgress())
    assert problem is None
    path = tmp_path / "draft.jsonl"
    write_draft(path, rows)
    drafted = read_questions(path)
    assert len(drafted.questions) == 8
    for question in drafted.questions:
        (fact,), (answer,) = question.facts, question.answers
        assert question.type == "cloze"
        assert question.question.replace("…", answer, 1) == fact.text
    with pytest.raises(UsageError, match="exists already"):
        write_draft(path, rows)
    assert read_questions(path) == drafted


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("How many days of vacation do employees receive?", True),
        ('Question: "How many vacation days are there a year?" It is 27.', True),
        ("\n\nHow much vacation do full-time employees receive?\nAnswer: 27 days", True),
        ("Do employees receive 27 days of vacation a year?", False),  # gives the answer away
        ("Employees receive vacation.", False),
        ("What is the capital of France?", False),  # about something else
        ("Vacation?", False),
        ("", False),
        ("How " + "very " * 60 + "long is vacation?", False),
    ],
)
def test_what_a_model_writes_has_to_be_a_question(text: str, question: bool) -> None:
    assert (read_question(text, PICKED) is not None) is question


def test_a_model_puts_the_questions_until_it_fails(snapshot: Snapshot) -> None:
    """What it wrote until then is kept; from there on there are gaps, and it is not asked again."""
    requests = []

    def write(picked: Picked) -> str:
        requests.append(picked)
        if len(requests) == 3:
            raise ModelServerError("The server is gone.")
        return f"What about {picked.sentence.replace(picked.answer, 'it')[:60]}?"

    rows, problem = draft(snapshot, 6, write, 1, NoProgress())
    assert [row["type"] for row in rows] == ["drafted"] * 2 + ["cloze"] * 4
    assert rows[0]["question"].startswith("What about ")
    assert problem is not None
    assert problem.message == "The server is gone."
    assert len(requests) == 3


def test_documents_with_one_name_are_told_apart(tmp_path: Path) -> None:
    """By their ending where that does, else by their whole path."""
    from ingest import ingest
    from rag import Settings
    from rag.testing import HashingEmbedder

    for name, days in {"a/leave.md": 21, "b/leave.md": 22, "b/leave.txt": 23, "c.md": 24}.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Everybody here has at least {days} days of leave each year.", "utf-8")
    data = tmp_path / "data"
    ingest([tmp_path / "in"], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    rows, _ = draft(IndexReader(data).snapshot(), 10, None, 1, NoProgress())
    named = {row["answers"][0]: row["facts"][0]["filename"] for row in rows}
    assert named == {
        "21 days": str(tmp_path / "in/a/leave.md"),
        "22 days": str(tmp_path / "in/b/leave.md"),
        "23 days": "leave.txt",
        "24 days": "c",
    }
    json.dumps(rows)
