"""A search result."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rag.document import Box
from rag.notebook import describe_source, render_passage_html, shorten


class Why(BaseModel):
    """Why a passage was found: its place in each of the two searches, and the words that it shares.

    A rank is None if that search did not return the chunk: the other search returned it, or its neighbour was
    found. `matched` are the words of the query that it has, as they were asked.
    """

    model_config = ConfigDict(frozen=True)

    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None
    fused_score: float = 0.0
    matched: tuple[str, ...] = ()


class Place(BaseModel):
    """A place in another document."""

    model_config = ConfigDict(frozen=True)

    uri: str
    title: str
    page: int | None = None


class Hit(BaseModel):
    """A passage that was found for a query.

    `score` is higher-is-better and comparable within one search only. `text` is the document's own text
    from character `start` to `end`. `page` is 1-based, or None where a format has no pages. `section` is
    the path of headings, outermost first, joined with " > ", or None. `lead` is what stands above a passage
    that begins in the middle of a table: the table's header, and the labels of merged cells; it is not
    part of the JSON. `metadata` is what whoever put its document said of it, by names of their own; it is
    left out of the JSON where it is empty. `also_in` are other documents that say the same. `newer` is a
    newer version of its document, where one was found as well.
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
    metadata: dict[str, Any] = Field(default_factory=dict, exclude_if=lambda value: not value)
    chunk_id: int = Field(default=0, exclude=True)
    document_id: int = Field(default=0, exclude=True)
    stored_boxes: tuple[str, ...] = Field(default=(), exclude=True, repr=False)
    lead: str = Field(default="", exclude=True, repr=False)
    # Not kept with an answer: who reads that later may not read these documents any more.
    also_in: tuple[Place, ...] = Field(default=(), exclude=True)
    newer: Place | None = Field(default=None, exclude=True)
    why: Why | None = Field(default=None, exclude=True)

    def __hash__(self) -> int:  # a mapping has none
        return hash((self.rank, self.uri, self.start, self.end))

    def __repr__(self) -> str:
        return f"<Hit {self.rank} {self.score:.3f} {describe_source(self)}: {shorten(self.text)!r}>"

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return render_passage_html(self.text, self)

    @property
    def names(self) -> str:
        """The title of its document, and the name of its file in words: "Vacation vacation and leave"."""
        return f"{self.title} {re.sub('[-_]', ' ', PurePosixPath(self.uri).stem)}"

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The rectangles of its lines on their pages. Made when asked for: few hits are ever drawn."""
        return tuple(Box(*box) for chunk in self.stored_boxes for box in json.loads(chunk))

    def to_json(self) -> dict[str, Any]:
        """The promised JSON shape of `inhouse search --json`.

        With `also_in`, `newer`, and `why` (where that was asked for) for a hit that has them.
        """
        more: dict[str, Any] = {}
        if self.also_in:
            more["also_in"] = [location.model_dump(mode="json") for location in self.also_in]
        if self.newer is not None:
            more["newer"] = self.newer.model_dump(mode="json")
        if self.why is not None:
            more["why"] = self.why.model_dump(mode="json")
        return self.model_dump(mode="json") | more
