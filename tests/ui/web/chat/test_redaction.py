"""Conversations that were kept: opened, exported, and what is left of them once a source is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rag.answer import Answer, Context, Sentence
from rag.settings import Settings
from tests.ui.library import BERTH, CRANE, fill, open_library, read_in
from ui.messages.page import ENGLISH
from ui.view.answer_actions import plain
from ui.web.app import create_app
from ui.web.assistant_service import AssistantService
from ui.web.chat.conversation import Conversation
from ui.web.chat.redaction import _Scrub, exported, recall, search
from ui.web.identity import LOCAL, Person, Role
from ui.web.userdata.database import PEOPLE, Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History

NOBODY = Person("n1", "nobody", Role.READER, readers=frozenset())


class Place:
    """A library with a page's stores, and one answer that rests on its rules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fill(folder / "files")
        self.ingest()
        self.store = Store(folder / "data" / PEOPLE)
        self.history, self.feedback = History(self.store), FeedbackBook(self.store)
        self.assistant = open_library(folder / "data", BERTH, CRANE)
        self.desk = AssistantService(lambda: self.assistant)
        self.talk = Conversation()
        list(self.talk.ask("When is berth 7 closed?", self.desk, LOCAL, self.history))
        assert self.talk.id
        self.id: str = self.talk.id

    def ingest(self) -> None:
        read_in(self.folder / "files", self.folder / "data")

    @property
    def answer(self) -> Answer:
        return self.history.turns(LOCAL, self.id)[0].answer

    def opened(self) -> str:
        """Everything that the page shows of the conversation when it is opened again."""
        screen = Conversation().open(self.id, self.desk, LOCAL, self.history, self.feedback)
        return json.dumps([screen.now, screen.now_evidence, screen.earlier, screen.note])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.store.close()


def test_a_conversation_opens_as_it_was_and_goes_on(place: Place) -> None:
    assert f"<mark>{BERTH}</mark>" in place.opened()
    talk = Conversation()
    before = talk.open(place.id, place.desk, LOCAL, place.history, place.feedback)
    assert before.now == place.talk.shown[0].turn
    assert before.now_evidence == place.talk.shown[0].evidence
    list(talk.ask("What does the crane lift?", place.desk, LOCAL, place.history))
    assert [turn.n for turn in place.history.turns(LOCAL, place.id)] == [1, 2]
    assert talk.history[0].answer == BERTH


def test_a_withdrawn_source_is_said_and_not_quoted_any_more(place: Place) -> None:
    (place.folder / "files/rules.pdf").unlink()
    place.ingest()
    page = place.opened()
    assert ENGLISH.sources_gone in page
    assert ENGLISH.withdrawn in page
    assert f"<mark>{BERTH}" not in page, "other documents may still be quoted"
    assert BERTH in page, "the answer itself is as it was"
    assert "rules.pdf" in page


def test_what_somebody_may_not_read_any_more_is_in_nothing_that_was_kept(place: Place) -> None:
    """Neither the quote nor the name, nor the sentence that says the same; in the export neither."""
    kept = place.history.create(NOBODY)
    place.history.append(NOBODY, kept, place.answer)
    seen = recall(place.answer, place.desk, NOBODY, ENGLISH).answer
    export = exported(place.history, place.desk, NOBODY, ENGLISH)
    screen = Conversation().open(kept, place.desk, NOBODY, place.history, place.feedback)
    for told in (seen.model_dump_json(), json.dumps(export), plain(seen, ENGLISH), str(screen)):
        for secret in ("October", "rules.pdf", "crane", "Lights", str(place.folder)):
            assert secret not in told
    assert ENGLISH.withheld in seen.text
    assert BERTH in json.dumps(exported(place.history, place.desk, LOCAL, ENGLISH))


def test_a_search_finds_nothing_in_what_may_not_be_read_any_more(place: Place) -> None:
    """Else the words of a withheld answer could be found out letter by letter; questions are one's own."""
    kept = place.history.create(NOBODY)
    place.history.append(NOBODY, kept, place.answer)

    def found(wanted: str, person: Person = NOBODY) -> list[str]:
        return [
            each.id for each in search(place.history, place.desk, person, ENGLISH, wanted, limit=5)
        ]

    for wanted in ("october", "march", "october to m"):
        assert found(wanted) == []
        assert found(wanted, LOCAL) == [place.id]
    assert found("berth 7") == [kept]
    assert found("") == [kept]


