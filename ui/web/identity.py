"""Who is asking: on every request and every Gradio event of the page."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rag.readers import EVERYBODY
from rag.request_id import get_current_request, working_for
from ui.errors import NotAllowedError

_STATE, _AGAIN, _REQUEST = "inhouse_person", "inhouse_person_again", "inhouse_request"
_NEEDS = "inhouse_needs"
_LOOK_S = 1.0  # how often a running answer checks that its user may still read it
MAX_BODY = 2 * 1024 * 1024  # bytes; a question, however long, is let in to be answered politely


class Role(StrEnum):
    """What somebody may do; each may do what the ones before it may.

    reader: ask and search. editor: also the documents: upload, withdraw, ingest. admin: also what concerns
    everybody: others' feedback, evaluations, numbers of the server.
    """

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"

    def covers(self, least: Role) -> bool:
        """Whether somebody of this role may do what needs `least`."""
        order = list(Role)
        return order.index(self) >= order.index(least)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the page.

    `key` is who it is, for what is kept of them: it outlives a change of the name, and a new person of an
    old name has another. `readers` are their reader tokens; None: they may read everything.
    """

    key: str
    name: str
    role: Role
    readers: frozenset[str] | None = frozenset({EVERYBODY})

    @property
    def has_account(self) -> bool:
        """Whether they signed in here, so that they can sign out."""
        return self.key.startswith("account:")

    def may(self, least: Role) -> bool:
        """Whether their role allows what needs at least `least`."""
        return self.role.covers(least)


@dataclass(frozen=True, slots=True)
class Requires:
    """What a route or an event asks of a request.

    `least` None: nothing, anybody may use it. `max_body`: bytes. `is_click` False: a page that is merely
    open asks by itself, so nobody is less idle for it. `by_token`: also for who has `web.metrics_token`.
    `by_bearer`: for programs, which show an access token and no cookie, and which get errors as JSON.
    """

    least: Role | None
    max_body: int = MAX_BODY
    is_click: bool = True
    by_token: bool = False
    by_bearer: bool = False

    @property
    def merely_open(self) -> Requires:
        """The same of a page on which nobody clicks."""
        return replace(self, is_click=False)


LOCAL = Person(key="local", name="", role=Role.ADMIN, readers=None)
"""Whoever sits at this machine, where no sign-in is set up: it is their own index."""


def find_person(request: Any) -> Person:
    """The person behind a FastAPI request or a `gradio.Request`.

    Raises LookupError where nobody is: on the few routes that are open to anybody.
    """
    return find_person_in_scope(_scope_of(request))


def _scope_of(request: Any) -> Any:
    return getattr(request, "request", request).scope  # Gradio's holds FastAPI's


def find_person_in_scope(scope: Any) -> Person:
    """The person on an ASGI scope; raises LookupError where nobody is."""
    person = scope.get("state", {}).get(_STATE)
    if person is None:
        raise LookupError("nobody has signed in on this request")
    if not isinstance(person, Person):
        raise TypeError(f"the request's person is a {type(person).__name__}")
    return person


def note_request(scope: Any) -> None:
    """Note on an ASGI scope the id of its request, for what is done for it in other tasks."""
    scope.setdefault("state", {})[_REQUEST] = get_current_request()


def request_in(scope: Any) -> str:
    """The id of the request with this ASGI scope."""
    return str(scope.get("state", {}).get(_REQUEST, ""))


def put_person(scope: Any, person: Person, again: Callable[[], Person | None]) -> None:
    """Note on an ASGI scope who it is; for the one middleware that knows. `again` says who it is by now."""
    scope.setdefault("state", {}).update({_STATE: person, _AGAIN: again})


def watch(request: Any) -> Callable[[], bool]:
    """Says whether whoever sent this request is still who they were: signed in, with the same rights.

    For answers that take long. It looks once a second at most.
    """
    scope = getattr(request, "request", request).scope
    person, again = find_person_in_scope(scope), scope["state"][_AGAIN]
    next_look, is_same = time.monotonic() + _LOOK_S, True

    def is_welcome() -> bool:
        nonlocal next_look, is_same
        if is_same and time.monotonic() >= next_look:
            is_same, next_look = again() == person, time.monotonic() + _LOOK_S
        return is_same

    return is_welcome


def with_person(
    function: Callable[..., Any],
    least: Role = Role.READER,
    *,
    also: Sequence[Callable[[Any], Any]] = (),
) -> Callable[..., Any]:
    """A Gradio event's function that is called with the person first, before its inputs.

    Each of `also` gets something else from the request, such as the language, which comes after the person.
    Every event of the page goes through here, so that each has a least role.
    """
    import gradio as gr

    def admitted(request: gr.Request) -> tuple[Any, ...]:
        person = find_person(request)
        if not person.may(least):
            raise NotAllowedError(f"This needs the role {least}.")
        return (person, *(dependency(request) for dependency in also))

    def in_pieces(request: Any, *inputs: Any) -> Iterator[Any]:
        # Each piece is asked for in a thread that knows nothing of the request.
        request_id = request_in(_scope_of(request))
        with contextlib.closing(function(*admitted(request), *inputs)) as pieces:
            while True:
                with working_for(request_id):
                    try:
                        piece = next(pieces)
                    except StopIteration:
                        return
                yield piece

    def at_once(request: Any, *inputs: Any) -> Any:
        with working_for(request_in(_scope_of(request))):
            return function(*admitted(request), *inputs)

    event = in_pieces if inspect.isgeneratorfunction(function) else at_once
    # Gradio finds out from the annotation what it has to pass.
    event.__annotations__["request"] = gr.Request
    event.__name__ = getattr(function, "__name__", "event")
    return requires(least)(event)


def requires(
    least: Role | None,
    *,
    max_body: int = MAX_BODY,
    is_click: bool = True,
    by_token: bool = False,
    by_bearer: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a route's function with the least role it requires, and the rest of `Requires`."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(function, _NEEDS, Requires(least, max_body, is_click, by_token, by_bearer))
        return function

    return mark


def find_requirement(function: Callable[..., Any] | None) -> Requires:
    """What a route's or an event's function was marked with; raises LookupError if it was not."""
    requirement = getattr(function, _NEEDS, None)
    if not isinstance(requirement, Requires):
        name = getattr(function, "__qualname__", function)
        raise LookupError(
            f"{name} does not say who may use it: mark a route with requires(), an event with "
            "with_person()."
        )
    return requirement
