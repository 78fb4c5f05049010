"""The page in a process of its own, that a test can kill: PORT DATA MOMENT.

Its assistant is the one that stands in; an answer to a question with "held at MOMENT" in it goes no further.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

MOMENTS = ("sent", "passages", "first words", "middle", "end", "")
"""Moments of an answer at which it can be held, in their order; the last is never."""


class PageProcess:
    """A server that can be ended and begun again at the same address."""

    def __init__(self, data: Path, moment: str = "") -> None:
        from ui.web.server import listen

        with listen("127.0.0.1", 0) as sock:
            self.port: int = sock.getsockname()[1]
        self._data = data
        self.process = self.start(moment)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, moment: str = "") -> subprocess.Popen[bytes]:
        """Begin, and wait until it answers."""
        self._sign.unlink(missing_ok=True)
        arguments = [str(self.port), str(self._data), moment]
        self.process = subprocess.Popen([sys.executable, "-m", __name__, *arguments])
        while self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/page/base.css", timeout=5)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return self.process
        raise AssertionError(f"The server ended with {self.process.returncode}.")

    @property
    def is_holding(self) -> bool:
        """Whether an answer has come to the moment at which it is held."""
        return self._sign.exists()

    def end(self, number: int) -> None:
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        self.process.wait(30)

    @property
    def _sign(self) -> Path:
        return self._data / "held"


def find_moment(events: Sequence[Any]) -> str:
    """Which moment it is after these events of an answer; "" between two of them."""
    from rag.answer import CitationsEvent, DeltaEvent, SentencesEvent

    if len(events) < 2:
        return MOMENTS[len(events)]
    if isinstance(events[-1], SentencesEvent):
        return "middle"
    if isinstance(events[-1], CitationsEvent):
        return "end"
    words = sum(isinstance(event, DeltaEvent) for event in events)
    return "first words" if words == 2 else ""


def main() -> None:
    """Serve until a signal ends it."""
    from rag.answer import Event, Turn
    from rag.index import Filter
    from rag.settings import Settings
    from tests.ui.stand_in import StandIn
    from ui.web.app import create_app
    from ui.web.server import listen, serve

    port, data, moment = sys.argv[1:]

    class Holding(StandIn):
        def stream(
            self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
        ) -> Iterator[Event]:
            events: list[Event] = []
            is_held = bool(moment) and f"held at {moment}" in question
            for event in super().stream(question, history=history):
                if is_held and find_moment(events) == moment:
                    (Path(data) / "held").touch()
                    threading.Event().wait()
                events.append(event)
                yield event

    assistant = Holding()
    settings = Settings.model_validate({"data": data})
    serve(create_app(lambda: assistant, settings=settings), listen("127.0.0.1", int(port)))


if __name__ == "__main__":
    main()
