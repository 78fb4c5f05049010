"""The server ends while a page is open, and comes back: nobody reloads, and nothing is lost."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ui.page_process import MOMENTS, PageProcess
from tests.ui.tab import Tab
from ui.messages.page import ENGLISH

pytestmark = pytest.mark.browser
SEEN = {
    "sent": "#now .status-busy, #sent .status-busy",
    "passages": "#now .extract",
    "first words": "#now .extract",
    "middle": "#now .body .sentence",
    "end": "#now .body .sentence",
}
"""What is on the page at each moment of an answer."""
PROMISED_S = 5.0
"""So soon after the server is there again, what the documents say is on the page."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageProcess]:
    server = PageProcess(tmp_path, MOMENTS[0])
    yield server
    server.end(signal.SIGKILL)


def hold_answer(tab: Tab, server: PageProcess, question: str, moment: str) -> None:
    """Ask, and wait until the answer is at this moment, also on the page."""
    tab.send(question)
    for _ in range(3_000):
        if server.is_holding:
            break
        tab.page.wait_for_timeout(20)
    assert server.is_holding, moment
    tab.page.locator(SEEN[moment]).first.wait_for()


def try_again(tab: Tab, question: str) -> None:
    """Asks the next server, without a reload."""
    page = tab.page
    page.locator("#ask").wait_for()
    assert page.get_by_label("Your question").input_value() == question
    name = ENGLISH.try_again
    page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name)).click()
    page.locator("#now .question", has_text=question).wait_for()
    page.locator("#now .extract").first.wait_for()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_a_page_goes_on_when_its_server_ends_at_any_moment_of_an_answer(
    server: PageProcess,
    open_tab: Callable[..., Tab],
    number: int,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """What was on the page stays, the question is in the box, and asked again in time it is answered."""
    tab = open_tab(server.url)
    page = tab.page
    tab.ask("Is this partial?")
    for moment, following in itertools.pairwise(MOMENTS):
        question = f"How long is leave, held at {moment}?"
        hold_answer(tab, server, question, moment)
        before = page.locator("#now .extract, #now .body .sentence").all_inner_texts()
        server.end(number)
        page.locator("#ask").wait_for()
        kept = page.locator("#now .extract, #now .body .sentence").all_inner_texts()
        assert kept == before, moment
        server.start(following)
        returned = time.monotonic()
        try_again(tab, question)
        seconds = time.monotonic() - returned
        name = f"{signal.Signals(number).name}, {moment}: asked again after"
        record_testsuite_property(name, f"{seconds:.2f} s")
        assert seconds < PROMISED_S, moment
        page.locator("#now .status", has_text="Backed by your documents").wait_for()
    questions = page.locator(".turn .question").all_inner_texts()
    asked = [text.partition(", held at ")[2].rstrip("?") for text in questions]
    assert asked == ["", *MOMENTS[:-1]], "each is there once"
    page.reload()
    page.locator("#t6 .status", has_text="Backed by your documents").wait_for()
    assert page.locator("#t1 .status", has_text="Partly backed").count() == 1
    tab.faults.clear()  # the browser itself reports the connections that it has lost


def test_a_page_goes_on_when_its_server_is_stopped_and_says_when_it_is_away(
    server: PageProcess, open_tab: Callable[..., Tab]
) -> None:
    """What was found until then is in the history; what is asked meanwhile comes back into the box."""
    server.end(signal.SIGTERM)
    server.start("passages")
    tab = open_tab(server.url)
    page = tab.page
    hold_answer(tab, server, "How long is leave, held at passages?", "passages")
    page.wait_for_url("**/?c=*")
    server.end(signal.SIGTERM)
    page.locator("#now .status", has_text=ENGLISH.cut).wait_for()
    assert page.locator("#now .extract").count() == 2
    assert "Attempting reconnection" not in page.locator("body").inner_text()
    assert page.locator(".toast-body, .toast-wrap > *").count() == 0, "Gradio says nothing itself"
    page.get_by_label("Your question").fill("And travel?")
    page.get_by_label("Your question").press("Enter")
    page.locator(".complaint", has_text=ENGLISH.lost).wait_for()
    server.start()
    kept = open_tab(page.url).page
    kept.locator("#t1 .status", has_text=ENGLISH.interrupted).wait_for()
    assert kept.locator("#t1 .extract").count() == 2
    page.get_by_role("button", name=ENGLISH.try_again).click()
    page.locator("#t2 .status", has_text="Backed by your documents").wait_for()
    page.locator(".banner").wait_for(state="detached")
    tab.faults.clear()
