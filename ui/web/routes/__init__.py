"""The routes of the page.

A module of this package adds routes by being there: its function `routes(app_state)` returns a FastAPI
`APIRouter`, each of whose functions is marked with `needs(role)`.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from ui.web.app_state import AppState

if TYPE_CHECKING:
    from fastapi import APIRouter


def routers(app_state: AppState) -> list[APIRouter]:
    """The routers of all modules of this package, in order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    return [importlib.import_module(name).routes(app_state) for name in names]
