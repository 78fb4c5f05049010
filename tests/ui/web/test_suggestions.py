"""Questions to begin with and to go on with, made from titles, headings and what others asked."""

from __future__ import annotations

import html
import os
from pathlib import Path

import pytest

from ingest import ingest
from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.library import BERTH, CRANE, fill, open_library, read_in
from ui.messages.page import ENGLISH
from ui.messages.page_german import GERMAN
from ui.web.assistant_service import AssistantService
from ui.web.chat.conversation import Conversation
from ui.web.identity import LOCAL, Person, Role
from ui.web.suggestions import suggest_starter_questions
from ui.web.userdata.database import Store
from ui.web.userdata.history import History

FILLER = (
    "The harbour office answers within two days and keeps a copy for the files of the town. " * 12
)
GERMAN_FILLER = (
    "Das Hafenamt antwortet binnen zwei Tagen und behält eine Kopie für die Akten. " * 12
)
FILES = {
    "keys.md": f"# Keys\n\n{FILLER}\n\n## Lost keys\n\n{FILLER}\n\n## Who has one?\n\n{FILLER}\n",
    "fees.md": f"# Fees and fines\n\n## Fees\n\n{FILLER}\n\n## Paying late\n\n{FILLER}\n",
    "boote.md": f"# Boote\n\n## Liegeplätze\n\n{GERMAN_FILLER}\n\n## Kräne\n\n{GERMAN_FILLER}\n",
}


def test_starters_read_well_and_are_in_the_page_s_language_first(tmp_path: Path) -> None:
    """A heading that is a question is asked as it stands; one that only repeats the title is not."""
    (tmp_path / "files").mkdir()
    for age, (name, text) in enumerate(FILES.items(), 1):
        file = tmp_path / "files" / name
        file.write_text(text, "utf-8")
        os.utime(file, (1e9 - age, 1e9 - age))
    ingest([tmp_path / "files"], data_dir=tmp_path / "data", embedder=HashingEmbedder())
    assistant = Assistant.open(tmp_path / "data", settings=Settings(), embedder=HashingEmbedder())
    service = AssistantService(lambda: assistant)
    service.assistant_for(LOCAL)  # opens it
    english = suggest_starter_questions(service, LOCAL, "", ENGLISH)
    assert english == [
        "Who has one?",
        "What does “Fees and fines” say about “Paying late”?",
        "What does “Boote” say about “Liegeplätze”?",
    ]
    german = suggest_starter_questions(service, LOCAL, "", GERMAN)
    assert german[0] == "Was sagt „Boote“ über „Liegeplätze“?"


class Harbour:
    """People who ask a library, each in a conversation of their own."""

    def __init__(self, folder: Path) -> None:
        fill(folder / "files")
        read_in(folder / "files", folder / "data")
        self.history = History(Store())
        assistant = open_library(folder / "data", f"{BERTH} {CRANE}")
        self.service = AssistantService(lambda: assistant)

    def ask(self, name: str, question: str, *groups: str, is_kept: bool = True) -> str:
        """The page's last screen."""
        person = Person(name, name, Role.READER, readers=frozenset({"*", *groups}))
        history = self.history if is_kept else None
        *_, screen = Conversation().ask(question, self.service, person, history)
        return html.unescape(screen.now or "")


@pytest.fixture
def harbour(tmp_path: Path) -> Harbour:
    return Harbour(tmp_path)


ASKED = "Is berth 7 closed during winter months?"


def test_what_two_people_asked_is_suggested_to_others(harbour: Harbour) -> None:
    """In the words that they share: what only one of them wrote is not shown, nor what one alone asked."""
    harbour.ask("anna", ASKED)
    assert ASKED not in harbour.ask("carl", "What does the crane lift?")
    harbour.ask("bert", "During winter months, is berth 7 closed for Smith?")
    page = harbour.ask("carl", "What does the crane lift?")
    assert f">{ASKED}<" in page
    assert "Smith" not in page
    assert "crane" not in harbour.ask("anna", ASKED).partition('class="next"')[2], "only Carl asked"
    assert ASKED not in harbour.ask("carl", "What does the crane lift?", is_kept=False)


def test_questions_of_people_with_other_rights_are_not_suggested(harbour: Harbour) -> None:
    """Who may read more may ask with words that come from there."""
    harbour.ask("anna", ASKED, "group:board")
    harbour.ask("bert", ASKED, "group:board")
    assert ASKED not in harbour.ask("carl", "What does the crane lift?")
    assert ASKED not in harbour.ask("carl", "What does the crane lift?", "group:port")
    assert ASKED in harbour.ask("dora", "What does the crane lift?", "group:port", "group:board")


def test_a_question_that_rests_on_what_is_closed_is_not_suggested(harbour: Harbour) -> None:
    """Also if only one of the documents that were found for it is not for this person any more."""
    for name in ("anna", "bert"):
        harbour.ask(name, ASKED)
        person = Person(name, name, Role.READER)
        (kept,) = harbour.history.find(person)
        (turn,) = harbour.history.turns(person, kept.id)
        hit = turn.answer.context.retrieved or turn.answer.context.read
        closed = hit[0].model_copy(update={"uri": "/closed.pdf"})
        context = turn.answer.context.model_copy(update={"retrieved": (closed,)})
        answer = turn.answer.model_copy(update={"context": context})
        harbour.history.append(person, kept.id, answer, instead_of=turn.n)
    assert ASKED not in harbour.ask("carl", "What does the crane lift?")
