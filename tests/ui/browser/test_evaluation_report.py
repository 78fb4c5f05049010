"""The report of an evaluation in a real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.world import hostile_evaluation
from tests.ui.tab import NARROW, WIDE, take_picture
from ui.view.evaluation.page import render_evaluation_page

pytestmark = pytest.mark.browser

HOSTILE = "'\"><script>document.title='ran'</script><img src=http://192.0.2.1/x onerror=alert(1)>"


def test_it_stands_alone_and_fits(browser: Any, tmp_path: Path) -> None:
    """No request, nothing in the console, no script ran, and nothing is wider than the window."""
    file = tmp_path / "report.html"
    file.write_text(render_evaluation_page(hostile_evaluation(HOSTILE)), "utf-8")
    context = browser.new_context()
    page, seen = context.new_page(), []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.goto(file.as_uri())
    page.locator("summary").first.click()
    assert page.locator("details dd").first.is_visible()
    assert page.title().startswith("Evaluation of")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (background != "rgb(247, 247, 245)") is (scheme == "dark")
            take_picture(page, f"report-{size['width']}-{scheme}", full_page=True)
    assert seen == [file.as_uri()]
    context.close()
