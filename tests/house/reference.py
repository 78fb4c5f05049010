"""The page of the documentation that describes every public name, made from the code."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

import inhouse

_INTRO = """\
# Python reference

{remark}

Every public name of the package `inhouse`, with what it takes and gives. [From Python](library.md) shows how
they are used together.

"""
_SHORT = 88
"""Characters of a signature that stands in one line."""
_ANNOTATED = re.compile(r"^Annotated\[(.*), .*\]$")


def reference_page(remark: str) -> str:
    """`docs/reference.md`; `remark` says how to make it anew."""
    names = sorted(inhouse.__all__, key=str.lower)
    parts = [_INTRO.format(remark=remark), _contents(names)]
    parts += [_describe(name, getattr(inhouse, name)) for name in names]
    return "\n".join(parts).rstrip() + "\n"


def _contents(names: list[str]) -> str:
    rows = ["| name | |", "|---|---|"]
    for name in names:
        summary = _first_sentence(getattr(inhouse, name)).replace("|", "\\|")
        rows.append(f"| [`{name}`](#{name.lower()}) | {summary} |")
    return "\n".join([*rows, ""])


def _describe(name: str, value: Any) -> str:
    lines = [f"## {name}", ""]
    if inspect.isfunction(value):
        return "\n".join([*lines, _code(f"{name}{_signature(value)}"), _doc(value), ""])
    if not inspect.isclass(value):
        return "\n".join([*lines, _code(f"{name} = {_options(value)}"), ""])
    if issubclass(value, enum.Enum):
        members = "\n".join(f"- `{member.value}`" for member in value)
        return "\n".join([*lines, _code(f"class {name}"), _doc(value), "", members, ""])
    lines += [_code(_class_line(name, value)), _doc(value), ""]
    if fields := list(_fields(value)):
        lines += ["| field | type |", "|---|---|", *fields, ""]
    for method, function in _methods(value):
        lines += [f"### {name}.{method}", "", _member(method, function), ""]
    return "\n".join(lines)


def _class_line(name: str, value: type) -> str:
    bases = [base.__name__ for base in value.__bases__ if base is not object]
    bases = [base for base in bases if not base.startswith("_")]
    line = f"class {name}({', '.join(bases)})" if bases else f"class {name}"
    if _is_record(value) or issubclass(value, Exception) or "__init__" not in vars(value):
        return line
    return f"{line}\n\n{name}{_signature(value.__init__)}"  # type: ignore[misc]


def _is_record(value: type) -> bool:
    return dataclasses.is_dataclass(value) or issubclass(value, BaseModel)


def _fields(value: type) -> Iterator[str]:
    if not _is_record(value):
        return
    names = (
        list(value.model_fields)
        if issubclass(value, BaseModel)
        else [field.name for field in dataclasses.fields(value)]  # type: ignore[arg-type]
    )
    for name in names:
        if name.startswith("_"):
            continue
        kind = _annotation(value, name).replace("|", "\\|")
        yield f"| `{name}` | `{kind}` |"


def _annotation(value: type, name: str) -> str:
    for owner in value.__mro__:
        kind = vars(owner).get("__annotations__", {}).get(name)
        if kind is not None:
            return _ANNOTATED.sub(r"\1", _annotation_text(kind))
    return ""


def _methods(value: type) -> Iterator[tuple[str, Any]]:
    own = [owner for owner in value.__mro__ if owner.__module__.split(".")[0] in {"rag", "ingest"}]
    names = {name: owner for owner in reversed(own) for name in vars(owner)}
    for name in names:
        member = vars(names[name])[name]
        if name.startswith(("_", "model_")) or name in _field_names(value):
            continue
        if callable(member) or isinstance(member, property | classmethod | staticmethod):
            yield name, member


def _field_names(value: type) -> set[str]:
    if issubclass(value, BaseModel):
        return set(value.model_fields)
    return {f.name for f in dataclasses.fields(value)} if dataclasses.is_dataclass(value) else set()


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        kind = _annotation_text(inspect.signature(member.fget).return_annotation)  # type: ignore[arg-type]
        return f"{_code(f'{name}: {kind}')}\n{_doc(member)}"
    function = inspect.unwrap(getattr(member, "__func__", member))
    return f"{_code(f'{name}{_signature(function)}')}\n{_doc(function)}"


def _signature(function: Any) -> str:
    signature = inspect.signature(inspect.unwrap(function))
    parameters = list(_parameters(signature))
    result = signature.return_annotation
    after = "" if result is signature.empty else f" -> {_annotation_text(result)}"
    line = f"({', '.join(parameters)}){after}"
    if len(line) <= _SHORT:
        return line
    return "(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){after}"


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    is_keyword = False
    for parameter in signature.parameters.values():
        if parameter.name in {"self", "cls"} or parameter.name.startswith("_"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not is_keyword:
            is_keyword = True
            yield "*"
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = f"{stars}{parameter.name}"
        if parameter.annotation is not parameter.empty:
            text += f": {_annotation_text(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {_default_text(parameter.default)}"
        yield text


def _annotation_text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default_text(default: Any) -> str:
    if inspect.isclass(default):
        return default.__name__
    return "…" if inspect.isfunction(default) or type(default) is object else repr(default)


def _options(value: Any) -> str:
    """The classes of a union."""
    if typing.get_origin(value) is typing.Annotated:
        value = typing.get_args(value)[0]
    return " | ".join(option.__name__ for option in typing.get_args(value))


def _code(text: str) -> str:
    return f"```python\n{text}\n```\n"


def _doc(value: Any) -> str:
    return inspect.getdoc(value) or ""


def _first_sentence(value: Any) -> str:
    if not inspect.isclass(value) and not inspect.isfunction(value):
        return "What `Assistant.stream` yields." if value is inhouse.Event else ""
    return " ".join(_doc(value).partition("\n\n")[0].split())
