"""A company's documents, its people with their tokens, and a scripted model, served to programs over HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from openai import OpenAI

from ingest import ingest
from rag import Assistant
from rag.profile import Profile
from rag.settings import AccessRule, AccessSettings, ApiSettings, Settings, WebSettings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer
from tests.ui.serving import served
from ui.api.app import create_api_app
from ui.web.identity import Role
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import PEOPLE, Store

PUBLIC = "https://inhouse.example.org"
WEEKS = "Parental leave is 16 weeks for every parent."
NOTICE = "Tell your lead eight weeks before the leave begins."
GUESS = "The company also pays 4,000 euros for a crib."
QUESTION = "How long is parental leave?"
SECRET = "The zanzibarium bonus is 99 percent of the salary."
DOCUMENTS = {
    "handbook/leave.md": f"# Parental leave\n\n## How long\n\n{WEEKS} {NOTICE}\n",
    "handbook/travel.md": "# Travel\n\nTrains are booked in second class. Flights need approval.\n",
    "board/bonus.md": f"# The zanzibarium bonus\n\n{SECRET}\n",
}
READERS = {"anna": ("group:board",), "bert": ()}


@dataclass(frozen=True)
class Office:
    """`url` is where programs ask; `tokens` are those of anna, who reads everything, and of bert."""

    url: str
    app: Any
    model: ModelServer
    store: Store
    tokens: dict[str, str]
    folder: Path
    settings: Settings

    def client(self, who: str = "anna", **options: Any) -> OpenAI:
        """OpenAI's own client, which does not try again."""
        options = {"max_retries": 0, "timeout": 30} | options
        return OpenAI(base_url=f"{self.url}/v1", api_key=self.tokens[who], **options)

    def http(self, who: str = "anna", **headers: str) -> httpx.Client:
        """A plain client."""
        sent = {"authorization": f"Bearer {self.tokens[who]}"} | headers
        return httpx.Client(base_url=f"{self.url}/v1", headers=sent, timeout=30)

    def assistant(self, who: str = "anna") -> Assistant:
        """The library's assistant with the same model and rights."""
        assistant = Assistant.open(
            self.settings.data, settings=self.settings, embedder=HashingEmbedder()
        )
        return assistant.for_readers(("*", *READERS[who]))

    def says(self, *sentences: str) -> None:
        """What the model answers from now on, word by word."""
        words = " ".join(sentences).split(" ")
        self.model.behaviour = "answer"
        self.model.words = (*(f"{word} " for word in words[:-1]), words[-1])
        self.model.requests.clear()


@contextlib.contextmanager
def open_office(
    home: Path,
    *,
    api: ApiSettings | None = None,
    documents: Mapping[str, str] | None = None,
    **web: Any,
) -> Iterator[Office]:
    """An office in the folder `home`, for as long as the block lasts."""
    folder, data = home / "files", home / "data"
    texts = DOCUMENTS | dict(documents or {})
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    rules = (
        AccessRule(glob="**/handbook/", readers=("*",)),
        AccessRule(glob="**/board/", readers=("group:board",)),
    )
    with ModelServer() as model:
        settings = Settings(
            data=data,
            access=AccessSettings(rules=rules),
            web=WebSettings(
                **{"sign_in": "accounts", "public_url": PUBLIC, "questions_per_minute": 10_000}
                | {"requests_per_minute": 100_000}
                | web
            ),
            api=api or ApiSettings(),
        )
        llm = settings.llm.model_copy(update={"url": model.url, "model": model.name})
        settings = settings.model_copy(update={"llm": llm})
        report = ingest([folder], data_dir=data, settings=settings, embedder=HashingEmbedder())
        assert (report.added, report.failed) == (len(texts), ())
        store = Store(data / PEOPLE)
        tokens = {}
        for name, readers in READERS.items():
            Accounts(store).add(name, role=Role.READER, readers=readers)
            tokens[name] = AccessTokens(store).create(name, "test")
        app = create_api_app(
            lambda: Assistant.open(data, settings=settings, embedder=HashingEmbedder()),
            settings=settings,
            profiles=(Profile(), Profile(name="hr", description="About leave")),
        )
        with served(app) as url:
            office = Office(url, app, model, store, tokens, folder, settings)
            office.says(WEEKS)
            yield office
