"""Search, Documents, Quality and About in a real Chromium, over the real index of the sample documents."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag import Assistant
from rag.answer import Status
from rag.evaluation import store
from rag.profile import Profile, read_profiles
from rag.settings import Settings
from tests.evaluation.world import hostile_evaluation
from tests.ui.serving import served
from tests.ui.stand_in import make_answer
from tests.ui.tab import NARROW, WIDE, Tab
from ui.messages.page import ENGLISH
from ui.messages.page_german import GERMAN
from ui.web.identity import LOCAL
from ui.web.userdata.database import PEOPLE, Store
from ui.web.userdata.history import History

pytestmark = pytest.mark.browser

KEPT = "Leave, and what else there is"
SCREENS = {
    "ask": "/",
    "search": "/search?q=parental+leave",
    "search-empty": "/search?q=x&folder=nowhere",
    "compare": "/compare",
    "documents": "/documents",
    "document": "/documents/{name}",
    "quality": "/quality",
    "admin": "/admin",
    "scope": "/?in=f:sample_docs",
    "share": "/?c={kept}",
    "about": "/about",
    "notices": "/about/notices",
    "answered": "/?c={kept}",
    "history": "/?c={kept}",
    "feedback": "/?c={kept}",
    "profiles": "/",
    "source": "/search?q=parental+leave",
    "compared": "/compare?q=parental+leave",
}
OPENED = {
    "ask": ("", "#ask"),
    "answered": ("", "#t2 .status-stopped"),
    "history": ("#open-history", "#history li"),
    "feedback": (".act-unhelpful", "#feedback fieldset"),
    "scope": ("#add-scope", "#scope-list [data-id]"),
    "share": ("#t1 .act-share", "#share .row"),
    "profiles": ("#profile", "#profiles a"),
    "source": (".hit h2 a", "#viewer .doc"),
    "compared": ("", "#pane-with .status:not(.status-busy)"),
}
"""What is clicked on a screen, and what is there then."""


@pytest.fixture(scope="module")
def data(sample_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the index, so that uploads and an evaluation can be put into it."""
    copied = tmp_path_factory.mktemp("rooms") / "data"
    shutil.copytree(sample_index, copied)
    store.keep(copied, hostile_evaluation("How long is parental leave?"))
    return copied


@pytest.fixture(scope="module")
def address(data: Path) -> Iterator[str]:
    from ui.web.app import create_app

    inbox = data.parent / "inbox"
    inbox.mkdir()
    settings = Settings.model_validate(
        {
            "data": str(data),
            "llm": {"url": "http://127.0.0.1:9/v1"},  # nobody is there
            "web": {"inbox": str(inbox)},
        }
    )
    profiles = [Profile(), *read_profiles(Path("sample_docs/profiles"))]
    app = create_app(
        lambda: Assistant.open(data, settings=settings), settings=settings, profiles=profiles
    )
    history = app.state.app_state.history
    kept = history.create(LOCAL, KEPT)
    history.append(LOCAL, kept, make_answer("How long is leave?", Status.PARTIAL))
    history.append(LOCAL, kept, make_answer("And?", Status.UNSUPPORTED), stopped=True)
    with served(app) as url:
        yield url


@pytest.fixture(scope="module")
def name(data: Path) -> str:
    """The short name of a document with several chunks."""
    from rag.index.views.files import FileQuery

    shelf = Assistant.open(data, settings=Settings()).shelf()
    return shelf.name(shelf.files(FileQuery(text="parental-leave"))[0][0].uri)


@pytest.fixture
def open_tab_at(browser: Any, address: str) -> Iterator[Any]:
    tabs: list[Tab] = []

    def open_(path: str, **options: Any) -> Tab:
        tab = Tab(browser, address + path, ready="#main", **{"viewport": WIDE} | options)
        tabs.append(tab)
        return tab

    yield open_
    for tab in tabs:
        tab.context.close()
        assert tab.faults == [], "nothing from another host, no error in the console"


