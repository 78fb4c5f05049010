"""Finding the files below the given folders."""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import RuleFileError, SourceError
from ingest.opening import Identity, identify, open_unlinked
from ingest.patience import Beat, Patience, StalledError
from ingest.planning.ignore import IGNORE_FILE, SIDECAR, IgnoreRules
from rag.errors import UsageError
from rag.settings import IngestSettings, RootSettings

if TYPE_CHECKING:
    from ingest.sources.opened import FetchedObject, OpenSource

_NOT_THERE = "is not there"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder or file to read: absolute, links resolved.

    `base` is the configured folder that it is or stands in, else itself: what globs are relative to.
    `fault` says why it cannot be read now, or is empty; `named` is then how it was named. `is_configured`:
    it is one of ingest.roots or ingest.sources. `source` is what a root of ingest.sources is read with;
    its `path` is no path then.
    """

    path: Path
    base: Path
    tags: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fault: str = ""
    is_configured: bool = False
    named: str = ""
    source: OpenSource | None = None

    @property
    def uri(self) -> str:
        return self.source.uri if self.source else uri_of(self.path)

    @property
    def base_uri(self) -> str:
        """What the ledger calls the root of its files."""
        return self.source.uri if self.source else uri_of(self.base)

    def holds(self, uri: str) -> bool:
        """Whether `uri` is this root or stands below it."""
        return uri == self.uri or uri.startswith(self.uri.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A regular file below a root, as the folder listed it.

    `uri` is its absolute POSIX path. In a name that is not UTF-8, `\\xff` stands for what cannot be said, so
    that two such names stay two. `modified_ns` (mtime) is what programs say of the file, `changed_ns` (ctime)
    what the file system says. `identity`: which file had that name when the folder was listed.

    What a program put there under a uri of its own is read from a file as well, and so is an object of a
    source, which is `fetched` into that file shortly before. Their `title` and `metadata` are those of the
    program or the source, and `modified_ns` may be 0: not known. The `changed_ns` of an object is its
    revision as a number.
    """

    path: Path
    uri: str
    root: str
    size: int
    modified_ns: int
    identity: Identity | None = None
    changed_ns: int = 0
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    fetched: FetchedObject | None = None

    @property
    def is_put(self) -> bool:
        """Whether a program put it there or a source has it, and no folder holds it."""
        return not self.uri.startswith("/")

    @property
    def named_path(self) -> Path:
        """Its path as far as that names it: what a program put has only its uri."""
        return Path(self.uri.partition(":")[2]) if self.is_put else self.path


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

    def add(self, other: Listing) -> None:
        """Take in what stands below another root."""
        self.files += other.files
        self.unlisted += other.unlisted
        for folder, may_rule in other.folders.items():
            self.folders.setdefault(folder, may_rule)

    @property
    def unreachable(self) -> tuple[str, ...]:
        """Beginnings of uris that could not be looked at: what is known below them is not gone."""
        return tuple(f"{entry.uri.rstrip('/')}/" for entry in self.unlisted if entry.failed)


def resolve_roots(
    paths: Sequence[str | os.PathLike[str]],
    configured: Sequence[RootSettings] = (),
    patience: Patience | None = None,
) -> list[Root]:
    """What to read: `paths`, or if there are none, the configured folders.

    A path inside another is dropped; a configured folder inside another is a root of its own, with its own
    tags and globs. A root that is not there, or does not answer, has a `fault`; see `check_roots`. Raises
    UsageError if there is none at all.
    """
    patience = patience or Patience()
    faults: dict[Path, tuple[str, str]] = {}

    def resolve(path: Path) -> Path:
        resolved, fault = _resolve(path, patience)
        if fault:
            faults[resolved] = fault, str(path)
        return resolved

    known = {resolve(root.path): root for root in configured}
    given = sorted({resolve(Path(path)) for path in paths} or set(known))
    if not given:
        raise UsageError(
            "Nothing to ingest was given.",
            hint="Name a folder: inhouse ingest FOLDER (or list folders as ingest.roots in "
            "inhouse.toml).",
        )
    outer = [p for p in given if not any(p != q and p.is_relative_to(q) for q in given)]
    inner = [p for p in known if any(p != q and p.is_relative_to(q) for q in outer)]
    return [_root(path, known, faults.get(path, ("", ""))) for path in sorted([*outer, *inner])]


