"""Parsers of other distributions, which name them as entry points.

In the group `inhouse.parsers` stand the end of a file's name without its dot, and a function that takes the
file's bytes and returns its text as Markdown, or a LoadedDocument. It runs in the sandbox, like every parser.
What Inhouse reads itself cannot be taken over. Another version of a distribution means that its documents are
read anew.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

GROUP = "inhouse.parsers"
MEDIA_TYPE_PREFIX = "application/x-inhouse-"
"""How the media types of installed parsers begin; the end of the file's name follows."""
_NAME = re.compile(r"[a-z0-9]{1,20}")

Key = TypeVar("Key")
Value = TypeVar("Value")


class ExtendedMapping(Mapping[Key, Value]):
    """What is built in, and behind it what is installed, which is looked for when it is needed first."""

    def __init__(
        self, built_in: Mapping[Key, Value], installed: Callable[[], Mapping[Key, Value]]
    ) -> None:
        self.built_in = built_in
        self._installed = functools.cache(installed)

    def __getitem__(self, key: Key) -> Value:
        if key in self.built_in:
            return self.built_in[key]
        return self._installed()[key]

    def __iter__(self) -> Iterator[Key]:
        yield from self.built_in
        yield from (key for key in self._installed() if key not in self.built_in)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@functools.cache
def find_installed_parsers() -> Mapping[str, EntryPoint]:
    """The installed parsers by the media type that is theirs."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    return {
        MEDIA_TYPE_PREFIX + point.name: point for point in points if _NAME.fullmatch(point.name)
    }


def find_installed_suffixes() -> dict[str, str]:
    """Suffix to media type."""
    return {"." + name.removeprefix(MEDIA_TYPE_PREFIX): name for name in find_installed_parsers()}


def find_distribution_version(point: EntryPoint) -> str:
    """The version of the distribution that has this entry point, as one word."""
    version = point.dist.version if point.dist else ""
    return re.sub(r"\s+", "-", version) or "0"