def test_no_serious_violation_on_any_screen(open_tab_at: Any, data: Path, name: str) -> None:
    """By axe-core; and each is as wide as its window, wide and narrow.

    All rules in light; in dark the one for what is different there, colours.
    """
    from axe_playwright_python.sync_playwright import Axe

    axe, tab = Axe(), open_tab_at("/about", reduced_motion="reduce")

    def violations(scheme: str) -> list[Any]:
        tab.page.emulate_media(color_scheme=scheme)
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if scheme == "dark":
            options["runOnly"] = ["color-contrast"]
        return list(axe.run(tab.page, options=options).response["violations"])

    (kept,) = History(Store(data / PEOPLE)).find(LOCAL, search=KEPT)
    for screen, path in SCREENS.items():
        tab.page.goto(tab.url + path.format(name=name, kept=kept.id))
        clicked, there = OPENED.get(screen, ("", "#main"))
        if clicked:
            tab.page.locator(clicked).first.click()
        tab.page.locator(there).first.wait_for()
        tab.page.locator("#model-state .more").wait_for(state="attached")
        for scheme in ("light", "dark"):
            serious = [
                (violation["id"], [node["html"][:200] for node in violation["nodes"]])
                for violation in violations(scheme)
                if violation["impact"] in {"serious", "critical"}
            ]
            assert serious == [], (screen, scheme)
        for window, size in (("wide", WIDE), ("narrow", NARROW)):
            tab.page.set_viewport_size(size)
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= size["width"], (
                screen
            )
            if not clicked:  # there are pictures of what is opened elsewhere
                tab.pictures(f"{window}-{screen}")
        tab.page.set_viewport_size(WIDE)
    # What would be found, if there were something.
    tab.page.evaluate(
        "() => { const pale = Object.assign(document.createElement('p'), { textContent: 'Pale' });"
        "pale.style.color = 'gray'; pale.style.background = '#888';"
        "document.querySelector('#main').append(new Image(), pale); }"
    )
    assert {"color-contrast", "image-alt"} <= {violation["id"] for violation in violations("light")}
    assert {"color-contrast"} <= {violation["id"] for violation in violations("dark")}


