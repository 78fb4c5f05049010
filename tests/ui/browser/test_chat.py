"""In a real Chromium: sources opened, answers compared, judged and kept; wide and narrow, light and dark."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from rag.settings import Settings
from tests.ui.library import BERTH, CRANE, fill, open_library, read_in
from tests.ui.tab import NARROW, WIDE, Tab
from ui.messages.page import ENGLISH

pytestmark = pytest.mark.browser
SIZES = {"wide": WIDE, "narrow": NARROW}
Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    fill(folder / "files")
    read_in(folder / "files", folder / "data")
    return folder


@pytest.fixture(scope="module")
def url(library: Path, serve_for_module: Callable[..., str]) -> str:
    """The page on the library; the model says what stands in it, and something more."""
    assistant = open_library(library / "data", f"{BERTH} {CRANE} Tea is free.")
    settings = Settings.model_validate({"data": library / "data", "web": {"originals": True}})
    starters = ["When is berth 7 closed?", "What does the crane lift?"]
    return serve_for_module(lambda: assistant, starters, settings=settings)


def fits(tab: Tab) -> bool:
    width = tab.page.viewport_size["width"]
    return bool(tab.page.evaluate("document.documentElement.scrollWidth") <= width)


def check_text_layer(page: Any) -> None:
    """A line is selected by dragging over its picture, and the browser's search finds words of the page."""
    line = page.locator("#viewer .letters text", has_text=BERTH).bounding_box()
    middle = line["y"] + line["height"] / 2
    page.mouse.move(line["x"] + 1, middle)
    page.mouse.down()
    page.mouse.move(line["x"] + line["width"] - 1, middle, steps=4)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()").strip() == BERTH
    assert page.evaluate("getSelection().removeAllRanges() ?? find('stay on at night')")


@pytest.mark.parametrize("size", SIZES)
def test_a_source_opens_with_its_quote_framed_and_its_pages_turn(
    url: str, open_tab: Open, size: str
) -> None:
    tab = open_tab(url, viewport=SIZES[size])
    page = tab.page
    tab.ask("When is berth 7 closed?")
    page.locator("#t1 .chip").first.click()
    page.locator(".source.is-chosen .open a").click()
    page.locator("#viewer .leaf img").evaluate("image => image.decode()")
    frame, leaf = page.locator("#viewer .frame").first, page.locator("#viewer .leaf")
    (frame_box, paper) = frame.bounding_box(), leaf.bounding_box()
    assert frame_box
    assert paper
    assert (frame_box["x"] - paper["x"]) / paper["width"] == pytest.approx(72 / 595, abs=0.01)
    assert (frame_box["y"] - paper["y"]) / paper["height"] == pytest.approx(0.11, abs=0.06)
    tab.pictures(f"source-{size}-page")
    assert fits(tab)
    check_text_layer(page)
    page.keyboard.press("ArrowRight")
    page.locator("#viewer .said", has_text="2 of 2").wait_for()
    page.get_by_role("button", name="Larger").click()
    wide = leaf.bounding_box()
    assert wide
    assert wide["width"] > paper["width"] * 1.3
    page.get_by_role("link", name="As text").click()
    page.locator("#viewer .doc", has_text="The crane lifts").wait_for()
    tab.pictures(f"source-{size}-text")
    page.keyboard.press("Escape")
    page.locator("#viewer").wait_for(state="hidden")
    assert "#source" not in page.url
    page.locator(".source.is-chosen .open a:focus").wait_for()


def test_back_closes_a_source_and_its_address_opens_it_again(url: str, open_tab: Open) -> None:
    tab = open_tab(url)
    page = tab.page
    tab.ask("Fees of ferry and yacht?")
    page.locator("#panel .open a").first.click()
    page.locator("#viewer[open] h2").wait_for()
    address = page.url
    page.go_back()
    page.locator("#viewer").wait_for(state="hidden")
    other = open_tab(address)
    other.page.locator("#viewer[open] h2").wait_for()
    other.page.get_by_role("button", name="Close the document").click()
    other.page.locator("#viewer").wait_for(state="hidden")


