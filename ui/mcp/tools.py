"""The tools that find and open documents, for one reader: what they may not read is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PurePosixPath

from rag.index import DocumentView
from rag.index.views.documents import StoredDocument
from rag.index.views.files import FileQuery, FileRow
from ui.errors import NotThereError
from ui.mcp.references import Addresses, DocumentReference, parse_reference
from ui.mcp.schemas import (
    FetchOutput,
    ListedFile,
    ListInput,
    ListOutput,
    OpenOutput,
    SearchedPassage,
    SearchOutput,
)
from ui.view.links import check_of
from ui.web.assistant_service import Answering
from ui.web.documents.viewer import QuoteSpan, locate_quote

MAX_FETCHED = 50_000
"""Characters of a document in one piece: some 12,000 tokens, half of what clients let a tool return."""
_LEAD = 10_000  # characters before the place that was asked for, where a document is long
_LINE = 2_000  # characters in which a line's end is looked for, to cut there
MAX_RESOURCE = 1_000_000
"""Characters of a resource, which is read whole."""
HITS = 8
"""Passages of a search, as for `inhouse search`."""
_CUT_WORD, _WORD_CUT = re.compile(r"\A\S*\s"), re.compile(r"\s\S*\Z")
MISSING = "There is no such document in the index, or it is not for you."
_CHANGED = "The document has changed, and the passage does not stand in it any more."


class DocumentTools:
    """The documents of one reader. `searcher` answers with their profile, `opener` opens any document;
    `on_open` is told which.

    Its methods raise InhouseError; NotThereError for what is not there, or not for this reader.
    """

    def __init__(
        self,
        searcher: Answering,
        opener: Answering,
        addresses: Addresses,
        on_open: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._searcher, self._opener, self._addresses = searcher, opener, addresses
        self._on_open = on_open

    def search(self, query: str) -> SearchOutput:
        """The passages that fit best."""
        hits = self._searcher.search(query, k=HITS, fold=True)
        view = self._opener.reading()
        results = []
        for hit in hits:
            reference = DocumentReference(
                view.name(hit.uri), hit.start, hit.end, check_of(hit.text)
            )
            results.append(
                SearchedPassage(
                    id=str(reference),
                    title=_title(hit.title, hit.uri),
                    url=self._addresses.url(reference, hit.uri, hit.page),
                    text=f"{hit.lead}\n{hit.text}" if hit.lead else hit.text,
                    page=hit.page,
                    section=hit.section,
                    newer_version=None if hit.newer is None else view.name(hit.newer.uri),
                )
            )
        return SearchOutput(results=tuple(results))

    def fetch(self, id: str) -> FetchOutput:  # noqa: A002 (the name that clients send)
        """A document, or the part of it around a place where it is long."""
        view, document, reference = self._find(id)
        start, end = 0, document.characters
        if end > MAX_FETCHED or (reference.start and not reference.check):
            start, end = self._part(view, document, reference)
        page, section = view.place(document, start)
        metadata = self._labels(document) | {
            "characters": str(document.characters),
            "start": str(start),
            "end": str(end),
        }
        if start and page is not None:
            metadata["page"] = str(page)
        if start and section:
            metadata["section"] = section
        if end < document.characters:
            metadata["next"] = str(DocumentReference(reference.name, end))
        return FetchOutput(
            id=id,
            title=_title(document.title, document.uri),
            text=view.text(document, start, end),
            url=self._addresses.url(reference, document.uri, page if start else None),
            metadata=metadata,
        )

    def open_passage(self, id: str, characters: int) -> OpenOutput:  # noqa: A002
        """A passage with what stands before and after it; the beginning of a document without a place."""
        view, document, reference = self._find(id)
        start, end = self._passage(view, document, reference)
        page, section = view.place(document, start)
        before = view.text(document, start - characters, start)
        after = view.text(document, end, end + characters)
        return OpenOutput(
            id=id,
            title=_title(document.title, document.uri),
            url=self._addresses.url(reference, document.uri, page),
            page=page,
            section=section,
            before=before if characters >= start else _CUT_WORD.sub("", before),
            passage=view.text(document, start, end),
            after=after if len(after) < characters else _WORD_CUT.sub("", after),
            start=start,
            end=end,
            characters=document.characters,
        )

    def list_documents(self, request: ListInput) -> ListOutput:
        """The documents that this reader may read."""
        files = self._opener.shelf()
        query = FileQuery(
            text=request.text.strip(), folder=request.folder, tag=request.tag, is_indexed=True
        )
        rows, total = files.files(query, offset=request.offset, limit=request.limit)
        seen = request.offset + len(rows)
        return ListOutput(
            documents=tuple(self._listed(row, files.name(row.uri)) for row in rows),
            total=total,
            next_offset=seen if rows and seen < total else None,
        )

    def read_resource(self, uri: str) -> tuple[str, str]:
        """The text of a resource and its media type: a document, or the passage that it names."""
        view, document, reference = self._find(uri)
        start, end = reference.start, document.characters
        if reference.check:
            start, end = self._passage(view, document, reference)
        if end - start > MAX_RESOURCE:
            raise NotThereError(
                f"The document has {document.characters:,} characters, too many to be read as one resource.",
                hint="Read it in parts with the tool fetch.",
            )
        is_markdown = document.media_type == "text/markdown"
        return view.text(document, start, end), "text/markdown" if is_markdown else "text/plain"

    def _find(self, id: str) -> tuple[DocumentView, StoredDocument, DocumentReference]:  # noqa: A002
        reference = parse_reference(id)
        view = self._opener.reading()
        document = None if reference is None else view.named(reference.name)
        if reference is None or document is None:
            raise NotThereError(MISSING)
        self._on_open(document.uri)
        return view, document, reference

    def _passage(
        self, view: DocumentView, document: StoredDocument, reference: DocumentReference
    ) -> tuple[int, int]:
        """Where the quote stands now. Raises NotThereError where it stands nowhere."""
        if not reference.check:
            start = min(reference.start, document.characters)
            return start, self._line_end(view, document, start + _LINE)
        span = QuoteSpan(reference.start, reference.end, reference.check)
        located = locate_quote(view, document, span)
        if located is None:
            raise NotThereError(_CHANGED, hint=f"Fetch {reference.name} to read the document.")
        return located

    def _part(
        self, view: DocumentView, document: StoredDocument, reference: DocumentReference
    ) -> tuple[int, int]:
        """The characters of a long document that are fetched at once."""
        if not reference.check:
            start = min(reference.start, document.characters)
        else:
            span = QuoteSpan(reference.start, reference.end, reference.check)
            position, _ = locate_quote(view, document, span) or (0, 0)
            start = max(0, position - _LEAD)
            if start:
                start += len(view.text(document, start, start + _LINE).partition("\n")[0])
        return start, self._line_end(view, document, start + MAX_FETCHED)

    def _line_end(self, view: DocumentView, document: StoredDocument, end: int) -> int:
        """The end of the last line before `end`, or `end` where that is far."""
        if end >= document.characters:
            return document.characters
        last = view.text(document, end - _LINE, end).rpartition("\n")
        return end - len(last[2]) if last[1] else end

    def _labels(self, document: StoredDocument) -> dict[str, str]:
        row = self._opener.shelf().file(document.uri)
        labels = {
            "file": PurePosixPath(document.uri).name,
            "folder": row.folder if row else "",
            "media_type": document.media_type,
            "language": row.language if row else "",
            "modified": _moment(document.modified_at) or "",
            "pages": str(row.pages) if row and row.pages else "",
            "tags": ", ".join(row.tags) if row else "",
        }
        return {key: value for key, value in labels.items() if value}

    def _listed(self, row: FileRow, name: str) -> ListedFile:
        return ListedFile(
            id=name,
            title=_title(row.title, row.uri),
            url=self._addresses.url(DocumentReference(name), row.uri),
            file=PurePosixPath(row.uri).name,
            folder=row.folder,
            media_type=row.media_type,
            language=row.language,
            modified=_moment(row.modified_at),
            tags=row.tags,
        )


def _title(title: str, uri: str) -> str:
    return title or PurePosixPath(uri).name


def _moment(seconds: float | None) -> str | None:
    return (
        None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat("T", "seconds")
    )
