"""What the command line can do for people, on one page for admins: with the same checks, and written down."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from rag.errors import InhouseError, UsageError
from rag.index import Filter
from rag.index.views.files import FileQuery
from rag.readers import EVERYBODY
from ui.errors import NotAllowedError
from ui.messages.admin import ENGLISH_ADMIN
from ui.messages.numbers import format_day_and_time, number, size
from ui.messages.page import Words
from ui.messages.refusals import translate_refusal
from ui.terminal.languages import describe_language_gap
from ui.view import admin_page as view
from ui.web.app_state import AppState
from ui.web.identity import Person, Role, find_person, requires
from ui.web.language import choose_words
from ui.web.layout import frame
from ui.web.navigation import Room
from ui.web.userdata.accounts import Account, fold_name
from ui.web.userdata.unanswered import DAYS, UnansweredQuestion

if TYPE_CHECKING:
    from fastapi import APIRouter

_TITLES = 50  # of what somebody sees
Form = dict[str, str]
_Readable = Callable[[Iterable[str]], frozenset[str]] | None
_T = TypeVar("_T")


def routes(app_state: AppState) -> APIRouter:
    """`/admin?show=NAME`, and what can be changed there."""
    from fastapi import APIRouter

    router = APIRouter()

    def page(request: Request, complaint: str = "", status: int = 200) -> Response:
        layout = frame(request, Room.ADMIN)
        name = request.query_params.get("show", "")
        content = _content(app_state, layout.person, name, complaint, layout.words)
        html = layout.page(view.render_admin_page(content, layout.words), styles=["admin"])
        return HTMLResponse(html, status, headers={"cache-control": "no-store"})

    async def change(request: Request, place: str, act: Callable[[Form], None]) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=20)
        form = {name: values[0] for name, values in fields.items()}
        try:
            await run_in_threadpool(act, form)
        except InhouseError as exc:
            complaint = translate_refusal(str(exc), choose_words(request))
            return await run_in_threadpool(page, request, complaint, 422)
        return RedirectResponse(f"/admin#{place}", 303, headers={"cache-control": "no-store"})

    @router.get("/admin")
    @requires(Role.ADMIN)
    def admin(request: Request) -> Response:
        return page(request)

    @router.post("/admin/people/{action}")
    @requires(Role.ADMIN, max_body=16_384)
    async def people(request: Request, action: str) -> Response:
        person = find_person(request)
        return await change(
            request, "people", lambda form: _change_person(app_state, person, action, form)
        )

    @router.get("/admin/questions.jsonl")
    @requires(Role.ADMIN)
    def questions(request: Request) -> Response:
        person = find_person(request)
        groups = app_state.unanswered.find(_readable_by(app_state, person))
        return Response(
            "".join(map(_evaluation_line, groups)),
            media_type="application/x-ndjson",
            headers={"Content-Disposition": 'attachment; filename="questions.jsonl"'},
        )

    @router.post("/admin/unanswered")
    @requires(Role.ADMIN)
    async def unanswered(request: Request) -> Response:
        person = find_person(request)

        def act(form: Form) -> None:
            app_state.unanswered.mark_done(form.get("question", ""))
            app_state.audit.record(person, "answered", "")

        return await change(request, "unanswered", act)

    @router.post("/admin/feedback")
    @requires(Role.ADMIN, max_body=16_384)
    async def feedback(request: Request) -> Response:
        person = find_person(request)

        def act(form: Form) -> None:
            app_state.feedback.set_done(form.get("id", ""), is_done=form.get("state") == "done")
            app_state.audit.record(person, "feedback", form.get("id", ""))

        return await change(request, "feedback", act)

    return router


_CHANGES = tuple(ENGLISH_ADMIN.actions)
"""What is shown on the page of all that is written down; the rest by: inhouse audit."""


def _change_person(app_state: AppState, person: Person, action: str, form: Form) -> None:
    """Raises NotThereError, UsageError."""
    accounts, name = app_state.accounts, fold_name(form.get("name", ""))
    if person.name and name == fold_name(person.name) and action != "revoke":
        raise UsageError(
            "Your own account is not changed here: you could lock yourself out.",
            hint=f"Use: inhouse user {action} {name}",
        )
    readers = None if form.get("all") else (form.get("readers", "").split() or ["*"])
    role, password = form.get("role", Role.READER.value), form.get("password", "")
    if action in {"add", "set"} and role not in set(Role):
        raise UsageError(f"{role!r} is no role.")
    _check_reach(app_state, person, name, action, readers)
    detail = _described(role, readers) if action in {"add", "set"} else ""
    if action == "add":
        accounts.add(name, role=Role(role), readers=readers, password=password)
    elif action == "set":
        accounts.change(name, role=Role(role), readers=readers)
    elif action == "passwd":
        accounts.change(name, password=password)
    elif action in {"disable", "enable"}:
        accounts.change(name, disabled=action == "disable")
    elif action == "remove":
        if fold_name(form.get("again", "")) != name:
            raise UsageError(f"To remove {name}, type that name.")
        accounts.remove(name)
    elif action == "revoke":
        label = form.get("label", "")
        app_state.access_tokens.revoke(name, label)
        detail = label
    else:
        raise UsageError(f"Nobody is changed by {action!r}.")
    app_state.audit.record(person, action, name, detail)


def _described(role: str, readers: list[str] | None) -> str:
    return f"{role}, {'every document' if readers is None else ' '.join(readers)}"


def _check_reach(
    app_state: AppState, person: Person, name: str, action: str, readers: list[str] | None
) -> None:
    """Raise NotAllowedError where somebody would get at documents that they may not read themselves.

    So it would be by an account that reads more than they do, made here or taken over by a new password.
    """
    if person.readers is None:
        return
    reach = set[str]()
    if action in {"add", "set"}:
        reach |= {"every document"} if readers is None else set(readers)
    account = app_state.accounts.by_name(name)
    if action in {"set", "passwd"} and account is not None:
        reach |= {"every document"} if account.readers is None else account.readers
    if not reach <= person.readers | {EVERYBODY}:
        raise NotAllowedError(
            "This account would read, or reads, more than you may read yourself.",
            hint="Somebody who may read every document can change it, or the command inhouse user.",
        )


def _readable_by(app_state: AppState, person: Person) -> _Readable:
    """Which of some documents somebody may read; None for who may read everything."""
    if person.readers is None:
        return None
    return functools.partial(app_state.service.readable, person)


def _evaluation_line(group: UnansweredQuestion) -> str:
    """A question as `inhouse eval` reads it, whose answer and place are to be filled in."""
    row = {
        "id": f"asked-{hashlib.sha256(group.question.casefold().encode()).hexdigest()[:8]}",
        "question": group.question,
        "type": "asked",
        "facts": [],
        "answers": [],
        "unanswerable": True,
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def _content(
    app_state: AppState, person: Person, name: str, complaint: str, words: Words
) -> view.AdminPage:
    readable = _readable_by(app_state, person)
    accounts = {account.name: account for account in app_state.accounts.every()}
    sessions = app_state.sessions.by_account()
    try:
        rights = _rights(app_state, person)
        account = accounts.get(fold_name(name)) if name else None
        seen_by = None if account is None else _seen_by(app_state, person, account.person)
    except InhouseError as exc:  # no index: people can be changed all the same
        rights, seen_by, complaint = view.Rights(), None, complaint or str(exc)
    return view.AdminPage(
        people=[
            _person_row(account, person, *sessions.get(account.key, (0, None)))
            for account in accounts.values()
        ],
        tokens=[
            view.TokenRow(token.account, token.label, token.expires_at, token.used_at)
            for token in app_state.access_tokens.every()
        ],
        rights=rights,
        unanswered=[
            view.QuestionRow(group.question, group.times, group.asked_at)
            for group in _or_nothing(app_state.unanswered.find, readable)
        ],
        unanswered_days=DAYS,
        feedback=[
            view.FeedbackRow(
                entry.id,
                entry.answer.question,
                entry.name,
                entry.given_at,
                entry.helpful,
                entry.reason,
                entry.note,
                entry.is_done,
            )
            for entry in _or_nothing(app_state.feedback.find, readable)
        ],
        operation=_operation(app_state, words) if person.readers is None else None,
        log=[
            (line.at, line.person, line.action, ", ".join(filter(None, (line.target, line.detail))))
            for line in app_state.audit.latest(actions=_CHANGES)
        ],
        seen_by=seen_by,
        complaint=complaint,
    )


def _person_row(
    account: Account, admin: Person, sessions: int, seen_at: float | None
) -> view.PersonRow:
    return view.PersonRow(
        name=account.name,
        role=account.role.value,
        readers=None if account.readers is None else sorted(account.readers),
        sessions=sessions,
        seen_at=seen_at,
        is_disabled=account.disabled_at is not None,
        has_password=account.has_password,
        is_own=account.name == fold_name(admin.name),
    )


def _or_nothing(find: Callable[[_Readable], list[_T]], readable: _Readable) -> list[_T]:
    """What may be seen of it; nothing while no index says who may read what."""
    try:
        return find(readable)
    except InhouseError:
        return []


def _rights(app_state: AppState, person: Person) -> view.Rights:
    """Raises what opening the index raises."""
    from ingest.planning.source_rules import describe_unapplied
    from rag.index import open_store

    rules = [(rule.glob, rule.readers) for rule in app_state.settings.access.rules]
    documents = app_state.service.assistant_for(person).shelf().count_by_readers()
    behind = ""
    if person.readers is None:  # it names folders
        overview = open_store(
            app_state.settings.location, beside=app_state.settings.data
        ).read_overview()
        behind = describe_unapplied(overview.source_rules, overview.roots, app_state.settings)
    return view.Rights(rules, documents, behind)


def _seen_by(app_state: AppState, person: Person, other: Person) -> view.SeenBy:
    """What the other one sees, as far as the admin may see it too."""
    files = app_state.service.assistant_for(person).shelf()
    if other.readers is not None:
        files = files.narrowed(Filter(readers=other.readers))
    rows, total = files.files(FileQuery(order="title"), limit=_TITLES)
    titles = [(row.title or row.uri.rpartition("/")[2], row.folder) for row in rows]
    return view.SeenBy(other.name, total, titles)


def _operation(app_state: AppState, words: Words) -> view.Operation | None:
    from rag.index import open_store
    from ui.web.userdata.database import locate_people_file

    admin, settings = words.admin, app_state.settings
    runs, storage, notice = {}, {}, ""
    try:
        overview = open_store(settings.location, beside=settings.data).read_overview()
    except InhouseError:
        overview = None
    if overview is not None:
        if overview.last_look is not None:
            runs[admin.last_look] = format_day_and_time(overview.last_look, words)
        if overview.last_run is not None:
            runs[admin.last_run] = format_day_and_time(overview.last_run["started_at"], words)
        runs[admin.files] = ", ".join(
            f"{number(total, words)} {words.rooms.states.get(state, state.value)}"
            for state, total in overview.files.items()
            if total
        )
        notice = describe_language_gap(overview, settings)
        storage[admin.index_size] = size(overview.bytes_on_disk, words)
    people = locate_people_file(settings)
    if people.exists():
        storage[admin.people_size] = size(people.stat().st_size, words)
    inbox = app_state.inbox.folder
    if inbox is not None and inbox.is_dir():
        used = sum(file.stat().st_size for file in inbox.rglob("*") if file.is_file())
        storage[admin.inbox_size] = size(used, words)
    web = settings.web
    retention = {
        admin.kept_conversations: admin.kept_until.format(
            n=number(app_state.history.count_all(), words)
        ),
        admin.kept_sessions: admin.kept_idle.format(
            minutes=number(web.session_idle_minutes, words),
            hours=number(web.session_hours, words),
        ),
        admin.kept_states: admin.kept_days.format(n=number(settings.index.keep_days, words)),
    }
    return view.Operation(runs, storage, retention, notice)
