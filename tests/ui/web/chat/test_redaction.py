"""Conversations that were kept: opened, exported, and what is left of them once a source is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.answer import Answer, Context, Sentence
from rag.settings import Settings
from tests.ui.library import BERTH, CRANE, fill, open_library, read_in
from ui.messages.page import ENGLISH
from ui.view.exports.text import ExportedTurn, as_html, as_markdown, plain_text
from ui.web.app import create_app
from ui.web.assistant_service import AssistantService
from ui.web.chat.conversation import Conversation
from ui.web.chat.redaction import _Scrub, export_conversations, redact, search
from ui.web.identity import LOCAL, Person, Role
from ui.web.userdata.database import PEOPLE, Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History

NOBODY = Person("n1", "nobody", Role.READER, readers=frozenset())


class ChatSetup:
    """A library with a page's stores, and one answer that rests on its rules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fill(folder / "files")
        self.ingest()
        self.store = Store(folder / "data" / PEOPLE)
        self.history, self.feedback = History(self.store), FeedbackBook(self.store)
        self.assistant = open_library(folder / "data", BERTH, CRANE)
        self.service = AssistantService(lambda: self.assistant)
        self.talk = Conversation()
        list(self.talk.ask("When is berth 7 closed?", self.service, LOCAL, self.history))
        assert self.talk.id
        self.id: str = self.talk.id

    def ingest(self) -> None:
        read_in(self.folder / "files", self.folder / "data")

    @property
    def answer(self) -> Answer:
        return self.history.turns(LOCAL, self.id)[0].answer

    def opened(self) -> str:
        """Everything that the page shows of the conversation when it is opened again."""
        screen = Conversation().open(self.id, self.service, LOCAL, self.history, self.feedback)
        return json.dumps([screen.now, screen.now_evidence, screen.earlier, screen.note])


def taken_along(answer: Answer) -> str:
    """The answer as it leaves the page."""
    turn = ExportedTurn(answer)
    plain, markup = plain_text(turn, ENGLISH), as_html(turn, ENGLISH)
    return plain + markup + as_markdown("Harbour", [turn], ENGLISH)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[ChatSetup]:
    kept = ChatSetup(tmp_path)
    yield kept
    kept.store.close()


def test_a_conversation_opens_as_it_was_and_goes_on(chat: ChatSetup) -> None:
    assert f"<mark>{BERTH}</mark>" in chat.opened()
    talk = Conversation()
    before = talk.open(chat.id, chat.service, LOCAL, chat.history, chat.feedback)
    assert before.now == chat.talk.shown[0].turn
    assert before.now_evidence == chat.talk.shown[0].evidence
    list(talk.ask("What does the crane lift?", chat.service, LOCAL, chat.history))
    assert [turn.n for turn in chat.history.turns(LOCAL, chat.id)] == [1, 2]
    assert talk.history[0].answer == BERTH


def test_a_withdrawn_source_is_said_and_not_quoted_any_more(chat: ChatSetup) -> None:
    (chat.folder / "files/rules.pdf").unlink()
    chat.ingest()
    page = chat.opened()
    assert ENGLISH.sources_gone in page
    assert ENGLISH.withdrawn in page
    assert f"<mark>{BERTH}" not in page, "other documents may still be quoted"
    assert BERTH in page, "the answer itself is as it was"
    assert "rules.pdf" in page


def test_what_somebody_may_not_read_any_more_is_in_nothing_that_was_kept(chat: ChatSetup) -> None:
    """Neither the quote nor the name, nor the sentence that says the same; in the export neither."""
    kept = chat.history.create(NOBODY)
    chat.history.append(NOBODY, kept, chat.answer)
    seen = redact(chat.answer, chat.service, NOBODY, ENGLISH).answer
    export = export_conversations(chat.history, chat.service, NOBODY, ENGLISH)
    screen = Conversation().open(kept, chat.service, NOBODY, chat.history, chat.feedback)
    for text in (seen.model_dump_json(), json.dumps(export), taken_along(seen), str(screen)):
        for secret in ("October", "rules.pdf", "crane", "Lights", str(chat.folder)):
            assert secret not in text
    assert ENGLISH.withheld in seen.text
    assert BERTH in json.dumps(export_conversations(chat.history, chat.service, LOCAL, ENGLISH))


def test_a_search_finds_nothing_in_what_may_not_be_read_any_more(chat: ChatSetup) -> None:
    """Else the words of a withheld answer could be found out letter by letter; questions are one's own."""
    kept = chat.history.create(NOBODY)
    chat.history.append(NOBODY, kept, chat.answer)

    def found(search_text: str, person: Person = NOBODY) -> list[str]:
        return [
            conversation.id
            for conversation in search(
                chat.history, chat.service, person, ENGLISH, search_text, limit=5
            )
        ]

    for search_text in ("october", "march", "october to m"):
        assert found(search_text) == []
        assert found(search_text, LOCAL) == [chat.id]
    assert found("berth 7") == [kept]
    assert found("") == [kept]


