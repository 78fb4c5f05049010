"""What stands around every room: navigation, language, and what may be in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.stand_in import StandIn
from ui.messages.languages import LANGUAGES
from ui.messages.page import Words
from ui.messages.page_german import GERMAN
from ui.web.identity import Person, Role
from ui.web.layout import Layout
from ui.web.navigation import Room


@pytest.fixture(scope="module")
def application() -> Iterator[Any]:
    from starlette.testclient import TestClient

    from ui.web.app import create_app

    app = create_app(StandIn)
    with TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False) as client:
        yield client


@pytest.fixture
def client(application: Any) -> Any:
    """A browser that has chosen nothing yet."""
    application.cookies.clear()
    return application


@pytest.mark.parametrize("room", Room)
def test_every_room_has_an_address_and_is_marked_as_the_current_one(
    client: Any, room: Room
) -> None:
    answer = client.get(room.path)
    assert answer.status_code in {200, 503}, "503: what stands in has no index"
    marked = f'<a href="{room.path}" aria-current="page">{room.label(LANGUAGES["en"])}</a>'
    assert marked in answer.text
    assert answer.text.count("aria-current") == 1
    for other in Room:
        assert f'href="{other.path}"' in answer.text


@pytest.mark.parametrize("room", Room)
def test_a_room_has_no_inline_script_and_names_no_other_host(client: Any, room: Room) -> None:
    document = client.get(room.path).text
    assert document.count("<script") == document.count('<script type="module" src="/')
    assert "<style" not in document
    assert " style=" not in document
    assert re.search(r'(?:src|href|action)="(?![/#](?!/))', document) is None


def test_the_language_is_the_browsers_until_one_is_chosen_and_then_remembered(client: Any) -> None:
    german = {"accept-language": "de-DE,de;q=0.9"}
    assert 'lang="en"' in client.get("/search").text
    assert f"<h1>{GERMAN.rooms.search}</h1>" in client.get("/search", headers=german).text
    answer = client.get("/language/en?back=/search%3Fq%3Dleave", headers=german)
    assert answer.headers["location"] == "/search?q=leave"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "<h1>Search</h1>" in client.get("/search", headers=german).text
    assert client.get("/state", headers=german).json()["index"]["text"] == "42 documents"
    client.get("/language/de")
    assert client.get("/state").json()["index"]["text"] == "42 Dokumente"


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_each_language_offers_all_others_by_their_own_names(client: Any, words: Words) -> None:
    document = client.get("/search?q=leave", headers={"accept-language": words.language}).text
    assert f'<html lang="{words.language}"' in document
    assert f"<h1>{words.rooms.search}</h1>" in document
    offered = re.findall(r'<a lang="(\w+)" hreflang="\1" href="([^"]+)">([^<]+)</a>', document)
    assert sorted(offered) == sorted(
        (code, f"/language/{code}?back=/search%3Fq%3Dleave", other.rooms.own_language)
        for code, other in LANGUAGES.items()
        if other is not words
    )


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "x",
        "/\n",
    ],
)
def test_choosing_a_language_never_leads_to_another_site(client: Any, back: str) -> None:
    answer = client.get("/language/de", params={"back": back})
    assert answer.headers["location"] == "/"
    assert client.get("/language/xx").status_code == 404


def test_whoever_signed_in_here_can_sign_out_and_nobody_else_is_offered_it() -> None:
    for key, offered in (("account:1", True), ("proxy:1", False), ("local", False)):
        person = Person(key, "<b>Ann", Role.READER)
        document = Layout(LANGUAGES["en"], person, Room.ABOUT, "/about").page("")
        assert ('action="/sign-out"' in document) is offered
        assert ("&lt;b&gt;Ann" in document) is offered
        assert "<b>" not in document


@pytest.mark.parametrize(
    ("person", "enters"),
    [
        (Person("1", "a", Role.READER, None), False),
        (Person("1", "a", Role.EDITOR, frozenset({"group:hr"})), False),
        (Person("1", "a", Role.EDITOR, None), True),
        (Person("1", "a", Role.ADMIN, frozenset({"group:hr"})), True),
    ],
)
def test_quality_is_for_admins_and_for_editors_who_may_read_all_documents(
    person: Person, enters: bool
) -> None:
    assert Room.QUALITY.admits(person) is enters
    document = Layout(LANGUAGES["en"], person, Room.ASK, "/").page("")
    assert ('href="/quality"' in document) is enters


def test_an_address_with_markup_in_it_stays_text() -> None:
    hostile = '/search?q="><script>alert(1)</script>'
    person = Person("1", "somebody", Role.READER)
    document = Layout(LANGUAGES["en"], person, Room.SEARCH, hostile).page("", title=hostile)
    assert "<script>alert" not in document
