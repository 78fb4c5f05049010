"""In a real Chromium: what people once stumbled over on the page, one test for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import ingest
from rag import Assistant
from rag.answer import Status
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.crowd import PASSWORD
from tests.ui.serving import served
from tests.ui.stand_in import make_answer
from tests.ui.tab import NARROW, WIDE, Tab
from ui.messages.page import ENGLISH
from ui.web.app import create_app
from ui.web.identity import LOCAL, Role
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import PEOPLE, Store

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]
COLUMNS = 14
PRICES = (
    "# Prices\n\nIn EUR, without tax.\n\n"
    f"|{' A column of the list |' * COLUMNS}\n|{' --- |' * COLUMNS}\n|{' **120** EUR |' * COLUMNS}\n"
)
FIRST_LOAD = 350_000  # bytes over the network, until a question can be asked of the whole page
OUTSIDE = """() => [...document.querySelectorAll('#t1 .numbered :is(.chip, .tag)')].filter(chip => {
    const text = document.createRange();
    text.selectNode([...chip.childNodes].find(node => node.nodeType === Node.TEXT_NODE));
    const [inner, box] = [text.getBoundingClientRect(), chip.getBoundingClientRect()];
    return inner.left < box.left - 1 || inner.right > box.right + 1;
}).map(chip => chip.textContent)"""

SHIFT = """window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (!entry.hadRecentInput) window.shift += entry.value;
})).observe({type: 'layout-shift', buffered: true})"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A page on one document, with a rule that is newer than its index."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "files").mkdir()
    (folder / "files/prices.md").write_text(PRICES, "utf-8")
    ingest([folder / "files"], data_dir=folder / "data", embedder=HashingEmbedder())
    rules = [{"glob": "/nowhere/**", "readers": ["group:board"]}]
    values = {
        "data": folder / "data",
        "access": {"rules": rules},
        "llm": {"url": "http://127.0.0.1:9"},
    }
    settings = Settings.model_validate(values)
    return create_app(
        lambda: Assistant.open(folder / "data", settings=settings, embedder=HashingEmbedder()),
        settings=settings,
    )


@pytest.fixture(scope="module")
def url(app: Any) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_numbered_list_keeps_its_sources_apart(
    app: Any, url: str, open_tab: Open, viewport: dict[str, int]
) -> None:
    """The words "no source" and the numbers of citations stand within their own boxes."""
    answer = make_answer("Which steps?", Status.PARTIAL)
    text = "\n".join(f"{n}. {sentence.text}" for n, sentence in enumerate(answer.sentences, 1))
    history = app.state.app_state.history
    kept = history.create(LOCAL)
    history.append(LOCAL, kept, answer.model_copy(update={"text": text}))
    page = open_tab(f"{url}/?c={kept}", viewport=viewport).page
    page.locator("#t1 .status").wait_for()
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.locator("#t1 .numbered .chip").count() == 2
    assert page.locator("#t1 .numbered .tag").count() == 1
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_table_has_its_header_and_a_wide_one_scrolls(
    url: str, open_tab: Open, viewport: dict[str, int]
) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    page = open_tab(f"{url}/", viewport=viewport, permissions=allowed).page
    page.get_by_label("Your question").fill("Which column has 120 EUR?")
    page.get_by_label("Your question").press("Enter")
    page.get_by_role("link", name="Copy").click()
    page.get_by_text(ENGLISH.copied).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "120 EUR" in copied
    assert "|" not in copied
    assert "**" not in copied
    page.locator("#t1 .extract a").first.click()
    table = page.locator("#viewer .wide").first
    table.wait_for()
    assert table.locator("th").all_inner_texts() == ["A column of the list"] * COLUMNS
    assert table.locator("td strong").first.inner_text() == "120"
    assert "|" not in table.inner_text()
    assert "|" not in page.locator("#t1 .extract").first.inner_text()
    assert (
        table.evaluate("e => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX")
        == "auto"
    )


