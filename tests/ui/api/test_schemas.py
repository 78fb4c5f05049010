"""What is published as a schema is what comes out, wherever it comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from ingest import ingest
from rag import Assistant
from rag.answer import Answer, Status
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.api.office import QUESTION, Office
from tests.ui.library import fill, open_library, read_in
from tests.ui.stand_in import make_answer
from ui.api.openapi import RESPONSE_EXAMPLES
from ui.api.schemas import build_json_schemas


def _closed(schema: Any) -> Any:
    """The schema, with no field beside those that it names."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return closed | ({"additionalProperties": False} if "properties" in schema else {})


def _check(value: Any, name: str) -> None:
    """The value has the fields that the schema promises, and only those."""
    schema = build_json_schemas()[name]
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(_closed(schema)).validate(json.loads(json.dumps(value)))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder, data = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("data")
    fill(folder)
    read_in(folder, data)
    return open_library(data)


@pytest.mark.parametrize("status", Status)
def test_an_answer_of_each_status(status: Status) -> None:
    _check(make_answer("How long?", status).to_json(), "answer.v1.json")


@pytest.mark.parametrize(
    "question",
    [
        "When is berth 7 closed?",
        "Which documents are there?",
        "How often is the pilot mentioned?",
        "Hello!",
        "Who is the emperor of Venus?",
    ],
)
def test_an_answer_of_the_library(library: Assistant, question: str) -> None:
    """With boxes of a PDF's lines, a table that was counted, and a greeting."""
    _check(library.ask(question).to_json(), "answer.v1.json")


def test_the_hits_of_a_search(library: Assistant) -> None:
    for hit in library.search("pilot fee ferry", explain=True):
        _check(hit.to_json(), "hit.v1.json")


def test_the_report_of_a_run(tmp_path: Path) -> None:
    """With a file that failed, one that was skipped, and a root that is not there."""
    folder = tmp_path / "files"
    fill(folder)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "picture.xyz").write_bytes(b"\x00\x01")
    report = ingest(
        [folder], data_dir=tmp_path / "data", settings=Settings(), embedder=HashingEmbedder()
    )
    assert report.failed
    assert report.skipped
    _check(report.to_json(), "ingest-report.v1.json")


@pytest.mark.parametrize("k", [1, 3])
def test_what_programs_get(office: Office, k: int) -> None:
    """Passages of a search are hits with a link, the citations of a chat those of an answer."""
    with office.http() as client:
        hits = client.post("/search", json={"query": QUESTION, "k": k}).json()["data"]
        request = {"model": "default", "messages": [{"role": "user", "content": QUESTION}]}
        kept = client.post("/chat/completions", json=request).json()["inhouse"]
    assert len(hits) == k
    for hit in hits:
        assert hit.pop("url").startswith("https://")
        _check(hit, "hit.v1.json")
    summary = {
        key: kept[key] for key in ("status", "verdict", "confidence", "searched", "generation")
    }
    for name in ("citations", "extracts"):
        summary[name] = [
            {key: value for key, value in passage.items() if key != "url"} for passage in kept[name]
        ]
    for extract in summary["extracts"]:
        del extract["n"]
    answer = Answer(question=QUESTION, text="", status=Status.GROUNDED).to_json()
    _check(answer | summary, "answer.v1.json")


def test_the_description_is_served_and_fits_its_examples(office: Office) -> None:
    """Requests fit the schema of their body, answers OpenAI's own types."""
    with office.http() as client:
        description = client.get("/openapi.json", headers={"authorization": ""}).json()
    schemas = description["components"]["schemas"]
    for name in ("ChatRequest", "ResponsesRequest", "SearchRequest"):
        text = json.dumps(schemas[name] | {"components": {"schemas": schemas}})
        for example in schemas[name]["examples"]:
            Draft202012Validator(json.loads(text)).validate(example)
    ChatCompletion.model_validate(RESPONSE_EXAMPLES["/v1/chat/completions"])
    Response.model_validate(RESPONSE_EXAMPLES["/v1/responses"])
    for path in RESPONSE_EXAMPLES:
        (operation,) = description["paths"][path].values()
        assert operation["responses"]["200"]["content"]["application/json"]["example"]
        assert operation["responses"]["default"]