@pytest.mark.parametrize("size", SIZES)
def test_the_two_answers_stand_side_by_side_or_below_each_other(
    url: str, open_tab: Open, size: str
) -> None:
    tab = open_tab(f"{url}/compare", ready="#compare-form", viewport=SIZES[size])
    page = tab.page
    page.get_by_role("button", name="When is berth 7 closed?").click()
    for side in ("alone", "with"):
        page.locator(f"#pane-{side} .facts").wait_for()
    tally = page.locator("#pane-with .tally").inner_text()
    unsupported = page.locator("#pane-with .tag").count()
    assert tally.startswith(f"{3 - unsupported} of 3 sentences")
    assert 0 < unsupported < 3
    boxes = [page.locator(f".pane-{side}").bounding_box() for side in ("alone", "with")]
    assert boxes[0]
    assert boxes[1]
    beside = boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]
    below = boxes[0]["x"] == boxes[1]["x"] and boxes[0]["y"] < boxes[1]["y"]
    assert beside if size == "wide" else below
    page.locator("#pane-with .chip").first.click()
    assert page.locator("#pane-with .source.is-chosen").evaluate(
        "e => e === document.activeElement"
    )
    assert fits(tab)
    tab.pictures(f"compare-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_a_conversation_is_kept_found_renamed_and_opened_again(
    url: str, open_tab: Open, size: str
) -> None:
    tab = open_tab(url, viewport=SIZES[size])
    page, name = tab.page, f"Berths {size}"
    tab.ask("When is berth 7 closed?")
    page.wait_for_url(re.compile(r"\?c="))
    address = page.url
    page.get_by_role("link", name="Not helpful").click()
    page.get_by_label("The source does not fit").check()
    tab.pictures(f"feedback-{size}")
    page.get_by_role("button", name="Send").click()
    page.get_by_text(ENGLISH.thanks).wait_for()
    page.locator("#open-history").click()
    kept = page.locator(f'#history li[data-id="{address.split("=")[1]}"]')
    kept.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Rename").fill(name)
    page.keyboard.press("Enter")
    page.locator("#history .title", has_text=name).wait_for()
    tab.pictures(f"history-{size}")
    page.get_by_label(ENGLISH.history_search).fill(name.upper())
    page.locator("#history li").nth(1).wait_for(state="detached")
    other = open_tab(address, viewport=SIZES[size]).page
    other.locator("#t1 .status").wait_for()
    assert BERTH in other.locator("#t1 .body >> nth=0").inner_text()
    assert other.locator(".act-unhelpful.is-said").count() == 1
    kept.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name=ENGLISH.forget_sure).click()
    page.wait_for_url(re.compile(r"/$"))
    gone = open_tab(address).page
    gone.locator(".complaint", has_text=ENGLISH.conversation_gone).wait_for()


def test_an_answer_is_copied_with_its_sources_and_its_question_edited(
    url: str, open_tab: Open
) -> None:
    tab = open_tab(url, permissions=["clipboard-read", "clipboard-write"])
    page = tab.page
    tab.ask("When is berth 7 closed?")
    page.get_by_role("link", name="Copy").click()
    page.get_by_text(ENGLISH.copied).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("When is berth 7 closed?\n\nBerth 7 is closed")
    assert "(files/rules.pdf, page 1)" in copied
    page.get_by_role("link", name="Edit question").click()
    box = page.get_by_label("Your question")
    assert box.input_value() == "When is berth 7 closed?"
    assert box.evaluate("e => e === document.activeElement")
    page.get_by_role("link", name="Ask again").click()
    page.locator("#t2 .facts").wait_for()
    assert page.locator("#t2 .question").inner_text().endswith("When is berth 7 closed?")


def test_a_draft_outlives_the_page_and_two_tabs_do_not_mix(url: str, open_tab: Open) -> None:
    tab, other = open_tab(url), open_tab(url)
    tab.page.get_by_label("Your question").fill("What about tide")
    other.ask("What does the crane lift?")
    tab.page.goto("about:blank")
    tab.page.goto(url)
    tab.page.locator("#ask").wait_for()
    box = tab.page.locator("#question textarea")
    tab.page.wait_for_function("document.querySelector('#question textarea').value !== ''")
    assert box.input_value() == "What about tide"
    assert tab.page.locator(".turn").count() == 0
    assert other.page.get_by_label("Your question").input_value() == ""


def in_the_middle(stand_in: Any, tab: Tab) -> Tab:
    """The tab while an answer is being written, which goes on when `stand_in.going` is set."""
    stand_in.going.clear()
    tab.send("How long is parental leave?")
    tab.page.locator(".is-writing", has_text="16 weeks").wait_for()
    return tab


