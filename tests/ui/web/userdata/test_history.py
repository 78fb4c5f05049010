"""What is kept of people: conversations and feedback, each person's own."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import apsw
import pytest

from rag.answer import Status
from rag.errors import StorageError, UsageError
from rag.evaluation.questions import read_questions
from tests.ui.stand_in import HITS, StandIn, make_answer
from tests.ui.web.userdata.conftest import OpenStore
from ui.errors import NotThereError
from ui.messages.page import ENGLISH
from ui.web.assistant_service import AssistantService
from ui.web.chat.redaction import export_conversations
from ui.web.identity import Person, Role
from ui.web.userdata.database import MIGRATIONS, Store
from ui.web.userdata.feedback import FeedbackBook, as_drafts, as_lines, as_questions
from ui.web.userdata.history import History

ANNA = Person("a1", "anna", Role.READER)
BERT = Person("b1", "bert", Role.ADMIN, readers=None)


@pytest.fixture
def history(store: Store) -> History:
    return History(store)


def test_a_conversation_is_kept_as_it_was(history: History, open_store: OpenStore) -> None:
    """Another process finds the same answers, under the first question's words."""
    conversation = history.create(ANNA)
    first, second = make_answer("How long?", Status.PARTIAL), make_answer("And?", Status.GROUNDED)
    assert [
        history.append(ANNA, conversation, first),
        history.append(ANNA, conversation, second),
    ] == [1, 2]
    again = History(open_store())
    assert [turn.answer for turn in again.turns(ANNA, conversation)] == [first, second]
    assert [(entry.title, entry.turns) for entry in again.find(ANNA)] == [("How long?", 2)]


def test_conversations_go_after_their_days(store: Store) -> None:
    """With their answers, counted from the last question: nobody reads them after that."""
    day, moment = 86_400.0, [0.0]
    history = History(store, days=30, now=lambda: moment[0])
    old, continued = history.create(ANNA, "old"), history.create(BERT, "continued")
    history.append(ANNA, old, make_answer("How long?", Status.GROUNDED))
    moment[0] = 20 * day
    history.append(BERT, continued, make_answer("And?", Status.GROUNDED))
    moment[0] = 31 * day
    with pytest.raises(NotThereError):
        history.turns(ANNA, old)
    assert history.find(ANNA) == []
    assert [entry.title for entry in history.find(BERT)] == ["continued"]
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM turns").fetchone() == (1,)
    History(store, days=30, now=lambda: 70 * day)
    assert history.count_all() == 0


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    history = History(Store(tmp_path / "people.db"))
    history.create(ANNA)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_search_ignores_case_in_any_language(history: History) -> None:
    conversation = history.create(ANNA)
    history.append(ANNA, conversation, make_answer("Wie viele ÜBERSTUNDEN?", Status.GROUNDED))
    assert [entry.id for entry in history.find(ANNA, search="überstunden")] == [conversation]
    assert [entry.id for entry in history.find(ANNA, search="three blocks")] == [conversation]
    assert history.find(ANNA, search="%") == []


def test_another_s_conversation_is_not_there(history: History) -> None:
    """Whatever the role, and whatever is tried with it."""
    conversation = history.create(ANNA, "Mine")
    history.append(ANNA, conversation, make_answer("How long?", Status.GROUNDED))
    for attempt in (
        lambda: history.turns(BERT, conversation),
        lambda: history.rename(BERT, conversation, "Yours"),
        lambda: history.delete(BERT, conversation),
        lambda: history.append(BERT, conversation, make_answer("x", Status.GROUNDED)),
        lambda: history.get(BERT, conversation),
    ):
        with pytest.raises(NotThereError):
            attempt()
    assert history.find(BERT) == []
    assert history.delete_all(BERT) == 0
    assert [(entry.title, entry.turns) for entry in history.find(ANNA)] == [("Mine", 1)]


def test_what_is_deleted_is_gone_from_the_file(tmp_path: Path) -> None:
    history = History(Store(tmp_path / "people.db"))
    conversation = history.create(ANNA)
    history.append(ANNA, conversation, make_answer("Zanzibar?", Status.GROUNDED))
    history.delete(ANNA, conversation)
    with pytest.raises(NotThereError):
        history.turns(ANNA, conversation)
    history._store.close()
    assert b"Zanzibar" not in (tmp_path / "people.db").read_bytes()


