"""LangChain's client of OpenAI's interface gets text and citations, and plain HTTP lists documents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI

from tests.ui.api.office import DOCUMENTS, GUESS, NOTICE, QUESTION, WEEKS, Office, open_office


def _chat(office: Office, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(
        base_url=f"{office.url}/v1",
        api_key=office.tokens["anna"],  # type: ignore[arg-type]
        model="default",
        max_retries=0,
        **options,
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("by_responses", [False, True])
def test_langchain_gets_the_citations(office: Office, by_responses: bool, stream: bool) -> None:
    """Whole and streamed; of a chat's stream it drops the annotations, of a response's it does not."""
    office.says(WEEKS, GUESS, NOTICE)
    chat = _chat(office, use_responses_api=by_responses)
    if stream:
        message: Any = None
        for chunk in chat.stream(QUESTION):
            message = chunk if message is None else message + chunk
    else:
        message = chat.invoke(QUESTION)
    assert message.text == f"{WEEKS} [1] {NOTICE} [2]"
    if not by_responses:
        return
    annotations = [a for block in message.content for a in block.get("annotations", ())]
    assert [annotation["quote"] for annotation in annotations] == [WEEKS, NOTICE]
    assert [annotation["title"] for annotation in annotations] == ["Parental leave"] * 2


def test_eight_ask_at_once(office: Office) -> None:
    """As many as the page lets one person ask are answered at the same time, each with its citations."""
    office.says(WEEKS)
    limit = office.settings.web.answers_at_once

    async def ask(who: str) -> str:
        async with AsyncOpenAI(
            base_url=f"{office.url}/v1", api_key=office.tokens[who], max_retries=0
        ) as client:
            messages: Any = [{"role": "user", "content": QUESTION}]
            reply = await client.chat.completions.create(model="default", messages=messages)
            return reply.choices[0].message.content or ""

    async def together() -> list[str]:
        return await asyncio.gather(*(ask(who) for who in ("anna", "bert") for _ in range(limit)))

    assert asyncio.run(together()) == [f"{WEEKS} [1]"] * 2 * limit


def test_documents_are_listed_and_read(office: Office) -> None:
    """Page by page; each by its id, with its text."""
    with office.http() as client:
        first = client.get("/documents", params={"limit": 2}).json()
        rest = client.get("/documents", params={"limit": 2, "offset": 2}).json()
        listed = first["data"] + rest["data"]
        assert (first["total"], first["has_more"], rest["has_more"]) == (3, True, False)
        assert {row["title"] for row in listed} == {
            "Parental leave",
            "Travel",
            "The zanzibarium bonus",
        }
        assert client.get("/documents", params={"name": "trav"}).json()["total"] == 1
        for row in listed:
            document = client.get(f"/documents/{row['id']}").json()
            assert {key: document[key] for key in row} == row
            text = client.get(f"/documents/{row['id']}/text").json()
            source = next(text for name, text in DOCUMENTS.items() if row["uri"].endswith(name))
            assert text["text"].split() == source.split()
            part = client.get(f"/documents/{row['id']}/text", params={"start": 2, "end": 8}).json()
            assert part["text"] == text["text"][2:8]
            beyond = client.get(f"/documents/{row['id']}/text", params={"start": 10**6}).json()
            assert beyond["text"] == ""


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "x"}, {"offset": -1}, {"limit": 10**9}])
def test_a_list_that_cannot_be_is_refused(office: Office, query: dict[str, Any]) -> None:
    with office.http() as client:
        reply = client.get("/documents", params=query)
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == next(iter(query))


def test_a_search_is_narrowed(office: Office) -> None:
    """To folders and kinds; a profile that is not there is an unknown model."""

    def search(client: httpx.Client, **more: Any) -> httpx.Response:
        return client.post("/search", json={"query": "leave and travel", "k": 50} | more)

    with office.http() as client:
        everything = search(client).json()["data"]
        assert len({hit["uri"] for hit in everything}) == 3
        handbook = search(client, folders=[str(office.folder.resolve() / "handbook")])
        assert {hit["title"] for hit in handbook.json()["data"]} == {"Parental leave", "Travel"}
        assert search(client, media_types=["application/pdf"]).json()["data"] == []
        assert search(client, model="hr").status_code == 200
        assert search(client, model="nothing").json()["error"]["code"] == "model_not_found"
        assert search(client, k=0).json()["error"]["param"] == "k"


def test_a_search_goes_by_metadata(tmp_path: Path) -> None:
    """Values, lists and ranges of what front matter says; nonsense is refused in a sentence."""
    documents = {
        f"handbook/fees-{year}.md": f"---\nkind: fees\nyear: {year}\n---\n# Fees {year}\n\nThe fee is due.\n"
        for year in (2024, 2026)
    }
    with open_office(tmp_path, documents=documents) as office, office.http() as client:

        def search(**metadata: Any) -> httpx.Response:
            return client.post("/search", json={"query": "fee", "metadata": metadata})

        hits = search(kind=["fees"], year={"from": 2025}).json()["data"]
        assert [hit["metadata"] for hit in hits] == [{"kind": "fees", "year": 2026}]
        assert search(kind="memo").json()["data"] == []
        assert len(search(year={"until": 10**22}).json()["data"]) == 2
        assert search(year={"from": 10**22}).json()["data"] == []
        endless = '{"query": "fee", "metadata": {"year": {"from": 1e999}}}'
        json_type = {"content-type": "application/json"}
        for refused in (
            search(year={"above": 3}),
            client.post("/search", content=endless, headers=json_type),
        ):
            assert refused.status_code == 400
            assert "is not understood" in refused.json()["error"]["message"]
