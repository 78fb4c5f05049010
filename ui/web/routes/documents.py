"""The ledger as a table, and each of its files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, get_args

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ingest.media_type import MARKDOWN
from rag.errors import InhouseError
from rag.index import FileList
from rag.index.catalog.ledger import FileState
from rag.index.views.files import Column, FileQuery, FileRow
from ui.messages.page import Words
from ui.view import document_page as one
from ui.view import documents_page as many
from ui.view.computed import render_table
from ui.view.document_page import render_document_tools
from ui.view.evidence import Shelf
from ui.view.links import make_source_link
from ui.view.markup import escape
from ui.view.passage import find_headings, render_lead
from ui.view.upload_form import render_upload_form
from ui.web.app_state import AppState
from ui.web.identity import Role, find_person, requires
from ui.web.layout import Layout, frame
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter

_OUTLINED, _LEAD = (
    500_000,
    20_000,
)  # characters in which headings, and the first sentences are looked for
_HEADINGS = 60  # a list that is longer is no outline
_FAR = 1_000_000  # a page beyond this is the last one that anybody asks for


def routes(app_state: AppState) -> APIRouter:
    """`/documents?name=…&state=…&folder=…&type=…&tag=…&order=…&down=1&page=…`, `/documents/NAME`."""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/documents")
    @requires(Role.READER)
    def documents(request: Request) -> Response:
        page_frame = frame(request, Room.DOCUMENTS)
        tools = _tools(app_state, page_frame)
        scripts = ["inbox"] if tools else []
        try:
            shelf = app_state.service.assistant_for(find_person(request)).shelf()
            main = _table(request, shelf, tools, page_frame)
        except InhouseError as exc:
            return _answer(page_frame, _unavailable(page_frame, exc) + tools, 503, scripts)
        return _answer(page_frame, main, scripts=scripts)

    @router.get("/documents/{name}")
    @requires(Role.READER)
    def document(request: Request, name: str) -> Response:
        page_frame = frame(request, Room.DOCUMENTS)
        try:
            shelf = app_state.service.assistant_for(find_person(request)).shelf()
            file = shelf.named(name)
            main = _file(request, app_state, shelf, file, page_frame) if file else ""
        except InhouseError as exc:
            return _answer(page_frame, _unavailable(page_frame, exc), 503)
        if file is None:
            words = page_frame.words
            missing = f'<h1>{escape(words.rooms.documents)}</h1><p class="none">{escape(words.not_there)}</p>'
            return _answer(page_frame, missing, 404)
        title = file.title or file.uri.rpartition("/")[2]
        return _answer(page_frame, main, scripts=["document"], title=title)

    return router


def _answer(
    page_frame: Layout,
    main: str,
    status: int = 200,
    scripts: Sequence[str] = (),
    title: str = "",
) -> Response:
    page = page_frame.page(main, scripts=scripts, title=title)
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})


def _tools(app_state: AppState, page_frame: Layout) -> str:
    """The inbox, for whoever may use it."""
    inbox = app_state.inbox
    if inbox.folder is None or not page_frame.person.may(Role.EDITOR):
        return ""
    return render_upload_form(inbox.suffixes(), inbox.max_bytes, page_frame.words)


def _unavailable(page_frame: Layout, exc: InhouseError) -> str:
    heading = escape(page_frame.words.rooms.documents)
    return f'<h1>{heading}</h1><p class="complaint">{escape(str(exc))}</p>'


def _table(request: Request, shelf: FileList, tools: str, page_frame: Layout) -> str:
    query, page = parse_file_query(request), _page(request)
    files, total = shelf.files(query, offset=(page - 1) * many.EACH, limit=many.EACH)
    if not files and total:  # a page that is not there any more: the last one
        page = (total - 1) // many.EACH + 1
        files, total = shelf.files(query, offset=(page - 1) * many.EACH, limit=many.EACH)
    ledger = many.Ledger(
        wanted=query,
        page=page,
        files=files,
        total=total,
        choices=shelf.choices(),
        generation=shelf.generation.id,
        generation_at=shelf.generation.created_at,
        coverage=shelf.coverage(),
        last_run=shelf.last_run(),
        reasons=shelf.everything,
        details=page_frame.person.may(Role.EDITOR),
    )
    return many.render_documents_page(ledger, shelf.name, tools, page_frame.words)


def _file(
    request: Request, app_state: AppState, shelf: FileList, file: FileRow, page_frame: Layout
) -> str:
    page, name = _page(request), shelf.name(file.uri)
    chunks, total, link = [], 0, None
    if file.document_id is not None:
        total = shelf.chunk_counts([file.document_id]).get(file.document_id, 0)
        page = min(page, max(1, (total - 1) // one.EACH + 1))
        offset = (page - 1) * one.EACH
        chunks = shelf.chunks(file.document_id, offset=offset, limit=one.EACH)
        link = make_source_link(shelf.name, file.uri, 0, 0, "")
        app_state.audit.opened(page_frame.person, file.uri)
    address = f"/documents/{name}"
    versions, comparison = _versions(request, app_state, file, page_frame.words)
    lead, outline = _contents(request, app_state, name)
    view = one.DocumentPage(
        file,
        address,
        chunks,
        total,
        page,
        link,
        reasons=shelf.everything,
        details=page_frame.person.may(Role.EDITOR),
        versions=versions,
        comparison=comparison,
        readers=shelf.readers_of(file.uri) if page_frame.person.may(Role.ADMIN) else None,
        lead=lead,
        outline=outline,
    )
    tools = ""
    if page_frame.person.may(Role.EDITOR):
        may_withdraw = app_state.inbox.may_withdraw(file.uri)
        tools = render_document_tools(
            file, address, may_withdraw=may_withdraw, words=page_frame.words
        )
    return one.render_document_page(view, tools, page_frame.words)


def _contents(
    request: Request, app_state: AppState, name: str
) -> tuple[str, list[one.OutlineEntry]]:
    """How the document begins, as HTML, and its headings; empty for what is not in the index."""
    reading = app_state.service.assistant_for(find_person(request)).reading()
    document = reading.named(name)
    if document is None:
        return "", []
    text = reading.text(document, 0, min(document.characters, _OUTLINED))
    lead = render_lead(text[:_LEAD], markdown=document.media_type == MARKDOWN)
    title = " ".join(document.title.split()).casefold()
    headings = [
        heading
        for heading in islice(find_headings(text), _HEADINGS)
        if " ".join(heading.text.split()).casefold() != title
    ]
    top = min((heading.level for heading in headings), default=0)
    return lead, [
        one.OutlineEntry(
            min(heading.level - top, 2),
            heading.text,
            make_source_link(reading.name, document.uri, heading.start, heading.end, heading.text),
        )
        for heading in headings
    ]


def _versions(
    request: Request, app_state: AppState, file: FileRow, words: Words
) -> tuple[list[one.VersionRow], str]:
    """The other versions of the file, and the table of what differs from the one that the address names."""
    if file.document_id is None:
        return [], ""
    assistant = app_state.service.assistant_for(find_person(request))
    versions, reading = assistant.versions(), assistant.reading()
    against, comparison, rows = request.query_params.get("against", ""), "", []
    for record in versions.find(file.uri):
        name = reading.name(record.uri)
        title = record.title or record.uri.rpartition("/")[2]
        rows.append(one.VersionRow(name, title, record.modified_at, name == against))
        if name == against and (table := versions.compare(file.uri, record.uri)) is not None:
            titles = (words.rooms.section, *table.columns[1:])
            shown = table.model_copy(update={"columns": titles})
            inner = render_table(shown, words, Shelf(reading.name))
            comparison = f'<div class="computed">{inner}</div>' if inner else ""
    return rows, comparison


def parse_file_query(request: Request) -> FileQuery:
    """What an address asks for; what it asks for in vain is left out."""
    parameter = request.query_params.get
    order: Column = "name"
    for column in get_args(Column):
        if parameter("order") == column:
            order = column
    state = parameter("state", "")
    return FileQuery(
        text=parameter("name", "").strip()[:500],
        folder=parameter("folder", ""),
        media_type=parameter("type", ""),
        tag=parameter("tag", ""),
        state=state if state in {file_state.value for file_state in FileState} else "",
        order=order,
        descending=parameter("down") == "1",
    )


def _page(request: Request) -> int:
    text = request.query_params.get("page", "")
    return (
        min(_FAR, max(1, int(text))) if text.isascii() and text.isdecimal() and len(text) < 9 else 1
    )
