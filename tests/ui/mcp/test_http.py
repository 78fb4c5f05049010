"""Streamable HTTP: a real server, the SDK's own client, and people with access tokens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import ProtectedResourceMetadata

from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer
from tests.ui.library import BERTH
from tests.ui.mcp.conftest import CANARY
from tests.ui.serving import served
from ui.cli import main
from ui.web.identity import Role
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import PEOPLE, Store

QUESTION = "When is berth 7 closed?"
ACCEPT = "application/json, text/event-stream"
OPENING = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ERAS = ("legacy", "auto")
"""The handshake of the clients of today, and the newest protocol."""


@dataclass(frozen=True)
class RunningServer:
    """A server, its model, and the tokens of a reader, of somebody in group:hr and of a disabled account."""

    url: str
    model: ModelServer
    tokens: AccessTokens
    reader: str
    hr: str
    disabled: str
    expired: str

    @asynccontextmanager
    async def connected(self, token: str, mode: str = "auto") -> AsyncIterator[Client]:
        """A client that shows this token."""
        headers = {"authorization": f"Bearer {token}"}
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(
                streamable_http_client(f"{self.url}/mcp", http_client=http), mode=mode
            ) as client,
        ):
            yield client

    def post(self, token: str = "", **options: Any) -> httpx.Response:
        """One message, as a program of one's own would send it."""
        headers = {"accept": ACCEPT}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        values: dict[str, Any] = {"json": message} | options
        values["headers"] = headers | values.get("headers", {})
        return httpx.post(f"{self.url}/mcp", **values)


@pytest.fixture(scope="module")
def server(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    from ui.mcp.http import create_mcp_app

    people = tmp_path_factory.mktemp("people") / PEOPLE
    accounts, tokens = Accounts(Store(people)), AccessTokens(Store(people))
    for name, readers in (("eve", ()), ("ada", ("group:hr",)), ("gone", ("group:hr",))):
        accounts.add(name, role=Role.READER, readers=readers)
    made = {name: tokens.create(name, "test") for name in ("eve", "ada", "gone")}
    expired = tokens.create("ada", "old", days=-1)
    accounts.change("gone", disabled=True)
    with ModelServer() as model:
        settings = Settings.model_validate(
            {
                "data": company,
                "llm": {"url": model.url, "model": model.name},
                "web": {"sign_in": "accounts", "people": people, "requests_per_minute": 10_000}
                | {"questions_per_minute": 10_000, "public_url": "https://docs.example.org"},
            }
        )

        def open_assistant() -> Assistant:
            return Assistant.open(company, settings=settings, embedder=HashingEmbedder())

        with served(create_mcp_app(open_assistant, settings=settings)) as url:
            yield RunningServer(url, model, tokens, made["eve"], made["ada"], made["gone"], expired)


@pytest.mark.parametrize("mode", ERAS)
async def test_tools_and_resources_have_the_rights_of_the_token(
    server: RunningServer, mode: str
) -> None:
    """The same calls find the secret for group:hr, and for nobody else: no count, id, title or text."""
    seen: dict[str, Any] = {}
    for token in (server.hr, server.reader):
        async with server.connected(token, mode) as client:
            listed = (await client.call_tool("list_documents", {})).structured_content
            ids = [document["id"] for document in listed["documents"]]
            seen[token] = (
                listed["total"],
                len((await client.list_resources()).resources),
                (await client.call_tool("search", {"query": CANARY})).model_dump_json(),
                ids,
            )
    async with server.connected(server.reader, mode) as client:
        (secret,) = set(seen[server.hr][3]) - set(seen[server.reader][3])
        assert (await client.call_tool("fetch", {"id": secret})).is_error
    assert [seen[token][:2] for token in (server.hr, server.reader)] == [(4, 4), (3, 3)]
    assert "99 tonnes" in seen[server.hr][2]
    assert '"url":"https://docs.example.org/#source/' in seen[server.hr][2]
    assert CANARY not in seen[server.reader][2]


@pytest.mark.parametrize("mode", ERAS)
async def test_an_answer_comes_with_progress(server: RunningServer, mode: str) -> None:
    """Over the stream of the call, with the quote at the end."""
    server.model.words = tuple(f"{word} " for word in BERTH.split())
    messages: list[str] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        messages.append(message or "")

    async with server.connected(server.reader, mode) as client:
        result = await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)
    assert result.structured_content["answer"] == f"{BERTH} [1]"
    assert messages[0] == "Searching the documents."
    assert len(messages) > 2


@pytest.mark.parametrize("mode", ERAS)
async def test_a_cancelled_call_stops_the_model(server: RunningServer, mode: str) -> None:
    """By a notification, or by closing the stream, as the protocol has it."""
    started = anyio.Event()
    server.model.left.clear()
    server.model.behaviour = "endless"

    async def note(progress: float, total: float | None, message: str | None) -> None:
        if message and message.startswith("The model has written"):
            started.set()

    try:
        async with server.connected(server.reader, mode) as client:
            async with anyio.create_task_group() as tasks:

                async def ask() -> None:
                    await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)

                tasks.start_soon(ask)
                await started.wait()
                tasks.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(server.model.left.wait, 30)
    finally:
        server.model.behaviour = "answer"