@pytest.mark.parametrize("width", [768, 1280, 1600])
def test_compare_stands_in_the_middle_below_the_header(
    url: str, open_tab: Open, width: int
) -> None:
    page = open_tab(f"{url}/compare", ready="#room", viewport={"width": width, "height": 800}).page
    form = page.locator("#room form").bounding_box()
    heading, notices = page.locator("h1").bounding_box(), page.locator("#notices").bounding_box()
    assert form
    assert heading
    assert notices
    assert abs(form["x"] + form["width"] / 2 - width / 2) < 10
    assert heading["y"] >= notices["y"] + notices["height"] + 16


def test_a_score_is_no_share_of_anything(url: str, open_tab: Open) -> None:
    page = open_tab(f"{url}/search?q=prices", ready="#main").page
    page.locator(".hit .why summary").first.click()
    assert "of 1" not in page.locator(".hit .why").first.inner_text()


def test_an_empty_list_says_that_rights_are_the_reason(tmp_path: Path, open_tab: Open) -> None:
    """Neither the documents nor a search blame filters where somebody may read nothing."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/prices.md").write_text(PRICES, "utf-8")
    rules = [{"glob": f"{tmp_path}/files/**", "readers": ["group:board"]}]
    values = {"data": tmp_path / "data", "access": {"rules": rules}, "web": {"sign_in": "accounts"}}
    settings, embedder = Settings.model_validate(values), HashingEmbedder()
    ingest([tmp_path / "files"], data_dir=tmp_path / "data", settings=settings, embedder=embedder)
    Accounts(Store(tmp_path / "data" / PEOPLE)).add("reader", role=Role.READER, password=PASSWORD)
    app = create_app(
        lambda: Assistant.open(tmp_path / "data", settings=settings, embedder=embedder),
        settings=settings,
    )
    with served(app) as address:
        page = open_tab(address, ready="#name").page
        page.get_by_label("Name").fill("reader")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator("#ask").wait_for()
        for path in ("/documents", "/search?q=prices", "/search?q=prices&type=text/markdown"):
            page.goto(address + path)
            assert page.locator(".none").inner_text() == ENGLISH.rooms.nothing_readable, path


def test_rules_that_are_newer_than_the_index_stand_in_red(url: str, open_tab: Open) -> None:
    page = open_tab(f"{url}/admin", ready="#main").page
    note = page.get_by_text("The rules are newer than the index.")
    red, green, blue = note.evaluate(
        "e => getComputedStyle(e).color.match(/[0-9.]+/g).map(Number)"
    )[:3]
    assert red > 1.5 * max(green, blue)
    page.get_by_text("inhouse ingest", exact=True).first.wait_for()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_jumps_when_a_notice_comes(
    url: str, open_tab: Open, viewport: dict[str, int]
) -> None:
    """The page says that no model answers a moment after it is there; 0.1 is what browsers call good."""
    page = open_tab(url, viewport=viewport).page
    page.add_init_script(SHIFT)
    page.reload()
    notice, heading = page.locator(".banner"), page.locator("h1")
    notice.wait_for()
    page.locator("#asked").wait_for(state="attached")
    assert page.evaluate("window.shift") < 0.1
    below, above = notice.bounding_box(), heading.bounding_box()
    assert below
    assert above
    assert below["y"] + below["height"] <= above["y"], "it covers nothing"


def test_the_box_is_there_before_gradio_and_the_page_is_light(
    url: str, browser: Any, open_tab: Open
) -> None:
    """What is asked while Gradio is on its way is answered once it is there."""
    tab = open_tab("about:blank", ready="html", viewport=NARROW)
    page, waiting = tab.page, []
    tab.url = url
    network = tab.context.new_cdp_session(page)
    network.send("Network.enable")
    sizes: list[int] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.route("**/assets/index-*.js", lambda route: waiting.append(route))
    page.goto(url, wait_until="commit")
    page.get_by_label("Your question").fill("What are the prices?")
    page.get_by_label("Your question").press("Enter")
    page.locator("#sent .question", has_text="What are the prices?").wait_for()
    while not waiting:
        page.wait_for_timeout(20)
    waiting[0].continue_()
    page.locator("#t1 .extract").first.wait_for()
    assert sum(sizes) <= FIRST_LOAD
    assert page.get_by_label("Your question").input_value() == ""
    assert ENGLISH.searching not in page.locator("#talk").inner_text()
