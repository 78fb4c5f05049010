"""The conditions of a filter, in the SQL of one database."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from rag.readers import find_admitting_tokens

if TYPE_CHECKING:
    from rag.index.conditions import MetadataCondition
    from rag.index.filter import Filter


class FilterSql(ABC):
    """Turns a filter into a condition on the table `documents`; a subclass knows how its database says it.

    Every field of a filter is a method here, so that no store can leave one out.
    """

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def translate(self, filter: Filter) -> str:
        """The condition; its values are in `parameters`, by name."""
        return " AND ".join(self._conditions(filter)) or "TRUE"

    def _conditions(self, filter: Filter) -> Iterator[str]:
        if filter.readers is not None:
            yield self.has_any_of("readers", sorted(find_admitting_tokens(filter.readers)))
        if filter.folders:
            yield self.is_below([folder.rstrip("/") + "/" for folder in filter.folders])
        if filter.tags:
            yield self.has_any_of("tags", filter.tags)
        if filter.media_types:
            yield self.is_of_type(filter.media_types)
        if filter.document_ids is not None:
            yield self.has_id(filter.document_ids)
        if filter.modified_from is not None:
            yield self.is_modified(">=", filter.modified_from)
        if filter.modified_until is not None:
            yield self.is_modified("<=", filter.modified_until)
        for condition in cast("tuple[MetadataCondition, ...]", filter.metadata):
            yield self.fits(condition)
        if filter.also is not None:
            yield from self._conditions(filter.also)

    def bind(self, value: Any) -> str:
        """Keep a value as a parameter; returns its mark."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return self.mark(name)

    @abstractmethod
    def mark(self, name: str) -> str:
        """How the parameter of this name is marked."""

    @abstractmethod
    def has_any_of(self, column: str, values: Sequence[str]) -> str:
        """The list in the column holds one of the values."""

    @abstractmethod
    def is_below(self, prefixes: Sequence[str]) -> str:
        """The URI begins with one of the prefixes."""

    @abstractmethod
    def is_of_type(self, media_types: Sequence[str]) -> str:
        """The document has one of the media types."""

    @abstractmethod
    def has_id(self, document_ids: Iterable[int]) -> str:
        """The document has one of the ids."""

    @abstractmethod
    def is_modified(self, operator: str, moment: float) -> str:
        """The document's time compares so with a moment, in seconds since the epoch."""

    @abstractmethod
    def fits(self, condition: MetadataCondition) -> str:
        """The document's metadata meets the condition."""


class SqliteFilterSql(FilterSql):
    """For the catalogue of a folder, where lists are JSON."""

    def mark(self, name: str) -> str:
        return f":{name}"

    def has_any_of(self, column: str, values: Sequence[str]) -> str:
        marks = ", ".join(self.bind(value) for value in values)
        return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value IN ({marks}))"

    def is_below(self, prefixes: Sequence[str]) -> str:
        conditions = [f"substr(uri, 1, {len(prefix)}) = {self.bind(prefix)}" for prefix in prefixes]
        return f"({' OR '.join(conditions)})"

    def is_of_type(self, media_types: Sequence[str]) -> str:
        return f"media_type IN ({', '.join(map(self.bind, media_types))})"

    def has_id(self, document_ids: Iterable[int]) -> str:
        return f"id IN (SELECT value FROM json_each({self.bind(json.dumps(tuple(document_ids)))}))"

    def is_modified(self, operator: str, moment: float) -> str:
        return f"modified_at {operator} {self.bind(moment)}"

    def fits(self, condition: MetadataCondition) -> str:
        return condition.sql(self.bind)
