"""A set of true sentences and their doctored twins, each about one of a folder's passages."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from rag.citations import Checked, check
from rag.citations.statements import PassageSentences
from rag.hit import Hit

_FOLDER = Path(__file__).parent / "doctored"
_READ = 3


class DoctoredSet:
    """The pairs of one file and the passages of one folder below `doctored`."""

    def __init__(self, file: str, folder: str) -> None:
        self._folder = _FOLDER / folder
        self.pairs = [json.loads(line) for line in (_FOLDER / file).read_text("utf-8").splitlines()]
        self.names = sorted(path.stem for path in self._folder.glob("*.md"))
        self._sources = functools.cache(self._read)

    def half(self, name: str) -> list[dict[str, str]]:
        """The pairs to mend by, or those that are only counted."""
        return [pair for pair in self.pairs if pair["half"] == name]

    def check(self, passage: str, text: str) -> Checked:
        """Check a text against its passage and two others; each passage is read once."""
        hits, source = self._sources(passage)
        return check(text, hits, source=source)

    def _read(self, name: str) -> tuple[list[Hit], PassageSentences]:
        """The passage and the two behind it in the folder, which speak of something else."""
        first = self.names.index(name)
        hits = [self._hit(self.names[(first + n) % len(self.names)], n + 1) for n in range(_READ)]
        return hits, PassageSentences(hits)

    def _hit(self, name: str, rank: int) -> Hit:
        text = (self._folder / f"{name}.md").read_text("utf-8").rstrip("\n")
        title = text.partition("\n")[0].removeprefix("# ")
        return Hit(
            rank=rank, score=1 / rank, uri=f"/docs/{name}.md", title=title, text=text, start=0,
            end=len(text),
        )  # fmt: skip
