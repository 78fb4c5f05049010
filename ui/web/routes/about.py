"""What answers here, under which licence, and where the data stays."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rag.answering.judging import load_trial
from rag.database_address import DatabaseAddress
from rag.embedder import embedder_model
from rag.errors import InhouseError
from rag.index import open_store
from ui.view.about_page import About, render_about_page, render_notices_page
from ui.web.app_state import AppState
from ui.web.identity import Role, find_person, requires
from ui.web.installed_packages import packages, versions
from ui.web.layout import frame
from ui.web.navigation import Room
from ui.web.server import is_loopback

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(app_state: AppState) -> APIRouter:
    """`/about`, `/about/notices`"""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/about")
    @requires(Role.READER)
    def about(request: Request) -> Response:
        page_frame = frame(request, Room.ABOUT)
        content = _about(app_state, is_admin=find_person(request).may(Role.ADMIN))
        page = page_frame.page(render_about_page(content, page_frame.words))
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    @router.get("/about/notices")
    @requires(Role.READER)
    def notices(request: Request) -> Response:
        page_frame = frame(request, Room.ABOUT)
        page = page_frame.page(
            render_notices_page(packages(), page_frame.words), title=page_frame.words.rooms.notices
        )
        return HTMLResponse(page, headers={"cache-control": "no-cache"})

    return router


def _about(app_state: AppState, *, is_admin: bool) -> About:
    from rag.models import expected_model, get_card

    settings = app_state.settings
    model, built_with = expected_model(settings.llm.model), None
    with contextlib.suppress(InhouseError):  # without an index there are still models
        model = app_state.service.assistant().model_name or model
        built_with = open_store(settings.location, beside=settings.data).read_embedder()
    embedder = embedder_model(settings, built_with)
    name = model.rstrip("/").rpartition("/")[2]
    hosts = [urlsplit(url).hostname or "" for url in settings.llm.urls]
    trial = load_trial(settings.data) if settings.answers.judge else None
    return About(
        model=model,
        model_card=get_card(model) or get_card(name),
        embedder=embedder,
        embedder_card=get_card(embedder),
        reranker=settings.retrieval.reranker,
        entailment=settings.answers.entailment,
        judge=trial.model if trial else "",
        judge_votes=bool(trial and trial.has_vote),
        judge_url=_address(settings.answers.judge_url),
        model_url=", ".join(map(_address, settings.llm.urls)),
        is_local=all(map(is_loopback, hosts)),
        data=str(
            DatabaseAddress(settings.database) if settings.database else settings.data.absolute()
        )
        if is_admin
        else None,
        versions=versions(),
        details=is_admin,
    )


def _address(url: str) -> str:
    """The server of a URL, without a user name or a password that may stand in it; "" for none."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}" if url else ""
