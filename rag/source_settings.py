"""Settings that are lists of things: the folders to read, and the rules of who may read what."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

EVERYBODY = "*"
"""The reader token that stands for everybody."""
MAX_TOKEN_CHARACTERS = 200


class Section(BaseModel):
    """A part of the settings: unknown keys are errors, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_token(token: str) -> str:
    """A reader token in its stored form; raises ValueError for what cannot be one.

    A token is one printable word or several, without a comma: "group:hr", "group:Domain Users", "*".
    """
    token = unicodedata.normalize("NFC", token).strip()
    if not token:
        raise ValueError("a reader token cannot be empty")
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise ValueError(f"a reader token has at most {MAX_TOKEN_CHARACTERS} characters")
    if "," in token or not token.isprintable():
        raise ValueError(f"a reader token has no comma and no control character: {token!r}")
    return token


def _check_access_glob(glob: str) -> str:
    if not glob.startswith(("/", "**/")):
        raise ValueError(
            "an access glob is matched with the whole path, so it begins with / or with **/ "
            f"(**/{glob.lstrip('!/')})"
        )
    return glob


def _check_globs(globs: tuple[str, ...]) -> tuple[str, ...]:
    for glob in globs:
        if glob.startswith("!") or not glob.strip():
            raise ValueError(f"{glob!r} is no glob here; use include and exclude")
    return globs


def _from_text(value: Any) -> Any:
    """A list that comes as text, from the environment, is written as in the file."""
    if not isinstance(value, str):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError as exc:
        raise ValueError(
            f'input should be a list as in inhouse.toml, like ["a", "b"] ({exc})'
        ) from exc


FromText = BeforeValidator(_from_text)
Token = Annotated[str, AfterValidator(check_token)]
Globs = Annotated[tuple[str, ...], FromText, AfterValidator(_check_globs)]
Tokens = Annotated[tuple[Token, ...], FromText]


class RootSettings(Section):
    """A folder that `inhouse ingest` reads when it is given no PATH."""

    path: Path = Field(description="The folder; absolute, or relative to where the command runs.")
    tags: Tokens = Field((), description="Tags of its documents, for filters.")
    include: Globs = Field((), description="Only these files, besides ingest.include.")
    exclude: Globs = Field((), description="Not these, besides ingest.exclude.")


class AccessRule(Section):
    """Who may read what stands under a path. Of several that fit a file, every one has to agree."""

    glob: Annotated[str, AfterValidator(_check_access_glob)] = Field(
        description="The paths it is about, as in .gitignore; begins with / or **/."
    )
    readers: Tokens = Field(description="Reader tokens; * is everybody, none is nobody.")


class AccessSettings(Section):
    """Who may read which document. As soon as there is one rule, what no rule fits is for nobody."""

    rules: Annotated[tuple[AccessRule, ...], FromText] = Field((), description="The rules.")
    posix: bool = Field(
        False, description="A file's own permissions are a rule as well: user:NAME, group:NAME."
    )
