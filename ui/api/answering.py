"""One answer for a program: within its person's rights and limits, and ended when nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import ExitStack, aclosing, suppress
from typing import TYPE_CHECKING

from rag.answer import Event, Turn
from rag.profile import Profile
from rag.question import validate_question
from ui.api.marked_text import Link, MarkedText
from ui.errors import InvalidRequestError, NotAllowedError, TooManyError
from ui.view.links import make_public_link
from ui.web.app_state import AppState
from ui.web.assistant_service import Answering
from ui.web.identity import find_person, watch
from ui.web.language import choose_words

if TYPE_CHECKING:
    from starlette.requests import Request

_LOOK_S = 1.0  # how often a running answer checks that its user may still read it
_SILENCE_S = 15.0  # then a stream says that it is alive, for proxies that cut silent ones


class AnswerStream:
    """The events of one answer, read by a task of its own; `close` ends the model's work at once.

    `text` is what of them can be shown.
    """

    def __init__(
        self,
        events: AsyncGenerator[Event, None],
        text: MarkedText,
        is_welcome: Callable[[], bool],
        resources: ExitStack,
    ) -> None:
        self.text = text
        self._is_welcome = is_welcome
        self._arrived = deque[Event | Exception | None]()
        self._news = asyncio.Event()
        self._task = asyncio.ensure_future(self._read(events))
        self._task.add_done_callback(lambda _: resources.close())

    async def begin(self) -> None:
        """Wait for the first event, so that what fails at once is answered with its status. Raises that."""
        await self._news.wait()
        first = self._arrived.popleft()
        if isinstance(first, Exception):
            raise first
        self._first = first

    async def released(self) -> AsyncIterator[str]:
        """Text as it is released; "" after a silence. At its end `text` holds the whole answer.

        Raises what the assistant raises, and NotAllowedError once whoever asked may ask no more.
        """
        event = self._first
        while event is not None:
            if released := self.text.hear(event):
                yield released
            silent_s = 0.0
            while not await self._has_more():
                silent_s += _LOOK_S
                if silent_s >= _SILENCE_S:
                    silent_s = 0.0
                    yield ""
            arrived = self._arrived.popleft()
            if isinstance(arrived, Exception):
                raise arrived
            event = arrived

    async def _has_more(self) -> bool:
        """Wait a second at most for the next event. Raises NotAllowedError."""
        if not self._arrived:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._news.wait()
        if not self._is_welcome():
            raise NotAllowedError("This access token is not valid any more.")
        return bool(self._arrived)

    def close(self) -> None:
        """Let go of the model and of the place in line; to be called in any case."""
        self._task.cancel()

    async def _read(self, events: AsyncGenerator[Event, None]) -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    self._put(event)
        except Exception as exc:  # not swallowed: raised again by whoever waits for the events
            self._put(exc)
        finally:
            self._put(None)

    def _put(self, arrived: Event | Exception | None) -> None:
        self._arrived.append(arrived)
        self._news.set()


def find_profile_named(app_state: AppState, model: str) -> Profile:
    """The profile that a program calls a model. Raises InvalidRequestError."""
    if model not in app_state.profiles:
        raise InvalidRequestError(
            f"There is no model {model[:100]!r}.",
            hint="GET /v1/models lists them.",
            param="model",
            code="model_not_found",
            status=404,
        )
    return app_state.profiles.named(model)


async def begin_answer(
    app_state: AppState, request: Request, profile: Profile, question: str, history: Sequence[Turn]
) -> AnswerStream:
    """Ask a question for the person of a request. Raises UsageError, TooManyError, NotReadyError."""
    question, person = validate_question(question), find_person(request)
    app_state.questions.take(person.key)
    resources = ExitStack()
    try:
        if not resources.enter_context(app_state.places.of(person)):
            raise TooManyError(
                f"{app_state.settings.web.answers_at_once} answers of yours are being written already.",
                hint="Try again when one of them is finished.",
                retry_after_s=2,
            )
        resources.enter_context(app_state.metrics.asking())
        await asyncio.to_thread(app_state.audit.asked, person)
        assistant = await asyncio.to_thread(app_state.service.assistant_for, person, profile.name)
        text = MarkedText(
            choose_words(request),
            profile.refusal,
            link_to(app_state, assistant),
            app_state.settings.api.stream,
        )
        events = app_state.metrics.aevents(assistant.astream(question, history=history))
        stream = AnswerStream(events, text, watch(request), resources)
    except BaseException:
        resources.close()
        raise
    try:
        await stream.begin()
    except BaseException:
        stream.close()
        raise
    return stream


def link_to(app_state: AppState, assistant: Answering) -> Link:
    """How passages are linked: to the page's public address, or not at all where none is configured."""
    name, address = assistant.reading().name, app_state.settings.web.public_url

    def link(uri: str, start: int, end: int, quote: str) -> str | None:
        return make_public_link(address, name, uri, start, end, quote) if address else None

    return link


async def finish_unless_left(request: Request, stream: AnswerStream) -> bool:
    """Wait for the whole answer; False as soon as whoever asked has gone. Closes the stream in any case."""

    async def finish() -> None:
        async for _ in stream.released():
            pass

    async def leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    finishing, leaving = asyncio.ensure_future(finish()), asyncio.ensure_future(leave())
    try:
        await asyncio.wait({finishing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if finishing.done():
            finishing.result()
        return finishing.done()
    finally:
        stream.close()
        finishing.cancel()
        leaving.cancel()
