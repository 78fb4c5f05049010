"""The same question with the documents and without: both panes, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from rag.errors import IndexMissingError
from rag.profile import Profile
from tests.ui.stand_in import StandIn
from ui.messages.page import ENGLISH
from ui.web.app import create_app


@pytest.fixture
def client(stand_in: StandIn) -> Iterator[TestClient]:
    app = create_app(lambda: stand_in, profiles=[Profile(starters=("How <b>long</b>?",))])
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def panes(client: TestClient, question: str) -> tuple[dict[str, str], list[str]]:
    """What each pane shows in the end, and the order in which the panes were heard of."""
    answer = client.post("/compare", content=question.encode())
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return {line["side"]: line["html"] for line in lines}, [line["side"] for line in lines]


def test_both_panes_stream_together_and_each_says_how_much_is_borne_out(
    client: TestClient, stand_in: StandIn
) -> None:
    stand_in.pause = 0.02
    texts, order = panes(client, "How long is parental leave?")
    middle = order[len(order) // 4 : 3 * len(order) // 4 + 1]
    assert set(middle) == {"alone", "with"}, "neither waits for the other"
    assert "2 of 2 sentences borne out" in texts["with"]
    assert "0 of 1 sentence borne out" in texts["alone"]
    assert ENGLISH.no_source in texts["alone"]
    assert 'href="#e1-s1"' in texts["with"]
    assert 'id="e1-s1"' in texts["with"]


def test_the_room_offers_the_starters_and_takes_a_question_from_its_address(
    client: TestClient,
) -> None:
    page = client.get("/compare", params={"q": '"><script>alert(1)</script>'}).text
    assert "How &lt;b&gt;long&lt;/b&gt;?" in page
    assert "<script>alert" not in page
    assert "&quot;&gt;&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("question", ["", "   ", "x" * 100_000, "x" * 1_900_000])
def test_an_impossible_question_gets_a_sentence(client: TestClient, question: str) -> None:
    answer = client.post("/compare", content=question.encode())
    assert answer.status_code == 422
    assert answer.text.endswith(".")


def test_a_defect_is_said_in_both_panes(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    texts, _ = panes(client, "crash")
    assert ENGLISH.broken in texts["with"]
    assert "a defect" in caplog.text


def test_a_missing_index_is_said_in_both_panes() -> None:
    def missing() -> StandIn:
        raise IndexMissingError("There is no index in data.")

    with TestClient(create_app(missing), base_url="http://127.0.0.1:7860") as client:
        texts, _ = panes(client, "How long?")
    assert all("There is no index in data." in html for html in texts.values())


def test_a_place_is_given_back_when_a_comparison_has_ended(client: TestClient) -> None:
    for _ in range(12):
        assert len(panes(client, "How long?")[0]) == 2
