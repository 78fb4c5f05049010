"""Follow-up questions are made whole before they are searched for, and never lose their subject."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import BaseMessage

from rag import Assistant
from rag.answer import AnswerEvent, RetrievalEvent, Turn
from rag.answering.followup import (
    is_followup,
    join_questions,
    keeps_subject,
    replace_name,
    resolve_question,
)
from rag.retrieval.expansion import expand
from tests.rag.server import ModelServer

LEAVE = (Turn(question="How long is parental leave for mothers?", answer="16 weeks"),)


def saying(text: str) -> Callable[[list[BaseMessage]], str]:
    return lambda _: text


@pytest.mark.parametrize(
    "question",
    [
        "And for part-timers?",
        "What about Niederstrand?",
        "How much is it?",
        "Why?",
        "Is it the same for apprentices?",
        "Und für Teilzeitkräfte im Schichtdienst am Standort Niederstrand?",
        "Et si je réarme encore une fois ?",
        "¿Cuánto cuesta eso?",
        "Does that cover the labour of whoever has to come out on site?",
    ],
)
def test_a_question_that_leans_is_told_by_its_words(question: str) -> None:
    assert is_followup(question, LEAVE)
    assert not is_followup(question, ()), "without a conversation there is nothing to lean on"


@pytest.mark.parametrize(
    "question",
    [
        "How many vacation days do I get?",
        "What does error E17 mean on the Skua 900?",
        "Does the travel policy say that hotels are booked by those who travel themselves?",
        "Android phones in the warehouse: who hands them out?",
    ],
)
def test_a_question_that_stands_alone_is_searched_for_as_it_is(question: str) -> None:
    """Whatever the model would make of it: it is not asked."""

    def never(_: list[BaseMessage]) -> str:
        raise AssertionError("nobody was to be asked")

    assert resolve_question(question, LEAVE, never) == question


def test_a_rewrite_that_keeps_the_subject_is_searched_for() -> None:
    rewritten = "How long is parental leave for part-timers?"
    assert (
        resolve_question("And for part-timers?", LEAVE, saying(f'Question: "{rewritten}"\nIt is.'))
        == rewritten
    )


@pytest.mark.parametrize(
    "rewritten",
    [
        "",
        "And for part-timers?",  # says no more than before
        "How long is parental leave?",  # lost what was asked
        "How long is the notice period for part-timers?",  # about something else
        "Part-timers get 8 weeks of parental leave.",  # an answer, with a figure of its own
        "Part-timers parental leave.",  # no question
        "part-timers parental leave " * 40 + "?",
    ],
)
def test_a_rewrite_that_loses_the_subject_is_not(rewritten: str) -> None:
    """The earlier question and its answer are put in front instead."""
    expected = "How long is parental leave for mothers? 16 weeks And for part-timers?"
    assert not keeps_subject(rewritten, "And for part-timers?", LEAVE)
    assert resolve_question("And for part-timers?", LEAVE, saying(rewritten)) == expected


def test_the_other_one_is_no_pronoun() -> None:
    """A model that drops it has turned the question round."""
    history = (Turn(question="How much leave does the birth parent get?", answer="44 weeks"),)
    question = "And the other parent?"
    assert not keeps_subject("How much leave does the birth parent get?", question, history)
    assert keeps_subject("How much leave does the other parent get?", question, history)


@pytest.mark.parametrize("behaviour", ["answer", "500", "endless"])
def test_what_was_searched_is_told(
    assistant: Assistant, server: ModelServer, behaviour: str
) -> None:
    """In the first event and in the answer. A model that makes no question of it, fails, or does not come to
    an end changes nothing: the question is whole all the same."""
    history = [Turn(question="How long is parental leave?", answer="16 weeks")]
    server.behaviour = behaviour
    events = assistant.stream("And remote work?", history=history)
    first = next(events)
    assert isinstance(first, RetrievalEvent)
    assert first.searched == "How long is parental leave? 16 weeks And remote work?"
    assert list(first.hits) == assistant.search("And remote work?", history=history)
    server.behaviour = "answer"
    *_, last = events
    assert isinstance(last, AnswerEvent)
    assert last.answer.searched == first.searched
    assert assistant.ask("How long is parental leave?").searched == "How long is parental leave?"


def test_joining_goes_back_to_the_question_that_stands_alone() -> None:
    """And leaves out a long answer, and the answers before the last."""
    history = (
        Turn(question="Who is the canteen for?", answer="Everybody"),
        Turn(question="How long is parental leave for mothers?", answer="16 weeks"),
        Turn(question="And for fathers?", answer="x" * 500),
    )
    assert join_questions("And for part-timers?", history) == (
        "How long is parental leave for mothers? And for fathers? And for part-timers?"
    )


def test_the_other_name_of_a_followup_goes_through_several_turns() -> None:
    history = (
        Turn(question="What is the hotel limit in Port Lannick?", answer="€118"),
        Turn(question="And in Veldhage?", answer="€134"),
    )
    assert (
        join_questions("and in Saint-Orven?", history) == "What is the hotel limit in Saint-Orven?"
    )
    assert join_questions("with breakfast?", history) == (
        "What is the hotel limit in Veldhage? €134 with breakfast?"
    )


@pytest.mark.parametrize(
    ("earlier", "question", "whole"),
    [
        ("What does error E07 mean?", "and e03?", "What does error e03 mean?"),
        ("Price of the pump for the Skua 900", "And for the Skua 400?", "Price of the pump for the Skua 400"),
        ("When did the office in Niederstrand open?", "And the one in France?",
         "When did the office in France open?"),
        ("What does the travel policy of 2026 say?", "what about 2024?",
         "What does the travel policy of 2024 say?"),
        ("Was ist die Frist in Veldhage für Urlaub?", "Und in Niederstrand?",
         "Was ist die Frist in Niederstrand für Urlaub?"),
        ("Quel est le prix de la Skua 900 ?", "et de la Petrel 60 ?", "Quel est le prix de la Petrel 60 ?"),
    ],
)  # fmt: skip
def test_another_name_takes_the_place_of_the_one_before(
    earlier: str, question: str, whole: str
) -> None:
    assert replace_name(earlier, question) == whole


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("Wie viele Tage Elternzeit habe ich?", "Und Urlaub?"),  # every German noun has a capital
        ("How do I fly from Veldhage to Niederstrand?", "And Saint-Orven?"),  # which of the two?
        ("How long is parental leave?", "And in Veldhage?"),  # nothing to replace
        ("What does E07 mean?", "And what causes E03?"),  # says more than a name
        ("Veldhage opens when?", "And Niederstrand?"),  # a first word has a capital anyhow
    ],
)
def test_what_says_more_than_another_name_is_joined(earlier: str, question: str) -> None:
    assert replace_name(earlier, question) == ""
    assert join_questions(question, (Turn(question=earlier, answer=""),)) == f"{earlier} {question}"


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_said_the_question_is_not_lost(
    q: str, before: str, answer: str, m: str
) -> None:
    """What is searched for is the question, ends with it, or has every telling word of it."""
    history = (Turn(question=before, answer=answer),)
    query = resolve_question(q, history, saying(m))
    assert query.endswith(q) or keeps_subject(query, q, history)


def test_the_glossarys_other_names_are_searched_for_too() -> None:
    terms = [("HoT", "head of team", "lead"), ("PTO", "vacation")]
    assert expand("Who is my HOT?", terms) == "Who is my HOT? (head of team, lead)"
    assert expand("How is the shot?", terms) == "How is the shot?"
    assert expand("Does the head of team lead?", terms) == "Does the head of team lead? (HoT)"
    assert expand("pto", [("PTO", *(f"n{i}" for i in range(50)))]).count("n") == 8
    assert expand("Any?", []) == "Any?"
