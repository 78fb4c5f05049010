"""What fits into a model's window, and that nothing is cut without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import ingest
from rag import Assistant, Turn
from rag.answer import Status
from rag.answering.context import PER_MESSAGE, SPARE, TokenBudget, fit
from rag.answering.prompt import COMPACT, FULL, Style, messages
from rag.errors import ModelServerError
from rag.hit import Hit
from rag.profile import Profile
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer

QUESTION = "How long is parental leave?"


def words(text: str) -> int:
    return len(text.split())


def hit(rank: int, count: int) -> Hit:
    text = " ".join(f"w{n}." if n % 10 == 9 else f"w{n}" for n in range(count))
    return Hit(rank=rank, score=1, uri="/d", title="T", text=text, start=7, end=7 + len(text))


@given(
    st.lists(st.integers(1, 400), max_size=6),
    st.lists(st.integers(1, 300), max_size=5),
    st.integers(300, 2000),
    st.sampled_from([FULL, COMPACT]),
)
def test_the_prompt_never_exceeds_the_window(
    passages: list[int], turns: list[int], window: int, style: Style
) -> None:
    """Whatever is to be told; and a passage that was cut is said to be."""
    hits = [hit(rank, count) for rank, count in enumerate(passages, 1)]
    history = [Turn(question="q", answer="a " * count) for count in turns]
    room = TokenBudget(1500, window, words)
    fitted = fit(QUESTION, hits, history, style, Profile(), "fence", room)
    prompt = messages(QUESTION, fitted.passages, fitted.turns, style, Profile(), "fence")
    assert sum(words(str(m.content)) + PER_MESSAGE for m in prompt) + SPARE <= window
    assert len(fitted.passages) >= bool(hits)
    assert tuple(history[len(history) - len(fitted.turns) :]) == fitted.turns
    for sent, original in zip(fitted.passages, hits, strict=False):
        assert original.text.startswith(sent.text)
        assert sent.end - sent.start == len(sent.text)
        assert bool(fitted.notice) == (sent.text != original.text)


def test_a_passage_is_cut_at_the_end_of_a_sentence() -> None:
    fitted = fit("Why?", [hit(1, 5000)], (), COMPACT, Profile(), "", TokenBudget(400, 500, words))
    (sent,) = fitted.passages
    assert sent.text.endswith(".")
    assert 300 < words(sent.text) < 500
    assert fitted.notice.startswith("The best passage is longer than the model can read: of its ")


def test_what_a_profile_says_may_be_too_much_for_a_model() -> None:
    profile = Profile(instructions="word " * 700)
    with pytest.raises(ModelServerError, match=r"reads 600 tokens beside its answer.*take 8\d\d"):
        fit("Why?", [hit(1, 5)], (), FULL, profile, "", TokenBudget(400, 600, words))


def test_without_a_known_window_the_passages_have_their_budget() -> None:
    history = [Turn(question=f"q{n}", answer="a") for n in range(9)]
    fitted = fit(
        "Why?",
        [hit(n, 100) for n in (1, 2, 3)],
        history,
        FULL,
        Profile(),
        "",
        TokenBudget(250, None, words),
    )
    assert [passage.rank for passage in fitted.passages] == [1, 2]
    assert fitted.turns == tuple(history[-FULL.turns :])


@pytest.fixture
def long_data(tmp_path: Path) -> Path:
    """An index whose one document is a single sentence of 3,000 words."""
    (tmp_path / "docs").mkdir()
    text = "Parental leave is 16 weeks " + "and so it has been for a long time " * 400
    (tmp_path / "docs" / "long.txt").write_text(text, "utf-8")
    settings = Settings.model_validate({"chunker": {"max_tokens": 8192}})
    report = ingest(
        [tmp_path / "docs"],
        data_dir=tmp_path / "data",
        settings=settings,
        embedder=HashingEmbedder(),
    )
    assert report.added == 1
    return tmp_path / "data"


def test_the_server_counts_and_a_passage_longer_than_its_window_is_cut_and_said(
    long_data: Path, server: ModelServer
) -> None:
    """The text that was sent is the text that is disclosed; the answer is checked against no more."""
    server.window = 400
    llm = {"url": server.url, "model": server.name, "max_tokens": 100}
    settings = Settings.model_validate({"llm": llm})
    assistant = Assistant.open(long_data, settings=settings, embedder=HashingEmbedder())
    answer = assistant.ask(QUESTION)
    assert server.counted > 0
    assert "longer than the model can read" in answer.notice
    (sent,) = (*answer.context.cited, *answer.context.read)
    assert sent.text in server.requests[0]["messages"][1]["content"]
    assert words(" ".join(m["content"] for m in server.requests[0]["messages"])) <= 300
    assert answer.status is Status.GROUNDED


def test_a_history_of_200_turns_is_told_as_far_as_there_is_room(
    assistant: Assistant, server: ModelServer
) -> None:
    server.window = 4096
    history = [Turn(question=f"Question {n}?", answer="Answer. " * 200) for n in range(200)]
    answer = assistant.ask(QUESTION, history=history)
    assert answer.status is Status.GROUNDED
    assert answer.turns == 3, "the latest, as many as a large model is told"
    questions = [m["content"] for m in server.requests[0]["messages"] if m["role"] == "user"]
    assert questions[0].endswith("Question: Question 197?")
    assert questions[1:-1] == ["Question: Question 198?", "Question: Question 199?"]
    assert questions[-1] == f"Question: {QUESTION}"
