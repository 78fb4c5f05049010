"""Which documents a search may see: applied inside the search, before ranking."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rag.errors import UsageError
from rag.index.conditions import MetadataCondition, to_conditions
from rag.index.filter_sql import SqliteFilterSql
from rag.readers import EVERYBODY as EVERYBODY
from rag.readers import check_list


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
        """The condition on the table `documents` of a folder's catalogue, with its named parameters."""
        sql = SqliteFilterSql()
        return sql.translate(self), sql.parameters
