"""A search result."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rag.document import Box


class Hit(BaseModel):
    """A passage that was found for a query.

    `score` is higher-is-better and comparable within one search only. `text` is the document's own text
    from character `start` to `end`. `page` is 1-based, or None where a format has no pages. `section` is
    the path of headings, outermost first, joined with " > ", or None.
    """

    model_config = ConfigDict(frozen=True)

    rank: int = Field(ge=1)
    score: float
    uri: str
    title: str
    page: int | None = None
    section: str | None = None
    text: str
    start: int
    end: int
    chunk_id: int = Field(default=0, exclude=True)
    document_id: int = Field(default=0, exclude=True)
    boxes: tuple[Box, ...] = Field(default=(), exclude=True)

    def to_json(self) -> dict[str, Any]:
        """The promised JSON shape of `inhouse search --json`."""
        return self.model_dump(mode="json")
