"""A company's files, some of them for few, served over the protocol to whoever a test says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from ingest import ingest
from rag import Assistant
from rag.settings import AccessRule, AccessSettings, Settings
from rag.testing import HashingEmbedder
from tests.ui.library import fill
from ui.mcp.references import Addresses
from ui.mcp.server import Caller, DocumentServer
from ui.web.assistant_service import AssistantService
from ui.web.chat.answer_slots import AnswerSlots
from ui.web.identity import LOCAL, Person, Role

CANARY = "zanzibarium"
"""In the text, the title and the name of the secret document, and nowhere else."""
SECRET = f"# Project {CANARY}\n\nThe crane at {CANARY} lifts 99 tonnes at most.\n"
RULES = Settings(
    access=AccessSettings(
        rules=(
            AccessRule(glob="**/open/", readers=("*",)),
            AccessRule(glob="**/secret/", readers=("group:hr",)),
        )
    )
)
STRANGER = Person("account:1", "eve", Role.READER)
HR = Person("account:2", "ada", Role.READER, frozenset({"group:hr"}))


def read_company(folder: Path, data: Path, *, secret: bool = True) -> None:
    """An ingest run over the company's files, in which the secret is for group:hr alone."""
    fill(folder / "open")
    if secret:
        (folder / "secret").mkdir(exist_ok=True)
        (folder / "secret" / f"{CANARY}.md").write_text(SECRET, "utf-8")
    read_files(folder, data, RULES)


def read_files(folder: Path, data: Path, settings: Settings | None = None) -> None:
    """An ingest run over a folder, as often as it changes."""
    report = ingest(
        [folder], data_dir=data, settings=settings or Settings(), embedder=HashingEmbedder()
    )
    assert not report.failed


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the company's files. Only for reading."""
    data = tmp_path_factory.mktemp("company-index")
    read_company(tmp_path_factory.mktemp("company"), data)
    return data


def serve(
    data: Path,
    person: Person = LOCAL,
    *,
    addresses: Addresses | None = None,
    slots: int = 4,
    clicks: Any = None,
    is_welcome: Callable[[], bool] = lambda: True,
    kind: type[Assistant] = Assistant,
    **settings: Any,
) -> Client:
    """A client of the SDK, connected to our server in this process; `settings` as in a file."""
    assistant = kind.open(
        data, settings=Settings.model_validate(settings), embedder=HashingEmbedder()
    )
    server = DocumentServer(
        AssistantService(lambda: assistant),
        lambda _: Caller(person, is_welcome),
        addresses or Addresses(is_local=True),
        AnswerSlots(slots),
        clicks,
    )
    return Client(server.build(), raise_exceptions=True)
