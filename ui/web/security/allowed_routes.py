"""Every way into the application, and who may use it: what is not here does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.web.identity import Requires, Role, find_requirement

if TYPE_CHECKING:
    from fastapi import APIRouter


@dataclass(frozen=True, slots=True)
class AllowedRoute:
    """The requests with this method whose whole path fits; `name` is how the route is written."""

    method: str
    name: str
    path: re.Pattern[str]
    needs: Requires
    is_static: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Whether a request comes through here."""
        return method == self.method and self.path.fullmatch(path) is not None


def _static(name: str, path: str) -> AllowedRoute:
    return AllowedRoute("GET", name, re.compile(path), Requires(None), is_static=True)


def _gradio(method: str, name: str, path: str = "", *, is_click: bool = True) -> AllowedRoute:
    needs = Requires(Role.READER, is_click=is_click)
    return AllowedRoute(method, name, re.compile(path or re.escape(name)), needs)


STATIC_ROUTES = (
    _static("/page/{name}", r"/page/[\w-]+\.(?:css|js|svg|png|json)"),
    _static("/assets/{name}", r"/assets/[\w.-]+"),
    _static("/theme.css", r"/theme\.css"),
)
# Gradio brings uploads, file and proxy routes, a monitoring page and more. The page uses none of them.
GRADIO_ROUTES = (
    _gradio("GET", "/config"),
    _gradio("GET", "/gradio_api/info"),
    _gradio("POST", "/gradio_api/queue/join"),
    _gradio("GET", "/gradio_api/queue/data", is_click=False),
    _gradio("GET", "/gradio_api/heartbeat/{tab}", r"/gradio_api/heartbeat/\w+", is_click=False),
)


def list_allowed_routes(routers: Iterable[APIRouter]) -> Iterator[AllowedRoute]:
    """One for each route. Raises LookupError for one that does not say who may use it."""
    for router in routers:
        for route in router.routes:
            declared: Any = route
            for method in sorted(declared.methods):
                yield AllowedRoute(
                    method, declared.path, declared.path_regex, find_requirement(declared.endpoint)
                )
