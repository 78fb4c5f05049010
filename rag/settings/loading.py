"""Settings: defaults < `inhouse.toml` < `INHOUSE_…` environment < what the caller passes.

Nested settings are sections in the file (`[llm]` `url = …`) and one underscore in the environment
(`INHOUSE_LLM_URL`). `${NAME}` in a string of the file is replaced by that environment variable.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rag.database_address import DatabaseAddress, is_address
from rag.errors import ConfigurationError
from rag.settings.base import Section
from rag.settings.sections import Settings
from rag.validation import describe_first_problem, known_keys, name_key

ENV_PREFIX = "INHOUSE_"
_ENV_ONLY = {"INHOUSE_CONFIG"}
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Read the configuration file and the environment.

    `config` None means `INHOUSE_CONFIG`, or `./inhouse.toml` if it is there. `overrides` win
    over everything; a section's key is written with two underscores (`llm__url="…"`); None means
    not given.
    Raises ConfigurationError, which names the key, its value and where it was set, and UsageError for the
    address of a database with a password in it.
    """
    named = config or (
        Path(os.environ["INHOUSE_CONFIG"]) if "INHOUSE_CONFIG" in os.environ else None
    )
    path = named or Path("inhouse.toml")
    origins: dict[tuple[str, ...], str] = {}
    values: dict[str, Any] = {}
    if named is not None or path.exists():
        _merge(
            values,
            _split_address(_read_file(path)),
            origins,
            lambda key: f"{path}: {'.'.join(key)}",
        )
    _merge(
        values,
        _split_address(_read_environment()),
        origins,
        lambda key: ENV_PREFIX + "_".join(key).upper(),
    )
    flags: dict[str, Any] = {}
    for name, value in overrides.items():
        if value is not None:
            _assign(flags, tuple(name.split("__")), value)
    if "data" in flags:
        flags = {"database": ""} | flags  # a folder that is named stands for the index itself
    _merge(
        values, _split_address(flags), origins, lambda key: f"--{'-'.join(key).replace('_', '-')}"
    )
    if "://" in (address := str(values.get("database", ""))):
        DatabaseAddress(address)  # before an error could repeat a password that stands in it
    try:
        return Settings.model_validate(values)
    except ValidationError as exc:
        raise _configuration_error(exc, origins) from exc


def _split_address(layer: dict[str, Any]) -> dict[str, Any]:
    """What one place sets, with an address that is given as `data` in its own key, so that it competes with
    the databases that other places name."""
    if is_address(address := str(layer.get("data", ""))):
        return {key: value for key, value in layer.items() if key != "data"} | {"database": address}
    return layer


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return {k: _expand(v, f"{path}: {k}") for k, v in tomllib.load(file).items()}
    except FileNotFoundError as exc:
        raise ConfigurationError(f"There is no configuration file {path}.") from exc
    except OSError as exc:
        raise ConfigurationError(
            f"The configuration file {path} cannot be read: {exc.strerror or exc}."
        ) from exc
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigurationError(f"The configuration file {path} cannot be read: {exc}.") from exc


def _expand(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {k: _expand(v, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v, where) for v in value]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise ConfigurationError(
                f"{where} uses the environment variable {name}, which is not set.",
                hint=f"Set {name}, or write the value itself.",
            )
        return os.environ[name]

    return _VARIABLE.sub(replace, value)


def _read_environment() -> dict[str, Any]:
    values: dict[str, Any] = {}
    sections = {n for n, f in Settings.model_fields.items() if isinstance(f.default, Section)}
    for name, value in os.environ.items():
        if not name.startswith(ENV_PREFIX) or name in _ENV_ONLY:
            continue
        key = name.removeprefix(ENV_PREFIX).lower()
        section, _, rest = key.partition("_")
        _assign(values, (section, rest) if section in sections and rest else (key,), value)
    return values


def _assign(values: dict[str, Any], key: tuple[str, ...], value: Any) -> None:
    for part in key[:-1]:
        inner: Any = values.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # a section was given a value: validation says so
        values = inner
    values[key[-1]] = value


def _merge(
    into: dict[str, Any],
    new: dict[str, Any],
    origins: dict[tuple[str, ...], str],
    describe: Any,
    prefix: tuple[str, ...] = (),
) -> None:
    for name, value in new.items():
        key = (*prefix, name)
        if isinstance(value, dict):
            origins.setdefault(key, describe(key))
            inner = into.setdefault(name, {})
            if isinstance(inner, dict):  # else a section was given a value: validation says so
                _merge(inner, value, origins, describe, key)
        else:
            into[name] = value
            origins[key] = describe(key)


def _configuration_error(
    exc: ValidationError, origins: dict[tuple[str, ...], str]
) -> ConfigurationError:
    problem = describe_first_problem(exc)
    where = _where(problem.location, origins)
    if problem.kind == "unknown":
        known = ", ".join(known_keys(Settings, problem.location[:-1]))
        return ConfigurationError(f"{where} is not a setting.", hint=f"Known here: {known}.")
    if problem.kind == "missing":
        return ConfigurationError(f"{where} is missing.")
    return ConfigurationError(f"{where} is {problem.value!r}: {problem.reason}.")


def _where(location: tuple[str | int, ...], origins: dict[tuple[str, ...], str]) -> str:
    """What set the key; for an entry of a list, what set the list, and the way to the entry from there."""
    key = tuple(str(part) for part in location)
    for length in range(len(key), 0, -1):
        if key[:length] in origins:
            rest = name_key(location[length:])
            dot = "." if rest and not rest.startswith("[") else ""
            return f"{origins[key[:length]]}{dot}{rest}"
    return name_key(location)