def test_the_rooms_are_reached_by_keyboard_and_on_a_narrow_window_by_a_menu(
    open_tab_at: Any,
) -> None:
    tab = open_tab_at("/about", viewport=NARROW)
    page = tab.page
    link = page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Documents")
    assert link.count() == 0
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    assert link.is_visible()
    page.keyboard.press("Escape")
    assert link.count() == 0
    page.keyboard.press("Enter")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents")
    assert page.locator("#rooms [aria-current=page]").text_content() == "Documents"
    page.set_viewport_size(WIDE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_search_is_narrowed_explained_and_opened_where_the_passage_stands(
    open_tab_at: Any,
) -> None:
    tab = open_tab_at("/search")
    page = tab.page
    page.get_by_role("searchbox").fill("parental leave")
    page.keyboard.press("Enter")
    page.locator(".hit").first.wait_for()
    assert "q=parental+leave" in page.url
    assert page.locator(".hit mark").first.text_content()
    everything = page.locator(".hit").count()
    page.get_by_label("Folder").select_option("sample_docs/finance")
    page.wait_for_url("**folder=*")
    wheres = page.locator(".hit .where").all_text_contents()
    assert wheres
    assert all("finance/" in where or "restricted/" in where for where in wheres)
    page.reload()
    assert page.get_by_label("Folder").input_value() == "sample_docs/finance"
    page.get_by_role("link", name="Clear filters").click()
    page.wait_for_url("**/search?q=parental+leave")
    assert page.locator(".hit").count() == everything
    page.locator(".why summary").first.click()
    assert "place 1" in page.locator(".why").first.inner_text()
    page.locator(".hit h2 a").first.click()
    page.locator("#viewer mark").first.wait_for()
    assert "/search?q=" in page.url
    page.keyboard.press("Escape")
    page.locator("#viewer").wait_for(state="hidden")


def test_the_ledger_answers_as_one_types_and_keeps_its_order_in_the_address(
    open_tab_at: Any,
) -> None:
    tab = open_tab_at("/documents")
    page = tab.page
    page.get_by_role("searchbox").press_sequentially("leave")
    page.locator("tbody tr").nth(3).wait_for(state="detached")
    assert all("leave" in name.lower() for name in page.locator("tbody th").all_text_contents())
    page.wait_for_url("**name=leave")
    page.get_by_role("link", name="Size").click()
    page.get_by_role("link", name="Size").click()
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Size")
    assert "name=leave" in page.url
    page.locator("tbody th a").first.click()
    page.locator(".card blockquote").first.wait_for()


def test_german_is_spoken_everywhere_once_it_is_chosen(open_tab_at: Any) -> None:
    tab = open_tab_at("/documents?name=leave")
    page = tab.page
    page.locator(".language summary", has_text="English").click()
    page.get_by_role("link", name="Deutsch").click()
    page.wait_for_url("**/documents?name=leave")
    for path, heading in {
        "/search": "Suche",
        "/documents": "Dokumente",
        "/quality": "Qualität",
        "/admin": "Verwaltung",
        "/about": "Über",
    }.items():
        page.goto(tab.url + path)
        assert page.locator("h1").inner_text() == heading
        assert page.locator("html").get_attribute("lang") == "de"
    page.locator("#index-state", has_text="Dokumente").wait_for()
    page.goto(tab.url)
    page.get_by_placeholder(GERMAN.placeholder).wait_for()
    page.locator("#ask", has_text=GERMAN.ask).wait_for()
    page.get_by_label(GERMAN.label).fill(" ")
    page.get_by_label(GERMAN.label).press("Enter")
    page.locator(".complaint", has_text=GERMAN.question_empty).wait_for()
    tab.picture("wide-light-german")


def test_an_editor_uploads_sees_it_read_in_finds_it_and_withdraws_it_on_its_own_page(
    open_tab_at: Any, tmp_path: Path
) -> None:
    tab = open_tab_at("/documents")
    page = tab.page
    paper = tmp_path / "parrot-policy.md"
    paper.write_text("# Parrot policy\n\nParrots may sit in the warm-up room on Fridays.", "utf-8")
    page.locator("input[type=file]").set_input_files(paper)
    page.locator("tbody th", has_text="Parrot policy").wait_for(timeout=60_000)
    assert page.locator(".tiles b").first.inner_text() == "43", "the figures keep pace"
    tab.picture("wide-light-uploaded")
    page.goto(f"{tab.url}/search?q=parrots+on+Fridays")
    assert page.locator(".hit h2").first.inner_text() == "Parrot policy"
    page.goto(f"{tab.url}/documents?name=parrot")
    page.get_by_role("button", name="Withdraw: parrot-policy.md").wait_for()
    page.locator("tbody th a").click()
    page.get_by_role("button", name="Read it in again").click()
    page.locator(".tools .said", has_text=ENGLISH.rooms.was_read_again).wait_for(timeout=60_000)
    page.get_by_role("button", name="Withdraw").click()
    sure = page.locator("#document-sure")
    assert "Withdraw Parrot policy?" in sure.inner_text()
    tab.pictures("wide-withdraw")
    sure.get_by_role("button", name="Cancel").click()
    assert page.locator("#document-tools button:disabled").count() == 0
    page.get_by_role("button", name="Withdraw").click()
    sure.get_by_role("button", name="Withdraw").click()
    page.wait_for_url("**/documents", timeout=60_000)
    page.goto(f"{tab.url}/search?q=parrots+on+Fridays")
    assert "Parrot policy" not in page.locator("#results").inner_text()


def test_a_colleagues_file_is_replaced_only_when_that_was_said_and_a_failure_stays(
    open_tab_at: Any, data: Path, tmp_path: Path
) -> None:
    """A second file of the same name asks first; one that cannot be read says so after a reload, too."""
    tab = open_tab_at("/documents")
    page, inbox = tab.page, data.parent / "inbox"
    paper = tmp_path / "gull-rota.md"
    for text in ("# Gull rota\n\nMonday: Ann.", "# Gull rota\n\nMonday: Bert."):
        paper.write_text(text, "utf-8")
        page.locator("input[type=file]").set_input_files(paper)
        if "Bert" in text:
            page.locator("#inbox-replace", has_text="gull-rota.md").wait_for()
            tab.pictures("wide-replace")
            page.get_by_role("button", name=ENGLISH.rooms.keep_both).click()
            page.locator("#inbox li", has_text="gull-rota (2).md").wait_for()
        page.locator("#inbox li", has_text="gull-rota.md").wait_for()
    assert "Ann" in (inbox / "gull-rota.md").read_text("utf-8")
    page.locator("input[type=file]").set_input_files(paper)
    page.get_by_role("button", name=ENGLISH.rooms.replace).click()
    page.locator("#inbox-replace").wait_for(state="hidden")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and no more")
    page.locator("input[type=file]").set_input_files(broken)
    failed = page.locator("#inbox li", has_text="broken.pdf").locator(".state-failed")
    failed.wait_for(timeout=60_000)
    assert "Bert" in (inbox / "gull-rota.md").read_text("utf-8")
    page.reload()
    failed.wait_for()
    tab.picture("wide-light-upload-failed")
    page.get_by_role("button", name="Read it in again: broken.pdf").wait_for()
    for name in ("broken.pdf", "gull-rota.md", "gull-rota (2).md"):
        page.get_by_role("button", name=f"Withdraw: {name}").click()
        page.locator("#inbox-sure").get_by_role("button", name="Withdraw").click()
        page.locator("#inbox li", has_text=name).wait_for(state="detached")
    page.locator("#inbox .said", has_text=ENGLISH.rooms.ingest_done).wait_for(timeout=60_000)
    tab.faults[:] = [fault for fault in tab.faults if "409" not in fault]  # the browser names it


def test_a_document_opened_from_its_own_page_has_not_changed(open_tab_at: Any) -> None:
    tab = open_tab_at("/documents?type=text/markdown")
    page = tab.page
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name=ENGLISH.rooms.read_it, exact=True).click()
    page.locator("#viewer .doc").first.wait_for()
    assert page.locator("#viewer .viewer-note").count() == 0


