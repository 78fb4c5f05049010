"""A browser tab under watch."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

SCREENSHOTS = os.environ.get("TEST_SCREENSHOTS", "")
"""The folder for pictures of the pages that the tests open; empty: none are taken, which saves a minute."""
_LOST = re.compile(r"net::ERR_")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def take_picture(page: Any, name: str, **options: Any) -> None:
    """Keep what a page looks like now, for whoever wants to see it; see `SCREENSHOTS`."""
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", **options)


class Tab:
    """A browser tab that notes everything it should not have done."""

    def __init__(self, browser: Any, url: str, *, ready: str = "#ask", **options: Any) -> None:
        """`ready`: what is there once the page can be used."""
        self.url = "/".join(url.split("/")[:3])
        self.faults: list[str] = []
        self._loses_connections = False
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(60_000)  # a machine may be busy
        self.page = self.context.new_page()
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        self.page.goto(url)
        self.page.locator(ready).first.wait_for()

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.faults.append(f"request to {request.url}")

    def expect_lost_connections(self) -> None:
        """From now on the browser may report connections that it has lost, also those that it had before."""
        self._loses_connections = True
        self.faults[:] = [fault for fault in self.faults if not _LOST.search(fault)]

    def _console(self, message: Any) -> None:
        if self._loses_connections and _LOST.search(message.text):
            return
        if message.type in {"error", "warning"}:
            self.faults.append(f"console: {message.text}")

    def send(self, question: str) -> None:
        self.page.get_by_label("Your question").fill(question)
        self.page.get_by_label("Your question").press("Enter")

    def ask(self, question: str) -> None:
        self.send(question)
        self.page.locator("#now .question", has_text=question).wait_for()
        self.page.locator("#ask").wait_for()

    def picture(self, name: str) -> None:
        take_picture(self.page, name, animations="disabled")

    def pictures(self, name: str) -> None:
        """The same in light and in dark."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            self.picture(f"{name}-{scheme}")