def test_a_connection_that_breaks_off_loses_no_question(
    stand_in: Any, serve_page: Callable[..., str], open_tab: Open
) -> None:
    tab = in_the_middle(stand_in, open_tab(serve_page(lambda: stand_in)))
    page = tab.page
    tab.expect_lost_connections()
    tab.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('inhouse:changed'))")  # sooner than by itself
    page.locator("#now .status", has_text=ENGLISH.cut).wait_for()
    assert page.get_by_label("Your question").input_value() == "How long is parental leave?"
    assert page.locator(".banner", has_text="cannot reach its server").is_visible()
    stand_in.going.set()
    tab.faults.clear()  # the browser itself reports the connection that it has lost


def test_a_reload_in_the_middle_of_an_answer_is_no_error_and_the_question_is_kept(
    stand_in: Any, serve_page: Callable[..., str], open_tab: Open
) -> None:
    """Nothing in the console; what was written until then stands in the history, marked as not finished."""
    tab = in_the_middle(stand_in, open_tab(serve_page(lambda: stand_in)))
    page = tab.page
    page.reload()
    page.locator("#ask").wait_for()
    stand_in.going.set()
    title = page.locator("#history .title", has_text="How long is parental leave?")
    # The turn is kept once the server has noticed, at the next word, that nobody reads on.
    for _ in range(10):
        page.locator("#open-history").click()
        with contextlib.suppress(PlaywrightTimeoutError):
            title.wait_for(timeout=1000)
            break
        page.reload()
    title.click()
    page.locator("#t1 .status", has_text=ENGLISH.interrupted).wait_for()
    assert "16 weeks" in page.locator("#t1 .body >> nth=0").inner_text()


def test_a_page_that_is_left_before_its_stream_begins_is_no_error(url: str, open_tab: Open) -> None:
    tab = open_tab(url)
    tab.page.route("**/queue/data*", lambda _: None)  # the server takes its time
    with tab.page.expect_request("**/queue/data*"):
        tab.send("When is berth 7 closed?")
    tab.page.goto(f"{url}/about")
    tab.page.locator("h1").wait_for()


def test_an_extract_leads_to_its_words_and_says_nothing_false(url: str, open_tab: Open) -> None:
    tab = open_tab(url)
    tab.ask("Fees of ferry and yacht?")
    tab.page.locator("#t1 .extract .where a").first.click()
    tab.page.locator("#viewer mark, #viewer .frame").first.wait_for()
    assert tab.page.locator("#viewer .viewer-note").count() == 0


def test_a_document_stands_beside_the_conversation_and_both_can_be_used(
    url: str, open_tab: Open
) -> None:
    tab = open_tab(url)
    page = tab.page
    tab.ask("When is berth 7 closed?")
    page.locator("#t1 .chip").first.click()
    page.locator(".source.is-chosen .open:visible a").first.click()
    page.locator("#viewer .leaf").wait_for()
    talk, viewer = page.locator("#t1").bounding_box(), page.locator("#viewer").bounding_box()
    assert talk
    assert viewer
    assert talk["x"] + talk["width"] <= viewer["x"], "beside it, not over it"
    page.get_by_label("Your question").fill("it can still be typed")
    tab.pictures("viewer-beside")
    page.keyboard.press("Escape")
    page.locator("#viewer").wait_for(state="hidden")


def test_a_document_is_asked_alone_and_the_scope_is_shown_and_left(
    library: Path, url: str, open_tab: Open
) -> None:
    tab = open_tab(f"{url}/documents?name=notes", ready="tbody a")
    page = tab.page
    page.locator("tbody th a").click()
    page.get_by_role("link", name=ENGLISH.ask_about).click()
    page.locator("#scope", has_text="Harbour notes").wait_for()
    tab.ask("When is berth 7 closed?")
    places = page.locator("#e1 .where").all_inner_texts()
    assert places
    assert all(place.startswith("files/notes.md") for place in places)
    assert "in=d%3A" in page.url
    page.get_by_role("button", name=f"{ENGLISH.scope_remove}: Harbour notes").click()
    page.locator("#scope").wait_for(state="hidden")
    assert "d%3A" not in page.url


