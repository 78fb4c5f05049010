"""French spacing, so that the French words can be written with ordinary spaces."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar, cast

from ui.messages.formats import NARROW_SPACE

T = TypeVar("T")

_SPACE = re.compile(r" (?=[;:!?»%])|(?<=«) ")


def set_french_spacing(value: T) -> T:
    """The same texts (one, or all in a dataclass, mapping or tuple) with a narrow space that no line breaks
    at before ; : ! ? » and %, and after «."""
    return cast("T", _spaced(value))


def _spaced(value: Any) -> Any:
    if isinstance(value, str):
        return _SPACE.sub(NARROW_SPACE, value)
    if isinstance(value, tuple):
        return tuple(_spaced(item) for item in value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: _spaced(item) for key, item in value.items()})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: _spaced(getattr(value, name)) for name in names})
    return value
