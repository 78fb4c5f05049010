"""Who may read which file: the rules of the settings, files of readers in folders, the file's permissions.

Each rule that matches a file lists its readers, and whoever is to read the file has to be in all of these
lists. As soon as there is one rule, a file that none matches is for nobody. A file of readers that cannot be
read or understood matches everything below it, and lists nobody. An object of a source has the readers that
its source and its settings state, as far as the rules that fit it agree; if neither states any, nobody.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

from ingest.planning.ignore import SIDECAR, read_rule_file
from ingest.planning.posix import PosixReaders
from ingest.planning.source import Listing, Unlisted, uri_of
from rag.document import Labels
from rag.errors import ConfigurationError
from rag.readers import Readers, check_token, intersection, parse, to_stored
from rag.settings import AccessSettings


class Access:
    """Who may read the files of one run.

    `problems`: by folder, why its file of readers cannot be obeyed.
    """

    def __init__(
        self, settings: AccessSettings, folders: Mapping[str, bool], *, assume_rules: bool = False
    ) -> None:
        """`folders`: whether a folder may hold a file of readers, by its real path.

        `assume_rules`: there are rules even if none is found here; for a run that could not look
        everywhere. Raises ConfigurationError for a glob that makes no sense.
        """
        self.problems: dict[str, str] = {}
        self._rules = [(_compiled(rule.glob), parse(rule.readers)) for rule in settings.rules]
        self._posix = PosixReaders() if settings.posix else None
        self._said: dict[str, tuple[Readers, ...]] = {}
        self._folders = folders
        for folder in folders:
            self._of_folder(folder)
        self._exist = bool(
            assume_rules or self._rules or self._posix is not None or any(self._said.values())
        )

    def readers(self, path: Path, base: Path) -> tuple[str, ...]:
        """Who may read the file at `path`, as it is stored; `base` is its root's folder."""
        if not self._exist:
            return to_stored(None)
        named = list(self._named(path, base))
        return to_stored(intersection(named) if named else frozenset())

    def object_readers(self, uri: str, stated: Sequence[Readers]) -> tuple[str, ...]:
        """Who may read an object of a source, as it is stored.

        `stated` is what the source and its settings say: if that is nothing, nobody. The rules that fit
        `uri` can only take readers away.
        """
        named = [*stated, *self._by_rules(uri)]
        return to_stored(intersection(named) if stated else frozenset())

    def _named(self, path: Path, base: Path) -> Iterator[Readers]:
        """What each rule that speaks of the file says."""
        yield from self._by_rules(str(path))
        yield from self._of_folder(str(path.parent))
        if self._posix is not None:
            yield self._posix.readers(path, base)

    def _by_rules(self, name: str) -> Iterator[Readers]:
        # A rule that is written with composed letters also means a name with decomposed ones.
        name = unicodedata.normalize("NFC", name).replace("://", ":/").lstrip("/")
        yield from (readers for glob, readers in self._rules if glob.match_file(name))

    def _of_folder(self, folder: str) -> tuple[Readers, ...]:
        """What the files of readers in a folder and above it say together: one word, or none."""
        if folder not in self._said:
            above = os.path.dirname(folder)  # noqa: PTH120 - strings: folders are many
            inherited = self._of_folder(above) if above != folder else ()
            own = self._own(folder) if self._folders.get(folder, True) else ()
            self._said[folder] = (intersection([*inherited, *own]),) if own else inherited
        return self._said[folder]

    def _own(self, folder: str) -> tuple[Readers, ...]:
        try:
            text = read_rule_file(folder, SIDECAR)
            return () if text is None else (parse(_tokens(text)),)
        except OSError as exc:
            self.problems[folder] = f"cannot be read: {exc.strerror}"
        except ValueError as exc:
            self.problems[folder] = f"makes no sense: {exc}"
        return (frozenset(),)


def label(
    listing: Listing, settings: AccessSettings, *, assume_rules: bool = False
) -> tuple[dict[str, Labels], list[Unlisted]]:
    """Readers and tags of every listed file by its uri, and the rules that could not be obeyed.

    See `Access` for `assume_rules`.
    """
    access = Access(settings, listing.folders, assume_rules=assume_rules)
    known: dict[Labels, Labels] = {}  # many files share few labels
    labels = {}
    for file, root in listing.files:
        readers = (
            access.object_readers(file.uri, file.fetched.readers)
            if file.fetched
            else access.readers(file.path, root.base)
        )
        of_file = Labels(readers, root.tags)
        labels[file.uri] = known.setdefault(of_file, of_file)
    problems = [
        Unlisted(
            uri_of(Path(folder, SIDECAR)),
            uri_of(Path(folder)),
            f"{reason}; nobody may read what stands below it",
            failed=True,
        )
        for folder, reason in access.problems.items()
    ]
    return labels, problems


def _compiled(glob: str) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines([unicodedata.normalize("NFC", glob)])
    except (ValueError, re.error) as exc:
        raise ConfigurationError(f"access.rules: the glob {glob!r} makes no sense: {exc}.") from exc


def _tokens(text: str) -> Iterator[str]:
    """The reader tokens of a file of readers; `#` begins a comment line."""
    text.encode()  # a byte that is no UTF-8 is a ValueError
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield check_token(line)
