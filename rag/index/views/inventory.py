"""The documents of a generation with their labels, and where their parts stand: for lists and counts."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.document import SECTION_SEPARATOR
from rag.index.catalog import database
from rag.index.catalog.schema import VISIBLE
from rag.index.filter import EVERYBODY, Filter
from rag.index.views.files import find_folder

if TYPE_CHECKING:
    from rag.index.snapshot import FolderSnapshot


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document with its labels, without its text.

    `folder` begins with the name of the folder that was ingested, and does not say where that lies.
    `modified_at`: seconds since the epoch. `is_restricted`: not everybody may read it.
    """

    document_id: int
    uri: str
    root: str
    title: str
    media_type: str
    language: str
    modified_at: float | None
    tags: tuple[str, ...]
    is_restricted: bool

    @property
    def folder(self) -> str:
        """Its folder, as it is shown."""
        return find_folder(self.uri, self.root)


@dataclass(frozen=True, slots=True)
class ChunkPosition:
    """Where a chunk stands: characters of its document's text, page, headings from the outermost."""

    start: int
    end: int
    page: int | None
    section: tuple[str, ...]


class ChunkPositions:
    """The positions of all chunks of one document, in order."""

    def __init__(self, positions: Iterable[ChunkPosition]) -> None:
        self.all: Sequence[ChunkPosition] = tuple(positions)
        self._starts = [position.start for position in self.all]

    def at(self, character: int) -> ChunkPosition:
        """The chunk that a character of the text stands in, or the last one before it."""
        if not self.all:
            return ChunkPosition(0, 0, None, ())
        return self.all[max(0, bisect.bisect_right(self._starts, character) - 1)]

    def section_at(self, character: int) -> str | None:
        """The headings above a character, joined; None where there are none."""
        return SECTION_SEPARATOR.join(self.at(character).section) or None


def list_records(snapshot: FolderSnapshot, filter: Filter) -> list[DocumentRecord]:
    """The documents of the generation that pass the filter, in order of URI."""
    condition, parameters = filter.sql()
    with database.map_errors(snapshot.path):
        rows = snapshot.connection().execute(
            "SELECT id, uri, root, title, media_type, language, modified_at, tags, readers "
            f"FROM documents WHERE {VISIBLE} AND {condition} ORDER BY uri",
            {**parameters, "g": snapshot.generation.id},
        )
        records = []
        for document_id, uri, root, title, media_type, language, modified_at, tags, readers in rows:
            records.append(
                DocumentRecord(
                    document_id, uri, root, title, media_type, language, modified_at,
                    tuple(json.loads(tags)), EVERYBODY not in json.loads(readers),
                )
            )  # fmt: skip
        return records


def read_texts(snapshot: FolderSnapshot, document_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Id and whole text of these documents, one after the other, in the order of their ids."""
    with database.map_errors(snapshot.path):
        yield from snapshot.connection().execute(
            "SELECT d.id, t.text FROM json_each(?) asked CROSS JOIN documents d ON d.id = asked.value "
            "CROSS JOIN texts t ON t.id = d.text_id",
            (json.dumps(sorted(document_ids)),),
        )


def read_positions(snapshot: FolderSnapshot, document_id: int) -> ChunkPositions:
    """Where the chunks of a document stand, in order."""
    with database.map_errors(snapshot.path):
        rows = snapshot.connection().execute(
            "SELECT start, end, page, section FROM chunks WHERE document_id = ? ORDER BY ordinal",
            (document_id,),
        )
        return ChunkPositions(
            ChunkPosition(start, end, page, tuple(json.loads(section)))
            for start, end, page, section in rows
        )
