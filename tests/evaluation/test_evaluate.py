"""An evaluation from end to end, against figures worked out by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag import Assistant, Settings
from rag.answer import Status
from rag.errors import ModelServerError, ModelServerUnreachableError, UsageError
from rag.evaluation import Evaluation, Fact, Options, Question, evaluate
from rag.evaluation.gates import read_gates
from rag.evaluation.metrics import Names
from rag.progress import NoProgress
from rag.testing import HashingEmbedder
from tests.conftest import free_port
from tests.evaluation.world import ALONE, LEAVE, QUESTIONS, REPLIES


@pytest.fixture
def evaluation(assistant: Callable[..., Assistant]) -> Evaluation:
    return evaluate(assistant(REPLIES, ALONE), QUESTIONS, Options(ablate=("retrieval",)))


def values(evaluation: Evaluation) -> dict[str, float | None]:
    return {name: figure.value for name, figure in evaluation.overall.metrics.items()}


def test_every_figure_is_what_it_should_be(evaluation: Evaluation) -> None:
    """Three documents, so each is among the first five hits, and all facts are covered.

    Answered: leave (right), remote (wrong), bonus (invented). Refused: trains (wrongly), pets (rightly).
    Containment 1 of 3. F1: leave "parental leave is 16 weeks" with "16 weeks": 2·(2/5)·1/(7/5) = 4/7;
    remote "remote work is allowed five days week" (7 tokens) with "two days": shared 1, 2·(1/7)·(1/2)/(9/14)
    = 2/9, with "2 days" the same; trains 0: the mean is (4/7 + 2/9)/3 = 0.26455.
    Citations: one, of leave, right; facts cited 1 of 3. Abstention: precision 1 of 2, recall 1 of 2,
    answerable ones answered 2 of 3: balanced (1/2 + 2/3)/2 = 7/12. Supported sentences: 1 of 3.
    The check doubts none of 1 right answer (leave), and lets nobody believe the 1 wrong one (remote).
    """
    metrics = values(evaluation)
    assert metrics["recall@5"] == metrics["fact_coverage@1500w"] == 1
    assert metrics["answer_containment"] == pytest.approx(1 / 3, abs=1e-6)
    assert metrics["token_F1"] == pytest.approx((4 / 7 + 2 / 9) / 3, abs=1e-6)
    assert metrics["citation_precision"] == metrics["citation_document_precision"] == 1
    assert metrics["citation_recall"] == pytest.approx(1 / 3, abs=1e-6)
    assert metrics["exact_quotes"] == 1
    assert metrics["supported_sentences"] == pytest.approx(1 / 3, abs=1e-6)
    assert metrics["right_answers_doubted"] == metrics["wrong_answers_believed"] == 0
    assert metrics["abstention_precision"] == metrics["abstention_recall"] == 0.5
    assert metrics["abstention_balanced_accuracy"] == pytest.approx(7 / 12, abs=1e-6)
    assert "page_hit@5" not in metrics, "no question has a page"
    assert set(evaluation.meanings) == set(metrics)


def test_each_type_has_its_own_figures(evaluation: Evaluation) -> None:
    assert list(evaluation.types) == ["none", "number", "word"]
    number, none = evaluation.types["number"], evaluation.types["none"]
    assert (number.questions, number.metrics["answer_containment"].value) == (2, 0.5)
    assert (none.unanswerable, none.metrics["recall@5"].value) == (2, None)
    assert evaluation.types["word"].statuses == {Status.NOT_IN_DOCUMENTS: 1}


def test_what_the_documents_bring(evaluation: Evaluation) -> None:
    """With them 1 of 3 answers is right, without them 1 of 3, and not the same one: no lift."""
    (ablation,) = evaluation.ablations
    lift = ablation.lifts[0]
    assert (ablation.part, lift.metric) == ("retrieval", "answer_containment")
    assert lift.full == lift.without == pytest.approx(1 / 3, abs=1e-6)
    assert (lift.lift.value, lift.lift.n) == (0, 3)
    assert lift.lift.low is not None
    assert lift.lift.low < 0 < (lift.lift.high or 0)
    assert [outcome.alone for outcome in evaluation.outcomes] == [*ALONE.values(), None, None]


def test_what_went_wrong_is_said(evaluation: Evaluation) -> None:
    faults = {outcome.question.id: outcome.faults for outcome in evaluation.outcomes}
    assert faults == {
        "leave": (),
        "remote": (
            "The answer does not hold the expected one.",
            "Nothing in the documents supports the answer.",
        ),
        "trains": ("It was refused, but the documents say it.",),
        "pets": (),
        "bonus": ("It was answered, but the documents do not say.",),
    }


def test_an_evaluation_survives_json(evaluation: Evaluation) -> None:
    again = Evaluation.model_validate(json.loads(json.dumps(evaluation.to_json())))
    assert again == evaluation


def test_the_same_run_gives_the_same_result(assistant: Callable[..., Assistant]) -> None:
    """Everything but the clock, however many questions are asked at a time."""

    def measure(concurrency: int) -> dict[str, object]:
        options = Options(ablate=("dense", "retrieval"), concurrency=concurrency)
        result = evaluate(assistant(REPLIES, ALONE), QUESTIONS, options).to_json()
        for outcome in result["outcomes"]:
            del outcome["search_ms"], outcome["said"]["timings_ms"]
        for summary in (result["overall"], *result["types"].values()):
            del summary["latency_ms"]
        del result["made_at"], result["seconds"], result["subject"]["settings"]["concurrency"]
        return result

    assert measure(1) == measure(1) == measure(5)


def test_without_answers_no_model_is_asked(handbook_data: Path) -> None:
    """Nothing listens where the model server should be."""
    settings = Settings.model_validate({"llm": {"url": f"http://127.0.0.1:{free_port()}/v1"}})
    quiet = Assistant.open(handbook_data, settings=settings, embedder=HashingEmbedder())
    evaluation = evaluate(quiet, QUESTIONS, Options(answers=False, ablate=("dense", "lexical")))
    assert set(evaluation.overall.metrics) == {"recall@5", "nDCG@5", "MRR", "fact_coverage@1500w"}
    assert [ablation.part for ablation in evaluation.ablations] == ["dense", "lexical"]
    assert not evaluation.with_answers
    with pytest.raises(ModelServerUnreachableError, match="--no-answers"):
        evaluate(quiet, QUESTIONS)


def test_leaving_out_a_part_of_the_search_matters(assistant: Callable[..., Assistant]) -> None:
    """The lexical half of a query without any known word finds nothing; the dense half always something."""
    whole = assistant({})
    assert whole.search("zzz", k=3)
    assert whole.search("zzz", k=3, without=["dense"]) == []
    assert whole.search("parental", k=1, without=["dense"])[0].title == "Leave"


def test_options_that_make_no_sense(assistant: Callable[..., Assistant]) -> None:
    with pytest.raises(UsageError, match="no part magic"):
        evaluate(assistant({}), QUESTIONS, Options(ablate=("magic",)))
    with pytest.raises(UsageError, match="the model has to answer"):
        evaluate(assistant({}), QUESTIONS, Options(ablate=("retrieval",), answers=False))
    with pytest.raises(UsageError, match="from 1 on"):
        evaluate(assistant({}), QUESTIONS, Options(k=0))


def test_documents_that_are_not_there_are_named(assistant: Callable[..., Assistant]) -> None:
    """A misspelt file name does not pass for a bad search."""
    lost = Question(id="lost", question="Where?", facts=(Fact(filename="lost"),))
    questions = replace(QUESTIONS, questions=(LEAVE, lost), ignored=("about",))
    evaluation = evaluate(assistant({}), questions, Options(answers=False))
    assert evaluation.overall.metrics["recall@5"].value == 0.5
    assert evaluation.notices == (
        "Keys of five.jsonl that mean nothing here: about.",
        "1 of the 2 documents that facts name are not in the index: lost. "
        "Their questions count as not found.",
    )


def test_a_question_without_an_answer_is_asked_again_and_then_left_out(
    assistant: Callable[..., Assistant],
) -> None:
    """It counts for the search, for no answer metric, and is said."""
    replies = REPLIES | {LEAVE.question: RuntimeError("the engine died")}
    evaluation = evaluate(assistant(replies), QUESTIONS)
    assert evaluation.unanswered == 1
    assert "gave no answer to 1 question," in evaluation.notices[-1]
    assert evaluation.overall.metrics["recall@5"].n == 3
    assert evaluation.overall.metrics["answer_containment"].n == 2


def test_a_server_that_is_gone_ends_it(assistant: Callable[..., Assistant]) -> None:
    """Five failures in a row, not two hundred time limits."""
    questions = tuple(replace_id(LEAVE, str(n)) for n in range(50))
    replies = {LEAVE.question: RuntimeError("the engine died")}
    with pytest.raises(ModelServerError, match=r"5 questions in a row .* the engine died"):
        evaluate(assistant(replies), replace(QUESTIONS, questions=questions))


def replace_id(question: Question, name: str) -> Question:
    return question.model_copy(update={"id": name})


def test_an_interrupt_stops_what_is_under_way(assistant: Callable[..., Assistant]) -> None:
    """Ctrl-C in the middle: no thread goes on asking."""

    class Interrupted(NoProgress):
        def advance(self, done: int = 1, *, chunks: int = 0) -> None:
            if threading.active_count() > before:
                raise KeyboardInterrupt

    questions = tuple(replace_id(LEAVE, str(n)) for n in range(60))
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        evaluate(
            assistant(REPLIES), replace(QUESTIONS, questions=questions), progress=Interrupted()
        )
    assert threading.active_count() == before


def test_gates_hold_or_say_by_how_much(evaluation: Evaluation, tmp_path: Path) -> None:
    baseline = evaluation.model_copy(
        update={
            "overall": evaluation.overall.model_copy(
                update={
                    "metrics": evaluation.overall.metrics
                    | {
                        "answer_containment": evaluation.overall.metrics["recall@5"],
                        "token_F1": evaluation.overall.metrics["abstention_recall"],
                    }
                }
            )
        }
    )
    (tmp_path / "before.json").write_text(json.dumps(baseline.to_json()))
    gates = tmp_path / "gates.toml"
    gates.write_text(
        """
        baseline = "before.json"
        [metrics]
        "recall@5" = { min = 1.0, max_drop = 0 }
        citation_recall = { min = 0.9 }
        answer_containment = { max_drop = 0.1 }
        token_F1 = { max_drop = 0.8, max_rise = 0.1 }
        search_p50 = { max = 0.0001 }
        "page_hit@5" = { min = 0.1 }
        [types.number]
        answer_containment = { min = 0.5 }
        [types.missing]
        "recall@5" = { min = 0.1 }
        [lifts.retrieval]
        answer_containment = { min = 0.25 }
        """
    )
    failures = [str(failure) for failure in read_gates(gates, Names(5, 1500)).check(evaluation)]
    p50 = evaluation.overall.latency_ms["search_p50"]
    assert failures == [
        "citation_recall is 0.3333, 0.5667 below its gate of 0.9",
        "answer_containment fell by 0.6667, from 1 to 0.3333; at most 0.1 is allowed",
        f"search_p50 is {p50:.4g}, {p50 - 0.0001:.4g} above its gate of 0.0001",
        "page_hit@5 was not measured",
        "missing: recall@5 was not measured",
        "lift of retrieval: answer_containment is 0, 0.25 below its gate of 0.25",
    ]
