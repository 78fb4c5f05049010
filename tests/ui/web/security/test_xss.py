"""223 attempts to get a script to run, in documents, names, questions and answers, on every screen."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ingest import ingest
from rag import Assistant
from rag.answer import Answer, Status
from rag.evaluation import store
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.evaluation.world import hostile_evaluation
from tests.ui.serving import served
from tests.ui.tab import WIDE, Tab
from tests.ui.xss import CASES
from ui.messages.page import ENGLISH

pytestmark = pytest.mark.browser

FOLDERS, PARTS = 5, 3
KEPT = "One that was kept"
WORD = "canteen"  # stands in every document
_OWN = "script[type=module][src^='/page/'], script[type=module][src^='/assets/']"
_LOOK = f"""() => ({{
    scripts: [...document.querySelectorAll('script')].filter(s => !s.matches("{_OWN}")).length,
    foreign: document.querySelectorAll(
        '#main :is(img, iframe, object, embed, video, audio, marquee, base, meta, math, style)'
        + ', #main > * link, #main > link:not([href^="/assets/"])' // Gradio's own stylesheets
        + ', #viewer :is(iframe, object, embed, math, style), gradio-app :is(iframe, object, embed)'
        + ', gradio-app img, #main svg :is(script, a, foreignObject, use, animate, set)'
        + ', #panel svg, #talk .turn svg').length,
    handlers: [...document.querySelectorAll('#main *, #viewer *, .turn *, #panel *')].filter(
        e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
    links: [...document.querySelectorAll('a[href], form[action]')].filter(
        e => !/^(?:[/?#](?!\\/)|$)/.test(e.getAttribute('href') ?? e.getAttribute('action'))).length,
    violations: window.violations, ran: window.ran,
}})"""
_CLEAN = {"scripts": 0, "foreign": 0, "handlers": 0, "links": 0, "violations": [], "ran": []}
_WATCH = """
window.ran = []; window.violations = [];
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => window.ran.push(name);
document.addEventListener('securitypolicyviolation', e => window.violations.push(e.violatedDirective));
"""


def _batches(longest: int = 3_600) -> list[str]:
    """All cases, in texts that may be asked as one question."""
    batches = [""]
    for case in CASES:
        if len(batches[-1]) + len(case) > longest:
            batches.append("")
        batches[-1] += case + " \n"
    return [batch.strip() for batch in batches]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 223 documents whose names, titles and texts are the cases, and one that has them all."""
    home = tmp_path_factory.mktemp("hostile")
    for number, case in enumerate(CASES):
        name = "".join("\u2215" if character in "/\0" else character for character in case)[:60]
        path = home / f"papers/{number % FOLDERS}" / f"{number:03d}{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        title = " ".join(case.split())
        path.write_text(f"# {title}\n\nThe {WORD}: {case}\n\n{case}\n", "utf-8")
    (home / "papers/all.txt").write_text("\n\n".join(CASES), "utf-8")
    embedder = HashingEmbedder(dimension=64)
    report = ingest(
        [home / "papers"], data_dir=home / "data", settings=Settings(), embedder=embedder
    )
    assert not report.failed
    assert report.added == len(CASES) + 1
    evaluation = hostile_evaluation("x")
    outcomes = [hostile_evaluation(case).outcomes[0] for case in CASES]
    store.keep(
        home / "data",
        evaluation.model_copy(update={"outcomes": tuple(outcomes), "made_at": time.time()}),
    )
    return home / "data"


@pytest.fixture(scope="module")
def address(data: Path) -> Iterator[str]:
    """The whole application over that index, with a model that answers what it was asked to."""
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    from ui.web.app import create_app
    from ui.web.identity import LOCAL
    from ui.web.userdata.database import PEOPLE, Store
    from ui.web.userdata.feedback import FeedbackBook
    from ui.web.userdata.history import History

    settings = Settings.model_validate({"data": str(data), "llm": {"model": CASES[0]}})
    model = GenericFakeChatModel(messages=itertools.cycle(map(AIMessage, _batches())))
    embedder = HashingEmbedder(dimension=64)
    store_of_people = Store(data / PEOPLE)
    book, history = FeedbackBook(store_of_people), History(store_of_people)
    for number, case in enumerate(CASES):
        history.create(LOCAL, f"part{number % PARTS} {case}")
    kept = history.create(LOCAL, KEPT)
    for question in _batches():
        answer = Answer(question=question, text=question, status=Status.UNSUPPORTED, model=question)
        history.append(LOCAL, kept, answer)
        history.append(LOCAL, kept, answer, stopped=True)
    for case in CASES[:100]:
        answer = Answer(question=case, text=case, status=Status.UNSUPPORTED, model=case)
        book.give(LOCAL, answer, helpful=False, reason="wrong", note=case)

    def open_assistant() -> Assistant:
        return Assistant.open(data, settings=settings, embedder=embedder, chat_model=model)

    with served(create_app(open_assistant, settings=settings)) as url:
        yield url


@pytest.fixture(scope="module")
def tab(browser: Any, address: str) -> Iterator[Tab]:
    tab = Tab(browser, f"{address}/about", ready="#main", viewport=WIDE)
    tab.context.add_init_script(_WATCH)
    yield tab
    tab.context.close()


def visit(tab: Tab, path: str) -> Any:
    tab.page.goto(tab.url + path)
    return tab.page


def assert_nothing_ran(tab: Tab) -> None:
    assert tab.page.evaluate(_LOOK) == _CLEAN
    assert tab.faults == []


def test_there_are_223_cases() -> None:
    assert len(CASES) == len(set(CASES)) == 223


@pytest.mark.parametrize("folder", range(FOLDERS))
def test_titles_names_and_passages_on_the_search_screen(tab: Tab, folder: int) -> None:
    page = visit(tab, f"/search?q={WORD}&folder=papers/{folder}&many=50")
    expected = len(range(folder, len(CASES), FOLDERS))
    # Cases that differ in their marks alone say the same, and are named beside the first of them.
    assert page.locator(".hit").count() + page.locator(".also a").count() == expected
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert_nothing_ran(tab)


def test_the_words_that_are_looked_for_on_the_search_screen(tab: Tab) -> None:
    for batch in _batches():
        page = visit(tab, f"/search?q={quote(batch)}")
        typed = page.locator("input[name=q]").input_value()
        assert _visible(typed).replace("\ufffd", "") == _visible(batch), "as it was typed"
        assert_nothing_ran(tab)


def test_names_titles_and_filters_on_the_documents_screen(tab: Tab) -> None:
    seen: set[str] = set()
    for number in range(1, 6):
        page = visit(tab, f"/documents?page={number}&folder=papers")
        seen |= set(page.locator("tbody th a").evaluate_all("all => all.map(a => a.href)"))
        assert_nothing_ran(tab)
    assert len(seen) == len(CASES) + 1
    for case in CASES[::20]:
        page = visit(tab, f"/documents?name={quote(case)}&folder={quote(case)}&tag={quote(case)}")
        assert page.locator("input[name=name]").input_value() == " ".join(
            case.split("\n")
        ).strip() or ("\n" in case)
        assert_nothing_ran(tab)


def test_all_cases_in_the_chunks_of_a_document_and_when_it_is_opened(tab: Tab) -> None:
    page = visit(tab, "/documents?name=all.txt")
    page.locator("tbody th a").first.click()
    page.locator(".card blockquote").first.wait_for()
    text = "".join(page.locator(".card blockquote").all_text_contents())
    missing = [case for case in CASES if _visible(case) not in _visible(text)]
    assert len(missing) < 12, "but for those that stand across the edge of two chunks"
    assert_nothing_ran(tab)
    page.get_by_role("link", name="Open").click()
    page.locator("#viewer .doc").wait_for()
    opened = page.locator("#viewer .doc").inner_text()
    missing = [case for case in CASES if _visible(case) not in _visible(opened)]
    assert len(missing) < 12, "but for those that are drawn as a table or a heading"
    assert_nothing_ran(tab)


def _visible(text: str) -> str:
    """Without white space and what a browser draws as nothing."""
    return "".join(
        character for character in text if character.isprintable() and not character.isspace()
    )


def test_questions_and_answers_in_a_conversation(tab: Tab) -> None:
    page = visit(tab, "/")
    page.locator("#ask").wait_for()
    for batch in _batches():
        tab.send(batch)
        page.locator("#stop").wait_for()
        page.locator("#ask").wait_for()
        assert_nothing_ran(tab)
    turns = page.locator(".turn")
    assert turns.count() == len(_batches())
    questions = _visible("".join(page.locator(".turn .question").all_text_contents()))
    assert all(_visible(case) in questions for case in CASES)
    for turn in turns.all():
        assert turn.locator(".body").count(), "the model has answered"
    assert_nothing_ran(tab)


def test_questions_and_answers_side_by_side(tab: Tab) -> None:
    for batch in _batches():
        page = visit(tab, f"/compare?q={quote(batch)}")
        for side in ("alone", "with"):
            page.locator(f"#pane-{side} .body").first.wait_for(state="attached", timeout=60_000)
            page.locator(f"#pane-{side} .facts").first.wait_for(timeout=60_000)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        typed = _visible(page.locator("#compare-question").input_value())
        assert typed.replace("\ufffd", "") == _visible(batch), "as it was typed"
        assert_nothing_ran(tab)


def test_titles_in_the_history_and_turns_that_were_kept(tab: Tab) -> None:
    page = visit(tab, "/")
    page.locator("#ask").wait_for()
    page.locator("#open-history").click()
    titles = ""
    for number in range(PARTS):
        page.get_by_label(ENGLISH.history_search).fill(f"part{number}")
        page.locator("#history .title", has_text=f"part{(number + 1) % PARTS} ").first.wait_for(
            state="detached"
        )
        page.locator("#history .title", has_text=f"part{number} ").first.wait_for()
        titles += "".join(page.locator("#history .title").all_text_contents())
        assert_nothing_ran(tab)
    cut = [_visible(case)[:40] for case in CASES]
    assert [case for case in cut if case not in _visible(titles)] == []
    page.get_by_label(ENGLISH.history_search).fill(KEPT)
    page.locator("#history .title", has_text="part").first.wait_for(state="detached")
    page.locator("#history .title", has_text=KEPT).click()
    page.locator(".turn").nth(2 * len(_batches()) - 1).wait_for()
    assert page.locator(".status-stopped").count() == len(_batches())
    assert_nothing_ran(tab)


def test_questions_answers_and_feedback_on_the_quality_screen(tab: Tab) -> None:
    page = visit(tab, "/quality")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.locator(".report details").count() == len(CASES)
    assert page.locator(".cards > .card").count() == 100
    assert_nothing_ran(tab)


def test_questions_and_feedback_on_the_admin_screen(tab: Tab) -> None:
    page = visit(tab, "/admin")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.locator("#feedback .cards > .card").count() == 100
    assert_nothing_ran(tab)


def test_names_offered_as_a_scope_and_shown_as_its_chips(tab: Tab) -> None:
    """By the list that opens at an @, by the chips that are chosen from it, and by a link."""
    page = visit(tab, f"/?in={quote('f:' + CASES[0])}&in={quote('t:' + CASES[1])}")
    page.locator("#scope .gone p").nth(1).wait_for()
    assert_nothing_ran(tab)
    box = page.get_by_label(ENGLISH.label)
    for text in ("script", "onerror"):
        box.press_sequentially(f"@{text}")
        page.locator("#scope-list [data-id]").first.wait_for()
        box.press("Enter")
    page.locator("#scope li").nth(3).wait_for()
    assert_nothing_ran(tab)


def test_the_model_s_name_on_the_about_screen(tab: Tab) -> None:
    page = visit(tab, "/about")
    assert page.locator("h1").inner_text() == "About"
    assert_nothing_ran(tab)
    visit(tab, "/about/notices")
    assert_nothing_ran(tab)
