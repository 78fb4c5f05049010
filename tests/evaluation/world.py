"""Five questions about the handbook, and what becomes of them, worked out by hand."""

from __future__ import annotations

from rag.evaluation import Evaluation, Fact, Question, QuestionSet
from rag.evaluation.bootstrap import Figure
from rag.evaluation.metrics import Share
from rag.evaluation.result import MeasuredAnswer, Outcome, Quoted, RankedPassage, Subject, Summary
from rag.profile import REFUSAL

LEAVE = Question(
    id="leave",
    question="How long is parental leave?",
    type="number",
    facts=(Fact(filename="leave", text="Parental leave is 16 weeks."),),
    answers=("16 weeks",),
)
REMOTE = Question(
    id="remote",
    question="How much remote work is allowed?",
    type="number",
    facts=(Fact(filename="remote.md", text="Remote work is allowed two days a week."),),
    answers=("two days", "2 days"),
)
TRAINS = Question(
    id="trains",
    question="In which class are trains booked?",
    type="word",
    facts=(Fact(filename="travel", text="Trains are booked in second class."),),
    answers=("second class",),
)
PETS = Question(id="pets", question="May I bring my dog?", type="none", unanswerable=True)
BONUS = Question(id="bonus", question="How high is the bonus?", type="none", unanswerable=True)
QUESTIONS = QuestionSet("five.jsonl", "0" * 64, (LEAVE, REMOTE, TRAINS, PETS, BONUS))

REPLIES = {
    LEAVE.question: "Parental leave is 16 weeks.",  # right, and cited
    REMOTE.question: "Remote work is allowed five days a week.",  # wrong
    TRAINS.question: REFUSAL,  # refused, though the documents say it
    PETS.question: REFUSAL,  # refused, as it should be
    BONUS.question: "The bonus is 900 euros.",  # invented
}
ALONE = {
    LEAVE.question: "It is 12 weeks.",
    REMOTE.question: "Two days, I think.",  # by luck
    TRAINS.question: "I do not know.",
}


def hostile_evaluation(text: str) -> Evaluation:
    """An evaluation in which everything that may come from a file or a model is `text`."""
    question = Question(
        id="1",
        question=text,
        type=text,
        facts=(Fact(filename=text, text=text, page=1),),
        answers=(text,),
        standalone=text,
    )
    passage = RankedPassage(uri=f"/{text}", title=text, page=1, section=text)
    answer = MeasuredAnswer(
        text=text,
        status="partial",  # type: ignore[arg-type]
        quoted=(Quoted(uri=f"/{text}", title=text, quote=text, right=False),),
        timings_ms={"total": 20.0},
    )
    outcome = Outcome(
        question=question,
        search_ms=3,
        confidence=0.5,
        found=(passage,) * 6,
        scores={"recall@5": Share(0, 1)},
        faults=(text,),
        said=answer,
        alone=text,
    )
    summary = Summary(
        questions=1,
        unanswerable=0,
        metrics={"recall@5": Figure(0.0, 0.0, 0.5, 1)},
        latency_ms={"search_p50": 3, "search_p95": 3},
        statuses={"partial": 1},  # type: ignore[dict-item]
    )
    return Evaluation(
        made_at=1_767_225_600,
        seconds=1.5,
        subject=Subject(
            questions=text,
            questions_sha256="0" * 64,
            generation=1,
            documents=1,
            chunks=1,
            embedder=text,
            k=5,
            budget=1500,
            model=text,
        ),
        meanings={"recall@5": text},
        overall=summary,
        types={text: summary, f"{text} 2": summary},
        recall_curve=(*[0.0] * 10, *[0.5] * 10),
        outcomes=(outcome,),
        notices=(text,),
    )