async def test_a_revoked_token_ends_its_answer(server: RunningServer) -> None:
    """Within a second or two the model is stopped and nothing is given; the next call is refused."""
    token = server.tokens.create("ada", "short-lived")
    server.model.left.clear()
    server.model.behaviour = "endless"

    async def note(progress: float, total: float | None, message: str | None) -> None:
        if message and message.startswith("The model has written") and not revoked:
            revoked.append(message)
            server.tokens.revoke("ada", "short-lived")

    revoked: list[str] = []
    try:
        async with server.connected(token) as client:
            result = await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)
    finally:
        server.model.behaviour = "answer"
    assert result.is_error
    assert result.content[0].text.startswith("Your rights have changed")
    assert server.post(token).status_code == 401


def test_without_a_valid_token_nobody_comes_in(server: RunningServer) -> None:
    """None, a wrong, an expired one, one of a disabled account: 401, and where to learn what is needed."""
    for token in ("", "inhouse_wrong", "x" * 5_000, server.expired, server.disabled):
        response = server.post(token)
        assert response.status_code == 401
        hint = response.headers["www-authenticate"]
        address = f"{server.url}/.well-known/oauth-protected-resource/mcp"
        assert hint == f'Bearer resource_metadata="{address}"'
    metadata = httpx.get(address).json()
    assert metadata["resource"] == f"{server.url}/mcp"
    assert metadata["bearer_methods_supported"] == ["header"]
    fields = ProtectedResourceMetadata.model_fields
    assert metadata.keys() <= fields.keys()


def test_a_session_is_its_opener_s_alone(server: RunningServer) -> None:
    """Somebody else's token does not find it, whatever its rights are."""
    opened = server.post(server.hr, json=OPENING)
    session = {"mcp-session-id": opened.headers["mcp-session-id"]}
    assert opened.status_code == 200
    assert server.post(server.hr, headers=session).status_code == 200
    assert server.post(server.reader, headers=session).status_code == 404
    ended = httpx.delete(
        f"{server.url}/mcp", headers=session | {"authorization": f"Bearer {server.hr}"}
    )
    assert ended.status_code == 200
    assert server.post(server.hr, headers=session).status_code == 404


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"headers": {"host": "evil.example"}}, 421),
        ({"headers": {"origin": "https://evil.example"}}, 403),
        ({"content": b"x" * 10_000_000, "json": None}, 413),
        ({"content": iter([b"x"]), "json": None}, 411),
        (
            {"content": b"no json", "json": None, "headers": {"content-type": "application/json"}},
            400,
        ),
        ({"headers": {"accept": "text/html"}}, 406),
        ({"headers": {"mcp-session-id": "0" * 32}}, 404),
    ],
)
def test_bad_requests_are_refused(
    server: RunningServer, options: dict[str, Any], status: int
) -> None:
    """A foreign host name or page, a body that is too long, of no known length or no message at all."""
    response = server.post(server.reader, **options)
    assert response.status_code == status
    assert CANARY not in response.text
    assert server.post(server.reader).status_code != 500


def test_nobody_opens_sessions_without_end(company: Path) -> None:
    """Each lasts a while, so there is a limit on how often somebody begins one."""
    from ui.mcp.http import create_mcp_app

    def open_assistant() -> Assistant:
        return Assistant.open(company, settings=Settings(), embedder=HashingEmbedder())

    settings = Settings.model_validate(
        {"data": company, "web": {"questions_per_minute": 1, "people": company / "people.db"}}
    )
    with served(create_mcp_app(open_assistant, settings=settings)) as url:
        responses = [
            httpx.post(f"{url}/mcp", json=OPENING, headers={"accept": ACCEPT}) for _ in range(2)
        ]
    assert [response.status_code for response in responses] == [200, 429]
    assert int(responses[1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--http", "--as", "group:hr"), "--as is for one client;"),
        (("--host", "127.0.0.1"), "--host needs --http."),
        (("--http", "--host", "0.0.0.0"), "no sign-in is set up"),
    ],
)
def test_wrong_usage_is_explained(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Options that do not go together, and an address for everybody without sign-in."""
    with pytest.raises(SystemExit) as ended:
        main(["mcp", "--data", str(tmp_path), *arguments])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_other_paths_are_not_there(server: RunningServer) -> None:
    """The page and its routes are not served here."""
    for path in ("/", "/documents", "/config", "/mcp/x", "/v1/models"):
        assert httpx.get(f"{server.url}{path}").status_code == 404
    assert json.loads(httpx.get(f"{server.url}/healthz").text) == {"status": "ok"}


async def test_on_loopback_without_sign_in_it_is_whoever_sits_there(company: Path) -> None:
    """No token is needed, and a web page in the browser is still kept out."""
    from ui.mcp.http import create_mcp_app

    def open_assistant() -> Assistant:
        return Assistant.open(company, settings=Settings(), embedder=HashingEmbedder())

    with served(create_mcp_app(open_assistant)) as url:
        async with Client(f"{url}/mcp") as client:
            listed = (await client.call_tool("list_documents", {})).structured_content
        rebound = httpx.post(f"{url}/mcp", json={}, headers={"host": "evil.example:80"})
        foreign = httpx.post(f"{url}/mcp", json={}, headers={"origin": "http://evil.example"})
    assert listed["total"] == 4
    assert (rebound.status_code, foreign.status_code) == (421, 403)
