"""What an editor may do with a document on its own page: read it in again, withdraw it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse

from rag.index.views.files import FileRow
from ui.errors import NotThereError
from ui.web.app_state import AppState
from ui.web.identity import Role, find_person, requires

if TYPE_CHECKING:
    from fastapi import APIRouter

_GONE = "This document is not there."


def routes(app_state: AppState) -> APIRouter:
    """`/documents/NAME/ingest`, `/documents/NAME/withdraw`; how far the run is says `/inbox`."""
    from fastapi import APIRouter

    router = APIRouter(prefix="/documents/{name}")

    @router.post("/ingest")
    @requires(Role.EDITOR)
    def ingest(request: Request, name: str) -> JSONResponse:
        """This file, changed or not, and what else has changed in its folder."""
        file = _file(app_state, request, name)
        # The folder as it was ingested, not the file alone: rules that stand above it hold as well.
        return _begun(app_state, Path(file.root), again=file.uri)

    @router.post("/withdraw")
    @requires(Role.EDITOR)
    def withdraw(request: Request, name: str) -> JSONResponse:
        """Only what lies in the inbox; others are taken out of their own folders."""
        file = _file(app_state, request, name)
        # It is on this person's shelf, also where it never got into the index.
        app_state.inbox.withdraw(find_person(request), file.uri, frozenset)
        return _begun(app_state, app_state.inbox.folder or Path(file.root), deleting=True)

    return router


def _file(app_state: AppState, request: Request, name: str) -> FileRow:
    file = app_state.service.assistant_for(find_person(request)).shelf().named(name)
    if file is None:
        raise NotThereError(_GONE)
    return file


def _begun(
    app_state: AppState, folder: Path, *, deleting: bool = False, again: str = ""
) -> JSONResponse:
    run = app_state.ingesting.start(folder, deleting=deleting, again=again)
    return JSONResponse({"run": run.to_json()}, 202, headers={"cache-control": "no-store"})
