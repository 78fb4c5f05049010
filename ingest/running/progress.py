"""What an operator sees of a running ingest."""

from __future__ import annotations

import json
import threading
import time
from types import TracebackType

import click

from rag.cli_output import note

_NOTE_S, _SAY_S = 60.0, 0.5
_LOOK = "{desc} {percentage:3.0f}% |{bar}| {n_fmt} of {total_fmt} files{postfix}, {remaining} left"


class Bar:
    """A bar on a terminal's standard error: files, chunks a second, time left.

    Elsewhere a line in the log once a minute; `as_json`: a JSON object a line instead, for a program.
    """

    def __init__(self, *, visible: bool = True, as_json: bool = False) -> None:
        self._as_json = as_json
        self._chunks = self._files = self._total = 0
        self._began = self._noted = time.monotonic()
        # None: shown on a terminal
        self._disabled = None if visible and not as_json else True
        self._ended = threading.Event()
        self._clock = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._clock.is_alive():
            self._clock.join()
        if hasattr(self, "_bar"):
            self._bar.close()

    def start(self, stage: str, total: int) -> None:
        self._total, self._began = total, time.monotonic()
        if self._as_json:
            self._say()
        if not total:
            return
        from tqdm import tqdm

        self._bar = tqdm(
            total=total, desc=stage, disable=self._disabled, leave=False, bar_format=_LOOK
        )
        if not self._bar.disable:
            self._clock.start()

    def advance(self, done: int = 1, *, chunks: int = 0) -> None:
        self._chunks += chunks
        self._files += done
        if self._as_json:
            if time.monotonic() - self._noted >= _SAY_S or self._files == self._total:
                self._say()
            return
        if self._bar.disable:
            self._note()
            return
        rate = self._chunks / max(time.monotonic() - self._began, 1e-3)
        self._bar.set_postfix_str(f"{self._chunks:,} chunks, {rate:,.0f} a second", refresh=False)
        self._bar.update(done)

    def _tick(self) -> None:
        """Let the clock go on while a batch is at work."""
        while not self._ended.wait(1.0):
            self._bar.refresh()

    def _say(self) -> None:
        self._noted = time.monotonic()
        done = {"files": self._files, "total": self._total, "chunks": self._chunks}
        click.echo(json.dumps({"progress": done}), err=True)

    def _note(self) -> None:
        now = time.monotonic()
        if now - self._noted >= _NOTE_S:
            self._noted = now
            rate = self._chunks / (now - self._began)
            note(
                f"At work: {self._files:,} of {self._total:,} files, "
                f"{self._chunks:,} chunks embedded, {rate:.0f} a second."
            )
