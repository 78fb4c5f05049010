"""What a Ray node does for a run: what a run on one machine calls, with plain data in and out.

Bytes and text go in, bytes come out: no object is pickled, and nothing that a file holds can become one. A
node needs an Inhouse that reads files alike, and the embedder's model in its own cache.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np

from ingest.errors import UnreadableFileError
from ingest.planning.recipe import name_recipe
from ingest.readers import PARSER_VERSIONS
from ingest.sandbox import Sandbox
from rag.embedder import Embedder, open_embedder
from rag.errors import InhouseError
from rag.settings import Settings

VECTORS = b"f32 "
"""How an answer begins that holds vectors."""


def list_parser_versions() -> str:
    """The versions of all parsers: nodes on which they are the same read a file alike."""
    return name_recipe("", PARSER_VERSIONS)


def parse_file(data: bytes, media_type: str, suffix: str, limits: str, versions: str) -> bytes:
    """Parse a file in this node's sandbox; JSON of its `document`, its `error`, or this node's `fault`.

    `limits` is JSON of a `Sandbox`'s arguments.
    """
    try:
        if versions != list_parser_versions():
            return _encode_fault("has another version of Inhouse, or of a parser", "")
        outcome = _open_sandbox(limits).load_data(data, media_type, suffix)
    except InhouseError as exc:
        return _encode_fault(f"cannot parse: {exc.message}", exc.hint)
    if isinstance(outcome, UnreadableFileError):
        return _encode({"error": [outcome.code, outcome.reason, outcome.hint]})
    return _encode({"document": outcome.to_json()})


def embed_texts(texts: bytes, embedder: str) -> bytes:
    """Embed a JSON list of texts: VECTORS and float32 in rows, or JSON of this node's `fault`.

    `embedder` is JSON of the `settings` of an embedder, and of the `identity` that it has to have.
    """
    try:
        opened = _open_embedder(embedder)
        if opened.identity.to_json() != json.loads(embedder)["identity"]:
            return _encode_fault(f"has another embedder: {opened.identity.name}", "")
        vectors = opened.embed_documents(json.loads(texts))
    except InhouseError as exc:
        return _encode_fault(f"cannot embed: {exc.message}", exc.hint)
    return VECTORS + np.ascontiguousarray(vectors, np.float32).tobytes()


@functools.lru_cache(maxsize=1)
def _open_sandbox(limits: str) -> Sandbox:
    """The sandbox of this process: Ray gives it file after file."""
    return Sandbox(**json.loads(limits))


@functools.lru_cache(maxsize=1)
def _open_embedder(embedder: str) -> Embedder:
    options = json.loads(embedder)
    settings = Settings.model_validate({"embedder": options["settings"]})
    return open_embedder(settings, options["identity"], progress=False)


def _encode(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _encode_fault(reason: str, hint: str) -> bytes:
    """`reason` goes on from the node's name in a sentence."""
    return _encode({"fault": [reason, hint]})
