"""JSON, one value or one a line: keys become headings, lists of records become tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.encoding import decode
from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import JSON
from ingest.text_builder import TextBuilder

_MAX_LEVEL = 6
_MAX_COLUMNS = 30
_MAX_CELL = 200
_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_COMMA_TOO_MANY = re.compile(rf"({_STRING})|,(\s*[}}\]])", re.DOTALL)


def parse_json(data: bytes) -> LoadedDocument:
    text = decode(data)
    try:
        value = _loads(text)
    except json.JSONDecodeError as exc:
        if exc.msg != "Extra data":
            raise DamagedFileError(f"is not sound JSON: {exc.msg} in line {exc.lineno}") from exc
        return _parse_lines(text)
    return _document(value, JSON)


def _parse_lines(text: str) -> LoadedDocument:
    values = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                values.append(_loads(line))
            except json.JSONDecodeError as exc:
                raise DamagedFileError(f"is not sound JSON: {exc.msg} in line {number}") from exc
    return _document(values, JSON)


def _loads(text: str) -> Any:
    """The value; comments and commas before a closing bracket, as people write them, are let pass."""
    try:
        return _loads_strictly(text)
    except json.JSONDecodeError:
        lenient = _COMMA_TOO_MANY.sub(
            lambda m: m[1] or m[2], _COMMENT.sub(lambda m: m[1] or " ", text)
        )
        if lenient == text:
            raise
        return _loads_strictly(lenient)


def _loads_strictly(text: str) -> Any:
    # Numbers stay as they are written: no digit is lost, and none is too long.
    return json.loads(
        text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_object
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a key that stands in it several times has the list of its values."""
    plain_object = dict(pairs)
    if len(plain_object) == len(pairs):
        return plain_object
    values: dict[str, list[Any]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: several if len(several) > 1 else several[0] for key, several in values.items()}


def _document(value: Any, media_type: str) -> LoadedDocument:
    builder = TextBuilder()
    write_value(builder, value)
    title = value.get("title") or value.get("name") if isinstance(value, dict) else None
    return builder.document(media_type, title=title if isinstance(title, str) else None)


def write_value(builder: TextBuilder, value: Any, level: int = 1) -> None:
    """Write a value; what is deeper than headings go is written as `outer.inner: value`."""
    if isinstance(value, Mapping):
        _record(builder, value, level)
    elif isinstance(value, list):
        _list(builder, value, level)
    elif value is not None:
        builder.paragraph(format_value(value))


def _record(builder: TextBuilder, record: Mapping[str, Any], level: int) -> None:
    deep = level > _MAX_LEVEL
    flat = _flattened(record) if deep else ((k, v) for k, v in record.items() if is_plain(v))
    builder.paragraph(
        "\n".join(f"{key}: {format_value(value)}" for key, value in flat if value is not None)
    )
    for key, value in () if deep else record.items():
        if not is_plain(value) and value:
            builder.heading(key, level)
            write_value(builder, value, level + 1)


def _list(builder: TextBuilder, values: Sequence[Any], level: int) -> None:
    columns = _columns(values)
    if columns:
        builder.table([columns, *([format_value(v.get(c)) for c in columns] for v in values)])
        return
    for value in values:
        if is_plain(value):
            builder.list_item(format_value(value))
        elif isinstance(value, Mapping):
            name = next((value[k] for k in ("title", "name", "id") if _is_name(value.get(k))), None)
            if name and level <= _MAX_LEVEL:
                builder.heading(format_value(name), level)
            write_value(builder, value, level + 1)
        else:
            write_value(builder, value, level + 1)


def _columns(values: Sequence[Any]) -> list[str]:
    """The columns of a table of these records; none if they would not make one."""
    columns: dict[str, None] = {}
    for value in values:
        if not isinstance(value, Mapping) or not all(map(is_plain, value.values())):
            return []
        if any(isinstance(item, str) and len(item) > _MAX_CELL for item in value.values()):
            return []
        columns |= dict.fromkeys(value)
        if len(columns) > _MAX_COLUMNS:
            return []
    return list(columns)


def _flattened(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    stack: list[tuple[str, Any]] = [(path, value)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, Mapping):
            inner = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
        elif isinstance(value, list):
            inner = [(path, item) for item in value]
        else:
            yield path, value
            continue
        stack.extend(reversed(inner))


def is_plain(value: Any) -> bool:
    return not isinstance(value, (Mapping, list))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _MAX_CELL


def format_value(value: Any) -> str:
    """A value as it is written in JSON, a string without its quotes."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
