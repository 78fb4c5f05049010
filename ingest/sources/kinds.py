"""Which kinds of source there are, and the configured ones as roots of a run."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

from ingest.patience import Patience
from ingest.planning.source import Root, resolve_roots
from ingest.sources.contract import SourceContext, SourceFactory
from ingest.sources.opened import OpenSource
from rag.errors import ConfigurationError, UsageError
from rag.settings import IngestSettings, Settings, SourceSettings

GROUP = "inhouse.sources"
"""The entry point group in which other distributions name their kinds."""
_SOURCE = re.compile(r"(?P<kind>[a-z][a-z0-9-]*)://(?P<name>[a-z0-9][a-z0-9._-]*)/")
BUILT_IN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "confluence": ("ingest.sources.confluence", "ConfluenceSource"),
        "git": ("ingest.sources.git", "GitSource"),
        "imap": ("ingest.sources.imap", "ImapSource"),
        "rclone": ("ingest.sources.rclone", "RcloneSource"),
        "sql": ("ingest.sources.sql", "SqlSource"),
        "web": ("ingest.sources.web", "WebSource"),
    }
)
"""The kinds that come with Inhouse: module and class of each."""


def known_kinds() -> list[str]:
    """Every kind that can be configured, by name."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def list_source_roots(
    settings: Settings, data: Path, names: Sequence[str] | None = None
) -> list[Root]:
    """The configured sources as roots; `names`: only those with these uris.

    Each keeps what makes its next run faster below the data folder. Connects to nothing. Raises
    ConfigurationError for a source that makes no sense, UsageError for a name that no source has.
    """
    sources = {source.uri: source for source in settings.ingest.sources}
    if len(sources) < len(settings.ingest.sources):
        raise ConfigurationError(
            "Two of ingest.sources have one kind and one name; give each its own."
        )
    for name in names or ():
        if name.rstrip("/") not in sources:
            known = ", ".join(sources) or "none"
            raise UsageError(f"There is no source {name}.", hint=f"ingest.sources has: {known}.")
    chosen = (
        sources
        if names is None
        else {name.rstrip("/"): sources[name.rstrip("/")] for name in names}
    )
    return [_root(source, settings.ingest, data) for _, source in sorted(chosen.items())]


def list_all_roots(
    given: Sequence[str | os.PathLike[str]], settings: Settings, data: Path, patience: Patience
) -> list[Root]:
    """What a run reads: the folders and sources that are `given`, if none, all that are configured.

    `data` is the data folder. Raises UsageError if there is none at all; see `resolve_roots` and
    `list_source_roots` for the rest.
    """
    names = [path for path in given if isinstance(path, str) and "://" in path]
    paths = [path for path in given if path not in names]
    sources = list_source_roots(settings, data, names if given else None)
    if sources and not paths and (given or not settings.ingest.roots):
        return sources
    return [*resolve_roots(paths, settings.ingest.roots, patience), *sources]


@contextlib.contextmanager
def close_sources_at_end(roots: Iterable[Root]) -> Iterator[None]:
    """End every connection in the end, and delete what was fetched."""
    try:
        yield
    finally:
        for root in roots:
            if root.source is not None:
                root.source.close()


def forget_copies(data: Path, uris: Iterable[str]) -> None:
    """Delete what is kept of the sources that these documents came from; their next run takes longer."""
    for match in filter(None, map(_SOURCE.match, uris)):
        shutil.rmtree(_kept_folder(data, match["kind"], match["name"]), ignore_errors=True)


def _kept_folder(data: Path, kind: str, name: str) -> Path:
    return data / "sources" / kind / name


def _root(settings: SourceSettings, ingest: IngestSettings, data: Path) -> Root:
    context = SourceContext(
        _kept_folder(data, settings.kind, settings.name),
        max_bytes=int(ingest.max_file_mb * 2**20),
        timeout_s=ingest.timeout_s,
    )
    make = _factory(settings)
    try:
        source = make(settings.options, context)
    except ConfigurationError as exc:
        reason = str(exc).rstrip(".")
        raise ConfigurationError(
            f"ingest.sources: {settings.uri}: {reason}.", hint=exc.hint
        ) from None
    opened, path = OpenSource(settings, source, context), Path(settings.uri)
    return Root(path, path, settings.tags, is_configured=True, named=settings.uri, source=opened)


def _factory(settings: SourceSettings) -> SourceFactory:
    factory: SourceFactory
    if settings.kind in BUILT_IN:
        module, name = BUILT_IN[settings.kind]
        factory = getattr(importlib.import_module(module), name)
        return factory
    points = [point for point in entry_points(group=GROUP) if point.name == settings.kind]
    if not points:
        raise ConfigurationError(
            f"ingest.sources: {settings.uri}: there is no kind {settings.kind!r}.",
            hint=f"Kinds: {', '.join(known_kinds())}. Others come with their own packages.",
        )
    try:
        factory = points[0].load()
    except Exception as exc:  # the code of somebody else
        raise ConfigurationError(
            f"ingest.sources: {settings.uri}: the kind {settings.kind!r} cannot be loaded from "
            f"{points[0].value} ({type(exc).__name__}: {exc})."
        ) from exc
    return factory