def test_an_open_tab_forgets_what_may_not_be_read_any_more(place: Place) -> None:
    """Neither the page nor the model is sent it again with the next question."""
    anna = Person("a1", "anna", Role.READER)
    talk = Conversation()
    list(talk.ask("When is berth 7 closed?", place.desk, anna, place.history))
    assert "October" in talk.shown[0].evidence
    lost = replace(anna, readers=frozenset())
    screens = list(talk.ask("And the crane?", place.desk, lost, place.history))
    assert len(talk.shown) == 2
    for told in (str(screens), str(talk.shown[0].turn), str(talk.history)):
        assert "October" not in told


@pytest.mark.parametrize("how", ["stopped", "closed"])
def test_a_turn_that_was_stopped_or_whose_tab_was_closed_is_kept_and_marked(
    place: Place, how: str
) -> None:
    talk = Conversation()
    asking = talk.ask("When is berth 7 closed?", place.desk, LOCAL, place.history)
    for screen in asking:
        if screen.now_evidence:
            break
    if how == "closed":
        asking.close()
    else:
        talk.stop()
        list(asking)
    assert talk.id
    (kept,) = place.history.turns(LOCAL, talk.id)
    assert kept.stopped
    again = Conversation()
    page = again.open(talk.id, place.desk, LOCAL, place.history, place.feedback)
    assert f"<strong>{ENGLISH.stopped}</strong>" in (page.now or "")
    assert BERTH in (page.now_evidence or ""), "the passages are there"
    assert again.history == [], "an answer that was not checked is not built upon"
    assert "act-copy" in (page.now or "")
    assert "act-helpful" not in (page.now or "")
    list(again.ask("When is berth 7 closed?", place.desk, LOCAL, place.history))
    assert [each.answered for each in again.shown] == [True]
    assert [turn.stopped for turn in place.history.turns(LOCAL, talk.id)] == [False]


def test_a_stopped_text_is_withheld_from_who_may_not_read_what_was_found_for_it(
    place: Place,
) -> None:
    """Nobody knows on which of the passages it rests."""
    kept = place.history.create(NOBODY)
    stopped = place.answer.model_copy(update={"sentences": (), "citations": ()})
    place.history.append(NOBODY, kept, stopped, stopped=True)
    screen = Conversation().open(kept, place.desk, NOBODY, place.history, place.feedback)
    for secret in ("October", "rules.pdf", "crane", str(place.folder)):
        assert secret not in str(screen)
    assert ENGLISH.withheld in str(screen)


def test_a_sentence_that_cites_nothing_is_withheld_where_the_model_had_read_a_closed_document(
    place: Place,
) -> None:
    """Also one of a later answer: the model was told the earlier one. What it was not told stays."""
    loose = Sentence(text="The ice is thick then.", supported=False)
    said = {"text": loose.text, "sentences": (loose,), "citations": (), "extracts": ()}
    first = place.answer.model_copy(update=said)
    later = first.model_copy(update={"context": Context(), "turns": 1, "searched": loose.text})
    for answer, before in ((first, ()), (later, (first,))):
        seen = recall(answer, place.desk, NOBODY, ENGLISH, before).answer
        assert seen.text == ENGLISH.withheld
        assert "thick" not in seen.model_dump_json()
        assert recall(answer, place.desk, LOCAL, ENGLISH, before).answer == answer
    alone = later.model_copy(update={"turns": 0})
    assert recall(alone, place.desk, NOBODY, ENGLISH, (first,)).answer.text == loose.text


