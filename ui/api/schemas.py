"""The published JSON Schemas of what the library, the command line and the interface for programs give."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, TypeAdapter

from ingest.report import IngestReport
from rag.answer import Answer
from rag.hit import Hit, Place, Why

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def build_json_schemas() -> dict[str, Schema]:
    """Every schema by the name of its file; the number in it is that of the shape.

    A new field keeps the number; one that goes, or means something else, makes a new one.
    """
    return {
        "answer.v1.json": _named("answer", _of(Answer)),
        "hit.v1.json": _named("hit", _hit()),
        "ingest-report.v1.json": _named("ingest-report", _report()),
    }


def _of(model: type[BaseModel]) -> Schema:
    return model.model_json_schema(mode="serialization")


def _named(name: str, schema: Schema) -> Schema:
    return {"$schema": _DRAFT, "$id": f"urn:inhouse:schema:{name}:1"} | schema


def _hit() -> Schema:
    """A hit, with what `Hit.to_json` adds for those that have it."""
    schema, place, why = _of(Hit), _of(Place), _of(Why)
    schema["properties"] |= {
        "also_in": {
            "type": "array",
            "items": {"$ref": "#/$defs/Place"},
            "description": "Other documents that say the same.",
        },
        "newer": {
            "$ref": "#/$defs/Place",
            "description": "A newer version of its document, where one was found as well.",
        },
        "why": {
            "$ref": "#/$defs/Why",
            "description": "Why it was found, where that was asked for.",
        },
    }
    schema["$defs"] = schema.get("$defs", {}) | {"Place": place, "Why": why}
    return schema


def _report() -> Schema:
    """A report, as `IngestReport.to_json` writes it."""
    schema = TypeAdapter(IngestReport).json_schema(mode="serialization")
    problem = schema["$defs"]["Problem"]
    del problem["properties"]["is_known"]
    problem["description"] = problem["description"].partition("\n\n")[0]
    schema["properties"]["stopped"] = {
        "anyOf": [{"enum": ["signal", "deadline"]}, {"type": "null"}],
        "description": "What ended a run that did not do everything, else null.",
    }
    schema["description"] = schema["description"].partition(" `stopped` is")[0]
    return schema