def check_roots(roots: Sequence[Root], ledger: Iterable[str] = ()) -> None:
    """Raise UsageError for a root that cannot be read and was only named, never read before.

    So it is where somebody mistypes a name. `ledger`: the uris of the files that are known. Also where no
    root can be read: then there is nothing to do.
    """
    faulty = [root for root in roots if root.fault]
    if not faulty:
        return
    known = list(ledger)
    for root in faulty:
        is_known = root.is_configured or any(root.holds(uri) for uri in known)
        if not is_known or len(faulty) == len(roots):
            what = f"{root.named} {root.fault}"
            if root.fault == _NOT_THERE:
                what = f"There is no folder {root.named}"
            raise UsageError(f"{what}.", hint="Check the path.")


def _root(path: Path, known: Mapping[Path, RootSettings], fault: tuple[str, str]) -> Root:
    for base in (path, *path.parents):
        if (settings := known.get(base)) is not None:
            globs = settings.include, settings.exclude
            return Root(
                path, base, settings.tags, *globs, fault[0], is_configured=True, named=fault[1]
            )
    return Root(path, path, fault=fault[0], named=fault[1])


def _resolve(path: Path, patience: Patience) -> tuple[Path, str]:
    """The path without links, and why nothing can be read there, or ""."""

    def look_at(_: object) -> tuple[Path, str]:
        resolved = path.resolve(strict=True)
        is_right = resolved.is_dir() or resolved.is_file()
        return resolved, "" if is_right else "is neither a folder nor a file"

    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - without asking the disk
    try:
        return patience.call(look_at)
    except FileNotFoundError:
        return absolute, _NOT_THERE
    except StalledError as exc:
        return absolute, f"does not answer ({exc})"
    except (OSError, RuntimeError) as exc:
        return absolute, f"cannot be read: {exc}"


def look(
    roots: Sequence[Root],
    settings: IngestSettings,
    skip: Collection[Path] = (),
    patience: Patience | None = None,
) -> Listing:
    """Every entry below the roots that is not left out.

    Links, pipes and devices are not read. What is hidden, excluded, ignored or in `skip` is left out without
    a word; a root that is a file is not. A root with a fault, or that stops answering, is an entry that
    failed. Raises ConfigurationError for a glob that makes no sense.
    """
    patience = patience or Patience()
    listing = Listing()
    others = {str(path) for path in (*skip, *(root.path for root in roots if not root.source))}
    for root in roots:
        fault = root.fault
        if not fault:
            try:
                if root.source:
                    listing.add(root.source.list(root, patience))
                else:
                    listing.add(patience.call(functools.partial(_list, root, settings, others)))
            except StalledError as exc:
                fault = f"does not answer ({exc})"
            except SourceError as exc:
                fault = exc.reason
            except OSError as exc:  # a file that has gone meanwhile
                fault = f"cannot be read: {exc.strerror or exc}"
        if fault:
            listing.unlisted.append(
                Unlisted(root.uri.rstrip("/") + "/", root.base_uri, fault, failed=True)
            )
    return listing


def _list(root: Root, settings: IngestSettings, others: Collection[str], beat: Beat) -> Listing:
    listing = Listing()
    if root.path.is_file():
        listing.folders.setdefault(str(root.path.parent), True)
        listing.files.append((_file(root.path, root.path.stat(), uri_of(root.base)), root))
    else:
        _walk(root, settings, others, listing, beat)
    return listing


def _walk(
    root: Root,
    settings: IngestSettings,
    skip: Collection[str],
    listing: Listing,
    beat: Beat,
) -> None:
    rules = IgnoreRules(
        str(root.base),
        include=(settings.include, root.include),
        exclude=(*settings.exclude, *root.exclude),
        hidden=settings.hidden,
    )
    folders = [str(root.path)]
    while folders:
        beat()
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
        identify(status),
        status.st_ctime_ns,
    )


def uri_of(path: Path) -> str:
    """The path as text that can be stored and shown: the undecodable byte 255 becomes `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
