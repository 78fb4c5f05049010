"""The same question to the same model, with the documents and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import Assistant, Comparison
from rag.answer import AnswerEvent, CitationsEvent, DeltaEvent, Status
from tests.rag.server import ModelServer
from tests.rag.test_assistant import QUESTION, ListeningModel, open_with

REPLY = "Parental leave is 16 weeks. Everybody gets a pony."


def test_what_the_model_says_by_itself_is_checked_against_the_documents(data: Path) -> None:
    """It is told no passage, and what they do not bear out is marked."""
    model = ListeningModel(reply=REPLY)
    both = open_with(data, model).compare(QUESTION)
    alone = both.without_documents
    assert [sentence.supported for sentence in alone.sentences] == [True, False]
    assert alone.citations[0].quote == "Parental leave is 16 weeks."
    assert (alone.context.cited, alone.context.read) == ((), ()), "it has read none of them"
    told_of = both.with_documents.context
    hits = (*told_of.cited, *told_of.read, *told_of.retrieved)
    assert sorted(hit.rank for hit in alone.context.retrieved) == sorted(h.rank for h in hits)
    with_passages, without = (
        "".join(str(m.content) for m in messages) for messages in model.prompts
    )
    assert "Ask your lead" in with_passages
    assert "Ask your lead" not in without
    assert QUESTION in without
    assert Comparison.model_validate(both.to_json()).to_json() == both.to_json()


def test_it_streams_like_an_answer(data: Path) -> None:
    *deltas, checked, last = open_with(data, ListeningModel(reply=REPLY)).stream_without_documents(
        QUESTION
    )
    assert "".join(event.text for event in deltas if isinstance(event, DeltaEvent)).strip() == REPLY
    assert isinstance(checked, CitationsEvent)
    assert isinstance(last, AnswerEvent)
    assert last.answer.sentences == checked.sentences


@pytest.mark.parametrize("behaviour", ["500", "cut"])
def test_a_server_that_fails_leaves_both_sides_with_a_reason(
    assistant: Assistant, server: ModelServer, behaviour: str
) -> None:
    server.behaviour = behaviour
    both = assistant.compare(QUESTION)
    for answer in (both.with_documents, both.without_documents):
        assert answer.status is Status.MODEL_UNAVAILABLE
        assert answer.notice
