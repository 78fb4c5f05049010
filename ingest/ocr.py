"""Text recognition by tesseract, where it is installed.

The program runs below the process that parses, within that process's limits and without the network; it gets
its picture through a pipe and answers through one, so it needs no file.
"""

from __future__ import annotations

import csv
import io
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from statistics import median
from typing import Any

from ingest.errors import OcrError
from ingest.loaded import NO_OCR

_MIN_CONFIDENCE = 45.0
_CELL_GAP = 1.5
_LEAST_MEMORY = 256 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A line that was recognised; edges in pixels from the picture's top left corner.

    `cells` counts the stretches between gaps wider than the type is high.
    """

    text: str
    left: int
    top: int
    right: int
    bottom: int
    word_height: float
    cells: int = 1


def tesseract() -> str | None:
    """Where the program is, or None."""
    return shutil.which("tesseract")


@dataclass(slots=True)
class Ocr:
    """Reads pictures, for `seconds` altogether; `languages` as tesseract names them ("deu+eng").

    Without `languages` it is switched off. `on_start` is called before the first picture. `outcome` is what
    `LoadedDocument.ocr` says: the languages once a picture was read, NO_OCR if one could not be.
    """

    languages: str = ""
    seconds: float = 0.0
    on_start: Callable[[], None] | None = None
    outcome: str = ""
    _deadline: float = 0.0

    def is_ready(self) -> bool:
        """Whether it is switched on and installed; to be asked when a picture of text is met."""
        ready = bool(self.languages) and tesseract() is not None
        self.outcome = self.languages if ready else NO_OCR
        return ready

    @property
    def has_time(self) -> bool:
        return not self._deadline or time.monotonic() < self._deadline

    def pages(self, picture: bytes, dpi: int = 0) -> list[list[OcrLine]]:
        """The lines of each page of a picture, in reading order; raises OcrError.

        Any format that tesseract's own library reads will do. `dpi`: 0 if it is not known.
        """
        if not self._deadline:
            if self.on_start:
                self.on_start()
            self._deadline = time.monotonic() + self.seconds
        left = max(self._deadline - time.monotonic(), 0.1)
        # With page segmentation 1, pages that lie on their side are turned.
        arguments = ["stdin", "stdout", "-l", self.languages, "--psm", "1"]
        arguments += ["--dpi", str(dpi)] if dpi else []
        try:
            done = subprocess.run(
                [tesseract() or "tesseract", *arguments, "tsv"],
                input=picture,
                capture_output=True,
                timeout=left,
                preexec_fn=_restrain,
                env=_environment(),
            )
        except subprocess.TimeoutExpired as exc:
            raise OcrError(
                f"took tesseract more than {self.seconds:g} s (see ingest.ocr_timeout_s)"
            ) from exc
        except OSError as exc:
            raise OcrError(f"cannot be given to tesseract: {exc.strerror}") from exc
        if done.returncode:
            raise OcrError(_reason(done, self.languages))
        return _pages(done.stdout.decode("utf-8", "replace"))


def _reason(done: subprocess.CompletedProcess[bytes], languages: str) -> str:
    message = done.stderr.decode("utf-8", "replace")
    if "language" in message and "load" in message:
        return f"cannot be read: tesseract lacks a language of ingest.ocr_languages = {languages!r}"
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"cannot be read: tesseract was stopped ({name}), perhaps for want of memory"
    return "is damaged, too large, or no picture that tesseract reads"


def _pages(tsv: str) -> list[list[OcrLine]]:
    rows = list(csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE))
    return [list(_lines(list(page))) for _, page in groupby(rows, key=lambda row: row["page_num"])]


def _lines(rows: Sequence[Mapping[str, str]]) -> Iterator[OcrLine]:
    words = (row for row in rows if row["level"] == "5" and (row["text"] or "").strip())
    for _, group in groupby(words, key=lambda w: (w["block_num"], w["par_num"], w["line_num"])):
        line = list(group)
        if median(float(word["conf"]) for word in line) >= _MIN_CONFIDENCE:
            yield _line(line)  # the others are what it sees in photographs and frames


def _line(words: Sequence[Mapping[str, str]]) -> OcrLine:
    lefts, tops = [int(w["left"]) for w in words], [int(w["top"]) for w in words]
    rights = [left + int(w["width"]) for left, w in zip(lefts, words, strict=True)]
    bottoms = [top + int(w["height"]) for top, w in zip(tops, words, strict=True)]
    height = median(bottom - top for top, bottom in zip(tops, bottoms, strict=True))
    gaps = (left - right for left, right in zip(lefts[1:], rights, strict=False))
    return OcrLine(
        " ".join(word["text"].strip() for word in words),
        min(lefts),
        min(tops),
        max(rights),
        max(bottoms),
        height,
        cells=1 + sum(gap > _CELL_GAP * height for gap in gaps),
    )


@cache
def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None)


def _restrain() -> None:
    """End with the process that parses, and take no more memory than that one has left."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft != resource.RLIM_INFINITY:
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (max(soft - used, _LEAST_MEMORY), hard))


def _environment() -> dict[str, str]:
    kept = {
        k: os.environ[k] for k in ("PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX") if k in os.environ
    }
    # One core: the others are embedding.
    return {**kept, "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
