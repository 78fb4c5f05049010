"""Answers under way: how many somebody may have, and that they end with the right to see them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.ui.crowd import Crowd, gather
from tests.ui.serving import served
from tests.ui.stand_in import StandIn
from ui.messages.page import ENGLISH
from ui.web.chat.answer_slots import AnswerSlots
from ui.web.identity import LOCAL, Person, Role
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import PEOPLE, Store


class ServedPage:
    """A served page with accounts; the model behind it waits after nine words."""

    def __init__(self, data: Path, crowd: Crowd, stand_in: StandIn, url: str) -> None:
        self.data, self.crowd, self.stand_in, self.url = data, crowd, stand_in, url

    @property
    def book(self) -> Accounts:
        """What `inhouse user` writes to, from another process."""
        return Accounts(Store(self.data / PEOPLE))

    def client(self, who: str) -> httpx.Client:
        cookie = self.crowd.cookie(who)["cookie"].replace("__Host-inhouse", "inhouse")
        headers = {"cookie": cookie, "origin": self.url}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def ask(self, who: str, when_writing: Callable[[], None] = lambda: None) -> str:
        """All that comes over the queue for a question; calls back once the model has begun to write."""
        with self.client(who) as client:
            events = client.get("/config").raise_for_status().json()["dependencies"]
            event = max(events, key=lambda each: len(each["inputs"]))  # that which asks
            tab = f"tab{time.monotonic_ns()}"
            data = ["How?", *[None] * (len(event["inputs"]) - 1)]
            body = {"fn_index": event["id"], "session_hash": tab, "data": data}
            client.post("/gradio_api/queue/join", json=body).raise_for_status()
            heard, called = "", False
            with client.stream("GET", f"/gradio_api/queue/data?session_hash={tab}") as lines:
                for line in lines.iter_lines():
                    heard += f"{line}\n"
                    if ENGLISH.writing in line and not called:
                        called = True
                        when_writing()
                    if "process_completed" in line:
                        return heard
        raise AssertionError(heard[-2_000:])


@pytest.fixture
def page(tmp_path: Path, stand_in: StandIn) -> Iterator[ServedPage]:
    stand_in.going.clear()
    crowd = gather(tmp_path, lambda: stand_in, answers_at_once=2)
    with served(crowd.app) as url:
        yield ServedPage(tmp_path, crowd, stand_in, url)
        stand_in.going.set()


def test_whoever_is_disabled_gets_no_further_word(page: ServedPage) -> None:
    """Nor anything that was found for them; and nothing is written in the meantime for somebody else."""
    heard = page.ask("reader", lambda: page.book.change("reader", disabled=True) and None)
    last = heard.rpartition("process_completed")[2]
    assert ENGLISH.no_longer_welcome in heard
    assert ENGLISH.no_longer_welcome in last
    assert "16 weeks" not in last
    assert "16 weeks" in heard, "until then it was written"


def test_an_answer_ends_when_what_somebody_may_read_has_changed(page: ServedPage) -> None:
    heard = page.ask("reader", lambda: page.book.change("reader", readers=("group:it",)) and None)
    assert ENGLISH.no_longer_welcome in heard


def test_an_answer_goes_on_while_nothing_has_changed(page: ServedPage) -> None:
    heard = page.ask("reader", lambda: threading.Timer(2.5, page.stand_in.going.set).start())
    assert ENGLISH.no_longer_welcome not in heard
    assert ENGLISH.statuses["grounded"][0] in heard


def test_more_answers_at_once_than_allowed_get_a_sentence_and_nobody_else_does(
    page: ServedPage,
) -> None:
    places = page.crowd.app_state.places
    sentence = ENGLISH.too_many_answers.format(n=2)
    with ExitStack() as slots_held:
        for _ in range(2):
            assert slots_held.enter_context(places.of(page.crowd.accounts["reader"].person))
        assert sentence in page.ask("reader")
        with page.client("reader") as client:
            answer = client.post("/compare", content=b"How long?")
            assert (answer.status_code, answer.text) == (429, sentence)
        page.stand_in.going.set()
        assert ENGLISH.statuses["grounded"][0] in page.ask("other reader")
    assert ENGLISH.statuses["grounded"][0] in page.ask("reader"), "the places are free again"
    with page.client("reader") as client:
        for _ in range(4):  # one after the other
            lines = client.post("/compare", content=b"How long?").raise_for_status().text
            assert {json.loads(line)["side"] for line in lines.splitlines()} == {"alone", "with"}


def test_places_are_counted_for_each_person() -> None:
    places, other = AnswerSlots(1), Person("b", "bert", Role.READER)
    with places.of(LOCAL) as first, places.of(LOCAL) as second, places.of(other) as third:
        assert (first, second, third) == (True, False, True)
    with places.of(LOCAL) as again:
        assert again
