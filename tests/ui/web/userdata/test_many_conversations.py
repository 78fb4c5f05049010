"""Somebody keeps 20,000 conversations: what others do takes no more work for that.

Work is counted in steps of SQLite's virtual machine, which are the same on every machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.answer import Status
from tests.ui.stand_in import make_answer
from ui.web.identity import Person, Role
from ui.web.userdata.audit import AuditLog
from ui.web.userdata.database import Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History
from ui.web.userdata.shared_links import SharedLinks

ANNA, BERT = Person("a1", "anna", Role.READER), Person("b1", "bert", Role.ADMIN, readers=None)
MANY = 20_000


class PeoplesFile:
    """A file of people in which Bert has three conversations, and Anna `of_anna` more."""

    def __init__(self, path: Path, of_anna: int) -> None:
        self.store = Store(path)
        self.history = History(self.store, days=30)
        self.bert_s = [self.history.create(BERT, f"Number {n}") for n in range(3)]
        answer = make_answer("How long is parental leave?", Status.GROUNDED)
        for conversation in self.bert_s:
            self.history.append(BERT, conversation, answer)
        now, text = time.time(), answer.model_dump_json()
        with self.store.writing() as connection:
            connection.executemany(
                "INSERT INTO conversations (id, person, title, created_at, updated_at) "
                "VALUES (?, ?, 'Leave', ?, ?)",
                ((f"c{n}", ANNA.key, now, now - n) for n in range(of_anna)),
            )
            connection.executemany(
                "INSERT INTO turns (conversation, n, asked_at, answer, folded) VALUES (?, 1, ?, ?, ?)",
                ((f"c{n}", now, text, text[:200].casefold()) for n in range(of_anna)),
            )

    def steps(self, act: Callable[[PeoplesFile], object]) -> int:
        """How many steps the statements of `act` take."""
        steps = 0

        def count() -> bool:
            nonlocal steps
            steps += 1
            return False

        with self.store.reading() as connection:
            connection.set_progress_handler(count, 1)
        try:
            act(self)
        finally:
            with self.store.reading() as connection:
                connection.set_progress_handler(None)
        return steps


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[PeoplesFile, PeoplesFile]:
    folder = tmp_path_factory.mktemp("people")
    return PeoplesFile(folder / "few.db", 0), PeoplesFile(folder / "many.db", MANY)


ACTS: dict[str, Callable[[PeoplesFile], object]] = {
    "list": lambda file: file.history.find(BERT),
    "search": lambda file: file.history.find(BERT, search="parental"),
    "open": lambda file: file.history.turns(BERT, file.bert_s[0]),
    "begin": lambda file: file.history.create(BERT, "New"),
    "ask": lambda file: file.history.append(
        BERT, file.bert_s[0], make_answer("And for fathers?", Status.PARTIAL)
    ),
    "rename": lambda file: file.history.rename(BERT, file.bert_s[1], "Better"),
    "expire": lambda file: file.history.delete_expired(),
    "share": lambda file: SharedLinks(file.store).create(BERT, file.bert_s[2]),
    "shared": lambda file: SharedLinks(file.store).find(BERT),
    "judged": lambda file: FeedbackBook(file.store).of(BERT, file.bert_s[0]),
    "audit": lambda file: AuditLog(file.store).latest(),
}


@pytest.mark.parametrize("act", ACTS)
def test_another_s_conversations_cost_nobody_anything(
    files: tuple[PeoplesFile, PeoplesFile], act: str
) -> None:
    """Each statement goes by an index: the work is the same, to within a hundred steps."""
    few, many = (file.steps(ACTS[act]) for file in files)
    assert few > 5
    assert many <= few + 100


def test_one_s_own_list_takes_the_latest_alone(files: tuple[PeoplesFile, PeoplesFile]) -> None:
    """Fifty of 20,000, without looking at the others."""
    assert files[1].steps(lambda file: file.history.find(ANNA)) < 50 * 100
