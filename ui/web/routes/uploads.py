"""Uploading, withdrawing and ingesting, for editors."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from rag.errors import InhouseError
from ui.errors import NotThereError
from ui.web.app_state import AppState
from ui.web.documents.uploads import Upload
from ui.web.identity import Person, Role, find_person, requires

if TYPE_CHECKING:
    from fastapi import APIRouter

_FRESH = {"cache-control": "no-store"}


def routes(app_state: AppState) -> APIRouter:
    """`/inbox`: what is in it, and how far the run is; POST puts a file in. Below it, withdraw and ingest."""
    from fastapi import APIRouter

    router = APIRouter(prefix="/inbox")
    inbox, ingesting = app_state.inbox, app_state.ingesting

    @router.get("")
    @requires(Role.EDITOR, is_click=False)
    def show(request: Request) -> JSONResponse:
        return JSONResponse(_shown(app_state, find_person(request)), headers=_FRESH)

    @router.post("")
    @requires(Role.EDITOR, max_body=inbox.max_bytes)
    async def upload(
        request: Request,
        name: str,
        replace: bool = False,
    ) -> Response:
        """The body is the file, as it is."""
        person = find_person(request)
        try:
            taken = await inbox.receive(
                person,
                name,
                request.stream(),
                lambda uris: app_state.service.readable(person, uris),
                replace=replace,
            )
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        await run_in_threadpool(app_state.audit.record, person, "upload", taken.uri)
        if inbox.folder is not None:
            await run_in_threadpool(ingesting.start, inbox.folder)
        return JSONResponse(asdict(taken), 201, headers=_FRESH)

    @router.post("/withdraw")
    @requires(Role.EDITOR)
    def withdraw(request: Request, uri: str) -> JSONResponse:
        person = find_person(request)
        inbox.withdraw(person, uri, lambda uris: app_state.service.readable(person, uris))
        app_state.audit.record(person, "withdraw", uri)
        return _ingest(app_state, person, deleting=True)

    @router.post("/ingest")
    @requires(Role.EDITOR)
    def ingest(request: Request, uri: str = "") -> JSONResponse:
        """What has changed; with `uri` that upload again, changed or not."""
        person = find_person(request)
        if uri and uri not in {upload.uri for upload in _uploads(app_state, person)}:
            raise NotThereError("This document is not there.")
        return _ingest(app_state, person, again=uri)

    return router


def _ingest(
    app_state: AppState, person: Person, *, deleting: bool = False, again: str = ""
) -> JSONResponse:
    if app_state.inbox.folder is not None:
        app_state.ingesting.start(app_state.inbox.folder, deleting=deleting, again=again)
    return JSONResponse(_shown(app_state, person), 202, headers=_FRESH)


def _shown(app_state: AppState, person: Person) -> dict[str, Any]:
    run, inbox = app_state.ingesting.run, app_state.inbox
    uploads = _uploads(app_state, person)
    known = {upload.uri for upload in uploads}
    return {
        "is_open": inbox.folder is not None,
        "suffixes": inbox.suffixes(),
        "max_bytes": inbox.max_bytes,
        "uploads": [
            asdict(upload) | _what_became(app_state, person, upload.uri) for upload in uploads
        ],
        "run": _counted(run.to_json(), person)
        | {
            "failed": [
                {"name": Path(uri).name, "uri": uri, "reason": reason}
                for uri, reason in run.failed
                if person.readers is None or uri in known
            ]
        },
    }


def _uploads(app_state: AppState, person: Person) -> list[Upload]:
    return app_state.inbox.uploads(person, lambda uris: app_state.service.readable(person, uris))


def _what_became(app_state: AppState, person: Person, uri: str) -> dict[str, Any]:
    """The state in which the last run left an upload, and why; nothing before its first.

    Whoever may see the upload may see this, also where nothing of it came into the index. `is_closed`: it is
    in the index, but no access rule opens it to this person.
    """
    try:
        file = app_state.service.assistant().shelf().file(uri)
    except InhouseError:  # there is no index yet
        file = None
    is_indexed = file is not None and file.document_id is not None
    return {
        "state": file.state.value if file else "",
        "reason": file.reason if file else "",
        "is_closed": is_indexed and uri not in app_state.service.readable(person, [uri]),
    }


def _counted(run: dict[str, Any], person: Person) -> dict[str, Any]:
    """Without the counts of a run for who may not read everything: they count hidden files too."""
    return (
        run
        if person.readers is None
        else run | {"counts": None, "files": 0, "total": 0, "chunks": 0}
    )
