"""Connections whose client is silent or slow: they are ended, so that they take nobody's place.

uvicorn itself only ends a connection that says nothing between two requests.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_SILENT = 500  # connections on which no request has come yet
_HEAD_S = 10.0  # seconds for a request's line and headers
_LOOK_S = 30.0
"""Seconds after which it is looked at whether a body, or an answer, has gone on."""
_SLOWEST = 500
"""Bytes a second of a body that is sent, and of an answer that is read. A modem has ten times as many."""


class PatientProtocol(H11Protocol):
    """One connection: uvicorn's HTTP/1.1 by h11, which lets go of slow clients.

    It is closed if a request's head has not come whole in time, if its body comes too slowly, or if the
    answer is read too slowly. Where very many wait for their first head, the one that has waited longest is
    closed.
    """

    _silent: ClassVar[OrderedDict[PatientProtocol, None]] = OrderedDict()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._received = 0
        self._expected, self._before = "", 0
        self._timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None
        self._silent[self] = None
        self._expect("head")
        while len(self._silent) > MOST_SILENT:
            longest, _ = self._silent.popitem(last=False)
            longest.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)

    def handle_events(self) -> None:
        super().handle_events()
        self._expect(self._find_expected())

    def connection_lost(self, exc: Exception | None) -> None:
        self._silent.pop(self, None)
        self._expect("")
        self._forget_reader()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_reader()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_reader()

    def _find_expected(self) -> str:
        """What has to come: the rest of a "head" or of a "body"; "" for nothing."""
        cycle: Any = self.cycle  # None before the first request
        if cycle is None:
            return "head"
        self._silent.pop(self, None)
        if cycle.more_body:
            return "body"
        begun = bool(self.conn.trailing_data[0])
        return "head" if cycle.response_complete and begun else ""

    def _expect(self, expected: str) -> None:
        """Give the client its time for what has to come, unless it has it already."""
        if expected == self._expected and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._expected, self._before = expected, self._received
        if expected:
            seconds = _HEAD_S if expected == "head" else _LOOK_S
            self._timer = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        expected = self._find_expected()
        if expected == self._expected and not self._has_gone_on():
            self._silent.pop(self, None)
            self.transport.abort()
            return
        self._expect(expected)

    def _has_gone_on(self) -> bool:
        if self._expected == "head":
            return False
        if self.cycle.response_complete:  # a body that nobody reads
            return False
        is_held_up = self.flow.read_paused or self.cycle.waiting_for_100_continue
        return is_held_up or self._received - self._before >= _SLOWEST * _LOOK_S

    def _watch_reader(self) -> None:
        """Look later whether the answer has been read on."""
        unread = self.transport.get_write_buffer_size()
        if unread and self._reader_timer is None:
            self._reader_timer = self.loop.call_later(_LOOK_S, self._look_at_reader, unread)

    def _look_at_reader(self, unread_before: int) -> None:
        self._reader_timer = None
        unread = self.transport.get_write_buffer_size()
        if unread and unread > unread_before - _SLOWEST * _LOOK_S:
            self.transport.abort()
        else:
            self._watch_reader()

    def _forget_reader(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None
