"""Accounts, sessions and conversations in PostgreSQL: several page servers serve the same people."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag.answer import Answer, Context, Status, Verdict
from rag.database_address import DatabaseAddress
from rag.errors import StorageError
from rag.settings import Settings
from tests.conftest import free_port
from tests.index.contract.server import Server
from tests.ui.stand_in import make_answer
from ui.web.identity import Person, Role
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.audit import AuditLog
from ui.web.userdata.database import MIGRATIONS, PEOPLE, Store
from ui.web.userdata.erasure import export_person, forget_documents, forget_person
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History
from ui.web.userdata.opening import open_people
from ui.web.userdata.postgres import PeopleDatabase
from ui.web.userdata.sessions import Sessions
from ui.web.userdata.shared_links import SharedLinks
from ui.web.userdata.unanswered import UnansweredBook

PASSWORD = "correct horse battery"
ANNA = Person("proxy:anna", "anna", Role.READER)


@pytest.fixture
def address(postgres: Server) -> DatabaseAddress:
    return DatabaseAddress(postgres.new_database())


def sessions_of(store: Store) -> Sessions:
    return Sessions(store, idle_s=3600, longest_s=36_000)


@contextlib.contextmanager
def page_server(
    address: DatabaseAddress, folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`inhouse web` as a process of its own, with its URL."""
    port = free_port()
    command = [sys.executable, "-m", "ui", "web", "--data", address.uri, "--port", str(port)]
    folder.mkdir()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "INHOUSE_WEB_SIGN_IN": "accounts"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/sign-in").status_code == 200:
                    break
            assert process.poll() is None
            time.sleep(0.2)
        yield process, url
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_page_server_that_is_killed_signs_nobody_out_and_loses_nothing(
    address: DatabaseAddress, tmp_path: Path
) -> None:
    """Two servers, 20 people, who came in at the one that is killed."""
    store = PeopleDatabase(address)
    names = [f"person{number}" for number in range(20)]
    for name in names:
        Accounts(store).add(name, role=Role.READER, readers=("staff",), password=PASSWORD)
    with (
        page_server(address, tmp_path / "one") as (one, first),
        page_server(address, tmp_path / "two") as (_, second),
    ):
        cookies = {}
        for name in names:
            reply = httpx.post(
                f"{first}/sign-in",
                data={"name": name, "password": PASSWORD},
                headers={"origin": first},
            )
            assert reply.status_code == 303, reply.text
            cookies[name] = reply.cookies
        kept = {}
        for name in names:
            account = Accounts(store).by_name(name)
            assert account is not None
            kept[name] = History(store).create(account.person)
            answer = make_answer(f"How long is the leave of {name}?", Status.NOT_IN_DOCUMENTS)
            History(store).append(account.person, kept[name], answer)
        one.send_signal(signal.SIGKILL)
        one.wait()
        for name in names:
            page = httpx.get(f"{second}/conversations", cookies=cookies[name])
            assert page.status_code == 200
            assert f"the leave of {name}?" in page.text
            other = kept[names[names.index(name) - 1]]
            assert (
                httpx.get(f"{second}/conversations/{other}.md", cookies=cookies[name]).status_code
                == 404
            )
        out = httpx.post(
            f"{second}/sign-out", cookies=cookies[names[0]], headers={"origin": second}
        )
        assert out.status_code == 303
        gone = httpx.get(f"{second}/conversations", cookies=cookies[names[0]])
        assert gone.status_code in (303, 401)


