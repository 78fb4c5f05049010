"""The page in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from rag.errors import IndexMissingError
from tests.ui.stand_in import EXTRACTS, HITS, SCRIPT, StandIn
from tests.ui.tab import NARROW, Tab

pytestmark = pytest.mark.browser


def test_an_answer_streams_and_each_sentence_leads_to_its_source(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    url = serve_page(lambda: stand_in, ["How long is parental leave?"])
    tab = open_tab(url)
    page = tab.page
    page.locator("#index-state", has_text="42 documents").wait_for()
    page.locator("#model-state", has_text="SmolLM2-135M-Instruct").wait_for()
    tab.pictures("wide-empty")
    stand_in.pause = 0.02
    stand_in.going.clear()
    page.get_by_role("button", name="How long is parental leave?").click()
    page.locator(".is-writing", has_text="16 weeks").wait_for()
    page.locator("#panel h3", has_text="Travel and expenses").wait_for()
    assert page.locator("#stop").is_visible()
    tab.pictures("wide-streaming")
    stand_in.going.set()
    page.locator(".status", has_text="Backed by your documents").wait_for()
    page.get_by_role("link", name="Source 2").click()
    source = page.locator(".source.is-chosen")
    assert "The leave can be taken in up to three blocks" in source.locator("mark.q2").inner_text()
    assert source.locator("mark.q1").get_attribute("class") == "q1 is-faint"
    assert source.locator(".open:visible").count() == 1
    assert source.evaluate("element => element === document.activeElement")
    tab.pictures("wide-answered")


def test_an_earlier_answer_keeps_its_own_sources(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    tab.ask("Is this partial?")
    tab.ask("unsupported, then?")
    page = tab.page
    assert page.locator(".evidence.is-shown .about").inner_text().endswith("unsupported, then?")
    assert "The company also pays for a crib" not in page.locator("#t1").inner_text()
    page.locator("#t1 .model-text summary").click()
    page.get_by_text("not found in the documents").first.wait_for()
    assert "not found in the documents" in page.locator("#t1 .unsupported").inner_text()
    assert "No clear answer found" in page.locator("#t2 .status").inner_text()
    tab.picture("wide-light-unsupported")
    page.locator("#t1 .chip").first.click()
    assert page.locator(".evidence.is-shown").get_attribute("id") == "e1"
    tab.ask("And now?")
    assert page.locator(".evidence.is-shown").get_attribute("id") == "e3"
    assert page.locator("#t3 .opener").is_hidden(), "its sources stand beside it"
    for turn in (1, 2, 3):  # the sources are those of the turn that is read
        page.locator(f"#t{turn} .question").evaluate("e => e.scrollIntoView({block: 'start'})")
        page.locator(f"#e{turn}.is-shown").wait_for()


def test_a_citation_is_previewed_and_reached_by_keys(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    page = tab.page
    tab.ask("How long?")
    page.locator("#t1 .chip").nth(1).hover()
    page.locator("#preview", has_text="in up to three blocks").wait_for()
    tab.picture("wide-light-preview")
    page.mouse.move(5, 5)
    page.locator("#preview").wait_for(state="hidden")
    page.locator("#t1 .chip").first.focus()
    page.locator("#preview", has_text="Parents take up to 16 weeks").wait_for()
    page.locator("#t1 .question").click()
    for key, number in (("]", "1"), ("]", "2"), ("[", "1")):
        page.keyboard.press(key)
        assert page.locator(".n.is-chosen").inner_text().endswith(number)
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.get_by_label("Your question").evaluate("e => e === document.activeElement")
    page.keyboard.type("[?")
    assert page.get_by_label("Your question").input_value() == "[?"


def test_a_document_beside_the_conversation_follows_the_citations(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    page = tab.page
    tab.ask("How long?")
    page.locator("#t1 .chip").first.click()
    page.locator(".source.is-chosen .open:visible a").first.click()
    page.locator("#viewer[open]").wait_for()
    first = page.url
    page.locator("#t1 .question").click()
    page.keyboard.press("]")
    page.wait_for_url(lambda address: "#source" in address and address != first)
    # The browser itself reports that neither document can be opened here.
    while sum("404" in fault for fault in tab.faults) < 2:
        page.wait_for_timeout(50)
    tab.faults[:] = [fault for fault in tab.faults if "404" not in fault]


def test_on_paper_every_answer_has_its_sources(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    tab.ask("How long?")
    tab.ask("Is this partial?")
    page = tab.page
    page.emulate_media(media="print")
    for turn in (1, 2):
        assert page.locator(f"#e{turn} .source").first.is_visible()
        assert page.locator(f"#t{turn} .body").first.is_visible()
    assert page.locator("#composer").is_hidden()
    assert page.locator("#top").is_hidden()


def test_a_tab_is_called_by_what_was_asked_and_the_page_has_one_heading(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    assert tab.page.title() == "Ask · Inhouse"
    tab.ask("How long is parental leave?")
    tab.ask("And now?")
    assert tab.page.title() == "How long is parental leave? · Inhouse"
    assert tab.page.locator("h1").count() == 1


def test_stop_ends_the_answer_and_the_next_question_works(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    stand_in.going.clear()
    tab.send("How long?")
    tab.page.locator(".is-writing", has_text="16 weeks").wait_for()
    tab.page.locator("#stop").click()
    tab.page.locator(".status", has_text="Stopped").wait_for()
    stand_in.going.set()
    tab.ask("And now?")
    tab.page.locator("#t2 .status", has_text="Backed by your documents").wait_for()


def test_on_a_narrow_window_the_sources_are_a_sheet(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in), viewport=NARROW, reduced_motion="reduce")
    page = tab.page
    tab.ask("How long is parental leave?")
    assert not page.locator("#panel").is_visible()
    tab.picture("narrow-light-answered")
    chip = page.get_by_role("link", name="Source 1")
    chip.click()
    page.get_by_role("dialog", name="Sources").wait_for()
    tab.picture("narrow-light-sources")
    page.keyboard.press("Escape")
    page.locator("#panel").wait_for(state="hidden")
    assert chip.evaluate("element => element === document.activeElement")


def test_nothing_is_wider_than_the_window(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    """On telephones, tablets and screens, on either side of the width at which the layout changes."""
    tab = open_tab(serve_page(lambda: stand_in, ["x" * 90]))
    tab.ask("partial " + "Donaudampfschifffahrt" * 30)
    for width in (360, 390, 768, 1023, 1024, 1440, 2560):
        tab.page.set_viewport_size({"width": width, "height": 700})
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width


def test_markup_in_documents_and_answers_is_shown_not_run(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    tab.ask(f"script {SCRIPT}")
    page = tab.page
    assert SCRIPT in page.locator("#now .question").inner_text()
    assert SCRIPT in page.locator("#now .body").inner_text()
    assert HITS[2].text in (page.locator("#panel").text_content() or "")
    assert page.locator("gradio-app img, gradio-app script, gradio-app iframe").count() == 0
    assert page.locator("gradio-app a").evaluate_all(
        "all => all.every(a => a.getAttribute('href').startsWith('#'))"
    )


def test_without_a_model_server_the_passages_are_there(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    stand_in.error = "The model server at http://127.0.0.1:8000/v1 cannot be reached."
    tab = open_tab(serve_page(lambda: stand_in))
    tab.page.locator(".banner", has_text="cannot be reached").wait_for()
    tab.ask("How long is parental leave?")
    assert "The model is not available" in tab.page.locator("#now .status").inner_text()
    assert tab.page.locator("#now .extract").count() == len(EXTRACTS)
    assert tab.page.locator("#panel .passage").count() == len(HITS)
    tab.picture("wide-light-model-missing")


def test_a_missing_index_is_said_and_the_page_works_once_it_appears(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    there: list[StandIn] = []

    def open_assistant() -> StandIn:
        if not there:
            raise IndexMissingError(
                "There is no index in data.", hint="Make one with: inhouse ingest FOLDER"
            )
        return there[0]

    tab = open_tab(serve_page(open_assistant))
    tab.page.locator(".banner", has_text="inhouse ingest FOLDER").wait_for()
    tab.picture("wide-light-index-missing")
    tab.ask("How long?")
    assert "There is no index in data." in tab.page.locator("#now .status").inner_text()
    there.append(stand_in)
    tab.ask("And now?")
    assert "Backed by your documents" in tab.page.locator("#now .status").inner_text()
    tab.page.locator("#index-state", has_text="42 documents").wait_for()
    tab.page.locator(".banner").wait_for(state="detached")


def test_an_impossible_question_gets_a_plain_sentence(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    for question in ("   ", "x" * 100_000):
        tab.send(question)
        sentence = tab.page.locator(".complaint").inner_text()
        assert re.fullmatch(r"[A-Z][^.]+\.( [A-Z][^.]+\.)?", sentence)
    assert tab.page.locator(".turn").count() == 0
    tab.ask("How long?")
    assert tab.page.locator(".complaint").count() == 0


def test_the_keyboard_reaches_everything_in_reading_order(
    stand_in: StandIn, serve_page: Callable[..., str], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(serve_page(lambda: stand_in))
    tab.ask("How long?")
    page = tab.page
    page.evaluate(
        "document.activeElement.blur(); window.getSelection().removeAllRanges(); document.body.focus()"
    )
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "(document.activeElement.textContent.trim() || document.activeElement.tagName)"
            )
        )
    stops_wanted = ["Source 1", "Source 2", "Ask again", "Also read", "TEXTAREA", "Ask"]
    names = [re.split(r",| \(", stop)[0] for stop in stops]
    assert [name for name in names if name in stops_wanted][: len(stops_wanted)] == stops_wanted, (
        stops
    )


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, NARROW])
def test_nothing_jumps_while_an_answer_arrives(
    stand_in: StandIn,
    serve_page: Callable[..., str],
    open_tab: Callable[..., Tab],
    viewport: dict[str, int],
) -> None:
    """The layout shifts by less than 0.1, from the first question on: 0.1 is what browsers call good."""
    stand_in.pause = 0.02
    tab = open_tab(serve_page(lambda: stand_in), viewport=viewport)
    page = tab.page
    page.locator("#model-state", has_text="SmolLM2-135M-Instruct").wait_for()
    page.evaluate(
        "() => { window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.shift += entry.value }).observe({type: 'layout-shift'}) }"
    )
    tab.ask("How long is parental leave?")
    tab.ask("Is this partial?")
    assert page.evaluate("window.shift") < 0.1