def test_a_sentence_is_withheld_if_any_of_its_sources_is_closed(place: Place) -> None:
    (quote,) = place.answer.citations
    open_ = quote.model_copy(update={"n": 2, "uri": "open.md"})
    both = Sentence(text=BERTH, supported=True, citations=(1, 2))
    scrub = _Scrub(frozenset({quote.uri}), frozenset({quote.uri}), ENGLISH, may_say=False)
    assert scrub.sentence(both, (quote, open_)).text == ENGLISH.withheld
    kept = both.model_copy(update={"citations": (2,)})
    assert scrub.sentence(kept, (quote, open_)) == kept


def test_a_conversation_deleted_in_another_tab_goes_on_as_a_new_one(place: Place) -> None:
    place.history.delete(LOCAL, place.id)
    list(place.talk.ask("And the crane?", place.desk, LOCAL, place.history))
    assert place.talk.id != place.id
    assert len(place.history.turns(LOCAL, place.talk.id or "")) == 1
    screen = Conversation().open(place.id, place.desk, LOCAL, place.history, place.feedback)
    assert "may have been deleted" in (screen.note or "")


@pytest.fixture
def client(place: Place) -> Iterator[TestClient]:
    settings = Settings.model_validate({"data": place.folder / "data"})
    app = create_app(lambda: place.assistant, settings=settings)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def test_over_http_one_lists_renames_copies_judges_exports_and_deletes(
    client: TestClient, place: Place
) -> None:
    at = f"/conversations/{place.id}"
    assert "When is berth 7 closed?" in client.get("/conversations").text
    assert place.id in client.get("/conversations", params={"search": "OCTOBER"}).text
    assert ENGLISH.none_fit in client.get("/conversations", params={"search": "zeppelin"}).text
    assert client.post(f"{at}/title", content=b"<b>Berths</b>").status_code == 200
    assert "&lt;b&gt;Berths&lt;/b&gt;" in client.get("/conversations").text
    copied = client.get(f"{at}/1.txt").text
    assert copied == (
        "When is berth 7 closed?\n\nBerth 7 is closed from October to March. [1]\n\nSources:\n"
        f"[1] {place.answer.citations[0].title} (files/rules.pdf, page 1): “Harbour rules {BERTH}”\n"
    )
    assert ENGLISH.reasons["wrong_source"] in client.get(f"{at}/1/feedback?helpful=false").text
    for said in ({"helpful": True}, {"helpful": False, "reason": "wrong", "note": "In May too."}):
        assert client.post(f"{at}/1/feedback", json=said).status_code == 200
    (kept,) = place.feedback.of(LOCAL, place.id).values()
    assert (kept.helpful, kept.reason, kept.note) == (False, "wrong", "In May too.")
    assert "act-unhelpful vote is-said" in json.loads(place.opened())[0]
    exported = client.get("/conversations/export")
    assert exported.headers["content-disposition"].startswith("attachment")
    assert exported.json()["conversations"][0]["turns"][0]["answer"] == place.answer.to_json()
    assert client.post(f"{at}/forget").status_code == 200
    assert client.get(f"{at}/1.txt").status_code == 404
    assert ENGLISH.none_kept in client.get("/conversations").text


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"helpful": true, "reason": "because"}'])
def test_what_is_no_feedback_is_refused_in_a_sentence(
    client: TestClient, place: Place, said: Any
) -> None:
    answer = client.post(f"/conversations/{place.id}/1/feedback", content=said)
    assert answer.status_code == 422
    assert answer.text.strip().endswith(".")
    assert place.feedback.of(LOCAL, place.id) == {}


def test_a_list_that_names_a_closed_document_is_withheld_as_a_whole(place: Place) -> None:
    """Its number and its notes too: they would say that there is one."""
    answer = place.assistant.ask("Which documents mention crane?")
    assert answer.computed is not None
    assert "rules.pdf" in answer.model_dump_json()
    seen = recall(answer, place.desk, NOBODY, ENGLISH).answer
    assert seen.computed is not None
    assert (seen.computed.text, seen.computed.table.rows) == (ENGLISH.withheld, ())
    for secret in ("rules.pdf", str(place.folder), "1 document"):
        assert secret not in seen.model_dump_json()
        assert secret not in plain(seen, ENGLISH)
    assert recall(answer, place.desk, LOCAL, ENGLISH).answer == answer
