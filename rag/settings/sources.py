"""Settings that are lists of things: the folders to read, and the rules of who may read what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from rag.readers import check_token
from rag.settings.base import FromText, Section


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


Token = Annotated[str, AfterValidator(check_token)]
Globs = Annotated[tuple[str, ...], FromText, AfterValidator(_check_globs)]
Tokens = Annotated[tuple[Token, ...], FromText]


class RootSettings(Section):
    """A folder that `inhouse ingest` reads when it is given no PATH."""

    path: Path = Field(description="The folder: absolute, or relative to the working directory.")
    tags: Tokens = Field((), description="Tags of its documents, for filters.")
    include: Globs = Field(
        (), description="Read only files that match, in addition to ingest.include."
    )
    exclude: Globs = Field((), description="Skip files that match, in addition to ingest.exclude.")


class AccessRule(Section):
    """Who may read what stands under a path. Of several that fit a file, every one has to agree."""

    glob: Annotated[str, AfterValidator(_check_access_glob)] = Field(
        description="Paths that the rule applies to, as in .gitignore; begins with / or **/."
    )
    readers: Tokens = Field(description="Reader tokens; * is everybody, an empty list is nobody.")


class AccessSettings(Section):
    """Who may read which document. As soon as there is one rule, what no rule fits is for nobody."""

    rules: Annotated[tuple[AccessRule, ...], FromText] = Field((), description="The rules.")
    posix: bool = Field(
        False, description="A file's own permissions are a rule as well: user:NAME, group:NAME."
    )
