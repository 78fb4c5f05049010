"""Requests that need no model reach every front end as one plain value, and leave the model alone."""

from __future__ import annotations

import pytest

from rag import Assistant
from rag.answer import Answer, RetrievalEvent, Status, Turn, Verdict
from rag.answering.followup import keeps_subject
from rag.intents import split_questions
from tests.rag.server import ModelServer


def test_a_count_asks_no_model(assistant: Assistant, server: ModelServer) -> None:
    """The first event has it, the answer has it, and the model server hears nothing."""
    first, *_, last = assistant.stream("Which documents mention remote?")
    assert isinstance(first, RetrievalEvent)
    assert first.computed is not None
    answer = last.answer  # type: ignore[union-attr]
    assert (answer.status, answer.verdict) == (Status.NOT_ASKED, Verdict.COMPUTED)
    assert answer.computed == first.computed
    assert [row.cells[0].title for row in answer.computed.table.rows] == ["Remote work"]
    assert answer.text == ""
    assert answer.shown_text == answer.computed.text
    assert server.requests == []
    assert Answer.model_validate(answer.to_json()).computed == answer.computed


async def test_for_a_coroutine(assistant: Assistant) -> None:
    answer = await assistant.aask("How many documents do you have?")
    assert answer.computed is not None
    assert answer.computed.table.total == assistant.document_count


def test_rights(assistant: Assistant) -> None:
    """Who may read nothing is told that there is nothing to read."""
    nobody = assistant.for_readers([])
    answer = nobody.ask("Which documents mention remote?")
    assert answer.computed is not None
    assert answer.computed.table.rows == ()
    assert nobody.ask("Summarise remote work").computed is None


def test_a_summary_may_be_written_below(assistant: Assistant, server: ModelServer) -> None:
    """The model is asked for a summary; whatever comes of it, the outline is there."""
    answer = assistant.ask("Summarise remote work")
    assert answer.computed is not None
    assert answer.computed.kind == "summary"
    assert server.requests != []
    asked_before = len(server.requests)
    alone = assistant.ask("Summarise remote work", ask_model=False)
    assert (alone.status, alone.computed) == (Status.NOT_ASKED, answer.computed)
    assert len(server.requests) == asked_before
    server.behaviour = "500"
    assert assistant.ask("Summarise remote work").status is Status.NOT_ASKED


def test_several_questions(assistant: Assistant) -> None:
    """Each is searched for by itself, and the extracts stand in their order."""
    questions = "How long is parental leave? Who leads the Berlin office?"
    answer = assistant.ask(questions, ask_model=False)
    first, second = (assistant.extracts(part, k=1)[0] for part in split_questions(questions))
    assert [extract.text for extract in answer.extracts[:2]] == [first.text, second.text]
    assert [extract.rank for extract in answer.extracts] == list(range(1, len(answer.extracts) + 1))
    assert len({(extract.uri, extract.start) for extract in answer.extracts}) == len(
        answer.extracts
    )


@pytest.mark.parametrize("question", ["Which documents mention it?", "Summarise it"])
def test_what_points_back_is_no_request(assistant: Assistant, question: str) -> None:
    """What "it" is stands in the conversation, so it is asked like any other follow-up."""
    history = [Turn(question="Who leads the Berlin office?", answer="Anna Weber")]
    assert assistant.ask(question, history=history, ask_model=False).computed is None


def test_thanks_in_a_conversation(assistant: Assistant, server: ModelServer) -> None:
    """A word of thanks is not searched for, and no model resolves it."""
    history = [Turn(question="Who leads the Berlin office?", answer="Anna Weber")]
    answer = assistant.ask("Thanks!", history=history)
    assert answer.computed is not None
    assert answer.computed.kind == "thanks"
    assert server.requests == []


def test_a_follow_up_never_searches_with_unsupported_words(
    assistant: Assistant, server: ModelServer
) -> None:
    """The turn holds what was shown: the supported sentences, else the documents' own words."""
    server.words = ("Zanzibar ", "grants ", "99 ", "weeks.")
    answer = assistant.ask("How long is parental leave?")
    assert "Zanzibar" in answer.text
    turn = answer.as_turn()
    assert "Zanzibar" not in turn.answer
    searched = assistant.search_query("And for fathers?", [turn]).text
    assert "Zanzibar" not in searched
    assert "parental leave" in searched
    assert not keeps_subject("Do fathers go to Zanzibar?", "And for fathers?", [turn])
