"""A document that somebody may not read never shows, counts or hints, in any tool, resource or error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError

from rag import Assistant
from rag.errors import IndexDamagedError
from tests.rag.server import ModelServer
from tests.ui.mcp.conftest import CANARY, HR, STRANGER, read_company, serve
from ui.mcp.references import Addresses
from ui.web.identity import Person
from ui.web.security.rate_limit import Throttle

QUESTIONS = (
    f"How much does the crane at {CANARY} lift?",
    "How many documents are there?",
    f"Which documents mention {CANARY}?",
    "List all documents.",
    f"Summarise {CANARY}.md",
)


async def everything(client: Client, ids: list[str]) -> AsyncIterator[Any]:
    """What each tool and each resource gives to somebody who knows the secret's name and ids."""
    for query in (CANARY, "crane", "tonnes at most"):
        yield (await client.call_tool("search", {"query": query})).structured_content
    for question in QUESTIONS:
        for use_model in (True, False):
            arguments = {"question": question, "use_model": use_model}
            yield (await client.call_tool("ask", arguments)).model_dump(mode="json")
    for arguments in ({}, {"text": CANARY}, {"folder": "files/secret"}, {"limit": 1, "offset": 3}):
        yield (await client.call_tool("list_documents", arguments)).model_dump(mode="json")
    for id_ in ids:
        for tool in ("fetch", "open_passage"):
            yield (await client.call_tool(tool, {"id": id_})).model_dump(mode="json")
        try:
            yield await client.read_resource(f"inhouse://documents/{id_}")
        except MCPError as exc:
            yield str(exc)
    yield (await client.list_resources()).model_dump(mode="json")


async def seen_by(data: Path, person: Person, ids: list[str], **settings: Any) -> list[Any]:
    async with serve(data, person, addresses=Addresses(), **settings) as client:
        return [value async for value in everything(client, ids)]


async def test_a_secret_document_leaves_no_trace(tmp_path: Path) -> None:
    """Whoever may not read it gets, to the letter, what they would get if it were not there."""
    with ModelServer() as model:
        settings = {"llm": {"url": model.url, "model": model.name}}
        folder, data = tmp_path / "files", tmp_path / "data"
        read_company(folder, data)
        async with serve(data, HR) as client:
            results = (await client.call_tool("search", {"query": CANARY})).structured_content
            listed = (await client.call_tool("list_documents", {"text": CANARY})).structured_content
            ids = [listed["documents"][0]["id"]]
            ids += [one["id"] for one in results["results"] if CANARY in one["text"]]
        with_secret = await seen_by(data, STRANGER, ids, **settings)
        prompts = model.bodies[:]
        for path in (folder / "secret").iterdir():
            path.unlink()
        read_company(folder, data, secret=False)
        without_secret = await seen_by(data, STRANGER, ids, **settings)
        allowed = await seen_by(data, HR, ids, **settings)
    assert len(ids) > 1
    assert with_secret == without_secret
    assert "99 tonnes" not in str(with_secret)
    assert all(b"99 tonnes" not in body for body in prompts)
    assert len(allowed) == len(with_secret)


async def test_whoever_may_read_a_document_gets_it(company: Path) -> None:
    """The same calls find the secret for group:hr."""
    async with serve(company, HR) as client:
        listed = (await client.call_tool("list_documents", {"text": CANARY})).structured_content
        fetched = await client.call_tool("fetch", {"id": listed["documents"][0]["id"]})
        answer = await client.call_tool("ask", {"question": QUESTIONS[0], "use_model": False})
    assert "99 tonnes" in fetched.structured_content["text"]
    assert "99 tonnes" in str(answer.structured_content["extracts"])


async def test_paths_of_the_server_are_not_told(company: Path) -> None:
    """Folders begin with the one that was ingested; nothing says where that lies."""
    async with serve(company, HR, addresses=Addresses()) as client:
        values = [value async for value in everything(client, [])]
    assert "/tmp" not in str(values)  # noqa: S108
    assert str(company) not in str(values)


async def test_calls_are_limited_for_each_person(company: Path) -> None:
    """Who calls too often is told when to come back."""
    async with serve(company, STRANGER, clicks=Throttle(2, every_s=600)) as client:
        results = [await client.call_tool("search", {"query": "berth"}) for _ in range(3)]
    assert [result.is_error for result in results] == [False, False, True]
    assert "Try again in" in results[2].content[0].text


class DamagedAssistant(Assistant):
    """Finds out at a search that its index is damaged."""

    def search(self, *_: Any, **__: Any) -> Any:
        raise IndexDamagedError(f"The index in {self.data_dir} is damaged.")


async def test_a_damaged_index_is_explained_to_admins_alone(company: Path) -> None:
    """Others learn that the documents cannot be read, not where they lie."""
    texts = []
    for people in ((), (STRANGER,)):
        async with serve(company, *people, kind=DamagedAssistant) as client:
            result = await client.call_tool("search", {"query": "berth"})
            texts.append(result.content[0].text)
    assert texts == [
        f"The index in {company} is damaged.",
        "The documents cannot be read just now.",
    ]
