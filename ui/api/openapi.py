"""The description of the interface for other programs, as OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import APIRouter

_ABOUT = """\
Answers from a company's own documents, each sentence checked, with citations.

`/v1/chat/completions` and `/v1/responses` are OpenAI's; every final object also carries `inhouse`."""
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


_CITED = "Parental leave is 16 weeks. [1]"
_CITATION = {
    "url": "https://inhouse.example.org/open/3f2a9c1d5e7b8a90c4d6e2f1/31-58-78552f03eff8",
    "title": "Parental leave",
    "start_index": 28,
    "end_index": 31,
    "quote": "Parental leave is 16 weeks.",
    "page": 3,
}
_HIT = {
    "rank": 1,
    "score": 0.91,
    "uri": "/srv/handbook/leave.pdf",
    "title": "Parental leave",
    "page": 3,
    "section": "Parental leave > How long",
    "text": "Parental leave is 16 weeks.",
    "start": 31,
    "end": 58,
    "url": _CITATION["url"],
}
_SUMMARY = {
    "status": "grounded",
    "verdict": "backed",
    "confidence": 0.88,
    "citations": [
        {
            "n": 1,
            **{
                name: _HIT[name]
                for name in ("uri", "title", "page", "section", "start", "end", "url")
            },
            "quote": _HIT["text"],
            "boxes": [],
        }
    ],
    "extracts": [],
    "notices": [],
    "searched": "How long is parental leave?",
    "generation": 7,
}
_MESSAGE = {
    "role": "assistant",
    "content": _CITED,
    "refusal": None,
    "annotations": [{"type": "url_citation", "url_citation": _CITATION}],
}
RESPONSE_EXAMPLES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "id": "chatcmpl-1566a8a88a14936fee0c8e95",
        "object": "chat.completion",
        "created": 1796046480,
        "model": "default",
        "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 412, "completion_tokens": 9, "total_tokens": 421},
        "inhouse": _SUMMARY,
    },
    "/v1/responses": {
        "id": "resp_1566a8a88a14936fee0c8e95",
        "object": "response",
        "created_at": 1796046480,
        "status": "completed",
        "model": "default",
        "output": [
            {
                "id": "msg_1566a8a88a14936fee0c8e95",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [
                    {
                        "type": "output_text",
                        "text": _CITED,
                        "annotations": [{"type": "url_citation", **_CITATION}],
                        "logprobs": [],
                    }
                ],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "none",
        "tools": [],
        "inhouse": _SUMMARY,
    },
    "/v1/search": {"object": "list", "data": [_HIT]},
}
"""What the ways of asking answer, by path."""


def describe(router: APIRouter) -> dict[str, Any]:
    """All routes with their bodies, examples and errors."""
    from fastapi.openapi.utils import get_openapi

    description = get_openapi(
        title="Inhouse", version="1", description=_ABOUT, routes=router.routes
    )
    parts = description.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Error"] = _ERROR
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    description["security"] = [{"token": []}]
    error = {
        "description": "What is wrong, in a sentence and in a word.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for path, operations in description["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = error
            if path in RESPONSE_EXAMPLES:
                content = operation["responses"]["200"]["content"]["application/json"]
                content["example"] = RESPONSE_EXAMPLES[path]
    return description
