"""Pages of PDF files as pictures, drawn in a child process and kept for a while."""

from __future__ import annotations

import base64
import os
import queue
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.errors import (
    FileChangedError,
    FileTooLargeError,
    ParserCrashError,
    UnreadableFileError,
)
from ingest.loader import open_file
from ingest.parser_child import ParserChild
from ingest.parsers.pdf_page_text import MAX_LINE_CHARACTERS, MAX_LINES, PlacedLine

_MAX_WORDS = 8_000  # characters of a quote that are looked for on the page
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as a PNG. `boxes` are (left, top, right, bottom) as shares of its width and height.

    `lines` are the page's text, with the same edges after each line's words.
    """

    png: bytes
    page: int
    pages: int
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    lines: tuple[PlacedLine, ...] = ()


_Key = tuple[str, int, int]  # SHA-256 of the file, page, width


class PagePictures:
    """Draws pages; safe to share between threads. `close()` ends the children, if need be in mid-page.

    `workers` draw at the same time, each in its own child process with at most `memory_mb` MiB and
    `timeout_s` seconds a page. Pictures of up to `keep_mb` MiB together are kept.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        timeout_s: float = 20.0,
        memory_mb: int = 1024,
        max_file_mb: float = 200.0,
        keep_mb: int = 64,
    ) -> None:
        self._max_bytes = int(max_file_mb * 2**20)
        self._room = keep_mb * 2**20
        self._kept: OrderedDict[_Key, PagePicture] = OrderedDict()
        self._lock = threading.Lock()
        self._children = [ParserChild(timeout_s, memory_mb) for _ in range(workers)]
        self._free: queue.SimpleQueue[ParserChild] = queue.SimpleQueue()
        for child in self._children:
            self._free.put(child)
        # A child ends with the thread that started it, so that has to be one that stays.
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="page-picture")
        self.close = weakref.finalize(self, _end, self._executor, self._children)

    def draw(
        self,
        path: Path,
        sha256: str,
        page: int,
        width: int,
        *,
        quote: str = "",
        before: str = "",
    ) -> PagePicture:
        """The page, or the next one if the quote stands there; `before` is the text in front of it.

        Raises FileChangedError unless the file has this SHA-256, and UnreadableFileError for a file or
        page that cannot be drawn.
        """
        if not quote:
            with self._lock:
                if kept := self._kept.get((sha256, page, width)):
                    self._kept.move_to_end((sha256, page, width))
                    return kept
        request = {
            "number": page,
            "width": width,
            "quote": quote[:_MAX_WORDS],
            "before": before[-_MAX_WORDS:],
        }
        picture = self._executor.submit(self._drawn, path, sha256, request).result()
        self._keep((sha256, picture.page, width), replace(picture, boxes=()))
        return picture

    def _drawn(self, path: Path, sha256: str, request: dict[str, Any]) -> PagePicture:
        descriptor = open_file(path)
        try:
            size = os.fstat(descriptor).st_size
            if size > self._max_bytes:
                limit = self._max_bytes / 2**20
                raise FileTooLargeError(f"is {size / 2**20:,.1f} MiB, more than {limit:,.1f} MiB")
            child = self._free.get()
            try:
                drawn = child.draw({"page": request}, descriptor)
            finally:
                self._free.put(child)
        finally:
            os.close(descriptor)
        if isinstance(drawn, UnreadableFileError):
            # Of a file that has changed, what it cannot do any more is no news.
            if _changed(path, sha256):
                raise FileChangedError from drawn
            raise drawn
        if drawn.get("sha256") != sha256:
            raise FileChangedError
        return _checked(drawn)

    def _keep(self, key: _Key, picture: PagePicture) -> None:
        with self._lock:
            self._kept[key] = picture
            self._kept.move_to_end(key)
            while sum(len(picture.png) for picture in self._kept.values()) > self._room:
                self._kept.popitem(last=False)


def _end(executor: ThreadPoolExecutor, children: Sequence[ParserChild]) -> None:
    for child in children:
        child.stop()
    executor.shutdown(cancel_futures=True)
    for child in children:
        child.end()


def _changed(path: Path, sha256: str) -> bool:
    import hashlib

    with os.fdopen(open_file(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() != sha256


def _checked(drawn: dict[str, Any]) -> PagePicture:
    """What the child says, if it is a picture: it may be in the hands of the file that it has read."""
    try:
        png = base64.b64decode(drawn["png"], validate=True)
        page, pages, width, height = (
            int(drawn[name]) for name in ("page", "pages", "width", "height")
        )
        boxes = tuple(
            (float(left), float(top), float(right), float(bottom))
            for left, top, right, bottom in drawn["boxes"]
        )
        lines = tuple(
            (str(text)[:MAX_LINE_CHARACTERS], float(left), float(top), float(right), float(bottom))
            for text, left, top, right, bottom in drawn["lines"][:MAX_LINES]
        )
        if not png.startswith(_PNG) or min(page, pages, width, height) < 1:
            raise ValueError("not a picture")
    except (KeyError, TypeError, ValueError) as exc:
        raise ParserCrashError("crashed the parser (it sent no picture)") from exc
    return PagePicture(png, page, pages, width, height, boxes, lines)
