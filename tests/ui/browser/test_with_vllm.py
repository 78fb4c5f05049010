"""The page on the real thing: real embedder, real index, real vLLM, real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag import Assistant, load_settings
from tests.ui.tab import Tab
from ui.commands.demo import QUESTIONS

pytestmark = [pytest.mark.browser, pytest.mark.vllm, pytest.mark.slow]


@pytest.mark.timeout(600)
def test_a_question_streams_an_answer_with_its_source(
    sample_index: Path,
    vllm_url: str,
    serve_page: Callable[..., str],
    open_tab: Callable[..., Tab],
) -> None:
    """A click on a starter question: the documents' words are there before the model has written, and the
    passage that they stand in."""
    settings = load_settings(llm__url=vllm_url)
    url = serve_page(lambda: Assistant.open(sample_index, settings=settings), QUESTIONS)
    tab = open_tab(url)
    page = tab.page
    page.locator("#index-state", has_text="42 documents").wait_for(timeout=60_000)
    # Every state that the answer's text goes through, from before the first token on.
    page.evaluate(
        "() => { window.seen = new Set(); new MutationObserver(() => { const now = "
        "document.querySelector('#now'); if (now) window.seen.add(now.innerText) })"
        ".observe(document.body, {subtree: true, childList: true, characterData: true}) }"
    )
    page.get_by_text(QUESTIONS[0]).first.click()
    page.locator("#now .extract", has_text="five months").first.wait_for(timeout=60_000)
    page.locator("#now .status:not(.status-busy)").wait_for(timeout=120_000)
    seen = page.evaluate("() => [...window.seen]")
    assert len(seen) > 2, "the answer came in pieces"
    assert "five months" in page.locator("#now").inner_text()
    assert page.get_by_text("employee-handbook.docx").first.is_visible()
    tab.pictures("real")
