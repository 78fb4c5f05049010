"""A filter as a condition on the table `documents`, called d."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from rag.document import LANGCHAIN_METADATA, PUT_METADATA
from rag.index.conditions import MetadataCondition
from rag.index.filter import Filter
from rag.readers import admitting_tokens

_OBJECT = f"coalesce(d.metadata->'{PUT_METADATA}', d.metadata->'{LANGCHAIN_METADATA}', '{{}}')"
_VALUE = "(entry #>> '{}')"


def to_sql(filter: Filter) -> tuple[str, dict[str, Any]]:
    """The condition, with its named parameters."""
    parameters: dict[str, Any] = {}
    return " AND ".join(_conditions(filter, parameters)) or "TRUE", parameters


def _conditions(filter: Filter, parameters: dict[str, Any]) -> Iterator[str]:
    def bind(value: Any) -> str:
        name = f"p{len(parameters)}"
        parameters[name] = value
        return f"%({name})s"

    if filter.readers is not None:
        yield f"d.readers && {bind(sorted(admitting_tokens(filter.readers)))}::text[]"
    if filter.folders:
        prefixes = [folder.rstrip("/") + "/" for folder in filter.folders]
        yield f"d.uri ^@ ANY ({bind(prefixes)}::text[])"
    if filter.tags:
        yield f"d.tags && {bind(list(filter.tags))}::text[]"
    if filter.media_types:
        yield f"d.media_type = ANY ({bind(list(filter.media_types))}::text[])"
    if filter.document_ids is not None:
        yield f"d.id = ANY ({bind(list(filter.document_ids))}::bigint[])"
    if filter.modified_from is not None:
        yield f"d.modified_at >= {bind(filter.modified_from)}::float8"
    if filter.modified_until is not None:
        yield f"d.modified_at <= {bind(filter.modified_until)}::float8"
    for condition in cast(tuple[MetadataCondition, ...], filter.metadata):
        yield _metadata_sql(condition, bind)
    if filter.also is not None:
        yield from _conditions(filter.also, parameters)


def _metadata_sql(condition: MetadataCondition, bind: Any) -> str:
    """One entry of the value, or of its list, fits; jsonb tells 1 from true, and 1 from "1"."""
    name = bind(condition.name)
    value = f"{_OBJECT}->{name}::text"
    entries = (
        f"jsonb_array_elements(CASE jsonb_typeof({value}) WHEN 'array' THEN {value} "
        f"ELSE jsonb_build_array({value}) END) AS entry"
    )
    fits = [f"{_OBJECT} ? {name}::text"]
    if condition.values:
        values = bind(_without_zero(condition.values))
        one_of = f"SELECT 1 FROM jsonb_array_elements({values}::jsonb) AS operand"
        fits.append(f"EXISTS ({one_of} WHERE operand = entry)")
    for operator, limit in (("<=", condition.high), (">=", condition.low)):
        if isinstance(limit, str):
            text = f'{_VALUE} COLLATE "C" {operator} {bind(limit.replace(chr(0), chr(1)))}::text'
            fits.append(f"(jsonb_typeof(entry) = 'string' AND {text})")
        elif limit is not None:
            number = f"CASE WHEN jsonb_typeof(entry) = 'number' THEN {_VALUE}::float8 END"
            fits.append(f"{number} {operator} {bind(limit)}::float8")
    return f"EXISTS (SELECT 1 FROM {entries} WHERE {' AND '.join(fits)})"


def _without_zero(values: str) -> str:
    """A JSON list without texts that hold the character 0, which jsonb takes in none."""
    if "\\u0000" not in values:
        return values
    return json.dumps([v for v in json.loads(values) if not (isinstance(v, str) and "\0" in v)])
