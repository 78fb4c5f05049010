"""A filter as a condition on the table `documents`, called d."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rag.document import LANGCHAIN_METADATA, PUT_METADATA
from rag.index.conditions import MetadataCondition
from rag.index.filter import Filter
from rag.index.filter_sql import FilterSql

_OBJECT = f"coalesce(d.metadata->'{PUT_METADATA}', d.metadata->'{LANGCHAIN_METADATA}', '{{}}')"
_VALUE = "(entry #>> '{}')"


def to_sql(filter: Filter) -> tuple[str, dict[str, Any]]:
    """The condition, with its named parameters."""
    sql = PostgresFilterSql()
    return sql.translate(filter), sql.parameters


class PostgresFilterSql(FilterSql):
    """For the table `documents`, called d, where lists are arrays and metadata is jsonb."""

    def mark(self, name: str) -> str:
        return f"%({name})s"

    def has_any_of(self, column: str, values: Sequence[str]) -> str:
        return f"d.{column} && {self.bind(list(values))}::text[]"

    def is_below(self, prefixes: Sequence[str]) -> str:
        return f"d.uri ^@ ANY ({self.bind(list(prefixes))}::text[])"

    def is_of_type(self, media_types: Sequence[str]) -> str:
        return f"d.media_type = ANY ({self.bind(list(media_types))}::text[])"

    def has_id(self, document_ids: Iterable[int]) -> str:
        return f"d.id = ANY ({self.bind(list(document_ids))}::bigint[])"

    def is_modified(self, operator: str, moment: float) -> str:
        return f"d.modified_at {operator} {self.bind(moment)}::float8"

    def fits(self, condition: MetadataCondition) -> str:
        """One entry of the value, or of its list, fits; jsonb tells 1 from true, and 1 from "1"."""
        name = self.bind(condition.name)
        value = f"{_OBJECT}->{name}::text"
        entries = (
            f"jsonb_array_elements(CASE jsonb_typeof({value}) WHEN 'array' THEN {value} "
            f"ELSE jsonb_build_array({value}) END) AS entry"
        )
        fits = [f"{_OBJECT} ? {name}::text"]
        if condition.values:
            values = self.bind(_without_zero(condition.values))
            one_of = f"SELECT 1 FROM jsonb_array_elements({values}::jsonb) AS operand"
            fits.append(f"EXISTS ({one_of} WHERE operand = entry)")
        for operator, limit in (("<=", condition.high), (">=", condition.low)):
            if isinstance(limit, str):
                text = f'{_VALUE} COLLATE "C" {operator} {self.bind(limit.replace(chr(0), chr(1)))}::text'
                fits.append(f"(jsonb_typeof(entry) = 'string' AND {text})")
            elif limit is not None:
                number = f"CASE WHEN jsonb_typeof(entry) = 'number' THEN {_VALUE}::float8 END"
                fits.append(f"{number} {operator} {self.bind(limit)}::float8")
        return f"EXISTS (SELECT 1 FROM {entries} WHERE {' AND '.join(fits)})"


def _without_zero(values: str) -> str:
    """A JSON list without texts that hold the character 0, which jsonb takes in none."""
    if "\\u0000" not in values:
        return values
    return json.dumps([v for v in json.loads(values) if not (isinstance(v, str) and "\0" in v)])
