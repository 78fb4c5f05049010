"""A served model votes on doubtful sentences, where it has earned that on the user's own documents."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag import Assistant
from rag.answer import Answer, Grade, Status
from rag.answering.judging import (
    JUDGE_FILE,
    JudgeTrial,
    ServedJudge,
    load_trial,
    save_trial,
    share_of_yes,
)
from rag.answering.model_connection import ModelConnection
from rag.answering.try_judge import Pair, doctor, draw_pairs, try_judge
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer

TEXT = "Berlin has 20 desks. Bonn is smaller. Anna Weber leads it."
QUESTION = "How long is parental leave?"
DOUBTFUL = ("The weeks of parental leave amount to 16 for whoever asks in time.",)
"""A paraphrase of the handbook whose score is too low for support."""


def reads(question: str) -> bool:
    """What a perfect judge says: whether the statement stands in the text."""
    match = re.fullmatch(r"Text:\n(.*)\n\nStatement:\n(.*)\n\nDoes .*", question, re.DOTALL)
    assert match
    return match[2] in match[1]


def perfect(question: str) -> dict[str, float]:
    return {"Yes": 0.95, "No": 0.05} if reads(question) else {" no": 0.9, "yes": 0.1}


def asked(settings: Settings, threshold: float = 0.5) -> ServedJudge:
    return ServedJudge(ModelConnection(settings, None, len), threshold)


@pytest.mark.parametrize(
    ("alternatives", "share"),
    [
        ({"yes": 0.6, "no": 0.2, "the": 0.1}, 0.75),
        ({" Yes": 0.3, "YES.": 0.3, "No": 0.2}, 0.75),
        ({"Maybe": 0.9, "yes": 0.06}, None),
        ({"Ja": 0.9, "Nein": 0.1}, None),
        ({}, None),
    ],
)
def test_only_yes_and_no_count(alternatives: dict[str, float], share: float | None) -> None:
    """The probability of yes beside no; another word, or another language, is no vote."""
    import math

    given = [{"token": token, "logprob": math.log(p)} for token, p in alternatives.items()]
    assert share_of_yes(given) == (None if share is None else pytest.approx(share))


def test_one_word_behind_the_passage(server: ModelServer, settings: Settings) -> None:
    """One token with its alternatives is asked for, and the passage stands before the statement."""
    server.score = perfect
    judge = asked(settings)
    assert judge.confirms(TEXT, "Bonn is smaller.") is True
    assert judge.confirms(TEXT, "Bonn is larger.") is False
    request = server.requests[0]
    assert (request["max_completion_tokens"], request["logprobs"]) == (1, True)
    content = request["messages"][-1]["content"]
    assert content.index(TEXT) < content.index("Statement")


@pytest.mark.parametrize("behaviour", ["500", "html", "hang", "empty"])
def test_no_answer_is_no_vote(server: ModelServer, settings: Settings, behaviour: str) -> None:
    """An error, a page, silence, or an answer without probabilities."""
    server.behaviour = behaviour
    assert asked(settings).confirms(TEXT, "Bonn is smaller.") is None


def test_doctored_sentences_are_wrong() -> None:
    """Each way changes one thing: a number, a name, or what is affirmed; or there is no doctored one."""
    chance = random.Random(1)
    doctored = {doctor("Berlin has 20 desks.", TEXT, chance) for _ in range(20)}
    assert "Berlin has 20 desks." not in doctored
    assert {"Berlin has 21 desks."} <= doctored
    assert {doctor("Bonn is smaller.", "Bonn is smaller.", chance) for _ in range(9)} == {
        "Bonn is not smaller."
    }
    assert doctor("We write letters.", TEXT, chance) == ""


def pairs(count: int) -> list[Pair]:
    return [
        Pair(f"The {n} of it is here.", f"The {n} of it", f"The {n + 1} of it")
        for n in range(count)
    ]


def test_a_vote_is_earned(server: ModelServer, settings: Settings) -> None:
    """By one that tells true from doctored sentences; not by one that always says yes, or says nothing."""
    server.score = perfect
    trial = try_judge(asked(settings), pairs(20))
    assert (trial.precision, trial.recall, trial.unclear, trial.has_vote) == (1, 1, 0, True)
    server.score = lambda _: {"yes": 0.99}
    trial = try_judge(asked(settings), pairs(20))
    assert (trial.precision, trial.recall, trial.has_vote) == (0.5, 1, False)
    server.score = lambda _: {"maybe": 0.99}
    trial = try_judge(asked(settings), pairs(20))
    assert (trial.recall, trial.unclear, trial.has_vote) == (0, 1, False)


def test_too_few_sentences_earn_nothing(server: ModelServer, settings: Settings) -> None:
    """Three pairs tell nothing, however well they are judged, and it is said."""
    server.score = perfect
    trial = try_judge(asked(settings), pairs(3))
    assert not trial.has_vote
    assert "3 pairs of sentences are too few" in str(trial)
    assert not try_judge(asked(settings), []).has_vote


@pytest.mark.parametrize("content", ["", "[]", '{"layout": 1}', '{"layout": 99}'])
def test_a_damaged_trial_gives_no_vote(tmp_path: Path, content: str) -> None:
    """Nor does the file of another version."""
    (tmp_path / JUDGE_FILE).write_text(content, "utf-8")
    assert load_trial(tmp_path) is None


GOOD = JudgeTrial("fake-model", 60, 0.97, 0.8, 0.0, 0.5)


def answer(data: Path, settings: Settings, server: ModelServer) -> Answer:
    server.words = DOUBTFUL
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    return assistant.ask(QUESTION)


@pytest.fixture
def own_data(data: Path, tmp_path: Path) -> Path:
    return shutil.copytree(data, tmp_path / "data")


def test_the_vote_supports_a_doubtful_sentence(
    own_data: Path, settings: Settings, server: ModelServer
) -> None:
    """Without a trial nobody is asked; with one that was passed a yes supports the sentence."""
    server.score = lambda _: {"yes": 0.9, "no": 0.1}
    (before,) = answer(own_data, settings, server).sentences
    assert (before.grade, before.supported) == (Grade.PARAPHRASE, False)
    assert len(server.requests) == 1, "nobody was asked for a vote"
    save_trial(own_data, GOOD)
    after = answer(own_data, settings, server)
    assert after.status is Status.GROUNDED
    assert [sentence.supported for sentence in after.sentences] == [True]
    server.score = lambda _: {"no": 0.9, "yes": 0.1}
    assert not answer(own_data, settings, server).sentences[0].supported


@pytest.mark.parametrize(
    "trial",
    [
        JudgeTrial("fake-model", 60, 0.6, 0.9, 0.0, 0.5),
        JudgeTrial("another-model", 60, 0.99, 0.9, 0.0, 0.5),
    ],
)
def test_who_has_not_earned_it_has_no_vote(
    own_data: Path, settings: Settings, server: ModelServer, trial: JudgeTrial
) -> None:
    """One that failed its trial, or another model than the one that passed."""
    server.score = lambda _: {"yes": 1.0}
    save_trial(own_data, trial)
    assert not answer(own_data, settings, server).sentences[0].supported


def test_no_vote_overrides_a_figure(
    own_data: Path, settings: Settings, server: ModelServer
) -> None:
    """A number that the passages contradict stays unsupported, whatever the judge says."""
    server.score = lambda _: {"yes": 1.0}
    save_trial(own_data, GOOD)
    server.words = ("Parental leave is 18 weeks.",)
    assistant = Assistant.open(own_data, settings=settings, embedder=HashingEmbedder())
    assert not assistant.ask(QUESTION).sentences[0].supported


def test_another_server_judges(own_data: Path, settings: Settings, server: ModelServer) -> None:
    """`answers.judge_url` leads to a second model; the one that answers is not asked."""
    save_trial(own_data, JudgeTrial("better", 60, 0.99, 0.9, 0.0, 0.5))
    with ModelServer(name="better") as second:
        second.score = lambda _: {"yes": 1.0}
        answers = settings.answers.model_copy(update={"judge_url": second.url})
        judged = answer(own_data, settings.model_copy(update={"answers": answers}), server)
        assert judged.sentences[0].supported
        assert (len(server.requests), len(second.requests)) == (1, 1)


def test_the_index_has_pairs(data: Path) -> None:
    """They are drawn from its own sentences, each once, and are the same each time."""
    from rag.index import IndexReader

    snapshot = IndexReader(data).snapshot()
    drawn = list(draw_pairs(snapshot, 5))
    assert drawn == list(draw_pairs(snapshot, 5))
    assert len({pair.true for pair in drawn}) == len(drawn) > 2
    assert all(pair.true in pair.text and pair.doctored != pair.true for pair in drawn)


def test_calibrate_judge(
    own_data: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`inhouse calibrate --judge` says how the model did, and keeps it; here there are too few sentences."""
    from ui.cli import cli

    server.score = perfect
    monkeypatch.setattr("rag.assistant.open_embedder", lambda *_: HashingEmbedder())
    monkeypatch.setenv("INHOUSE_LLM_URL", server.url)
    result = CliRunner().invoke(cli, ["calibrate", "--data", str(own_data), "--judge"])
    assert result.exit_code == 0, result.output
    assert "fake-model has no vote" in result.output
    assert json.loads((own_data / JUDGE_FILE).read_text("utf-8"))["model"] == "fake-model"