def test_an_open_tab_forgets_what_may_not_be_read_any_more(chat: ChatSetup) -> None:
    """Neither the page nor the model is sent it again with the next question."""
    anna = Person("a1", "anna", Role.READER)
    talk = Conversation()
    list(talk.ask("When is berth 7 closed?", chat.service, anna, chat.history))
    assert "October" in talk.shown[0].evidence
    lost = replace(anna, readers=frozenset())
    screens = list(talk.ask("And the crane?", chat.service, lost, chat.history))
    assert len(talk.shown) == 2
    for text in (str(screens), str(talk.shown[0].turn), str(talk.history)):
        assert "October" not in text


@pytest.mark.parametrize("how", ["stopped", "closed"])
def test_a_turn_that_was_stopped_or_whose_tab_was_closed_is_kept_and_marked(
    chat: ChatSetup, how: str
) -> None:
    talk = Conversation()
    asking = talk.ask("When is berth 7 closed?", chat.service, LOCAL, chat.history)
    for screen in asking:
        if screen.now_evidence:
            break
    if how == "closed":
        asking.close()
    else:
        talk.stop()
        list(asking)
    assert talk.id
    (kept,) = chat.history.turns(LOCAL, talk.id)
    assert kept.stopped
    again = Conversation()
    page = again.open(talk.id, chat.service, LOCAL, chat.history, chat.feedback)
    label = ENGLISH.stopped if how == "stopped" else ENGLISH.interrupted
    assert f"<strong>{label}</strong>" in (page.now or "")
    assert BERTH in (page.now_evidence or ""), "the passages are there"
    assert again.history == [], "an answer that was not checked is not built upon"
    assert "act-copy" in (page.now or "")
    assert "act-helpful" not in (page.now or "")
    list(again.ask("When is berth 7 closed?", chat.service, LOCAL, chat.history))
    assert [turn.answered for turn in again.shown] == [True]
    assert [turn.stopped for turn in chat.history.turns(LOCAL, talk.id)] == [False]


def test_a_stopped_text_is_withheld_from_who_may_not_read_what_was_found_for_it(
    chat: ChatSetup,
) -> None:
    """Nobody knows on which of the passages it rests."""
    kept = chat.history.create(NOBODY)
    stopped = chat.answer.model_copy(update={"sentences": (), "citations": ()})
    chat.history.append(NOBODY, kept, stopped, stopped=True)
    screen = Conversation().open(kept, chat.service, NOBODY, chat.history, chat.feedback)
    for secret in ("October", "rules.pdf", "crane", str(chat.folder)):
        assert secret not in str(screen)
    assert ENGLISH.withheld in str(screen)


def test_a_sentence_that_cites_nothing_is_withheld_where_the_model_had_read_a_closed_document(
    chat: ChatSetup,
) -> None:
    """Also one of a later answer: the model was told the earlier one. What it was not told stays."""
    loose = Sentence(text="The ice is thick then.", supported=False)
    changes = {"text": loose.text, "sentences": (loose,), "citations": (), "extracts": ()}
    first = chat.answer.model_copy(update=changes)
    later = first.model_copy(update={"context": Context(), "turns": 1, "searched": loose.text})
    for answer, before in ((first, ()), (later, (first,))):
        seen = redact(answer, chat.service, NOBODY, ENGLISH, before).answer
        assert seen.text == ENGLISH.withheld
        assert "thick" not in seen.model_dump_json()
        assert redact(answer, chat.service, LOCAL, ENGLISH, before).answer == answer
    alone = later.model_copy(update={"turns": 0})
    assert redact(alone, chat.service, NOBODY, ENGLISH, (first,)).answer.text == loose.text


def test_a_sentence_is_withheld_if_any_of_its_sources_is_closed(chat: ChatSetup) -> None:
    (quote,) = chat.answer.citations
    open_ = quote.model_copy(update={"n": 2, "uri": "open.md"})
    both = Sentence(text=BERTH, supported=True, citations=(1, 2))
    scrub = _Scrub(frozenset({quote.uri}), frozenset({quote.uri}), ENGLISH, may_say=False)
    assert scrub.sentence(both, (quote, open_)).text == ENGLISH.withheld
    kept = both.model_copy(update={"citations": (2,)})
    assert scrub.sentence(kept, (quote, open_)) == kept


