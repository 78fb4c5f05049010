"""Every route and every event of the application, tried by everybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.ui.asgi import Reply, call
from tests.ui.crowd import WHO, Crowd, gather
from tests.ui.stand_in import StandIn
from ui.web.identity import Role

ANYBODY, READERS, EDITORS, ADMINS = None, Role.READER, Role.EDITOR, Role.ADMIN


@dataclass(frozen=True, slots=True)
class RouteCase:
    """Who may use a route, and a request to try it with."""

    least: Role | None
    address: str = ""
    body: bytes = b""


ROWS: dict[str, RouteCase] = {
    "GET /": RouteCase(READERS),
    "GET /state": RouteCase(READERS),
    "GET /scope": RouteCase(READERS, "/scope?q=leave"),
    "GET /healthz": RouteCase(ANYBODY),
    "GET /readyz": RouteCase(ANYBODY),
    "GET /metrics": RouteCase(ADMINS),
    "GET /sign-in": RouteCase(ANYBODY),
    "POST /sign-in": RouteCase(ANYBODY, body=b"name=nobody&password=wrong"),
    "POST /sign-out": RouteCase(ANYBODY),
    "GET /language/{code}": RouteCase(ANYBODY, "/language/de"),
    "GET /profile": RouteCase(READERS, "/profile?name=default"),
    "GET /search": RouteCase(READERS, "/search?q=leave"),
    "GET /about": RouteCase(READERS),
    "GET /about/notices": RouteCase(READERS),
    "GET /documents": RouteCase(READERS),
    "GET /documents/{name}": RouteCase(READERS, "/documents/nothing"),
    "POST /documents/{name}/ingest": RouteCase(EDITORS, "/documents/nothing/ingest"),
    "POST /documents/{name}/withdraw": RouteCase(EDITORS, "/documents/nothing/withdraw"),
    "GET /quality": RouteCase(EDITORS),
    "GET /admin": RouteCase(ADMINS, "/admin?show=reader"),
    "POST /admin/people/{action}": RouteCase(ADMINS, "/admin/people/nothing", b"name=nobody"),
    "GET /admin/questions.jsonl": RouteCase(ADMINS),
    "POST /admin/unanswered": RouteCase(ADMINS, body=b"question=nothing"),
    "POST /admin/feedback": RouteCase(ADMINS, body=b"id=nothing&state=done"),
    "GET /inbox": RouteCase(EDITORS),
    "POST /inbox": RouteCase(EDITORS, "/inbox?name=a.txt", b"words"),
    "POST /inbox/withdraw": RouteCase(EDITORS, "/inbox/withdraw?uri=/nothing"),
    "POST /inbox/ingest": RouteCase(EDITORS),
    "GET /sources/{name}": RouteCase(READERS, "/sources/nothing"),
    "GET /sources/{name}/more": RouteCase(READERS, "/sources/nothing/more?after=1"),
    "GET /sources/{name}/pages/{page}.png": RouteCase(READERS, "/sources/nothing/pages/1.png"),
    "GET /sources/{name}/original": RouteCase(READERS, "/sources/nothing/original"),
    "GET /open/{name}/{position}": RouteCase(READERS, "/open/nothing/1-2-"),
    "GET /compare": RouteCase(READERS),
    "POST /compare": RouteCase(READERS, body=b"How long?"),
    "GET /conversations": RouteCase(READERS),
    "GET /conversations/export": RouteCase(READERS),
    "POST /conversations/forget": RouteCase(READERS),
    "POST /conversations/{conversation}/title": RouteCase(
        READERS, "/conversations/none/title", b"New"
    ),
    "POST /conversations/{conversation}/forget": RouteCase(READERS, "/conversations/none/forget"),
    "POST /conversations/{conversation}/share": RouteCase(READERS, "/conversations/none/share"),
    "POST /conversations/{conversation}/unshare": RouteCase(READERS, "/conversations/none/unshare"),
    "GET /conversations/{conversation}/{turn}/share": RouteCase(
        READERS, "/conversations/none/1/share"
    ),
    "GET /conversations/{conversation}.docx": RouteCase(READERS, "/conversations/none.docx"),
    "GET /conversations/{conversation}/{turn}.docx": RouteCase(
        READERS, "/conversations/none/1.docx"
    ),
    "GET /conversations/{conversation}/{turn}.md": RouteCase(READERS, "/conversations/none/1.md"),
    "GET /conversations/{conversation}.md": RouteCase(READERS, "/conversations/none.md"),
    "GET /conversations/{conversation}/{turn}.txt": RouteCase(READERS, "/conversations/none/1.txt"),
    "GET /conversations/{conversation}/{turn}.json": RouteCase(
        READERS, "/conversations/none/1.json"
    ),
    "GET /conversations/{conversation}/{turn}/feedback": RouteCase(
        READERS, "/conversations/none/1/feedback?helpful=true"
    ),
    "POST /conversations/{conversation}/{turn}/feedback": RouteCase(
        READERS, "/conversations/none/1/feedback", b'{"helpful": true}'
    ),
    "GET /v1/models": RouteCase(READERS),
    "GET /v1/models/{model}": RouteCase(READERS, "/v1/models/default"),
    "POST /v1/chat/completions": RouteCase(READERS, body=b'{"model": "default", "messages": []}'),
    "POST /v1/responses": RouteCase(READERS, body=b'{"model": "default"}'),
    "POST /v1/search": RouteCase(READERS, body=b'{"query": "leave"}'),
    "GET /v1/documents": RouteCase(READERS),
    "GET /v1/documents/{document_id}": RouteCase(READERS, "/v1/documents/nothing"),
    "GET /v1/documents/{document_id}/text": RouteCase(READERS, "/v1/documents/nothing/text"),
    "GET /v1/openapi.json": RouteCase(ANYBODY),
    "GET /page/{name}": RouteCase(ANYBODY, "/page/base.css"),
    "GET /assets/{name}": RouteCase(ANYBODY, "/assets/nothing.js"),
    "GET /theme.css": RouteCase(ANYBODY),
    "GET /config": RouteCase(READERS),
    "GET /gradio_api/info": RouteCase(READERS),
    "POST /gradio_api/queue/join": RouteCase(
        READERS, body=b'{"fn_index": -1, "session_hash": "abcdef"}'
    ),
    "GET /gradio_api/queue/data": RouteCase(READERS, "/gradio_api/queue/data?session_hash={tab}"),
    "GET /gradio_api/heartbeat/{tab}": RouteCase(READERS, "/gradio_api/heartbeat/{tab}"),
}
"""By method and path, as the application itself calls them. A new route needs a row."""

EVENTS: dict[str, Role] = {"answer": READERS, "open_": READERS, "_stop": READERS}
"""By the name of the event's function. A new event needs a row."""

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_SHUT = {401, 403}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return gather(tmp_path_factory.mktemp("people"), StandIn, api=True)


