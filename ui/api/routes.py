"""`/v1/…`: what programs ask for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag.index import Filter
from rag.profile import Profile
from ui.api import chat, responses
from ui.api.answering import begin_answer, find_profile_named, finish_unless_left, link_to
from ui.api.chat import AnswerFormat
from ui.api.documents import add_document_routes
from ui.api.event_stream import EventStream
from ui.api.openapi import describe
from ui.api.requests import ChatRequest, ResponsesRequest, SearchRequest
from ui.errors import InvalidRequestError
from ui.web.app_state import AppState
from ui.web.identity import Role, find_person, requires
from ui.web.language import choose_words

if TYPE_CHECKING:
    from fastapi import APIRouter

_MAX_BODY = 4 * 1024 * 1024  # bytes; 500 long messages
_NO_STORE = {"cache-control": "no-store"}
_LEFT = Response(status_code=499)
"""What nobody gets, who has gone."""
SOURCES_HEADER = "x-inhouse-sources"
_SHOWS_ANNOTATIONS = ("openai/", "asyncopenai/", "agents/")
"""Beginnings of user agents of libraries that hand the annotations over."""
_OPEN_WEBUI = "x-openwebui-"


def build_api_routes(app_state: AppState) -> APIRouter:
    """Chat, responses, models, search and documents; each for readers who show an access token."""
    from fastapi import APIRouter

    router = APIRouter(prefix="/v1")

    @router.get("/models")
    @requires(Role.READER, by_bearer=True)
    async def models() -> Response:
        """The profiles, each as a model that can be asked."""
        data = [_model(profile) for profile in app_state.profiles]
        return JSONResponse({"object": "list", "data": data}, headers=_NO_STORE)

    @router.get("/models/{model}")
    @requires(Role.READER, by_bearer=True)
    async def model(model: str) -> Response:
        """One profile."""
        return JSONResponse(_model(find_profile_named(app_state, model)), headers=_NO_STORE)

    @router.post("/chat/completions")
    @requires(Role.READER, by_bearer=True, max_body=_MAX_BODY)
    async def chat_completions(request: Request, body: ChatRequest) -> Response:
        """Answer the last message from the documents, as OpenAI's chat completions do."""
        profile = find_profile_named(app_state, body.model)
        question, history = body.conversation()
        usage = body.stream_options is not None and body.stream_options.include_usage
        style = _format(app_state, request, body.model, with_usage=usage)
        stream = await begin_answer(app_state, request, profile, question, history)
        if body.stream:
            return EventStream(stream, chat.chunks(stream, style))
        if not await finish_unless_left(request, stream):
            return _LEFT
        return JSONResponse(chat.build_completion(stream.text, style), headers=_NO_STORE)

    @router.post("/responses")
    @requires(Role.READER, by_bearer=True, max_body=_MAX_BODY)
    async def create_response(request: Request, body: ResponsesRequest) -> Response:
        """Answer the input from the documents, as OpenAI's responses do."""
        profile = find_profile_named(app_state, body.model)
        question, history = body.conversation()
        style = _format(app_state, request, body.model)
        stream = await begin_answer(app_state, request, profile, question, history)
        if body.stream:
            return EventStream(stream, responses.events(stream, body, style), named=True)
        if not await finish_unless_left(request, stream):
            return _LEFT
        return JSONResponse(responses.response(stream.text, body, style), headers=_NO_STORE)

    @router.post("/search")
    @requires(Role.READER, by_bearer=True)
    async def search(request: Request, body: SearchRequest) -> Response:
        """Find passages, without the language model."""
        person = find_person(request)
        app_state.questions.take(person.key)
        first = app_state.profiles.first
        profile = find_profile_named(app_state, body.model) if body.model is not None else first

        def find() -> list[dict[str, Any]]:
            app_state.audit.asked(person)
            assistant = app_state.service.assistant_for(person, profile.name)
            filter = Filter(
                folders=body.folders,
                tags=body.tags,
                media_types=body.media_types,
                metadata=body.metadata,
            )
            link = link_to(app_state, assistant)
            return [
                hit.to_json() | {"url": link(hit.uri, hit.start, hit.end, hit.text)}
                for hit in assistant.search(body.query, k=body.k, filter=filter)
            ]

        hits = await asyncio.to_thread(find)
        return JSONResponse({"object": "list", "data": hits}, headers=_NO_STORE)

    add_document_routes(router, app_state)

    @router.get("/openapi.json", include_in_schema=False)
    @requires(None, by_bearer=True)
    async def description() -> Response:
        """This interface, described for programs."""
        return JSONResponse(describe(router))

    return router


def _model(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.name,
        "object": "model",
        "created": 0,
        "owned_by": "inhouse",
        "name": profile.branding.product or profile.name,
        "description": profile.description,
    }


def _format(
    app_state: AppState, request: Request, model: str, *, with_usage: bool = False
) -> AnswerFormat:
    """How to answer a request: what its headers tell of the program that shows the answer."""
    is_open_webui = any(name.startswith(_OPEN_WEBUI) for name in request.headers)
    sources = request.headers.get(SOURCES_HEADER, app_state.settings.api.sources)
    if sources not in ("fields", "text", "auto"):
        raise InvalidRequestError(
            f"{SOURCES_HEADER} is fields, text or auto.", param=SOURCES_HEADER
        )
    agent = request.headers.get("user-agent", "").lower()
    has_links = bool(app_state.settings.web.public_url)
    is_shown = has_links and agent.startswith(_SHOWS_ANNOTATIONS)
    return AnswerFormat(
        model,
        choose_words(request),
        lists_sources=sources == "text" or (sources == "auto" and not (is_open_webui or is_shown)),
        for_open_webui=is_open_webui,
        is_admin=find_person(request).may(Role.ADMIN),
        with_usage=with_usage,
    )
