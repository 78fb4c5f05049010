"""The tools that find and open documents, called by the SDK's own client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.ui.library import BERTH, CRANE
from tests.ui.mcp.conftest import read_files, serve
from ui.mcp.references import Addresses
from ui.mcp.tools import MAX_FETCHED, MAX_RESOURCE, MISSING

TOOLS = {"search", "fetch", "ask", "list_documents", "open_passage"}
QUESTION = "When is berth 7 closed?"


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool gives, checked against the schema that it announces."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
    jsonschema.validate(result.structured_content, schemas[tool] or {})
    value: dict[str, Any] = result.structured_content
    return value


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """The sentence with which a tool refuses a call."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert len(result.content) == 1
    text: str = result.content[0].text
    return text


async def test_tools_are_announced_with_schemas(company: Path) -> None:
    """Five tools, none of which changes anything; every parameter says what it is for."""
    async with serve(company) as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        assert tool.annotations.read_only_hint
        assert all("description" in value for value in tool.input_schema["properties"].values())


async def test_search_and_fetch_have_the_shape_that_chatgpt_expects(company: Path) -> None:
    """One string each; one text that is JSON: results with id, title and url; a document with its text."""
    async with serve(company) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for name, parameter in (("search", "query"), ("fetch", "id")):
            schema = tools[name].input_schema
            assert (list(schema["properties"]), schema["required"]) == ([parameter], [parameter])
        searched = await client.call_tool("search", {"query": QUESTION})
        assert json.loads(searched.content[0].text) == searched.structured_content
        results = searched.structured_content["results"]
        fetched = await client.call_tool("fetch", {"id": results[0]["id"]})
    assert (len(searched.content), len(fetched.content)) == (1, 1)
    assert all(result[key] for result in results for key in ("id", "title", "url"))
    document = json.loads(fetched.content[0].text)
    assert document == fetched.structured_content
    assert document.keys() == {"id", "title", "text", "url", "metadata"}
    assert BERTH in document["text"]
    assert all(isinstance(value, str) for value in document["metadata"].values())


async def test_a_passage_is_opened_where_it_stands(company: Path) -> None:
    """Page, and whole words before and after it."""
    async with serve(company) as client:
        results = (await call(client, "search", query=CRANE))["results"]
        result = next(one for one in results if CRANE in one["text"])
        opened = await call(client, "open_passage", id=result["id"], around=12)
    assert (opened["passage"], opened["page"]) == (result["text"], result["page"])
    assert opened["end"] - opened["start"] == len(result["text"])
    assert all(word in "Lights stay on at night." for word in opened["before"].split())


async def test_a_long_document_is_fetched_in_parts(company: Path) -> None:
    """From a passage on, then part after part by `next`: together they are the rest of the document."""
    async with serve(company) as client:
        listed = await call(client, "list_documents", text="bollards")
        document = listed["documents"][0]
        parts = [await call(client, "fetch", id=document["id"])]
        while "next" in parts[-1]["metadata"]:
            parts.append(await call(client, "fetch", id=parts[-1]["metadata"]["next"]))
        whole = (await client.read_resource(f"inhouse://documents/{document['id']}")).contents[0]
        result = (await call(client, "search", query="Bollard 1999"))["results"][0]
        part = await call(client, "fetch", id=result["id"])
    assert len(parts) > 1
    assert all(len(part["text"]) <= MAX_FETCHED for part in parts)
    assert "".join(part["text"] for part in parts) == whole.text
    assert "Bollard 1999" in part["text"]
    assert int(part["metadata"]["start"]) > 0


async def test_lists_are_filtered_and_paged(company: Path) -> None:
    """By part of a name, by folder, and page by page until there is no more."""
    async with serve(company) as client:
        everything = await call(client, "list_documents")
        secret = await call(client, "list_documents", folder=everything["documents"][-1]["folder"])
        names, offset = [], 0
        while offset is not None:
            page = await call(client, "list_documents", limit=1, offset=offset)
            names += [document["id"] for document in page["documents"]]
            offset = page["next_offset"]
    assert names == [document["id"] for document in everything["documents"]]
    assert everything["total"] == len(names) == 4
    assert (secret["total"], secret["next_offset"]) == (1, None)


async def test_every_document_is_a_resource(company: Path) -> None:
    """Listed, with a template for its passages; a passage's resource is its own text."""
    async with serve(company) as client:
        resources = (await client.list_resources()).resources
        (template,) = (await client.list_resource_templates()).resource_templates
        opened = await client.call_tool("open_passage", {"id": resources[0].uri})
        linked = await client.read_resource(opened.content[1].uri)
        result = (await call(client, "search", query=QUESTION))["results"][0]
        passage = await client.read_resource(template.uri_template.replace("{+id}", result["id"]))
    assert len(resources) == 4
    assert opened.structured_content["passage"] in linked.contents[0].text
    assert passage.contents[0].text == result["text"]


