"""The ledger as a table, and each of its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rag.errors import InhouseError
from rag.index.catalog.ledger import FileState
from rag.index.views.files import Column, Shelf, Wanted
from ui.view import document_page as one
from ui.view import documents_page as many
from ui.view.document_page import document_tools
from ui.view.links import source_link
from ui.view.markup import escape
from ui.view.upload_form import inbox_part
from ui.web.app_state import House
from ui.web.identity import Role, needs, person_of
from ui.web.layout import Frame, frame
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter

_FAR = 1_000_000  # a page beyond this is the last one that anybody asks for


def routes(house: House) -> APIRouter:
    """`/documents?name=…&state=…&folder=…&type=…&tag=…&order=…&down=1&page=…`, `/documents/NAME`."""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/documents")
    @needs(Role.READER)
    def documents(request: Request) -> Response:
        around = frame(request, Room.DOCUMENTS)
        tools = _tools(house, around)
        scripts = ["inbox"] if tools else []
        try:
            shelf = house.desk.assistant_for(person_of(request)).shelf()
            main = _table(request, shelf, tools, around)
        except InhouseError as exc:
            return _answer(around, _unavailable(around, exc) + tools, 503, scripts)
        return _answer(around, main, scripts=scripts)

    @router.get("/documents/{name}")
    @needs(Role.READER)
    def document(request: Request, name: str) -> Response:
        around = frame(request, Room.DOCUMENTS)
        try:
            shelf = house.desk.assistant_for(person_of(request)).shelf()
            main = _file(request, house, shelf, name, around)
        except InhouseError as exc:
            return _answer(around, _unavailable(around, exc), 503)
        if main is None:
            words = around.words
            missing = f'<h1>{escape(words.rooms.documents)}</h1><p class="none">{escape(words.not_there)}</p>'
            return _answer(around, missing, 404)
        return _answer(around, main, scripts=["document"])

    return router


def _answer(around: Frame, main: str, status: int = 200, scripts: Sequence[str] = ()) -> Response:
    page = around.page(main, scripts=scripts)
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})


def _tools(house: House, around: Frame) -> str:
    """The inbox, for whoever may use it."""
    inbox = house.inbox
    if inbox.folder is None or not around.person.may(Role.EDITOR):
        return ""
    return inbox_part(inbox.suffixes(), inbox.max_bytes, around.words)


def _unavailable(around: Frame, exc: InhouseError) -> str:
    heading = escape(around.words.rooms.documents)
    return f'<h1>{heading}</h1><p class="complaint">{escape(str(exc))}</p>'


def _table(request: Request, shelf: Shelf, tools: str, around: Frame) -> str:
    wanted, page = wanted_by(request), _page(request)
    files, total = shelf.files(wanted, offset=(page - 1) * many.EACH, limit=many.EACH)
    if not files and total:  # a page that is not there any more: the last one
        page = (total - 1) // many.EACH + 1
        files, total = shelf.files(wanted, offset=(page - 1) * many.EACH, limit=many.EACH)
    ledger = many.Ledger(
        wanted=wanted,
        page=page,
        files=files,
        total=total,
        choices=shelf.choices(),
        generation=shelf.generation.id,
        generation_at=shelf.generation.created_at,
        coverage=shelf.coverage(),
        last_run=shelf.last_run(),
        reasons=shelf.everything,
    )
    return many.documents_page(ledger, shelf.name, tools, around.words)


def _file(request: Request, house: House, shelf: Shelf, name: str, around: Frame) -> str | None:
    file, page = shelf.named(name), _page(request)
    if file is None:
        return None
    chunks, total, link = [], 0, None
    if file.document_id is not None:
        total = shelf.chunk_counts([file.document_id]).get(file.document_id, 0)
        page = min(page, max(1, (total - 1) // one.EACH + 1))
        offset = (page - 1) * one.EACH
        chunks = shelf.chunks(file.document_id, offset=offset, limit=one.EACH)
        link = source_link(shelf.name, file.uri, 0, 0, "")
    address = f"/documents/{name}"
    shown = one.Shown(file, address, chunks, total, page, link, reasons=shelf.everything)
    tools = ""
    if around.person.may(Role.EDITOR):
        may_withdraw = house.inbox.may_withdraw(file.uri)
        tools = document_tools(file, address, may_withdraw=may_withdraw, words=around.words)
    return one.document_page(shown, tools, around.words)


def wanted_by(request: Request) -> Wanted:
    """What an address asks for; what it asks for in vain is left out."""
    said = request.query_params.get
    order: Column = "name"
    for column in get_args(Column):
        if said("order") == column:
            order = column
    state = said("state", "")
    return Wanted(
        text=said("name", "").strip()[:500],
        folder=said("folder", ""),
        media_type=said("type", ""),
        tag=said("tag", ""),
        state=state if state in {each.value for each in FileState} else "",
        order=order,
        descending=said("down") == "1",
    )


def _page(request: Request) -> int:
    text = request.query_params.get("page", "")
    return (
        min(_FAR, max(1, int(text))) if text.isascii() and text.isdecimal() and len(text) < 9 else 1
    )
