"""Which documents a search may see: applied inside the search, before ranking."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rag.errors import UsageError
from rag.index.conditions import MetadataCondition, to_conditions
from rag.readers import EVERYBODY as EVERYBODY
from rag.readers import admitting_tokens, check_list


@dataclass(frozen=True, slots=True)
class Filter:
    """A search sees a document only if it passes every condition that is set.

    `readers`: the asker's tokens; None means an asker who may read everything (an operator, a library
    call), an empty set an asker who is nobody. `folders`: absolute POSIX paths. `tags`: any of them.
    `modified_from` and `modified_until`: seconds since the epoch, both included. `metadata`: names with a
    value, a list of values, or a range {"from": 2024, "until": 2026}; all names have to match. `also`:
    another filter that a document has to pass.
    """

    readers: frozenset[str] | None = None
    folders: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    document_ids: tuple[int, ...] | None = None
    modified_from: float | None = None
    modified_until: float | None = None
    also: Filter | None = None
    metadata: Mapping[str, Any] | tuple[MetadataCondition, ...] = ()

    def __post_init__(self) -> None:
        for name in ("readers", "folders", "tags", "media_types"):
            check_list(getattr(self, name) or (), name)
        if any(not folder.startswith("/") for folder in self.folders):
            raise UsageError(f"A filter's folders are absolute paths; got {list(self.folders)}.")
        if any(moment != moment for moment in (self.modified_from, self.modified_until)):
            raise UsageError("A filter's time is not a number.")
        folders = (posixpath.normpath("/" + folder.lstrip("/")) for folder in self.folders)
        object.__setattr__(self, "folders", tuple(folders))
        if self.document_ids is not None:
            known = tuple(i for i in self.document_ids if 0 < i < 2**63)
            object.__setattr__(self, "document_ids", known)
        object.__setattr__(self, "metadata", self._metadata_conditions())

    def _metadata_conditions(self) -> tuple[MetadataCondition, ...]:
        if isinstance(self.metadata, Mapping):
            return to_conditions(self.metadata)
        if not all(isinstance(condition, MetadataCondition) for condition in self.metadata):
            raise UsageError(f"A filter's metadata is a mapping; got {self.metadata!r:.200}.")
        return tuple(self.metadata)

    @property
    def is_empty(self) -> bool:
        """Whether the filter lets every document pass."""
        return self == Filter()

    def access(self) -> Filter:
        """What of it says who asks; who may read everything has an empty one."""
        also = self.also.access() if self.also else Filter()
        return Filter(readers=self.readers, also=None if also.is_empty else also)

    @property
    def has_metadata(self) -> bool:
        """Whether a condition on metadata is part of it, which the lexical index knows nothing of."""
        return bool(self.metadata) or (self.also is not None and self.also.has_metadata)

    def limited_to(self, document_ids: tuple[int, ...]) -> Filter:
        """The same for the documents that pass it, by their ids, without conditions on metadata."""
        also = self.also.limited_to(document_ids) if self.also else None
        return replace(self, metadata=(), document_ids=document_ids, also=also)

    def narrowed(self, other: Filter) -> Filter:
        """A filter that lets pass what both let pass."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return replace(self, also=self.also.narrowed(other) if self.also else other)

    def sql(self) -> tuple[str, dict[str, Any]]:
        """The condition on the table `documents`, with its named parameters."""
        parameters: dict[str, Any] = {}
        conditions = list(self._conditions(parameters))
        return " AND ".join(conditions) or "TRUE", parameters

    def _conditions(self, parameters: dict[str, Any]) -> Iterator[str]:
        def bind(value: Any) -> str:
            name = f"p{len(parameters)}"
            parameters[name] = value
            return f":{name}"

        def any_of(column: str, values: Any) -> str:
            marks = ", ".join(bind(value) for value in values)
            return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value IN ({marks}))"

        if self.readers is not None:
            yield any_of("readers", sorted(admitting_tokens(self.readers)))
        if self.folders:
            prefixes = [
                f"substr(uri, 1, {len(prefix)}) = {bind(prefix)}"
                for prefix in (folder.rstrip("/") + "/" for folder in self.folders)
            ]
            yield f"({' OR '.join(prefixes)})"
        if self.tags:
            yield any_of("tags", self.tags)
        if self.media_types:
            yield f"media_type IN ({', '.join(bind(m) for m in self.media_types)})"
        if self.document_ids is not None:
            yield f"id IN (SELECT value FROM json_each({bind(json.dumps(self.document_ids))}))"
        if self.modified_from is not None:
            yield f"modified_at >= {bind(self.modified_from)}"
        if self.modified_until is not None:
            yield f"modified_at <= {bind(self.modified_until)}"
        for condition in self._metadata_conditions():
            yield condition.sql(bind)
        if self.also is not None:
            yield from self.also._conditions(parameters)
