"""Measure what Inhouse adds to asking vLLM directly; `python benchmarks/answer.py --help` says how."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from answer_parts.direct import TimedReply, Vllm
from answer_parts.stack import AnswerStack

from ingest import ingest
from rag import Assistant, load_settings
from rag.answer import Turn

_SAMPLES = Path(__file__).parents[1] / "sample_docs"
_FOLLOW_UP = "And where can I read more about that?"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", default="http://127.0.0.1:8000/v1", show_default=True, help="A vLLM.")
@click.option("--data", help="An index of the sample documents; without it one is made.")
@click.option("--questions", default=16, show_default=True, help="Questions to ask.")
@click.option("--askers", default=8, show_default=True, help="Askers at once.")
@click.option(
    "--requests", default=16, show_default=True, help="Questions of each round of askers at once."
)
@click.option("--conversations", default=6, show_default=True, help="Follow-ups to ask.")
@click.option("--max-tokens", default=48, show_default=True, help="Longest answer, in tokens.")
@click.option(
    "--only",
    type=click.Choice(["first-token", "follow-up", "together"]),
    multiple=True,
    help="Measure this part alone; may be given more than once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(
    url: str,
    data: str | None,
    questions: int,
    askers: int,
    requests: int,
    conversations: int,
    max_tokens: int,
    only: tuple[str, ...],
    as_json: bool,
) -> None:
    """Ask the sample documents' questions through Inhouse and, with the same bytes, vLLM itself.

    \b
    first token   Inhouse's, less its search, beside vLLM's own; prompts that vLLM has not seen yet
                  (fresh), and the same once more (cached)
    together      tokens a second with many askers at once, beside vLLM's own, in four rounds: on a CPU the
                  prompts of a round take about two seconds each, because none of them is cached
    follow-up     how much of a follow-up's prompt vLLM finds in its prefix cache, by its metrics

    vLLM should have nothing else to do meanwhile.
    """
    settings = load_settings(llm__url=url, llm__max_tokens=max_tokens)
    texts = _sample_questions(questions)
    with tempfile.TemporaryDirectory() as folder:
        if data is None:
            ingest([_SAMPLES], data_dir=folder, settings=settings)
        stack, vllm = AnswerStack(Assistant.open(data or folder, settings=settings)), Vllm(url)
        bodies = _record(stack, texts)
        figures: dict[str, Any] = {"model": bodies[0]["model"]}
        say = (lambda _: None) if as_json else click.echo
        say(f"model: {figures['model']}")
        if not only or "first-token" in only:
            figures["first_token"] = _first_token(stack, vllm, texts, bodies)
            say(_first_token_text(figures["first_token"]))
        if not only or "follow-up" in only:
            figures["follow_up"] = _follow_ups(stack, vllm, texts[:conversations])
            say(_follow_up_text(figures["follow_up"]))
        if not only or "together" in only:
            figures["together"] = _together(stack, vllm, texts, bodies, askers, requests)
            say(_together_text(figures["together"], askers))
    if as_json:
        click.echo(json.dumps(figures, indent=2))


def _sample_questions(count: int) -> list[str]:
    lines = (_SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    answerable = [entry["question"] for entry in entries if not entry["unanswerable"]]
    step = max(1, len(answerable) // count)  # from all over the documents: fewer shared passages
    return answerable[::step][:count]


def _record(stack: AnswerStack, questions: Sequence[str]) -> list[dict[str, Any]]:
    """What Inhouse sends for each question."""
    stack.salt = _salt()
    stack.sent.clear()
    for question in questions:
        stack.ask(question)
    bodies = list(stack.sent)
    assert len(bodies) == len(questions), "each question is one request"
    return bodies


def _first_token(
    stack: AnswerStack, vllm: Vllm, questions: Sequence[str], bodies: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Each question through both, in turns, first with the passages new to vLLM, then again."""
    salt = {"ours": _salt(), "vllm": _salt()}
    stack.salt = salt["ours"]
    stack.ask(questions[0])  # the front that all prompts share is cached in either world
    vllm.ask(bodies[0], salt["vllm"])
    result: dict[str, Any] = {}
    for state in ("fresh", "cached"):
        ours, own, search = [], [], []
        for number, (question, body) in enumerate(zip(questions[1:], bodies[1:], strict=True)):
            for turn in range(2):
                if (number + turn) % 2:
                    reply, searched, _ = stack.ask(question)
                    ours.append(reply.first - searched)
                    search.append(searched)
                else:
                    own.append(vllm.ask(body, salt["vllm"]).first)
        result[state] = {
            "inhouse_ms": _ms(ours),
            "vllm_ms": _ms(own),
            "search_ms": _ms(search),
            "ratio": round(statistics.median(ours) / statistics.median(own), 3),
            "paired_ratio": round(
                statistics.median(a / b for a, b in zip(ours, own, strict=True)), 3
            ),
        }
    return result


