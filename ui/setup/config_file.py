"""`inhouse.toml` with every setting in it, as a comment with its default."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rag.settings import Settings
from rag.validation import find_inner_model

_INTRO = """\
The settings of Inhouse. A key behind "#" shows its default: remove the "#" to change it. What stands here
is beaten by the environment (INHOUSE_…) and by options of the command line. "inhouse doctor" checks it.
"""
_WIDTH = 100


def config_file(values: Mapping[str, Any]) -> str:
    """The text of a settings file that sets `values`, which are top-level keys, and shows all others."""
    lines = [*_comment(" ".join(_INTRO.split())), ""]
    sections: list[str] = []
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            sections += _section(name, type(field.default))
        else:
            lines += _key(name, field, values.get(name))
    return "\n".join([*lines, *sections]).rstrip() + "\n"


def _section(name: str, model: type[BaseModel]) -> Iterator[str]:
    yield from ["", f"[{name}]", *_comment(model.__doc__ or "")]
    tables = []
    for key, field in model.model_fields.items():
        if (inner := find_inner_model(field)) is None:
            yield from _key(key, field, None)
        else:
            tables.append((f"{name}.{key}", inner))
    for key, inner in tables:
        yield from ["", *_comment(inner.__doc__ or ""), f"#[[{key}]]"]
        for inner_key, field in inner.model_fields.items():
            yield from _key(inner_key, field, None)


def _key(name: str, field: FieldInfo, value: Any) -> Iterator[str]:
    yield from _comment(field.description or "")
    if value is not None:
        yield f"{name} = {_toml(value)}"
    elif field.is_required() or field.default is None:
        yield f"#{name} ="
    else:
        yield f"#{name} = {_toml(field.default)}"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(" ".join(text.split()), _WIDTH - 2)]


def _toml(value: Any) -> str:
    """A value as TOML writes it; JSON writes numbers, truth values, texts and lists of them alike."""
    return json.dumps(value, ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} has no form in a settings file")