def test_an_export_is_json_with_every_answer(history: History, stand_in: StandIn) -> None:
    conversation = history.create(ANNA, profile="hr")
    history.rename(ANNA, conversation, "  Leave\x00\n and more ")
    history.append(ANNA, conversation, make_answer("How long?", Status.GROUNDED))
    history.append(ANNA, conversation, make_answer("And?", Status.UNSUPPORTED), stopped=True)
    export = export_conversations(history, AssistantService(lambda: stand_in), ANNA, ENGLISH)
    (entry,) = json.loads(json.dumps(export))["conversations"]
    assert (entry["title"], entry["profile"]) == ("Leave and more", "hr")
    assert [(turn["answer"]["question"], turn["stopped"]) for turn in entry["turns"]] == [
        ("How long?", False),
        ("And?", True),
    ]


def test_a_stopped_turn_gives_way_to_the_same_question_asked_again(history: History) -> None:
    conversation = history.create(ANNA)
    history.append(ANNA, conversation, make_answer("How long?", Status.GROUNDED))
    stopped = history.append(
        ANNA, conversation, make_answer("And?", Status.UNSUPPORTED), stopped=True
    )
    history.append(ANNA, conversation, make_answer("And?", Status.GROUNDED), instead_of=stopped)
    kept = history.turns(ANNA, conversation)
    assert [(turn.n, turn.stopped, turn.answer.status) for turn in kept] == [
        (1, False, Status.GROUNDED),
        (2, False, Status.GROUNDED),
    ]


def test_a_file_of_an_older_release_keeps_what_is_in_it(tmp_path: Path) -> None:
    """Format 2 had neither profiles nor stopped turns."""
    file = apsw.Connection(str(tmp_path / "people.db"))
    for step in MIGRATIONS[:2]:
        file.execute(step).fetchall()
    file.execute("PRAGMA user_version = 2")
    answer = make_answer("How long?", Status.GROUNDED)
    file.execute("INSERT INTO conversations VALUES ('c', ?, 'Leave', 1, 2)", (ANNA.key,))
    file.execute("INSERT INTO turns VALUES ('c', 1, 1, ?, '')", (answer.model_dump_json(),))
    file.close()
    history = History(Store(tmp_path / "people.db"))
    assert history.get(ANNA, "c").profile == ""
    assert [(turn.answer, turn.stopped) for turn in history.turns(ANNA, "c")] == [(answer, False)]


def test_a_file_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    with Store(tmp_path / "people.db").writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="format 99"):
        Store(tmp_path / "people.db")


def test_a_second_word_on_an_answer_replaces_the_first(store: Store) -> None:
    book, answer = FeedbackBook(store), make_answer("How long?", Status.GROUNDED)
    book.give(ANNA, answer, helpful=True, conversation="c", turn=1)
    book.give(ANNA, answer, helpful=False, reason="wrong", note=" no ", conversation="c", turn=1)
    book.give(BERT, answer, helpful=True, conversation="c", turn=1)
    assert [(f.helpful, f.reason, f.note) for f in book.of(ANNA, "c").values()] == [
        (False, "wrong", "no")
    ]
    assert [f.name for f in book.find(None, helpful=True)] == ["bert"]
    book.withdraw(ANNA, "c", 1)
    assert book.of(ANNA, "c") == {}
    with pytest.raises(UsageError, match="is no reason"):
        book.give(ANNA, answer, helpful=False, reason="bored")


def test_feedback_is_seen_by_who_may_read_what_it_quotes(store: Store) -> None:
    book = FeedbackBook(store)
    book.give(ANNA, make_answer("How long?", Status.GROUNDED), helpful=True)
    everything = {hit.uri for hit in HITS}
    assert len(book.find(lambda uris: frozenset(uris) & everything)) == 1
    assert book.find(lambda uris: frozenset(uris) - {HITS[3].uri}) == []


def test_helpful_feedback_becomes_questions_that_eval_reads(store: Store, tmp_path: Path) -> None:
    book = FeedbackBook(store)
    book.give(ANNA, make_answer("How long?", Status.GROUNDED), helpful=True)
    book.give(ANNA, make_answer("Who?", Status.NOT_IN_DOCUMENTS), helpful=True)
    book.give(ANNA, make_answer("Why?", Status.PARTIAL), helpful=False, reason="wrong")
    (tmp_path / "questions.jsonl").write_text(as_lines(as_questions(book.find(None))), "utf-8")
    read = {q.question: q for q in read_questions(tmp_path / "questions.jsonl").questions}
    assert read.keys() == {"How long?", "Who?"}
    assert read["How long?"].facts[0].filename == "parental-leave.pdf"
    assert read["Who?"].unanswerable
    assert [(d["question"], d["reason"]) for d in as_drafts(book.find(None))] == [("Why?", "wrong")]
