"""The report of an evaluation in a real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.world import hostile_evaluation
from tests.ui.tab import ARTIFACTS, NARROW, WIDE
from ui.view.evaluation.page import evaluation_page

pytestmark = pytest.mark.browser

HOSTILE = "'\"><script>document.title='ran'</script><img src=http://192.0.2.1/x onerror=alert(1)>"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_stands_alone_and_fits(
    browser: Any, tmp_path: Path, size: dict[str, int], scheme: str
) -> None:
    """No request, nothing in the console, no script ran, and nothing is wider than the window."""
    file = tmp_path / "report.html"
    file.write_text(evaluation_page(hostile_evaluation(HOSTILE)), "utf-8")
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page, seen = context.new_page(), []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.goto(file.as_uri())
    page.locator("summary").first.click()
    assert page.locator("details dd").first.is_visible()
    assert page.title().startswith("Evaluation of")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert seen == [file.as_uri()]
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(247, 247, 245)"
    assert dark is (scheme == "dark")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"report-{size['width']}-{scheme}.png", full_page=True)
    context.close()
