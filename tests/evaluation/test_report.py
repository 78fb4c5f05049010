"""The report: complete, and made of nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from rag import Assistant
from rag.evaluation import Evaluation, Options, evaluate
from rag.evaluation.gates import Failure
from tests.evaluation.world import ALONE, QUESTIONS, REPLIES, hostile_evaluation
from ui.terminal.evaluation import format_evaluation
from ui.view.evaluation.page import render_evaluation_page

HOSTILE = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)> "
    "</style></title></svg><a href='javascript:alert(1)'>&lt;b&gt; \x1b[31m\u202e{0} %s"
)
LINKS = {"src", "href", "srcset", "action", "data", "poster", "background", "xlink:href", "style"}


@pytest.fixture
def evaluation(assistant: Callable[..., Assistant]) -> Evaluation:
    options = Options(ablate=("dense", "retrieval"))
    return evaluate(assistant(REPLIES, ALONE), QUESTIONS, options)


def parsed(evaluation: Evaluation, **more: Any) -> Any:
    return html.document_fromstring(render_evaluation_page(evaluation, **more))


def test_nothing_in_it_leads_out_or_runs() -> None:
    """Whatever questions, documents and the model say: no script, no link, no handler, no other file."""
    page = parsed(hostile_evaluation(HOSTILE), failures=[Failure(HOSTILE, HOSTILE)])
    tags = {element.tag for element in page.iter() if isinstance(element.tag, str)}
    assert not tags & {"script", "img", "a", "iframe", "link", "object", "form", "base"}
    for element in page.iter():
        for name in element.attrib:
            assert name not in LINKS, (element.tag, name)
            assert not name.startswith("on"), (element.tag, name)
    style = "".join(page.xpath("//style/text()"))
    assert "url(" not in style
    assert "@import" not in style
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert "<script>alert(1)</script>" in page.text_content(), "it is shown as what it is"


def test_the_terminal_is_not_steered() -> None:
    """No control character of a document reaches it."""
    lines = "\n".join(format_evaluation(hostile_evaluation(HOSTILE)))
    assert "\x1b[31m" not in lines.replace("\x1b[33m", "")
    assert "\u202e" not in lines


def test_every_figure_and_every_fault_is_in_it(evaluation: Evaluation) -> None:
    page = parsed(evaluation, failures=[Failure("MRR", "is 0.5, 0.4 below its gate of 0.9")])
    text = page.text_content()
    for name, figure in evaluation.overall.metrics.items():
        row = page.xpath(f"//tr[th/b[text()='{name}']]")[0]
        assert row.xpath("td[1]/text()") == [f"{figure.value:.3f}"], name
    assert "1 gate is not met" in text
    assert "MRR is 0.5, 0.4 below its gate of 0.9" in text
    wrong = [outcome for outcome in evaluation.outcomes if outcome.faults]
    details = page.xpath("//details")
    assert len(details) == len(wrong) == 3
    for element, outcome in zip(details, wrong, strict=True):
        content = element.text_content()
        assert outcome.question.question in content
        assert all(fault in content for fault in outcome.faults)
        assert outcome.said is not None
        assert outcome.said.text in content
    titles = page.xpath("//figure/h2/text()")
    assert titles == [
        "Documents found, by number of hits",
        "Recall of documents in 5 hits, by type",
        "What became of the questions",
        "Answers that hold the expected one, by type",
        "What refusing doubtful questions would save",
        "Time",
        "What dense brings",
        "What retrieval brings",
    ]


def test_every_picture_says_what_it_shows_and_stays_inside(evaluation: Evaluation) -> None:
    """Each has a label for those who cannot see it; no number in it is NaN, none is far outside."""
    for picture in parsed(evaluation).xpath("//svg"):
        assert picture.get("role") == "img"
        assert picture.get("aria-label")
        _, _, width, height = map(float, picture.get("viewbox").split())
        for element in picture.iter():
            for name in ("x", "x1", "x2", "cx", "y", "y1", "y2", "cy"):
                if element.get(name):
                    limit = width if name[0] in "xc" and name != "cy" else height
                    assert -1 <= float(element.get(name)) <= limit + 1, (name, element.get(name))
            for number in re.findall(r"[-\d.]+|nan|inf", element.get("d") or ""):
                assert -1 <= float(number) <= width


def test_the_terminal_has_every_figure(evaluation: Evaluation) -> None:
    lines = "\n".join(format_evaluation(evaluation))
    for name, figure in evaluation.overall.metrics.items():
        assert re.search(rf"^  {re.escape(name)} +{figure.value:.3f} ", lines, re.MULTILINE), name
    assert "Without retrieval" in lines
    for name, points in evaluation.risk_coverage.items():
        assert re.search(rf"^  {re.escape(name)} .* {points[-1][1]:.3f}$", lines, re.MULTILINE)
    assert evaluation.risk_coverage
    assert re.search(r"number +2 .*0\.500", lines)
