"""Signing in and out in a real Chromium."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.crowd import PASSWORD, Crowd, gather
from tests.ui.stand_in import StandIn
from tests.ui.tab import NARROW, WIDE, take_picture
from ui.web.userdata.accounts import Accounts

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Crowd, str]]:
    """A page with accounts, and its address."""
    import uvicorn

    from ui.web.server import listen

    crowd = gather(tmp_path_factory.mktemp("people"), StandIn)
    Accounts(crowd.app_state.history._store).change("reader", password=PASSWORD)
    sock = listen("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(crowd.app, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield crowd, f"http://127.0.0.1:{sock.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def open_page(browser: Any, page_of: tuple[Crowd, str]) -> Iterator[Callable[..., Any]]:
    contexts, elsewhere = [], list[str]()

    def open_(**options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(60_000)  # a machine may be busy
        page = contexts[-1].new_page()
        page.on(
            "request", lambda r: r.url.startswith((page_of[1], "data:")) or elsewhere.append(r.url)
        )
        page.on("dialog", lambda dialog: elsewhere.append(dialog.message))
        page.goto(page_of[1])
        return page

    yield open_
    for context in contexts:
        context.close()
    assert elsewhere == [], "nothing from another host, no script of others"


def _sign_in(page: Any, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill("reader")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_a_citation_s_link_survives_signing_in(
    open_page: Callable[..., Any], page_of: tuple[Crowd, str]
) -> None:
    """Another program shows it; whoever follows it signs in, and is at the place that it names."""
    page = open_page(viewport=WIDE)
    page.goto(f"{page_of[1]}/open/0a1b2c/31-75-78552f03eff8")
    _sign_in(page)
    page.wait_for_url("**/#source/0a1b2c/31-75-78552f03eff8")


def test_the_page_asks_who_is_there(open_page: Callable[..., Any]) -> None:
    """Whoever is wrong is told so, keeps the name, and goes on with the password."""
    page = open_page(viewport=WIDE)
    assert page.url.endswith("/sign-in?next=/")
    assert page.evaluate("document.activeElement.id") == "name"
    _picture(page, "sign-in")
    _sign_in(page, "not the password")
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Name").input_value() == "reader"
    assert page.evaluate("document.activeElement.id") == "password"
    _picture(page, "sign-in-wrong")


def _picture(page: Any, name: str) -> None:
    """Pictures wide and narrow, in light and in dark; nothing is wider than the window."""
    for width, size in (("narrow", NARROW), ("wide", WIDE)):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            take_picture(page, f"{name}-{width}-{scheme}")


def test_what_one_presses_keeps_its_name_beside_that_of_who_is_signed_in(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(viewport=WIDE)
    _sign_in(page)
    page.locator("#open-history").wait_for()
    for width in (1440, 1280, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        for button in ("#open-history span", "a.new span"):
            box = page.locator(button).first.bounding_box()
            assert box
            assert box["width"] > 20
        assert page.locator("#top").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_a_session_that_ends_while_somebody_types_costs_them_nothing(
    open_page: Callable[..., Any], page_of: tuple[Crowd, str]
) -> None:
    """The page says so, what was typed stays, and after signing in again the question is answered."""
    page = open_page(viewport=WIDE)
    _sign_in(page)
    question = page.locator("#question textarea")
    question.fill("How long is parental leave?")
    Accounts(page_of[0].app_state.history._store).change("reader", password=PASSWORD)
    question.press("Enter")
    page.evaluate("document.dispatchEvent(new Event('inhouse:changed'))")
    notice = page.locator("#notices", has_text="signed out")
    notice.wait_for()
    take_picture(page, "signed-out")
    expect(question).to_have_value("How long is parental leave?")
    with page.context.expect_page() as opened:
        notice.get_by_role("link", name="Sign in again").click()
    other = opened.value
    _sign_in(other)
    other.locator("#question textarea").wait_for()
    other.close()
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('inhouse:changed'))")
    notice.wait_for(state="hidden")
    expect(question).to_have_value("How long is parental leave?")
    question.press("Enter")
    page.locator("#now .status", has_text="Backed by your documents").wait_for()