def test_a_conversation_deleted_in_another_tab_goes_on_as_a_new_one(chat: ChatSetup) -> None:
    chat.history.delete(LOCAL, chat.id)
    list(chat.talk.ask("And the crane?", chat.service, LOCAL, chat.history))
    assert chat.talk.id != chat.id
    assert len(chat.history.turns(LOCAL, chat.talk.id or "")) == 1
    screen = Conversation().open(chat.id, chat.service, LOCAL, chat.history, chat.feedback)
    assert screen.note == ENGLISH.conversation_gone


@pytest.fixture
def client(chat: ChatSetup) -> Iterator[TestClient]:
    settings = Settings.model_validate({"data": chat.folder / "data"})
    app = create_app(lambda: chat.assistant, settings=settings)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def test_over_http_one_lists_renames_copies_judges_exports_and_deletes(
    client: TestClient, chat: ChatSetup
) -> None:
    at = f"/conversations/{chat.id}"
    assert "When is berth 7 closed?" in client.get("/conversations").text
    assert chat.id in client.get("/conversations", params={"search": "OCTOBER"}).text
    assert ENGLISH.none_fit in client.get("/conversations", params={"search": "zeppelin"}).text
    assert client.post(f"{at}/title", content=b"<b>Berths</b>").status_code == 200
    assert "&lt;b&gt;Berths&lt;/b&gt;" in client.get("/conversations").text
    copied = client.get(f"{at}/1.txt").text
    assert copied == (
        "When is berth 7 closed?\n\nBerth 7 is closed from October to March. [1]\n\nSources:\n"
        f"[1] {chat.answer.citations[0].title} (files/rules.pdf, page 1): “Harbour rules {BERTH}”\n"
    )
    assert ENGLISH.reasons["wrong_source"] in client.get(f"{at}/1/feedback?helpful=false").text
    for feedback in (
        {"helpful": True},
        {"helpful": False, "reason": "wrong", "note": "In May too."},
    ):
        assert client.post(f"{at}/1/feedback", json=feedback).status_code == 200
    (kept,) = chat.feedback.of(LOCAL, chat.id).values()
    assert (kept.helpful, kept.reason, kept.note) == (False, "wrong", "In May too.")
    assert "act-unhelpful vote is-said" in json.loads(chat.opened())[0]
    exported = client.get("/conversations/export")
    assert exported.headers["content-disposition"].startswith("attachment")
    assert exported.json()["conversations"][0]["turns"][0]["answer"] == chat.answer.to_json()
    assert client.post(f"{at}/forget").status_code == 200
    assert client.get(f"{at}/1.txt").status_code == 404
    assert ENGLISH.none_kept in client.get("/conversations").text


def test_what_is_no_feedback_is_refused_in_a_sentence(client: TestClient, chat: ChatSetup) -> None:
    for body in (b"", b"[]", b"{}", b'{"helpful": true, "reason": "because"}'):
        answer = client.post(f"/conversations/{chat.id}/1/feedback", content=body)
        assert answer.status_code == 422, body
        assert answer.text.strip().endswith(".")
        assert chat.feedback.of(LOCAL, chat.id) == {}


def test_what_was_said_of_a_closed_document_is_withheld_too(chat: ChatSetup) -> None:
    """Its metadata, in citations and in every passage that was found."""
    metadata = {"client": "Zanzibar Ltd."}
    answer = chat.answer
    context = Context(
        **{
            name: [
                hit.model_copy(update={"metadata": metadata})
                for hit in getattr(answer.context, name)
            ]
            for name in ("cited", "read", "retrieved")
        }
    )
    citations = [quoted.model_copy(update={"metadata": metadata}) for quoted in answer.citations]
    labelled = answer.model_copy(update={"context": context, "citations": tuple(citations)})
    assert "Zanzibar" in labelled.model_dump_json()
    assert (
        "Zanzibar" not in redact(labelled, chat.service, NOBODY, ENGLISH).answer.model_dump_json()
    )


def test_a_list_that_names_a_closed_document_is_withheld_as_a_whole(chat: ChatSetup) -> None:
    """Its number and its notes too: they would say that there is one."""
    answer = chat.assistant.ask("Which documents mention crane?")
    assert answer.computed is not None
    assert "rules.pdf" in answer.model_dump_json()
    seen = redact(answer, chat.service, NOBODY, ENGLISH).answer
    assert seen.computed is not None
    assert (seen.computed.text, seen.computed.table.rows) == (ENGLISH.withheld, ())
    for secret in ("rules.pdf", str(chat.folder), "1 document"):
        assert secret not in seen.model_dump_json()
        assert secret not in taken_along(seen)
    assert redact(answer, chat.service, LOCAL, ENGLISH).answer == answer
