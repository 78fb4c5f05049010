"""Every way into the application, and who may use it: what is not here does not exist.

A module `ui.web.routes_NAME` adds routes of its own by being there: it has a function `routes(house)` that
gives a FastAPI `APIRouter`, each of whose functions is marked with `needs(role)`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.web.house import House
from ui.web.people import Needs, Role, needs_of

if TYPE_CHECKING:
    from fastapi import APIRouter

_PREFIX = "routes_"


@dataclass(frozen=True, slots=True)
class Door:
    """The requests with one of these methods whose whole path fits."""

    methods: frozenset[str]
    path: re.Pattern[str]
    needs: Needs

    def fits(self, method: str, path: str) -> bool:
        """Whether a request comes through here."""
        return method in self.methods and self.path.fullmatch(path) is not None


def _door(method: str, path: str, least: Role | None) -> Door:
    return Door(frozenset({method}), re.compile(path), Needs(least))


STATIC_DOORS = (
    _door("GET", r"/page/[\w-]+\.(?:css|js|svg)", None),
    _door("GET", r"/assets/[\w.-]+", None),
    _door("GET", r"/theme\.css", None),
)
# Gradio brings uploads, file and proxy routes, a monitoring page and more. The page uses none of them.
GRADIO_DOORS = (
    _door("GET", r"/config", Role.READER),
    _door("GET", r"/gradio_api/info", Role.READER),
    _door("POST", r"/gradio_api/queue/join", Role.READER),
    _door("GET", r"/gradio_api/queue/data", Role.READER),
    _door("GET", r"/gradio_api/heartbeat/\w+", Role.READER),
)


def routers(house: House) -> list[APIRouter]:
    """The routers of all `routes_…` modules beside this one, in order of their names."""
    package = importlib.import_module("ui.web")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__, "ui.web."))
    chosen = [name for name in names if name.rpartition(".")[2].startswith(_PREFIX)]
    return [importlib.import_module(name).routes(house) for name in chosen]


def doors_of(found: Iterable[APIRouter]) -> Iterator[Door]:
    """A door for each route. Raises LookupError for one that does not say who may use it."""
    for router in found:
        for route in router.routes:
            declared: Any = route
            yield Door(
                frozenset(declared.methods), declared.path_regex, needs_of(declared.endpoint)
            )