def test_what_one_might_ask_comes_from_headings_and_a_conversation_is_taken_along(
    tmp_path: Path, serve_page: Callable[..., str], open_tab: Open
) -> None:
    """The page has no profile with starters; the Markdown file holds each question, answer and source."""
    fees = "| Ship | Fee |\n| --- | --- |\n| Ferry | **120** EUR |\n"
    text = " ".join(["Ships wait for the tide at the outer mole in any weather."] * 25)
    (tmp_path / "files").mkdir()
    (tmp_path / "files/notes.md").write_text(
        f"# Harbour notes\n\n## Boarding\n\nThe pilot boards at buoy **A4**.\n\n{text}\n\n"
        f"## Fees\n\n{text}\n\n{fees}",
        "utf-8",
    )
    read_in(tmp_path / "files", tmp_path / "data")
    assistant = open_library(tmp_path / "data", "The pilot boards at buoy A4.")
    tab = open_tab(serve_page(lambda: assistant))
    page = tab.page
    page.locator("#index-state", has_text="1 document").wait_for()
    page.reload()
    starter = page.get_by_role("button", name="What does “Harbour notes” say about “Boarding”?")
    starter.wait_for()
    tab.ask("Where does the pilot board?")
    page.locator("#now .next", has_text="Fees").first.click()
    page.locator("#t2 .acts").wait_for()
    page.locator("#open-history").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name=ENGLISH.export_this).click()
    text = Path(downloading.value.path()).read_text("utf-8")
    assert downloading.value.suggested_filename == "Where does the pilot board_.md"
    assert text.startswith("# Where does the pilot board?\n\n## Where does the pilot board?\n\n")
    assert "## What does “Harbour notes” say about “Fees”?" in text
    assert "files/notes.md" in text
    assert "**A4**" not in text


@pytest.mark.parametrize("size", SIZES)
def test_at_sign_chooses_what_is_asked_and_the_conversation_keeps_it(
    url: str, open_tab: Open, size: str
) -> None:
    """By typing and keyboard on a wide window, by tapping on a phone; a name that is gone says so."""
    tab = open_tab(url, viewport=SIZES[size])
    page, box = tab.page, tab.page.get_by_label("Your question")
    if size == "wide":
        box.press_sequentially("When is it closed? @harb")
        page.get_by_role("option", name="Harbour notes").wait_for()
        box.press("Enter")
        assert box.input_value() == "When is it closed? "
    else:
        box.fill("When is it closed?")
        page.get_by_role("button", name=ENGLISH.scope_add).click()
        page.get_by_role("option", name="files").first.wait_for()
        tab.pictures("scope-narrow")
        assert fits(tab)
        page.get_by_role("option", name="Harbour notes").click()
    page.locator("#scope li", has_text="Harbour notes").wait_for()
    assert "in=d%3A" in page.url
    box.press("Enter")
    page.wait_for_url(re.compile("c="))
    page.locator("#t1 .acts").wait_for()
    places = page.locator("#e1 .where").all_text_contents()
    assert places
    assert all(place.startswith("files/notes.md") for place in places)
    kept = re.search("c=([^&]+)", page.url)
    assert kept
    page.goto(f"{url}/?c={kept[1]}")
    page.locator("#scope li", has_text="Harbour notes").wait_for()
    page.locator("#t1 .asked-in", has_text="Only in: Harbour notes").wait_for()
    token = page.request.post(f"{url}/conversations/{kept[1]}/share", headers={"origin": url})
    page.goto(url + token.json()["link"])
    page.locator("#t1 .asked-in", has_text="Only in: Harbour notes").wait_for()
    assert page.locator("#scope li").all_inner_texts() == ["Harbour notes\n✕"]
    page.goto(f"{url}/?in=f:files&in=t:nowhere")
    page.locator("#scope .gone", has_text="“nowhere” is not there any more").wait_for()
    tab.ask("When is berth 7 closed?")
    assert "“nowhere” is not there any more" in page.locator("#t1").inner_text()
    page.get_by_role("button", name=f"{ENGLISH.scope_remove}: nowhere").click()
    tab.ask("When is berth 7 closed?")
    page.locator("#e1 .where", has_text="rules.pdf").first.wait_for(state="attached")


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_is_shared_by_a_link_sent_and_saved(url: str, open_tab: Open, size: str) -> None:
    """The link opens the conversation with its sources; once it is revoked, it says so in a sentence."""
    tab = open_tab(url, viewport=SIZES[size])
    page = tab.page
    tab.ask("When is berth 7 closed?")
    page.get_by_role("link", name=ENGLISH.share).click()
    dialog = page.get_by_role("dialog", name=ENGLISH.share)
    dialog.get_by_role("button", name=ENGLISH.share_create).click()
    link = dialog.get_by_role("textbox", name=ENGLISH.share_link).input_value()
    assert link.startswith(f"{url}/?s=")
    tab.pictures(f"share-{size}")
    assert fits(tab)
    mail = dialog.get_by_role("link", name=ENGLISH.share_mail).get_attribute("href")
    assert mail
    assert mail.startswith("mailto:?subject=When%20is%20berth%207%20closed%3F&body=")
    assert link.rpartition("=")[2] in mail
    with page.expect_download() as downloading:
        dialog.get_by_role("link", name="Word").first.click()
    assert downloading.value.suggested_filename == "When is berth 7 closed_.docx"
    page.keyboard.press("Escape")
    other = open_tab(link, viewport=SIZES[size])
    other.page.locator("#t1 .status", has_text="backed").wait_for()
    other.page.get_by_text(ENGLISH.shared_with_you).wait_for()
    other.pictures(f"shared-{size}")
    other.ask("Fees of ferry and yacht?")
    other.page.wait_for_url(re.compile("c="))
    assert "s=" not in other.page.url
    assert other.page.get_by_text(ENGLISH.shared_with_you).is_hidden()
    page.locator("#open-history").click()
    page.get_by_role("button", name=f"{ENGLISH.share_end}: When is berth 7 closed?").first.click()
    page.get_by_text(ENGLISH.share_ended).wait_for()
    gone = open_tab(link)
    gone.page.locator("#note", has_text=ENGLISH.link_gone).wait_for()


