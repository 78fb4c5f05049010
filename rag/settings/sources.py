"""Settings that are lists of things: folders and other sources to read, and who may read what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

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


class SourceSettings(Section):
    """A source that `inhouse ingest` reads beside the folders; its kind adds options (docs/sources.md)."""

    model_config = ConfigDict(extra="allow")  # the options of the kind, which the kind checks

    kind: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,30}$",
        description="What it is: confluence, git, imap, rclone, sql, web, or a kind that was installed.",
    )
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$",
        description="Its name: its documents are KIND://NAME/….",
    )
    readers: Tokens | None = Field(
        None,
        description="Who may read its documents; where the source names readers, both have to agree. "
        "Without either, nobody.",
    )
    tags: Tokens = Field((), description="Tags of its documents, for filters.")
    include: Globs = Field((), description="Read only objects that match; globs as in .gitignore.")
    exclude: Globs = Field((), description="Leave out objects that match.")
    max_objects: int = Field(
        100_000,
        ge=1,
        le=10_000_000,
        description="More objects than this are a fault of the source.",
    )

    @property
    def uri(self) -> str:
        """How its documents' uris begin, without the last slash."""
        return f"{self.kind}://{self.name}"

    @property
    def options(self) -> dict[str, Any]:
        """What the kind is told."""
        return dict(self.model_extra or {})


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
