"""Finding the files below the given folders."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import RuleFileError
from ingest.opening import Identity, identity_of, open_unlinked
from ingest.planning.ignore import IGNORE_FILE, SIDECAR, IgnoreRules
from rag.errors import UsageError
from rag.settings import IngestSettings, RootSettings


@dataclass(frozen=True, slots=True)
class Root:
    """A folder or file to read: absolute, links resolved.

    `base` is the configured folder that it is or stands in, else itself: what globs are relative to.
    """

    path: Path
    base: Path
    tags: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        return uri_of(self.path)

    def holds(self, uri: str) -> bool:
        """Whether `uri` is this root or stands below it."""
        return uri == self.uri or uri.startswith(self.uri.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A regular file below a root, as the folder listed it.

    `uri` is its absolute POSIX path. In a name that is not UTF-8, `\\xff` stands for what cannot be said, so
    that two such names stay two. `modified_ns` (mtime) is what programs say of the file, `changed_ns` (ctime)
    what the file system says. `identity`: which file had that name when the folder was listed.
    """

    path: Path
    uri: str
    root: str
    size: int
    modified_ns: int
    identity: Identity | None = None
    changed_ns: int = 0


@dataclass(frozen=True, slots=True)
class Unlisted:
    """An entry that is no regular file, or that could not be looked at, and why.

    The uri of a folder ends with a slash.
    """

    uri: str
    root: str
    reason: str
    failed: bool


@dataclass(slots=True)
class Listing:
    """What stands below the roots: files with their root, and other entries.

    `folders` are those that could be listed, by their real path, and whether they may hold a file of readers.
    """

    files: list[tuple[SourceFile, Root]] = field(default_factory=list)
    unlisted: list[Unlisted] = field(default_factory=list)
    folders: dict[str, bool] = field(default_factory=dict)

    @property
    def unreachable(self) -> tuple[str, ...]:
        """Beginnings of uris that could not be looked at: what is known below them is not gone."""
        return tuple(f"{entry.uri.rstrip('/')}/" for entry in self.unlisted if entry.failed)


def resolve_roots(
    paths: Sequence[str | os.PathLike[str]], configured: Sequence[RootSettings] = ()
) -> list[Root]:
    """What to read: `paths`, or if there are none, the configured folders.

    A path inside another is dropped; a configured folder inside another is a root of its own, with its own
    tags and globs. Raises UsageError for a path that does not exist or is neither a folder nor a file.
    """
    known: dict[Path, RootSettings] = {}
    for root in configured:
        try:
            known[_resolve(root.path)] = root
        except UsageError:
            if not paths:  # a run over other folders does not need this one
                raise
    given = sorted({_resolve(Path(path)) for path in paths} or set(known))
    if not given:
        raise UsageError(
            "Nothing to ingest was given.",
            hint="Name a folder: inhouse ingest FOLDER (or list folders as ingest.roots in "
            "inhouse.toml).",
        )
    outer = [p for p in given if not any(p != q and p.is_relative_to(q) for q in given)]
    inner = [p for p in known if any(p != q and p.is_relative_to(q) for q in outer)]
    return [_root(path, known) for path in sorted([*outer, *inner])]


def _root(path: Path, known: Mapping[Path, RootSettings]) -> Root:
    for base in (path, *path.parents):
        if (settings := known.get(base)) is not None:
            return Root(path, base, settings.tags, settings.include, settings.exclude)
    return Root(path, path)


def _resolve(path: Path) -> Path:
    try:
        resolved = path.resolve(strict=True)
    except FileNotFoundError as exc:
        raise UsageError(f"There is no folder {path}.", hint="Check the path.") from exc
    except (OSError, RuntimeError) as exc:
        raise UsageError(f"{path} cannot be read: {exc}.") from exc
    if not (resolved.is_dir() or resolved.is_file()):
        raise UsageError(f"{path} is neither a folder nor a file.")
    return resolved


def look(roots: Sequence[Root], settings: IngestSettings, skip: Collection[Path] = ()) -> Listing:
    """Every entry below the roots that is not left out.

    Links, pipes and devices are not read. What is hidden, excluded, ignored or in `skip` is left out without
    a word; a root that is a file is not. Raises ConfigurationError for a glob that makes no sense.
    """
    listing = Listing()
    others = {str(path) for path in (*skip, *(root.path for root in roots))}
    for root in roots:
        if root.path.is_file():
            listing.folders.setdefault(str(root.path.parent), True)
            listing.files.append((_file(root.path, root.path.stat(), uri_of(root.base)), root))
        else:
            _walk(root, settings, others, listing)
    return listing


def _walk(root: Root, settings: IngestSettings, skip: Collection[str], listing: Listing) -> None:
    rules = IgnoreRules(
        str(root.base),
        include=(settings.include, root.include),
        exclude=(*settings.exclude, *root.exclude),
        hidden=settings.hidden,
    )
    folders = [str(root.path)]
    while folders:
        folder = folders.pop()
        try:
            inner = _look_into(folder, rules, root, listing)
        except OSError as exc:
            reason = f"cannot be listed: {exc.strerror}"
        except RuleFileError as exc:
            reason = exc.reason
        else:
            folders += [folder for folder in reversed(inner) if folder not in skip]
            continue
        uri = uri_of(Path(folder)).rstrip("/") + "/"
        listing.unlisted.append(Unlisted(uri, uri_of(root.base), reason, failed=True))


def _look_into(folder: str, rules: IgnoreRules, root: Root, listing: Listing) -> list[str]:
    """Add what stands in one folder; returns the folders in it."""
    inner: list[str] = []
    descriptor = open_unlinked(Path(folder), is_folder=True)
    try:
        with os.scandir(descriptor) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
        listing.folders[folder] = any(entry.name == SIDECAR for entry in entries)
        _add_entries(entries, folder, rules, root, listing, inner)
    finally:
        os.close(descriptor)
    return inner


def _add_entries(
    entries: Sequence[os.DirEntry[str]],
    folder: str,
    rules: IgnoreRules,
    root: Root,
    listing: Listing,
    inner: list[str],
) -> None:
    """Add files and other entries to the listing, and folders to `inner`."""
    base = uri_of(root.base)
    for entry in entries:
        if entry.name in (IGNORE_FILE, SIDECAR):
            continue
        is_folder = entry.is_dir(follow_symlinks=False)
        if rules.leaves_out(folder, entry.name, is_folder=is_folder):
            continue
        if is_folder:
            inner.append(_joined(folder, entry.name))
        elif isinstance(seen := _entry(entry, folder, base), SourceFile):
            listing.files.append((seen, root))
        else:
            listing.unlisted.append(seen)


def _joined(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _entry(entry: os.DirEntry[str], folder: str, base: str) -> SourceFile | Unlisted:
    path = Path(_joined(folder, entry.name))
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as exc:
        return Unlisted(uri_of(path), base, f"cannot be looked at: {exc.strerror}", failed=True)
    if stat.S_ISREG(status.st_mode):
        return _file(path, status, base)
    is_link = stat.S_ISLNK(status.st_mode)
    reason = "is a link, which is not followed" if is_link else "is a pipe or a device, not a file"
    return Unlisted(uri_of(path), base, reason, failed=False)


def _file(path: Path, status: os.stat_result, base: str) -> SourceFile:
    return SourceFile(
        path,
        uri_of(path),
        base,
        status.st_size,
        status.st_mtime_ns,
        identity_of(status),
        status.st_ctime_ns,
    )


def uri_of(path: Path) -> str:
    """The path as text that can be stored and shown: the undecodable byte 255 becomes `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
