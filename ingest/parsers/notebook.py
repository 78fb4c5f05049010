"""Jupyter notebooks: notes as Markdown, code as code, what was printed below it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.encoding import decode
from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import NOTEBOOK
from ingest.parsers.plain_text import parse_markdown
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}m")


def parse_notebook(data: bytes) -> LoadedDocument:
    try:
        notebook = json.loads(decode(data))
    except ValueError as exc:
        raise DamagedFileError(f"is not sound JSON: {exc}"[:200]) from exc
    cells = _cells(notebook)
    if cells is None:
        raise DamagedFileError("has no cells, as a notebook must")
    builder = TextBuilder()
    unread: Counter[Unread] = Counter()
    for cell in cells:
        if not isinstance(cell, Mapping):
            raise DamagedFileError("holds a cell that is none")
        source = _joined(cell.get("source", cell.get("input")))
        if cell.get("cell_type") == "markdown":
            builder.include(parse_markdown(source.encode("utf-8", "replace")))
        elif cell.get("cell_type") == "code":
            builder.code(source)
            for output in _outputs(cell):
                builder.code(_COLOURS.sub("", output))
            unread[Unread.PICTURE] += _pictures(cell)
        elif cell.get("cell_type") == "heading":  # until version 3 of the format
            builder.heading(source, int(cell.get("level") or 1))
        else:
            builder.paragraph(source)
    return builder.document(NOTEBOOK, unread=unread)


def _cells(notebook: Any) -> list[Any] | None:
    if not isinstance(notebook, Mapping):
        return None
    sheets = notebook.get("worksheets")
    if isinstance(sheets, list) and sheets and isinstance(sheets[0], Mapping):
        notebook = sheets[0]
    cells = notebook.get("cells")
    return cells if isinstance(cells, list) else None


def _outputs(cell: Mapping[str, Any]) -> Iterator[str]:
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, Mapping):
            continue
        bundle = output.get("data")
        if output.get("output_type") == "error":
            yield f"{output.get('ename', '')}: {output.get('evalue', '')}"
        elif "text" in output:
            yield _joined(output["text"])
        elif isinstance(bundle, Mapping):
            yield _joined(bundle.get("text/plain"))


def _pictures(cell: Mapping[str, Any]) -> int:
    """How many outputs of a cell are pictures."""
    outputs = cell.get("outputs")
    bundles = [
        output.get("data")
        for output in (outputs if isinstance(outputs, list) else ())
        if isinstance(output, Mapping)
    ]
    return sum(
        isinstance(bundle, Mapping) and any(str(key).startswith("image/") for key in bundle)
        for bundle in bundles
    )


def _joined(value: Any) -> str:
    """A string that a notebook may also keep as a list of lines."""
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""