def test_a_profile_is_chosen_by_keyboard_and_its_starters_and_conversation_follow(
    open_tab_at: Any,
) -> None:
    tab, other = open_tab_at("/about"), open_tab_at("/search")
    page = tab.page
    page.goto(tab.url)
    page.locator("#ask").wait_for()
    page.locator("#profile").focus()
    page.keyboard.press("Enter")
    page.locator("#profiles a", has_text="Osterhallow IT help").focus()
    tab.pictures("wide-profiles")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Osterhallow IT help").wait_for()
    page.get_by_placeholder("Ask Osterhallow IT help").wait_for()
    starter = page.locator("#offers .starter").first
    question = starter.inner_text()
    starter.click()
    page.locator("#now .question", has_text=question).wait_for()
    page.locator("#panel .passage").first.wait_for()
    wheres = page.locator("#panel .where").all_text_contents()
    assert all(where.startswith(("it/", "company/")) for where in wheres)
    page.wait_for_url("**/?c=*")
    page.locator("#profile").click()
    page.locator("#profiles a", has_text="All documents").click()
    page.get_by_role("heading", name=ENGLISH.heading).wait_for()
    page.go_back()
    page.locator("#t1 .question", has_text=question).wait_for()
    page.get_by_placeholder("Ask Osterhallow IT help").wait_for()
    other.page.goto(tab.url)  # another browser
    other.page.get_by_role("heading", name=ENGLISH.heading).wait_for()
    other.page.locator("#offers").get_by_role("link", name="Osterhallow HR").click()
    other.page.get_by_role("heading", name="Osterhallow HR").wait_for()