@pytest.mark.parametrize(
    ("addresses", "prefix"),
    [
        (Addresses(public_url="https://docs.example.org"), "https://docs.example.org/#source/"),
        (Addresses(is_local=True), "file:///"),
        (Addresses(), "inhouse://documents/"),
    ],
)
async def test_no_address_is_invented(company: Path, addresses: Addresses, prefix: str) -> None:
    """The page's where it has one, else the file on this machine, else the resource."""
    async with serve(company, addresses=addresses) as client:
        results = (await call(client, "search", query=QUESTION))["results"]
    assert all(result["url"].startswith(prefix) for result in results)


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("search", {}, "search needs query."),
        ("search", {"query": " "}, "The question is empty."),
        ("search", {"query": 5}, "query of search is not right: input should be a valid string."),
        ("search", {"query": "x", "k": 3}, "search takes no k; it takes query."),
        ("search", {"query": "\ud800"}, ""),
        ("ask", {"question": "x" * 10_000_000}, "The question has 10,000,000 characters;"),
        ("fetch", {"id": "x" * 10_000_000}, MISSING),
        ("fetch", {"id": "../../etc/passwd"}, MISSING),
        ("fetch", {"id": f"{'0' * 24}"}, MISSING),
        ("open_passage", {"id": f"{'0' * 24}/1-2-{'0' * 12}"}, MISSING),
        ("open_passage", {"id": "", "around": -1}, "around of open_passage is not right:"),
        ("list_documents", {"limit": 1_000}, "limit of list_documents is not right:"),
    ],
)
async def test_bad_input_gets_a_sentence(
    company: Path, tool: str, arguments: dict[str, Any], sentence: str
) -> None:
    """Refused with what is wrong, on one line, and nothing of it is echoed at length."""
    async with serve(company) as client:
        if not sentence:  # half a character is no question, and no error either
            assert await call(client, tool, **arguments)
            return
        text = await refusal(client, tool, **arguments)
    assert text.startswith(sentence)
    assert "\n" not in text
    assert len(text) < 300


async def test_what_is_not_there_is_an_error_of_the_protocol(company: Path) -> None:
    """An unknown tool, an unknown resource, a cursor of somebody else."""
    async with serve(company) as client:
        with pytest.raises(MCPError, match="There is no tool 'delete'"):
            await client.call_tool("delete", {})
        for uri in ("inhouse://documents/0", "file:///etc/passwd"):
            with pytest.raises(MCPError, match="There is no such document"):
                await client.read_resource(uri)
        with pytest.raises(MCPError, match="That cursor"):
            await client.list_resources(cursor="²")


async def test_ids_follow_the_documents(tmp_path: Path) -> None:
    """A passage that moved is found again; one that changed, and one of a withdrawn document, are refused."""
    folder, data = tmp_path / "files", tmp_path / "data"
    sentences = {name: f"The {name} ferry leaves at noon.\n" for name in ("red", "blue", "grey")}
    for name, sentence in sentences.items():
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.md").write_text(sentence)
    (folder / "long.txt").write_text("word " * (MAX_RESOURCE // 5 + 1))
    read_files(folder, data)
    async with serve(data) as client:
        results = (await call(client, "search", query="ferry leaves at noon"))["results"]
        ids = {result["text"].split()[1]: result["id"] for result in results}
        (folder / "red.md").write_text("Tickets are sold on board.\n\n" + sentences["red"])
        (folder / "blue.md").write_text("The blue ferry stays in port.\n")
        (folder / "grey.md").unlink()
        read_files(folder, data)
        moved = await call(client, "open_passage", id=ids["red"])
        changed = await refusal(client, "open_passage", id=ids["blue"])
        whole = await call(client, "fetch", id=ids["blue"])
        gone = [await refusal(client, tool, id=ids["grey"]) for tool in ("fetch", "open_passage")]
        long = (await call(client, "list_documents", text="long"))["documents"][0]
        with pytest.raises(MCPError, match="too many to be read as one resource"):
            await client.read_resource(f"inhouse://documents/{long['id']}")
    assert moved["passage"].strip() == sentences["red"].strip()
    assert moved["before"].strip() == "Tickets are sold on board."
    assert changed.startswith("The document has changed")
    assert whole["text"].strip() == "The blue ferry stays in port."
    assert gone == [MISSING, MISSING]
