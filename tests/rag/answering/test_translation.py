"""Questions in another language than the documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from ingest import ingest
from rag import Assistant
from rag.answer import AnswerEvent, RetrievalEvent
from rag.answering.translation import choose_target_language, read_translated_question
from rag.settings import Settings
from rag.testing import HashingEmbedder

GERMAN = "Wie lange ist die Probezeit?"
ENGLISH = "How long is the trial period?"
HANDBOOK = (
    "# Handbook\n\nThe trial period of a new contract is five months. It is the same for all of the "
    "employees, and for those who are at the other sites. The canteen is in the main building.\n"
)


def _open(tmp_path: Path, reply: str) -> Assistant:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "handbook.md").write_text(HANDBOOK, "utf-8")
    data, embedder, settings = tmp_path / "data", HashingEmbedder(), Settings()
    ingest([tmp_path / "docs"], data_dir=data, settings=settings, embedder=embedder)
    model = FakeListChatModel(responses=[reply or " "])
    return Assistant.open(data, settings=settings, embedder=embedder, chat_model=model)


def test_searched_in_the_documents_language(tmp_path: Path) -> None:
    """What the documents do not answer in the question's language is searched for in theirs."""
    assistant = _open(tmp_path, ENGLISH)
    events = list(assistant.stream(GERMAN))
    retrievals = [event for event in events if isinstance(event, RetrievalEvent)]
    assert [event.is_final for event in retrievals] == [False, True]
    assert [event.searched for event in retrievals] == [GERMAN, ENGLISH]
    answer = events[-1]
    assert isinstance(answer, AnswerEvent)
    assert answer.answer.question == GERMAN
    assert "five months" in answer.answer.extracts[0].text


@pytest.mark.parametrize(
    "reply", ["", "Das weiß ich nicht, und ich kann es auch nicht sagen.", GERMAN]
)
def test_no_translation(tmp_path: Path, reply: str) -> None:
    """A model that does not translate changes nothing of what was found."""
    assistant = _open(tmp_path, reply)
    assert assistant.ask(GERMAN).searched == GERMAN


def test_only_where_it_helps(tmp_path: Path) -> None:
    """A question in the documents' language, or one that no model is asked, is searched for once."""
    assistant = _open(tmp_path, ENGLISH)
    assert assistant.ask("Where is the moon?").searched == "Where is the moon?"
    assert assistant.ask(GERMAN, ask_model=False).searched == GERMAN


def test_target_language() -> None:
    """Most documents decide, if their language is known."""
    assert choose_target_language(GERMAN, ["en", "en", "de", ""]) == "en"
    assert choose_target_language(ENGLISH, ["de", "de", "en"]) == "de"
    assert choose_target_language("试用期多久?", ["en"]) == "en"
    assert choose_target_language(GERMAN, ["de", "de", "en"]) == ""
    assert choose_target_language(GERMAN, ["tr", "tr"]) == ""
    assert choose_target_language("E12", ["en"]) == ""
    assert choose_target_language(GERMAN, []) == ""


def test_translated_question() -> None:
    """Quotation marks go; what is no translation is left out."""
    assert read_translated_question(f"“{ENGLISH}”\nThat is it.", GERMAN, "en") == ENGLISH
    assert read_translated_question(f"{ENGLISH} " * 20, GERMAN, "en") == ""
    assert read_translated_question("Das ist die Probezeit.", GERMAN, "en") == ""
