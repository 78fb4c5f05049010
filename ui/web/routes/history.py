"""Conversations that are kept for somebody, and what they say of the answers: nobody reaches another's."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from rag.errors import InhouseError
from ui.errors import FrontEndError, NotThereError
from ui.messages.page import Words
from ui.view import answer_actions as view
from ui.view.answer_actions import Kept
from ui.view.brand import label_of
from ui.view.exports.share import render_share_dialog
from ui.view.exports.text import ExportedTurn, as_html, as_markdown, plain_text
from ui.view.exports.word import as_word
from ui.view.history import render_conversations
from ui.web.app_state import AppState
from ui.web.chat.redaction import export_conversations, redact_turns
from ui.web.chat.redaction import search as search_kept
from ui.web.identity import Person, Role, find_person, requires
from ui.web.language import choose_words
from ui.web.scope import scope_names
from ui.web.userdata.feedback import NOTE_CHARACTERS
from ui.web.userdata.history import TITLE_CHARACTERS, KeptTurn

if TYPE_CHECKING:
    from fastapi import APIRouter

_FRESH = {"cache-control": "no-store"}
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FILES: dict[str, tuple[Callable[[str, Sequence[ExportedTurn], Words], str | bytes], str]] = {
    "md": (as_markdown, "text/markdown"),
    "docx": (as_word, _WORD),
}
"""What writes a file of this suffix, and its media type."""
_NO_ANSWER = "This answer is not there; it may have been deleted."
_MAX_TITLE = 4_000  # bytes; what is longer than a title may be is cut


def routes(app_state: AppState) -> "APIRouter":
    """`/conversations…`"""
    from fastapi import APIRouter

    router = APIRouter(prefix="/conversations")
    _add_list(router, app_state)
    _add_changes(router, app_state)
    _add_exports(router, app_state)
    _add_turns(router, app_state)
    return router


def _add_list(router: "APIRouter", app_state: AppState) -> None:
    @router.get("")
    @requires(Role.READER)
    def listed(request: Request, search: str = "") -> Response:
        """The latest hundred, as HTML; with `search` those that hold it."""
        search = search[:200].strip()

        def make() -> Response:
            words = choose_words(request)
            matches = search_kept(
                app_state.history, app_state.service, find_person(request), words, search, limit=100
            )
            _, *others = app_state.profiles  # whoever has the first one need not be told
            labels = {document.name: label_of(document, words) for document in others}
            shared = app_state.links.find(find_person(request))
            html = render_conversations(matches, search, words, labels, shared)
            return HTMLResponse(html, headers=_FRESH)

        return _guarded(make)

    @router.get("/export")
    @requires(Role.READER)
    def export(request: Request, c: str | None = None) -> Response:
        """One conversation or all of them, as a JSON file."""

        def make() -> Response:
            chosen = None if c is None else [c]
            kept = export_conversations(
                app_state.history,
                app_state.service,
                find_person(request),
                choose_words(request),
                chosen,
            )
            text = json.dumps(kept, ensure_ascii=False, indent=1)
            headers = {**_FRESH, "content-disposition": 'attachment; filename="conversations.json"'}
            return Response(text, media_type="application/json", headers=headers)

        return _guarded(make)


def _add_changes(router: "APIRouter", app_state: AppState) -> None:
    @router.post("/{conversation}/title")
    @requires(Role.READER, max_body=_MAX_TITLE)
    async def rename(request: Request, conversation: str) -> Response:
        title = (await request.body()).decode("utf-8", "replace")
        return await run_in_threadpool(
            _done, lambda: app_state.history.rename(find_person(request), conversation, title)
        )

    @router.post("/{conversation}/share")
    @requires(Role.READER)
    def share(request: Request, conversation: str) -> Response:
        """Let colleagues see it by a link, as far as they may read what it rests on."""

        def make() -> Response:
            token = app_state.links.create(find_person(request), conversation)
            return JSONResponse({"link": f"/?s={token}"}, headers=_FRESH)

        return _guarded(make)

    @router.post("/{conversation}/unshare")
    @requires(Role.READER)
    def unshare(request: Request, conversation: str) -> Response:
        return _done(lambda: app_state.links.revoke(find_person(request), conversation))

    @router.post("/{conversation}/forget")
    @requires(Role.READER)
    def forget(request: Request, conversation: str) -> Response:
        return _done(lambda: app_state.history.delete(find_person(request), conversation))

    @router.post("/forget")
    @requires(Role.READER)
    def forget_all(request: Request) -> Response:
        return _done(lambda: app_state.history.delete_all(find_person(request)))


def _add_exports(router: "APIRouter", app_state: AppState) -> None:
    def shown(request: Request, conversation: str) -> Iterator[tuple[int, ExportedTurn]]:
        """Each turn of it, as far as whoever asks may still read it."""
        person, words = find_person(request), choose_words(request)
        turns = app_state.history.turns(person, conversation)
        for kept, old in redact_turns(turns, app_state.service, person, words):
            why = view.explain_unfinished(words, kept.stopped, kept.interrupted)
            names = scope_names(kept.scope, app_state.service, person, words)
            yield kept.n, ExportedTurn(old.answer, why, names)

    def one(request: Request, conversation: str, turn: int) -> ExportedTurn:
        for number, exported_turn in shown(request, conversation):
            if number == turn:
                return exported_turn
        raise NotThereError(_NO_ANSWER)

    def file(request: Request, suffix: str, conversation: str, turn: int | None = None) -> Response:
        """The conversation or one turn of it, as a file that is called by its title."""

        def make() -> Response:
            words = choose_words(request)
            if turn is None:
                title = app_state.history.get(find_person(request), conversation).title
                turns = [exported for _, exported in shown(request, conversation)]
            else:
                turns = [one(request, conversation, turn)]
                title = turns[0].answer.question[:TITLE_CHARACTERS]
            title = " ".join(title.split()) or words.untitled
            name = quote(f"{title}.{suffix}", safe="")
            headers = {**_FRESH, "content-disposition": f"attachment; filename*=UTF-8''{name}"}
            write, media_type = _FILES[suffix]
            return Response(write(title, turns, words), media_type=media_type, headers=headers)

        return _guarded(make)

    @router.get("/{conversation}.md")
    @requires(Role.READER)
    def markdown(request: Request, conversation: str) -> Response:
        """The conversation with its sources, as a Markdown file."""
        return file(request, "md", conversation)

    @router.get("/{conversation}/{turn}.md")
    @requires(Role.READER)
    def markdown_of_one(request: Request, conversation: str, turn: int) -> Response:
        """The answer with its sources, as a Markdown file."""
        return file(request, "md", conversation, turn)

    @router.get("/{conversation}.docx")
    @requires(Role.READER)
    def word(request: Request, conversation: str) -> Response:
        """The conversation with its sources, as a Word document."""
        return file(request, "docx", conversation)

    @router.get("/{conversation}/{turn}.docx")
    @requires(Role.READER)
    def word_of_one(request: Request, conversation: str, turn: int) -> Response:
        """The answer with its sources, as a Word document."""
        return file(request, "docx", conversation, turn)

    @router.get("/{conversation}/{turn}/share")
    @requires(Role.READER)
    def share_form(request: Request, conversation: str, turn: int) -> Response:
        """What one can do with the answer: a link, an e-mail, files."""

        def make() -> Response:
            words, exported = choose_words(request), one(request, conversation, turn)
            token = app_state.links.find(find_person(request)).get(conversation, "")
            subject, text = exported.answer.question, plain_text(exported, words)
            html = render_share_dialog(Kept(conversation, turn), token, subject, text, words)
            return HTMLResponse(html, headers=_FRESH)

        return _guarded(make)

    @router.get("/{conversation}/{turn}.txt")
    @requires(Role.READER)
    def text(request: Request, conversation: str, turn: int) -> Response:
        """The answer with its sources as plain text."""

        def make() -> Response:
            content = plain_text(one(request, conversation, turn), choose_words(request))
            return Response(content, media_type="text/plain", headers=_FRESH)

        return _guarded(make)

    @router.get("/{conversation}/{turn}.json")
    @requires(Role.READER)
    def to_copy(request: Request, conversation: str, turn: int) -> Response:
        """The same as plain text and as HTML, to be put on the clipboard."""

        def make() -> Response:
            exported_turn, words = one(request, conversation, turn), choose_words(request)
            content = {
                "text": plain_text(exported_turn, words),
                "html": as_html(exported_turn, words),
            }
            return JSONResponse(content, headers=_FRESH)

        return _guarded(make)


def _add_turns(router: "APIRouter", app_state: AppState) -> None:
    @router.get("/{conversation}/{turn}/feedback")
    @requires(Role.READER)
    def form(request: Request, conversation: str, turn: int, helpful: bool) -> Response:
        """What is asked of somebody who has said whether the answer helped."""

        def make() -> Response:
            words = choose_words(request)
            _judged(app_state, find_person(request), conversation, turn)
            kept = Kept(conversation, turn)
            html = view.render_feedback_form(kept, helpful, words.reasons, NOTE_CHARACTERS, words)
            return HTMLResponse(html, headers=_FRESH)

        return _guarded(make)

    @router.post("/{conversation}/{turn}/feedback")
    @requires(Role.READER, max_body=16_384)
    async def give(request: Request, conversation: str, turn: int) -> Response:
        """{"helpful", "reason", "note"}; a second word on the same answer replaces the first."""
        try:
            feedback = dict(json.loads(await request.body()))
            helpful = feedback["helpful"]
            reason, note = str(feedback.get("reason", "")), str(feedback.get("note", ""))
        except (ValueError, KeyError, TypeError):
            return Response("This is no feedback.\n", 422, media_type="text/plain")
        person = find_person(request)

        def make() -> None:
            answer = _judged(app_state, person, conversation, turn).answer
            app_state.feedback.give(
                person,
                answer,
                helpful=helpful is True,
                reason=reason,
                note=note,
                conversation=conversation,
                turn=turn,
            )

        return await run_in_threadpool(_done, make)


def _turn(app_state: AppState, person: Person, conversation: str, number: int) -> KeptTurn:
    for turn in app_state.history.turns(person, conversation):
        if turn.n == number:
            return turn
    raise NotThereError(_NO_ANSWER)


def _judged(app_state: AppState, person: Person, conversation: str, number: int) -> KeptTurn:
    turn = _turn(app_state, person, conversation, number)
    if turn.stopped:
        raise NotThereError("This answer was stopped; there is nothing to judge.")
    return turn


def _done(act: Any) -> Response:
    def make() -> Response:
        act()
        return JSONResponse({"done": True}, headers=_FRESH)

    return _guarded(make)


def _guarded(make: Any) -> Response:
    try:
        response: Response = make()
    except FrontEndError as exc:
        return Response(f"{exc}\n", exc.status, media_type="text/plain", headers=_FRESH)
    except InhouseError as exc:
        return Response(f"{exc}\n", 422, media_type="text/plain", headers=_FRESH)
    return response