def _allowed(least: Role | None) -> set[str]:
    if least is None:
        return set(WHO)
    roles = {"reader": READERS, "other reader": READERS, "editor": EDITORS, "admin": ADMINS}
    return {who for who, role in roles.items() if role.covers(least)}


def _allowed_routes(crowd: Crowd) -> dict[str, Any]:
    guard = crowd.app.user_middleware[0]
    assert guard.cls.__name__ == "Guard", "nothing stands outside of the guard"
    return {f"{route.method} {route.name}": route for route in guard.kwargs["rules"].routes}


def _routes(app: Any, prefix: str = "") -> set[tuple[str, str]]:
    """Method and path of every route below an application, Gradio's and mounted ones too."""
    routes = set()
    for route in app.routes:
        path = prefix + route.path
        if hasattr(route, "routes") and route.routes:
            routes |= _routes(route, path)
        for method in getattr(route, "methods", None) or ():
            routes.add((method, path))
    return routes


async def test_each_route_has_a_row_and_each_row_a_route(crowd: Crowd) -> None:
    routes = _allowed_routes(crowd)
    assert set(routes) == set(ROWS)
    assert {name: route.needs.least for name, route in routes.items()} == {
        name: row.least for name, row in ROWS.items()
    }


@pytest.mark.parametrize("name", sorted(ROWS))
async def test_exactly_those_who_may_use_a_route_are_answered(crowd: Crowd, name: str) -> None:
    row, method = ROWS[name], name.partition(" ")[0]
    answered = set()
    for number, who in enumerate(WHO):
        address = (row.address or name.partition(" ")[2]).format(tab=f"tab{number}{number}")
        if "queue/data" in name:  # a stream is there once something was asked
            await _join(crowd, who, next(iter(_events(crowd))), f"tab{number}{number}")
        reply = await call(
            crowd.app,
            method,
            address,
            headers=crowd.headers(who, address),
            body=row.body,
            client=f"192.0.2.{number}",
        )
        assert reply.status != 500, reply.text
        assert "There is nothing here." not in reply.text
        if not (reply.status in _SHUT and _is_the_guard_s(reply)):
            answered.add(who)
    assert answered == _allowed(row.least)


def _is_the_guard_s(reply: Reply) -> bool:
    sentence = reply.text
    if reply.headers["content-type"] == "application/json":
        sentence = json.loads(reply.text)["error"]["message"]
    return sentence == "Sign in first.\n" or sentence.startswith(
        ("This needs the role", "This needs a valid access token")
    )


