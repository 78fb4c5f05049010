"""Routes of the documents that people open: pages as pictures, text, the original.

A document's short name in an address is no permission: each route asks who it is, and looks through the
same filter as a search.
"""

import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ingest.page_pictures import PagePictures
from rag.errors import InhouseError
from ui.errors import NotThereError, TooManyError
from ui.messages.languages import LANGUAGES
from ui.messages.page import Words
from ui.view import source as view
from ui.web.app_state import AppState
from ui.web.documents.viewer import Opener, QuoteSpan
from ui.web.identity import Role, find_person, requires
from ui.web.language import choose_words
from ui.web.security.work_pool import WorkPool

if TYPE_CHECKING:
    from fastapi import APIRouter

_FAR = 2**53
_FRESH = "no-store"
_ASK_AGAIN = (
    "private, no-cache"  # kept by the browser, but asked for each time: rights may have gone
)


def routes(app_state: AppState) -> "APIRouter":
    """`/sources/NAME…`"""
    from fastapi import APIRouter

    limits = app_state.settings.ingest
    pictures = PagePictures(memory_mb=limits.memory_mb, max_file_mb=limits.max_file_mb)
    openers = {
        code: Opener(
            app_state.service,
            pictures,
            words,
            originals=app_state.settings.web.originals,
            on_open=app_state.audit.opened,
        )
        for code, words in LANGUAGES.items()
    }

    def opener_for(request: Request) -> Opener:
        return openers[choose_words(request).language]

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        pictures.close()

    router = APIRouter(prefix="/sources", lifespan=lifespan)
    # What is slow to open holds up other documents, and nothing else.
    pool = WorkPool("sources", 4, waiting=60, per_person=8)
    _add_text(router, opener_for, pool)
    _add_files(router, opener_for, pool)
    return router


def _add_text(router: "APIRouter", opener_for: Callable[[Request], Opener], pool: WorkPool) -> None:
    from fastapi import Query

    number = Annotated[int, Query(ge=0, le=_FAR)]

    async def answer(request: Request, make: Callable[[], str]) -> HTMLResponse:
        words = choose_words(request)
        status, body = await pool.run(find_person(request).key, _fragment, make, words)
        return HTMLResponse(body, status_code=status, headers={"cache-control": _FRESH})

    @router.get("/{name}")
    @requires(Role.READER)
    async def show(
        request: Request,
        name: str,
        start: number = 0,
        end: number = 0,
        check: Annotated[str, Query(max_length=32)] = "",
        page: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
        text: bool = False,
        width: Annotated[int, Query(ge=1, le=20_000)] = 1_400,
    ) -> HTMLResponse:
        """The document at a quote."""
        person, location = find_person(request), QuoteSpan(start, end, check)
        opener = opener_for(request)
        return await answer(
            request,
            lambda: opener.show(person, name, location, page=page, as_text=text, width=width),
        )

    @router.get("/{name}/more")
    @requires(Role.READER)
    async def more(
        request: Request,
        name: str,
        before: Annotated[int | None, Query(ge=0, le=_FAR)] = None,
        after: Annotated[int | None, Query(ge=0, le=_FAR)] = None,
    ) -> HTMLResponse:
        """Its text before or after a character."""
        person, opener = find_person(request), opener_for(request)
        return await answer(request, lambda: opener.more(person, name, before=before, after=after))


def _add_files(
    router: "APIRouter", opener_for: Callable[[Request], Opener], pool: WorkPool
) -> None:
    from fastapi import Query

    @router.get("/{name}/pages/{page}.png")
    @requires(Role.READER)
    async def picture(
        request: Request,
        name: str,
        page: int,
        width: Annotated[int, Query(ge=1, le=20_000)] = 1_400,
    ) -> Response:
        """A page as a picture."""
        try:
            person, opener = find_person(request), opener_for(request)
            png, tag = await pool.run(person.key, opener.picture, person, name, page, width)
        except TooManyError:
            raise
        except InhouseError as exc:
            return Response(f"{exc}\n", 404, media_type="text/plain")
        headers = {"cache-control": _ASK_AGAIN, "etag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(png, media_type="image/png", headers=headers)

    @router.get("/{name}/original")
    @requires(Role.READER)
    async def original(request: Request, name: str) -> Response:
        """The file itself, to be kept, never to be opened in the page."""
        try:
            person, opener = find_person(request), opener_for(request)
            path, data = await pool.run(person.key, opener.original, person, name)
        except NotThereError as exc:
            return Response(f"{exc}\n", 404, media_type="text/plain")
        return Response(data, media_type=_kind(path.name), headers=_as_file(path.name))


def _fragment(make: Callable[[], str], words: Words) -> tuple[int, str]:
    """The status and the HTML, which is a plain message where there is no document."""
    try:
        return 200, make()
    except NotThereError as exc:
        return exc.status, view.render_message(words.source, str(exc))
    except InhouseError as exc:
        return 503, view.render_message(words.source, str(exc))


def _kind(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _as_file(name: str) -> dict[str, Any]:
    """So that the browser saves it under its name, whatever is in it."""
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": _FRESH,
    }