def _together(
    stack: AnswerStack,
    vllm: Vllm,
    questions: Sequence[str],
    bodies: Sequence[dict[str, Any]],
    askers: int,
    requests: int,
) -> dict[str, Any]:
    """So many questions by many askers at once: through both, in the order A B B A."""

    def through_inhouse(number: int) -> TimedReply:
        return stack.ask(questions[number])[0]

    rates: dict[str, list[float]] = {"inhouse": [], "vllm": []}
    for name in ("inhouse", "vllm", "vllm", "inhouse"):
        salt = _salt()
        stack.salt = salt

        def through_vllm(number: int, salt: str = salt) -> TimedReply:
            return vllm.ask(bodies[number], salt)

        one = through_inhouse if name == "inhouse" else through_vllm
        rates[name].append(_rate(one, len(questions), requests, askers))
    ours, own = statistics.mean(rates["inhouse"]), statistics.mean(rates["vllm"])
    return {
        "inhouse_tokens_per_s": round(ours, 1),
        "vllm_tokens_per_s": round(own, 1),
        "ratio": round(ours / own, 3),
    }


def _rate(one: Callable[[int], TimedReply], questions: int, requests: int, askers: int) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(askers) as pool:
        replies = list(pool.map(one, [number % questions for number in range(requests)]))
    return sum(reply.completion_tokens for reply in replies) / (time.perf_counter() - started)


def _follow_ups(stack: AnswerStack, vllm: Vllm, questions: Sequence[str]) -> dict[str, Any]:
    """The second question of a conversation: how many tokens of its prompt vLLM had already.

    What Inhouse sends is recorded and sent once more, the question before and then the follow-up: the model
    is also asked to put the follow-up anew, and that request would count as well.
    """
    hits = tokens = with_hit = counted = 0
    for question in questions:
        stack.salt, salt = _salt(), _salt()
        _, _, answer = stack.ask(question)
        first = stack.sent[-1]
        stack.ask(_FOLLOW_UP, [Turn(question=question, answer=answer)])
        vllm.ask(first, salt)
        before = vllm.prefix_cache()
        reply = vllm.ask(stack.sent[-1], salt)
        after = vllm.prefix_cache()
        if after[0] - before[0] != reply.prompt_tokens:
            continue  # somebody else asked vLLM meanwhile: the figures are not ours
        counted += 1
        hits += after[1] - before[1]
        tokens += reply.prompt_tokens
        with_hit += after[1] > before[1]
    return {"counted": counted, "with_hit": with_hit, "hits": hits, "tokens": tokens}


def _first_token_text(figures: dict[str, Any]) -> str:
    row = "{:<18}{:>20}{:>13}{:>8}{:>14}{:>8}"
    head = (
        "first token, ms",
        "Inhouse less search",
        "vLLM itself",
        "ratio",
        "paired ratio",
        "search",
    )
    lines = [row.format(*head)]
    for state, state_figures in figures.items():
        ours, own = state_figures["inhouse_ms"], state_figures["vllm_ms"]
        cells = (
            state,
            ours,
            own,
            state_figures["ratio"],
            state_figures["paired_ratio"],
            state_figures["search_ms"],
        )
        lines.append(row.format(*cells))
    return "\n".join(lines)


def _together_text(figures: dict[str, Any], askers: int) -> str:
    return (
        f"{askers} askers at once: {figures['inhouse_tokens_per_s']} tokens/s through Inhouse, "
        f"{figures['vllm_tokens_per_s']} from vLLM itself: {figures['ratio']}"
    )


def _follow_up_text(figures: dict[str, Any]) -> str:
    share = figures["hits"] / figures["tokens"] if figures["tokens"] else 0.0
    return (
        f"follow-ups: {figures['with_hit']} of {figures['counted']} hit the prefix cache, "
        f"with {figures['hits']} of {figures['tokens']} tokens ({share:.0%})"
    )


def _ms(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds) * 1e3, 1)


def _salt() -> str:
    return uuid.uuid4().hex


if __name__ == "__main__":
    main()