async def test_a_session_does_not_open_what_is_for_programs(crowd: Crowd) -> None:
    """Nor a token the page: another site cannot make a browser ask in its user's name."""
    cookie, bearer = crowd.cookie("admin"), crowd.headers("admin", "/v1/models")
    assert (await call(crowd.app, "GET", "/v1/models", headers=cookie)).status == 401
    assert (await call(crowd.app, "GET", "/state", headers=bearer)).status == 401
    elsewhere = bearer | {"origin": "https://elsewhere.example"}
    assert (await call(crowd.app, "GET", "/v1/models", headers=elsewhere)).status == 403
    assert (await call(crowd.app, "GET", "/v1/models", headers=bearer)).status == 200


async def test_what_has_no_row_does_not_exist_for_anybody(crowd: Crowd) -> None:
    """Every route that the application or Gradio has beside them, and every other method on them."""
    routes = _routes(crowd.app)
    assert ("POST", "/gradio_api/upload") in routes, "Gradio's own routes are listed"
    assert len(routes) > 60
    open_ = set(ROWS)
    for method, path in sorted(routes | {(m, p) for _, p in routes for m in _METHODS}):
        address = _filled(path)
        fits = any(route.fits(method, address) for route in _allowed_routes(crowd).values())
        if fits:
            continue
        assert f"{method} {path}" not in open_
        headers = crowd.headers("admin", address)
        reply = await call(crowd.app, method, address, headers=headers, body=b"{}")
        assert reply.status == 404, f"{method} {path}"
        assert "There is nothing here." in reply.text, f"{method} {path}"


def _filled(path: str) -> str:
    """A path with something in the place of each parameter."""
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}x{rest.partition('}')[2]}"
    return path


def _events(crowd: Crowd) -> dict[int, Any]:
    from gradio.routes import App

    (gradio,) = (r.app for r in crowd.app.routes if isinstance(getattr(r, "app", None), App))
    return {n: event.fn for n, event in gradio.get_blocks().fns.items() if event.fn is not None}


async def test_exactly_those_who_may_trigger_an_event_can(crowd: Crowd) -> None:
    events = _events(crowd)
    assert {fn.__name__ for fn in events.values()} == set(EVENTS)
    for number, fn in events.items():
        answered = set()
        for column, who in enumerate(WHO):
            reply = await _join(crowd, who, number, f"tab{number}{column}")
            assert reply.status in {200, *_SHUT}, reply.text
            if reply.status == 200:
                assert "event_id" in json.loads(reply.text)
                answered.add(who)
        assert answered == _allowed(EVENTS[fn.__name__]), fn.__name__


async def _join(crowd: Crowd, who: str, number: object, tab: object) -> Reply:
    body = {"fn_index": number, "session_hash": tab, "data": [None, None, None]}
    return await call(
        crowd.app,
        "POST",
        "/gradio_api/queue/join",
        headers=crowd.cookie(who) | {"content-type": "application/json"},
        body=json.dumps(body).encode(),
        whole=True,
    )


async def test_a_tab_is_its_owner_s_alone(crowd: Crowd) -> None:
    """Whoever learns the name of somebody's tab neither reads along nor writes in it, whatever the role."""
    number = next(iter(_events(crowd)))
    assert (await _join(crowd, "reader", number, "tab1234")).status == 200
    for who in ("other reader", "admin"):
        assert (await _join(crowd, who, number, "tab1234")).status == 403
        for address in (
            "/gradio_api/queue/data?session_hash=tab1234",
            "/gradio_api/queue/data?session_hash=mine99&session_hash=tab1234",
            "/gradio_api/heartbeat/tab1234",
        ):
            reply = await call(crowd.app, "GET", address, headers=crowd.cookie(who))
            assert reply.status in {400, 403}


@pytest.mark.parametrize(
    ("number", "tab", "status"),
    [
        (10_000, "tab1", 404),
        ("0", "tab1", 404),
        (True, "tab1", 404),
        (0, None, 400),
        (0, "../x", 400),
    ],
)
async def test_an_event_that_the_page_has_not_is_refused(
    crowd: Crowd, number: object, tab: object, status: int
) -> None:
    assert (await _join(crowd, "admin", number, tab)).status == status


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"[" * 100_000, b'{"fn_index": 0}'])
async def test_garbage_for_an_event_is_refused(crowd: Crowd, body: bytes) -> None:
    reply = await call(
        crowd.app, "POST", "/gradio_api/queue/join", headers=crowd.cookie("reader"), body=body
    )
    assert reply.status == 400
    assert reply.text == "This is no event of the page.\n"
