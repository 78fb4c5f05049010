"""The document around the Gradio interface, and what its header asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from rag.errors import InhouseError
from rag.profile import Profile
from ui.view.scope import describe_options
from ui.web.app_state import AppState
from ui.web.identity import Role, find_person, requires
from ui.web.language import choose_words
from ui.web.layout import frame
from ui.web.navigation import Room
from ui.web.scope import ScopeFinder, parse_scope, shown_scope
from ui.web.suggestions import STARTERS, suggest_starter_questions

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(app_state: AppState) -> APIRouter:
    """`/`, `/state` and `/scope`.

    `/?in=ID` asks only that, and may be repeated; `/?about=NAME` is the same as `/?in=d:NAME`.
    """
    from fastapi import APIRouter

    router = APIRouter(default_response_class=JSONResponse)

    @router.get("/")
    @requires(Role.READER)
    def page(request: Request) -> HTMLResponse:
        page_frame = frame(request, Room.ASK, _profile_of(app_state, request))
        person, words, profile = page_frame.person, page_frame.words, page_frame.profile
        scope = shown_scope(_scope_of(app_state, request), app_state.service, person)
        starters: Sequence[str] = profile.starters
        if not starters:
            # Who asks everything may begin with what is offered for a part.
            is_open = not (profile.filters.folders or profile.filters.tags)
            parts = app_state.profiles if is_open else ()
            written = [part.starters[0] for part in parts if part.starters]
            made = suggest_starter_questions(app_state.service, person, profile.name, words)
            starters = [*written, *made][:STARTERS]
        html = page_frame.ask(() if scope else starters, scope)
        return HTMLResponse(html, headers={"cache-control": "no-cache"})

    @router.get("/state")
    @requires(Role.READER, is_click=False)
    def state(request: Request) -> JSONResponse:
        """What the header shows; the page asks every few seconds."""
        now = app_state.service.state(find_person(request), choose_words(request))
        return JSONResponse(asdict(now), headers={"cache-control": "no-store"})

    finder = ScopeFinder(app_state.service)

    @router.get("/scope")
    @requires(Role.READER)
    def scope(request: Request, q: str = "", profile: str = "") -> JSONResponse:
        """The documents, folders and tags whose name holds `q`, to restrict a question to."""
        items = finder.find(find_person(request), app_state.profiles.named(profile).name, q)
        options = describe_options(items, choose_words(request))
        return JSONResponse(options, headers={"cache-control": "no-store"})

    return router


def _scope_of(app_state: AppState, request: Request) -> tuple[str, ...]:
    """The ids that the address names, or else those of the conversation which it opens.

    Of a colleague's conversation only what this person may read: the name of the rest is not theirs to see.
    """
    query = request.query_params
    if "in" in query or "about" in query:
        documents = (f"d:{name}" for name in query.getlist("about"))
        return parse_scope([*documents, *query.getlist("in")])
    person = find_person(request)
    try:
        if "s" in query:
            shared = app_state.links.open(query["s"]).scope
            items = shown_scope(shared, app_state.service, person)
            return tuple(item.id for item in items if item.exists)
        return app_state.history.get(person, query.get("c", "")).scope
    except InhouseError:  # said when it is opened
        return ()


def _profile_of(app_state: AppState, request: Request) -> Profile | None:
    """That of the kept conversation which the address opens; it may be another than was chosen since."""
    kept = request.query_params.get("c")
    if not kept:
        return None
    try:
        return app_state.profiles.named(app_state.history.get(find_person(request), kept).profile)
    except InhouseError:  # said when it is opened
        return None
