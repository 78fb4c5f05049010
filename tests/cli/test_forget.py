"""What is forgotten is in no byte of the data folder; what is not stays as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ingest import ingest
from rag import Assistant
from rag.answer import Answer, Citation, Context, Sentence, Status
from rag.index.maintenance.forget import find_bytes
from rag.settings import Settings
from rag.testing import HashingEmbedder
from ui.cli import cli
from ui.web.identity import Person, Role
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.audit import AuditLog
from ui.web.userdata.database import PEOPLE, Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History
from ui.web.userdata.shared_links import SharedLinks
from ui.web.userdata.unanswered import UnansweredBook

SECRET = "The zanzibarium settlement of 5,000 euros is between the firm and Ms Okonkwo alone."
SHARED = "Everybody may use the canteen between eleven and two, and the garden all day."
ANNA = Person("proxy:Anna", "Anna", Role.READER)


class Company:
    """Two files, one of them with a secret, three generations, and what people kept of it."""

    def __init__(self, home: Path) -> None:
        self.home, self.docs, self.data = home, home / "docs", home / "data"
        self.docs.mkdir()
        self.secret = self.docs / "settlement.md"
        self.write(self.docs / "news.md", f"# News\n\n{SHARED}\n")
        self.write(self.secret, f"# Settlement\n\n{SECRET}\n\n{SHARED}\n")
        self.ingest()
        self.write(self.secret, f"# Settlement\n\n{SECRET} It was signed in May.\n\n{SHARED}\n")
        self.ingest()
        store = Store(self.data / PEOPLE)
        history, feedback = History(store), FeedbackBook(store)
        conversation = history.create(ANNA)
        for answer in (self.answer("news.md", SHARED), self.answer("settlement.md", SECRET),
                       self.answer("news.md", "And so the zanzibarium settlement ends.")):  # fmt: skip
            history.append(ANNA, conversation, answer)
        feedback.give(ANNA, self.answer("settlement.md", SECRET), helpful=True, note="Thanks!")
        store.close()
        evaluations = self.data / "evaluations"
        evaluations.mkdir()
        report = {"uri": str(self.secret), "quote": SECRET}
        (evaluations / "20260101T000000Z-0000.json").write_text(json.dumps(report))

    def write(self, path: Path, text: str) -> None:
        path.write_text(text)
        os.utime(path, (1.6e9 + len(text), 1.6e9 + len(text)))

    def ingest(self) -> None:
        ingest(self.docs, data_dir=self.data, settings=Settings(), embedder=HashingEmbedder())

    def answer(self, name: str, text: str) -> Answer:
        uri = str(self.docs / name)
        quote = Citation(n=1, uri=uri, title=name, quote=text, start=0, end=len(text))
        return Answer(
            question=f"What does {name} say about the firm?", text=text, status=Status.GROUNDED,
            sentences=(Sentence(text=text, supported=True, citations=(1,)),), citations=(quote,),
            context=Context(), model="m", profile="default", generation=1,
        )  # fmt: skip

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            cli, [*arguments, "--data", str(self.data)], standalone_mode=False
        )

    def holding(self, text: str) -> list[str]:
        """The files of the data folder that hold it."""
        return [path.name for path in find_bytes([self.data], [text.encode()])]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def test_a_forgotten_document_is_in_no_byte_of_the_data_folder(company: Company) -> None:
    """Neither its text nor its name, in any state of the index, answer, feedback or evaluation."""
    secrets = [SECRET[:40], "Ms Okonkwo", "signed in May", "zanzibarium", "settlement.md"]
    assert all(company.holding(secret) for secret in secrets)
    company.secret.unlink()
    company.ingest()
    assert all(company.holding(secret) for secret in secrets), (
        "deleting a file alone keeps it for a while"
    )
    done = company.run("forget", str(company.secret), "--yes", "--json")
    assert done.exception is None, done.output
    assert json.loads(done.stdout) == {
        "documents": 1, "chunks": 2, "turns": 2, "feedback": 1, "uploads": 0, "evaluations": 1,
    }  # fmt: skip
    assert {secret: company.holding(secret) for secret in secrets} == {
        secret: [] for secret in secrets
    }


def test_what_is_not_forgotten_stays_and_is_found(company: Company) -> None:
    """Also the words that both documents share, and the part of a conversation before it was told."""
    company.secret.unlink()
    assert company.run("forget", str(company.secret), "--yes").exception is None
    assistant = Assistant.open(company.data, settings=Settings(), embedder=HashingEmbedder())
    (hit,) = assistant.search("canteen garden", k=5)
    assert hit.uri.endswith("news.md")
    store = Store(company.data / PEOPLE)
    (kept,) = History(store).find(ANNA)
    assert [turn.answer.text for turn in History(store).turns(ANNA, kept.id)] == [SHARED]
    company.ingest()
    assert assistant.document_count == 1


def test_what_was_kept_beside_the_answers_goes_with_a_document(company: Company) -> None:
    """A shared link, feedback's note, an upload's record, who opened it, and what it was asked alone."""
    store = Store(company.data / PEOPLE)
    uri, history = str(company.secret), History(store)
    kept = history.create(ANNA, "Settlement")
    history.append(ANNA, kept, company.answer("settlement.md", SECRET))
    history.keep_scope(ANNA, kept, [f"d:{uri}"])
    token = SharedLinks(store).create(ANNA, kept)
    log = AuditLog(store, reads=True)
    log.opened(ANNA, uri)
    log.record(ANNA, "upload", uri)
    with store.writing() as connection:
        connection.execute("INSERT INTO uploads VALUES (?, ?, 'Anna', 0)", (uri, ANNA.key))
    store.close()
    company.secret.unlink()
    done = company.run("forget", uri, "--yes")
    assert done.exception is None, done.output
    for left in (SECRET[:40], uri, token):
        assert company.holding(left) == [], left


def test_what_would_come_back_or_is_not_known_is_refused(company: Company) -> None:
    """Nothing is changed then."""
    before = company.holding(SECRET[:40])
    for name, why in ((str(company.secret), "still there"), ("/nothing.md", "does not know")):
        refused = company.run("forget", name, "--yes")
        assert why in str(refused.exception)
    assert company.holding(SECRET[:40]) == before


def test_bytes_that_are_left_somewhere_are_named(company: Company) -> None:
    """A copy that somebody put into the data folder: it is not silently left."""
    company.secret.unlink()
    (company.data / "copy.txt").write_text(SECRET)
    refused = company.run("forget", str(company.secret), "--yes")
    assert "copy.txt" in str(refused.exception)


def test_a_person_is_exported_and_forgotten_with_and_without_an_account(company: Company) -> None:
    store = Store(company.data / PEOPLE)
    bert = Accounts(store).add("bert", role=Role.EDITOR).person
    conversation = History(store).create(bert)
    History(store).append(bert, conversation, company.answer("news.md", SHARED))
    with store.writing() as connection:
        connection.execute(
            "INSERT INTO uploads VALUES (?, ?, ?, 0)", ("/inbox/a.md", bert.key, bert.name)
        )
    log = AuditLog(store, reads=True)
    log.record(ANNA, "upload", "/inbox/b.md")
    log.record(None, "set", "bert", "editor, every document")
    log.signed_in("bert", "203.0.113.9")
    with store.writing() as connection:  # as releases before wrote it
        connection.execute(
            "INSERT INTO audit (at, person, action, target) VALUES (0, 'admin', 'revoke', 'Chat, bert')"
        )
    UnansweredBook(store).mark_done("What does news.md say about the firm?")
    token = SharedLinks(store).create(bert, conversation)
    AccessTokens(store).create("bert", "Chat with the documents")
    store.close()
    for name, turns in (("Anna", 3), ("bert", 1)):
        kept: dict[str, Any] = json.loads(company.run("user", "export", name).stdout)
        assert len(kept["conversations"][0]["turns"]) == turns
        assert kept["audit"]
        done = company.run("forget", "--person", name, "--yes", "--json")
        assert done.exception is None, done.output
        assert json.loads(done.stdout)["turns"] == turns
        assert "Nothing is kept" in str(company.run("user", "export", name).exception)
    people = [company.data / PEOPLE]
    gone = ("Anna", "bert", "What does news.md say", "what does news.md say", bert.key, token)
    for left in (*gone, "Chat with", "203.0.113.9"):
        assert find_bytes(people, [left.encode()]) == []
