"""Opening documents over HTTP: the page as a picture, the text around a quote, and who may."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from rag import Assistant
from rag.settings import Settings
from tests.ui.library import BERTH, CRANE, NOTES, fill, open_library, read_in
from ui.messages.page import ENGLISH
from ui.view.links import check_of
from ui.web.app import create_app

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `files` and the index `data` of them. Only for reading."""
    folder = tmp_path_factory.mktemp("library")
    fill(folder / "files")
    read_in(folder / "files", folder / "data")
    return folder


@pytest.fixture(scope="module")
def client(kept: Path) -> Iterator[TestClient]:
    with serving(open_library(kept / "data")) as client:
        yield client


def serving(assistant: Assistant, **web: Any) -> TestClient:
    settings = Settings.model_validate({"data": assistant.data_dir, "web": web})
    app = create_app(lambda: assistant, settings=settings)
    return TestClient(app, base_url="http://127.0.0.1:7860")


def link(assistant: Assistant, file: Path, quote: str, shift: int = 0) -> str:
    """The address of a quote in a file."""
    reading = assistant.reading()
    document = reading.document(str(file))
    assert document is not None
    start = reading.text(document, 0, document.characters).index(quote) + shift
    parameters = f"start={start}&end={start + len(quote)}&check={check_of(quote)}"
    return f"/sources/{reading.name(document.uri)}?{parameters}"


def test_a_pdf_opens_at_its_page_with_the_quote_framed(client: TestClient, kept: Path) -> None:
    reply = client.get(link(open_library(kept / "data"), kept / "files/rules.pdf", CRANE))
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.text.count('class="frame"') == 1
    assert "2 of 2" in reply.text
    assert f">{CRANE}\n</text>" in reply.text, "to be selected and found"
    assert "files/rules.pdf · page 2" in reply.text
    assert str(kept) not in reply.text, "where the folder lies on the server"
    address = reply.text.split('<img src="')[1].split('"')[0].replace("&amp;", "&")
    picture = client.get(address)
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert parse_qs(urlsplit(address).query)["width"] == ["1400"]
    again = client.get(address, headers={"if-none-match": picture.headers["etag"]})
    assert again.status_code == 304


def test_a_text_opens_around_the_quote(client: TestClient, kept: Path) -> None:
    quote = "leaves\nthe ship at the inner mole"
    html = client.get(link(open_library(kept / "data"), kept / "files/notes.md", quote)).text
    assert "<mark> and" not in html
    assert "<mark>leaves the ship at the inner mole</mark>" in html
    assert "<td>Yacht</td>" in html, "a short document is shown whole"
    assert "data-more" not in html


def test_a_long_table_opens_in_part_and_its_header_goes_along(
    client: TestClient, kept: Path
) -> None:
    html = client.get(
        link(open_library(kept / "data"), kept / "files/bollards.csv", "Bollard 1000")
    ).text
    assert '<th scope="col">Pull</th>' in html
    assert "<mark>Bollard 1000</mark>" in html
    assert "Bollard 1 " not in html
    assert html.count("data-more") == 2
    earlier = html.split('data-more="')[1].split('"')[0].replace("&amp;", "&")
    before = client.get(earlier).text
    first = html.split("<td>")[1].split("<")[0]
    assert f"<td>{int(first) - 1}</td>" in before, "it goes on where the other begins"
    assert f"<td>{first}</td>" not in before
    assert '<th scope="col">Pull</th>' in before


def test_pages_can_be_turned_and_end(client: TestClient, kept: Path) -> None:
    address = link(open_library(kept / "data"), kept / "files/rules.pdf", CRANE)
    first = client.get(f"{address}&page=1").text
    assert "1 of 2" in first
    assert 'class="frame"' not in first
    assert ENGLISH.file_notes["unreadable"] in client.get(f"{address}&page=99").text