def test_thirty_pages_are_printed_whole(
    tmp_path: Path, serve_page: Callable[..., str], open_tab: Open
) -> None:
    """To paper or PDF by the browser: a long conversation with all its sources."""
    import pypdfium2

    from rag.answer import Status
    from tests.ui.stand_in import StandIn, make_answer
    from ui.web.identity import LOCAL
    from ui.web.userdata.database import PEOPLE, Store
    from ui.web.userdata.history import History

    history = History(Store(tmp_path / PEOPLE))
    kept = history.create(LOCAL, "Long")
    for number in range(40):
        history.append(LOCAL, kept, make_answer(f"Question “{number}” 🏖️?", Status.GROUNDED))
    address = serve_page(StandIn, settings=Settings.model_validate({"data": tmp_path}))
    tab = open_tab(f"{address}/?c={kept}")
    tab.page.locator("#t40 .acts").wait_for()
    document = pypdfium2.PdfDocument(tab.page.pdf(format="A4"))
    pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) >= 30
    text = " ".join(" ".join(pages).split())
    for number in range(40):
        assert f"Question “{number}”" in text
    assert text.count("in up to three blocks within the first two years") >= 40
    assert ENGLISH.ask_again not in text


def test_versions_of_a_document_stand_side_by_side_with_their_differences_marked(
    tmp_path: Path, serve_page: Callable[..., str], open_tab: Open
) -> None:
    """Only those of one folder, only what differs, and each cell leads to where it stands."""
    rest = "Trains are booked in second class. Tickets are kept for a year."
    for name, text in {
        "travel-2024.md": f"# Travel policy 2024\n\n## Hotels\n\nA night costs 110 EUR at most.\n\n{rest}\n",
        "travel-2026.md": f"# Travel policy 2026\n\n## Hotels\n\nA night costs 140 EUR at most.\n\n{rest}\n",
        "keys.md": "# Keys\n\nKeys hang in the lobby.\n",
    }.items():
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / name).write_text(text, "utf-8")
    read_in(tmp_path / "files", tmp_path / "data")
    assistant = open_library(tmp_path / "data")
    tab = open_tab(f"{serve_page(lambda: assistant)}/documents?name=travel", ready="tbody a")
    page = tab.page
    page.locator("tbody th a", has_text="2024").click()
    versions = page.locator("#versions")
    assert versions.locator("li").all_inner_texts()[0].startswith("Travel policy 2026")
    versions.get_by_role("link", name=ENGLISH.rooms.show_differences).click()
    cells = page.locator("#versions tbody td").all_inner_texts()
    assert cells[-2:] == ["A night costs 110 EUR at most.", "A night costs 140 EUR at most."]
    assert page.locator("#versions mark").all_inner_texts() == ["110", "140"]
    assert not any("Trains" in cell for cell in cells)
    assert fits(tab)
    tab.pictures("versions")
    page.goto(f"{tab.url}/documents?name=keys")
    page.locator("tbody th a").click()
    page.locator(".facts").first.wait_for()
    assert page.locator("#versions").count() == 0