def test_turns_of_two_servers_at_once_are_all_kept(address: DatabaseAddress) -> None:
    """Each has a number of its own, as in the file."""
    stores = [PeopleDatabase(address) for _ in range(4)]
    conversation = History(stores[0]).create(ANNA)

    def ask(store: Store) -> None:
        for number in range(10):
            answer = make_answer(f"Question {number}?", Status.NOT_IN_DOCUMENTS)
            History(store).append(ANNA, conversation, answer)

    threads = [threading.Thread(target=ask, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [turn.n for turn in History(stores[1]).turns(ANNA, conversation)] == list(range(1, 41))


def test_a_server_of_the_database_that_comes_back_is_asked_again(
    postgres: Server, address: DatabaseAddress
) -> None:
    store = PeopleDatabase(address)
    account = Accounts(store).add("anna", role=Role.READER)
    token = sessions_of(store).begin(account)
    postgres.stop("fast")
    try:
        with pytest.raises(StorageError):
            sessions_of(store).person(token, is_click=False)
    finally:
        postgres.start()
    assert sessions_of(store).person(token, is_click=True) == account.person


def test_a_file_of_people_is_taken_over_once(
    address: DatabaseAddress, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever moves to a database keeps accounts, sessions, conversations, feedback and links."""
    file = Store(tmp_path / PEOPLE)
    account = Accounts(file).add("anna", role=Role.ADMIN, readers=None, password=PASSWORD)
    token = sessions_of(file).begin(account)
    answer = make_answer("How long\0 is leave?", Status.GROUNDED)
    conversation = History(file).create(account.person)
    History(file).append(account.person, conversation, answer, scope=("tag:hr",))
    FeedbackBook(file).give(account.person, answer, helpful=True, conversation=conversation, turn=1)
    link = SharedLinks(file).create(account.person, conversation)
    AuditLog(file).record(account.person, "set", "anna")
    settings = Settings.model_validate({"data": tmp_path, "database": address.uri})

    store = open_people(settings)

    assert str(address) in caplog.text
    assert Accounts(store).check("anna", PASSWORD) == account
    assert sessions_of(store).person(token, is_click=True) == account.person
    (turn,) = History(store).turns(account.person, conversation)
    assert (turn.answer.text, turn.scope) == (answer.text, ("tag:hr",))
    assert FeedbackBook(store).of(account.person, conversation)[1].helpful
    assert SharedLinks(store).open(link).turns == (turn,)
    AuditLog(store).record(account.person, "set", "bert")
    assert [line.target for line in AuditLog(store).latest()] == ["bert", "anna"]
    History(store).delete_all(account.person)
    assert History(open_people(settings)).find(account.person) == []


def test_people_in_a_file_stay_there_if_it_is_named(
    address: DatabaseAddress, tmp_path: Path
) -> None:
    settings = Settings.model_validate(
        {"data": tmp_path, "database": address.uri, "web": {"people": tmp_path / "people"}}
    )
    assert open_people(settings).path == tmp_path / "people"


def make_bare_answer(question: str) -> Answer:
    """An answer that found nothing."""
    nothing = {"verdict": Verdict.NOT_IN_DOCUMENTS, "context": Context(), "extracts": ()}
    return make_answer(question, Status.NOT_IN_DOCUMENTS).model_copy(update=nothing)


def test_a_person_and_a_document_are_forgotten(address: DatabaseAddress) -> None:
    """What was answered with the document goes, with what followed; then all that is the person's."""
    store = PeopleDatabase(address)
    history = History(store)
    first, second = (history.create(ANNA) for _ in range(2))
    answer = make_answer("How long is leave?", Status.GROUNDED)
    for conversation in (first, second):
        history.append(ANNA, conversation, make_bare_answer("Who?"))
    history.append(ANNA, first, answer)
    history.append(ANNA, first, make_bare_answer("And then?"))
    kept = export_person(store, "anna")
    assert sorted(len(entry["turns"]) for entry in kept["conversations"]) == [1, 3]
    assert forget_documents(store, [answer.citations[0].uri]).turns == 2
    assert [turn.n for turn in history.turns(ANNA, first)] == [1]
    forget_person(store, "anna")
    assert history.find(ANNA) == []


def test_questions_without_an_answer_are_grouped(address: DatabaseAddress) -> None:
    store = PeopleDatabase(address)
    conversation = History(store).create(ANNA)
    for question in ("Who is it?", "WHO is it?", "Why?"):
        History(store).append(ANNA, conversation, make_bare_answer(question))
    book = UnansweredBook(store)
    times = {group.question.casefold(): group.times for group in book.find(None)}
    assert times == {"who is it?": 2, "why?": 1}
    book.mark_done("Who is it?")
    assert [group.question for group in book.find(None)] == ["Why?"]


def test_a_newer_format_is_left_alone(address: DatabaseAddress) -> None:
    with PeopleDatabase(address).writing() as connection:
        connection.execute("UPDATE format SET version = ?", (len(MIGRATIONS) + 1,))
    with pytest.raises(StorageError, match=f"format {len(MIGRATIONS) + 1}"):
        PeopleDatabase(address)


def test_a_user_without_rights_is_told_what_is_missing(address: DatabaseAddress) -> None:
    import psycopg

    with psycopg.connect(address.uri, autocommit=True) as connection:
        connection.execute("CREATE ROLE page_reader LOGIN")
    reader = DatabaseAddress(address.uri.replace("user=postgres", "user=page_reader"))
    with pytest.raises(StorageError, match="may not make the schema inhouse_people") as caught:
        PeopleDatabase(reader)
    assert "web.people" in (caught.value.hint or "")
    with psycopg.connect(address.uri, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA inhouse_people AUTHORIZATION page_reader")
    assert Accounts(PeopleDatabase(reader)).every() == ()
