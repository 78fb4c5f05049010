"""A folder of small documents, and the change that a run under test has to take up."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

_WORDS = [
    "leave",
    "holiday",
    "travel",
    "invoice",
    "laptop",
    "password",
    "contract",
    "salary",
    "training",
    "badge",
    "office",
    "printer",
    "network",
    "manager",
    "request",
    "approval",
    "expense",
    "receipt",
    "policy",
    "employee",
    "parental",
    "pension",
    "notice",
]
_LONG_AGO_NS = 1_600_000_000_000_000_000


def write(folder: Path, name: str, seed: int, *, paragraphs: int = 3, version: int = 0) -> None:
    """A document that no other is like: its number stands in each paragraph as a word of its own."""
    random_words = random.Random(f"{seed}/{version}")
    lines = [f"# Document {seed}", ""]
    for number in range(paragraphs):
        words = random_words.choices(_WORDS, k=24)
        lines += [f"item{seed}x{number}v{version} {' '.join(words)}.", ""]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    moment = _LONG_AGO_NS + (seed * 10 + version) * 10**9
    os.utime(path, ns=(moment, moment))


def write_before(folder: Path, documents: int) -> None:
    """The folder as it is first ingested."""
    for seed in range(documents):
        write(folder, f"part{seed % 3}/document{seed}.md", seed)


def change(folder: Path, documents: int) -> None:
    """Edit, add and delete a document, and move one, for every ten that are there."""
    for first in range(0, documents, 10):
        write(folder, f"part{first % 3}/document{first}.md", first, version=1)
        write(folder, f"new/document{first + 1000}.txt", first + 1000)
        (folder / f"part{(first + 1) % 3}/document{first + 1}.md").unlink()
        (folder / "moved").mkdir(exist_ok=True)
        name = f"document{first + 2}.md"
        shutil.move(folder / f"part{(first + 2) % 3}" / name, folder / "moved" / name)