@pytest.fixture(scope="module")
def stranger(kept: Path) -> Iterator[TestClient]:
    """Somebody who may read nothing."""
    with serving(open_library(kept / "data").for_readers([]), originals=True) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["", "/more?after=0", "/pages/1.png", "/original", "?text=true", "?page=1"]
)
def test_a_document_that_is_not_there_and_one_of_other_readers_look_the_same(
    stranger: TestClient, kept: Path, path: str
) -> None:
    """Its short name is no permission, and the answer gives nothing away."""
    name = open_library(kept / "data").reading().name(str(kept / "files/rules.pdf"))
    refused = stranger.get(f"/sources/{name}{path}")
    unknown = stranger.get(f"/sources/{'0' * 24}{path}")
    assert refused.status_code == unknown.status_code == 404
    assert refused.text == unknown.text
    assert ENGLISH.not_there in refused.text


def test_the_original_is_given_only_where_the_operator_allows_it(
    client: TestClient, kept: Path
) -> None:
    assistant, file = open_library(kept / "data"), kept / "files/rules.pdf"
    address = link(assistant, file, BERTH).partition("?")[0] + "/original"
    assert client.get(address).status_code == 404
    with serving(assistant, originals=True) as client:
        given = client.get(address)
        assert "Download" in client.get(link(assistant, file, BERTH)).text
    assert given.content == file.read_bytes()
    assert given.headers["content-disposition"].startswith("attachment")
    assert given.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_changed_or_is_gone_shows_the_text_and_says_so(tmp_path: Path) -> None:
    fill(tmp_path / "files")
    read_in(tmp_path / "files", tmp_path / "data")
    assistant, file = open_library(tmp_path / "data"), tmp_path / "files/rules.pdf"
    address = link(assistant, file, BERTH)
    with serving(assistant, originals=True) as client:
        file.write_bytes(file.read_bytes() + b"\n%%EOF\n")
        changed = client.get(address)
        assert ENGLISH.file_notes["changed"] in changed.text
        assert f"<mark>{BERTH}</mark>" in changed.text
        assert client.get(address.partition("?")[0] + "/original").status_code == 404
        file.unlink()
        assert ENGLISH.file_notes["access"] in client.get(address).text
        os.mkfifo(file)  # never waited for
        assert ENGLISH.file_notes["access"] in client.get(address).text


def test_a_document_withdrawn_while_it_is_read_is_said(tmp_path: Path) -> None:
    fill(tmp_path / "files")
    read_in(tmp_path / "files", tmp_path / "data")
    assistant = open_library(tmp_path / "data")
    address = link(assistant, tmp_path / "files/notes.md", "Fees are paid")
    with serving(assistant) as client:
        assert client.get(address).status_code == 200
        (tmp_path / "files/notes.md").unlink()
        read_in(tmp_path / "files", tmp_path / "data")
        gone = client.get(address)
        more = client.get(address.partition("?")[0] + "/more?after=0")
    assert gone.status_code == more.status_code == 404
    assert ENGLISH.not_there in gone.text


def test_a_quote_that_moved_is_found_and_one_that_is_gone_is_said(tmp_path: Path) -> None:
    fill(tmp_path / "files")
    read_in(tmp_path / "files", tmp_path / "data")
    assistant, file = open_library(tmp_path / "data"), tmp_path / "files/notes.md"
    address = link(assistant, file, "Fees are paid in advance.")
    file.write_text(NOTES.replace("# Harbour", "New since May.\n\n# Harbour"), "utf-8")
    read_in(tmp_path / "files", tmp_path / "data")
    with serving(assistant) as client:
        assert "<mark>Fees are paid in advance.</mark>" in client.get(address).text
        file.write_text(NOTES.replace("in advance", "afterwards"), "utf-8")
        read_in(tmp_path / "files", tmp_path / "data")
        changed = client.get(address).text
    assert ENGLISH.quote_gone in changed
    assert "<mark>" not in changed


def test_a_stretch_that_no_quote_can_have_is_not_looked_for(client: TestClient, kept: Path) -> None:
    """Comparing it at every word would take the square of its length; the document opens all the same."""
    address = link(open_library(kept / "data"), kept / "files/notes.md", NOTES[:20])
    name = urlsplit(address).path
    reply = client.get(f"{name}?start=0&end=300000&check=0123456789ab")
    assert reply.status_code == 200
    assert "<mark" not in reply.text
