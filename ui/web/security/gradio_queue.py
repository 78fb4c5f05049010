"""Checks that a user may trigger a Gradio event, and reads only their own stream.

Gradio knows a browser tab by a name that the tab makes up, and hands the tab's events, state and answers to
every request with that name. Here a name belongs to the user whose request was the first to have it.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ui.errors import TooManyError
from ui.web.identity import Person, Requires, find_requirement
from ui.web.security.rate_limit import Throttle
from ui.web.security.refusals import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_JOIN, _DATA, _HEARTBEAT = (
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/heartbeat/",
)
_TAB = re.compile(r"\w{4,64}")
_TABS = 20_000  # names remembered; the longest unused is free again
_NOT_YOURS = Refusal(403, "This page belongs to somebody else. Reload it.")


class QueueGate:
    """ASGI middleware inside the guard, which has said who it is."""

    def __init__(self, app: ASGIApp, events: Mapping[int, Requires], clicks: Throttle) -> None:
        """`events` are the events of the interface by number; `clicks` limits how often each may come."""
        self.app, self._events, self._clicks = app, events, clicks
        self._owners: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path == _JOIN:
            body = await _body(receive)
            refusal = self._join(_person(scope), body)
            receive = _again(body, receive)
        elif scope["type"] == "http" and path == _DATA:
            session_hashes = parse_qs(scope["query_string"].decode("latin-1")).get(
                "session_hash", []
            )
            refusal = self._own(
                _person(scope), session_hashes[0] if len(session_hashes) == 1 else ""
            )
        elif scope["type"] == "http" and path.startswith(_HEARTBEAT):
            refusal = self._own(_person(scope), path.removeprefix(_HEARTBEAT))
        else:
            refusal = None
        await (refusal.send(scope, send) if refusal else self.app(scope, receive, send))

    def _join(self, person: Person, body: bytes) -> Refusal | None:
        try:
            event = json.loads(body)
            number, tab = event["fn_index"], event["session_hash"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return Refusal(400, "This is no event of the page.")
        needs = self._events.get(number) if type(number) is int else None
        if needs is None:
            return Refusal(404, "The page has no such event. Reload it.")
        if needs.least is not None and not person.may(needs.least):
            return Refusal(403, f"This needs the role {needs.least}.")
        refusal = self._own(person, tab if isinstance(tab, str) else "")
        if refusal is None:
            try:
                self._clicks.take(person.key)
            except TooManyError as exc:
                return Refusal.of(exc)
        return refusal

    def _own(self, person: Person, tab: str) -> Refusal | None:
        if not _TAB.fullmatch(tab):
            return Refusal(400, "This is no page of ours. Reload it.")
        owner = self._owners.setdefault(tab, person.key)
        self._owners.move_to_end(tab)
        while len(self._owners) > _TABS:
            self._owners.popitem(last=False)
        return None if owner == person.key else _NOT_YOURS


def list_events(page: Any) -> dict[int, Requires]:
    """What each event of a `gradio.Blocks` needs. Raises LookupError for one that does not say it."""
    return {
        number: find_requirement(event.fn)
        for number, event in page.fns.items()
        if event.fn is not None
    }


def _person(scope: Scope) -> Person:
    from ui.web.identity import find_person_in_scope

    return find_person_in_scope(scope)


async def _body(receive: Receive) -> bytes:
    """All of it: the guard has seen to it that it is not long."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for who comes next."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
