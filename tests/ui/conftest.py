"""One browser for the session, a served page for each test."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.ui.stand_in import StandIn
from tests.ui.tab import WIDE, Tab


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless; per module, since no test can run a loop while it is open."""
    from playwright.sync_api import sync_playwright

    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is missing; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


def _serving() -> Iterator[Callable[..., str]]:
    """Serve a page for an assistant (or a function that opens one); gives its address."""
    running: list[tuple[Any, threading.Thread]] = []

    def serve(
        open_assistant: Callable[[], Any], starters: Sequence[str] = (), **options: Any
    ) -> str:
        import uvicorn

        from rag.profile import Profile
        from ui.web.app import create_app
        from ui.web.server import listen

        sock = listen("127.0.0.1", 0)
        offered = {"profiles": [Profile(starters=tuple(starters))]} | options
        app = create_app(open_assistant, **offered)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{sock.getsockname()[1]}"

    yield serve
    for server, thread in running:
        server.should_exit = True
        thread.join(timeout=10)


serve_page = pytest.fixture(_serving)
serve_for_module = pytest.fixture(scope="module")(_serving)


@pytest.fixture
def open_tab(browser: Any) -> Iterator[Callable[..., Tab]]:
    tabs: list[Tab] = []

    def open_(url: str, **options: Any) -> Tab:
        tabs.append(Tab(browser, url, **{"viewport": WIDE} | options))
        return tabs[-1]

    yield open_
    for tab in tabs:
        tab.context.close()
        assert tab.faults == [], "nothing from another host, no error in the console, no script ran"
