"""The page in a process of its own, that a test can kill: PORT DATA PAUSE.

Its assistant is the one that stands in; to a question with "slowly" in it, it says a word each PAUSE seconds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx


class PageProcess:
    """A server that can be ended and begun again at the same address."""

    def __init__(self, data: Path, pause: float) -> None:
        from ui.web.server import listen

        with listen("127.0.0.1", 0) as sock:
            self.port: int = sock.getsockname()[1]
        self._data = data
        self.process = self.start(pause)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, pause: float) -> subprocess.Popen[bytes]:
        """Begin, and wait until it answers."""
        arguments = [str(self.port), str(self._data), str(pause)]
        self.process = subprocess.Popen([sys.executable, "-m", __name__, *arguments])
        while self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/page/base.css", timeout=5)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return self.process
        raise AssertionError(f"The server ended with {self.process.returncode}.")

    def end(self, number: int) -> None:
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        self.process.wait(30)


def main() -> None:
    """Serve until a signal ends it."""
    from rag.answer import Event, Turn
    from rag.index import Filter
    from rag.settings import Settings
    from tests.ui.stand_in import StandIn
    from ui.web.app import create_app
    from ui.web.server import listen, serve

    port, data, pause = sys.argv[1:]

    class Slow(StandIn):
        def stream(
            self, question: str, *, history: Sequence[Turn] = (), filter: Filter | None = None
        ) -> Iterator[Event]:
            self.pause = float(pause) if "slowly" in question else 0.0
            return super().stream(question, history=history)

    assistant = Slow()
    settings = Settings.model_validate({"data": data})
    serve(create_app(lambda: assistant, settings=settings), listen("127.0.0.1", int(port)))


if __name__ == "__main__":
    main()
