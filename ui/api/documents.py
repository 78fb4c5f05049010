"""`/v1/documents`: what somebody may read, as a list and one by one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag.index import DocumentView, FileList
from rag.index.views.documents import StoredDocument
from rag.index.views.files import FileQuery, FileRow
from ui.api.answering import link_to
from ui.errors import NotThereError
from ui.web.app_state import AppState
from ui.web.identity import Person, Role, find_person, requires

if TYPE_CHECKING:
    from fastapi import APIRouter

_MOST_CHARACTERS = 100_000
_NO_STORE = {"cache-control": "no-store"}


def add_document_routes(router: APIRouter, app_state: AppState) -> None:
    """Add the routes of documents to `router`. An id is a document's short name, and no permission."""

    @router.get("/documents")
    @requires(Role.READER, by_bearer=True)
    async def documents(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        name: Annotated[str, Query(max_length=500)] = "",
    ) -> Response:
        """The documents by name; `name` is part of a name or a title."""
        person = find_person(request)

        def find() -> dict[str, Any]:
            files = _file_list(app_state, person)
            rows, total = files.files(
                FileQuery(text=name, state="indexed"), offset=offset, limit=limit
            )
            data = [_listed(row, files) for row in rows]
            more = offset + len(rows) < total
            return {"object": "list", "data": data, "total": total, "has_more": more}

        return JSONResponse(await asyncio.to_thread(find), headers=_NO_STORE)

    @router.get("/documents/{document_id}")
    @requires(Role.READER, by_bearer=True)
    async def document(request: Request, document_id: str) -> Response:
        """One document, without its text."""
        person = find_person(request)

        def find() -> dict[str, Any]:
            files = _file_list(app_state, person)
            view, stored = _open(app_state, person, document_id)
            row = files.file(stored.uri)
            if row is None:
                raise _missing()
            assistant = app_state.service.assistant_for(person)
            url = link_to(app_state, assistant)(stored.uri, 0, 0, "")
            more = {"characters": stored.characters, "url": url, "generation": view.generation}
            return _listed(row, files) | more

        return JSONResponse(await asyncio.to_thread(find), headers=_NO_STORE)

    @router.get("/documents/{document_id}/text")
    @requires(Role.READER, by_bearer=True)
    async def text(
        request: Request,
        document_id: str,
        start: Annotated[int, Query(ge=0)] = 0,
        end: Annotated[int | None, Query(ge=0)] = None,
    ) -> Response:
        """Characters `start` to `end` of a document's text, at most 100,000 of them."""
        person = find_person(request)

        def find() -> dict[str, Any]:
            view, stored = _open(app_state, person, document_id)
            app_state.audit.opened(person, stored.uri)
            first = min(start, stored.characters)
            last = stored.characters if end is None else min(end, stored.characters)
            last = max(first, min(last, first + _MOST_CHARACTERS))
            page, section = view.place(stored, first)
            return {
                "object": "document.text",
                "id": document_id,
                "start": first,
                "end": last,
                "characters": stored.characters,
                "page": page,
                "section": section,
                "text": view.text(stored, first, last),
            }

        return JSONResponse(await asyncio.to_thread(find), headers=_NO_STORE)


def _file_list(app_state: AppState, person: Person) -> FileList:
    return app_state.service.assistant_for(person).shelf()


def _open(app_state: AppState, person: Person, name: str) -> tuple[DocumentView, StoredDocument]:
    view = app_state.service.assistant_for(person).reading()
    stored = view.named(name)
    if stored is None:
        raise _missing()
    return view, stored


def _missing() -> NotThereError:
    """The same for what does not exist and for what is not this person's to read."""
    return NotThereError("There is no such document.")


def _listed(row: FileRow, files: FileList) -> dict[str, Any]:
    return {
        "id": files.name(row.uri),
        "object": "document",
        "uri": row.uri,
        "title": row.title,
        "folder": row.folder,
        "media_type": row.media_type,
        "language": row.language,
        "tags": list(row.tags),
        "pages": row.pages,
        "bytes": row.size,
        "modified_at": row.modified_at,
    }
