"""The server ends while a page is open, and comes back: nobody reloads, and nothing is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ui.page_process import PageProcess
from tests.ui.tab import Tab
from ui.messages.page import ENGLISH

pytestmark = pytest.mark.browser
MOMENTS = ("#stop", "#now .extracts", "#now .body .sentence")
SLOW, FAST = 0.5, 0.0  # seconds for a word


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageProcess]:
    server = PageProcess(tmp_path, SLOW)
    yield server
    server.end(signal.SIGKILL)


def try_again(tab: Tab, question: str) -> None:
    """Asks the next server, without a reload."""
    page = tab.page
    page.locator("#ask").wait_for()
    assert page.get_by_label("Your question").input_value() == question
    name = ENGLISH.try_again
    page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name)).click()
    page.locator("#now .question", has_text=question).wait_for()


def test_a_page_goes_on_when_its_server_is_killed_in_the_middle_of_an_answer(
    server: PageProcess, open_tab: Callable[..., Tab]
) -> None:
    """Killed when the question was sent, when passages were found, and after the first sentence."""
    tab = open_tab(server.url)
    page = tab.page
    tab.ask("Is this partial?")
    for n, moment in enumerate(MOMENTS, 2):
        tab.send(f"How long is leave, slowly {n}?")
        page.locator(moment).first.wait_for()
        server.end(signal.SIGKILL)
        server.start(SLOW if n <= len(MOMENTS) else FAST)
        try_again(tab, f"How long is leave, slowly {n}?")
        if n <= len(MOMENTS):
            page.locator("#stop").click()
            page.locator("#now .status", has_text=ENGLISH.stopped).wait_for()
    page.locator("#now .status", has_text="Backed by your documents").wait_for()
    questions = page.locator(".turn .question").all_inner_texts()
    assert [text[-2:-1] for text in questions] == ["l", "2", "3", "4"], "each is there once"
    page.reload()
    page.locator("#t4 .status", has_text="Backed by your documents").wait_for()
    assert page.locator("#t1 .status", has_text="Partly backed").count() == 1
    tab.faults.clear()  # the browser itself reports the connections that it has lost


def test_a_page_goes_on_when_its_server_is_stopped_and_says_when_it_is_away(
    server: PageProcess, open_tab: Callable[..., Tab]
) -> None:
    """What was found until then is in the history; what is asked meanwhile comes back into the box."""
    tab = open_tab(server.url)
    page = tab.page
    tab.send("How long is leave, slowly?")
    page.wait_for_url("**/?c=*")
    server.end(signal.SIGTERM)
    page.locator("#now .status", has_text=ENGLISH.cut).wait_for()
    assert page.locator("#now .extract").count() == 2
    assert "Attempting reconnection" not in page.locator("body").inner_text()
    page.get_by_label("Your question").fill("And travel?")
    page.get_by_label("Your question").press("Enter")
    page.locator(".complaint", has_text=ENGLISH.lost).wait_for()
    server.start(FAST)
    kept = open_tab(page.url).page
    kept.locator("#t1 .status", has_text=ENGLISH.interrupted).wait_for()
    assert kept.locator("#t1 .extract").count() == 2
    page.get_by_role("button", name=ENGLISH.try_again).click()
    page.locator("#t2 .status", has_text="Backed by your documents").wait_for()
    page.locator(".banner").wait_for(state="detached")
    tab.faults.clear()
