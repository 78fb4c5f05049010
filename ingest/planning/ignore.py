"""What is left out of a folder: hidden entries, programs' traces, include and exclude globs, ignore files.

Globs and ignore files are read as Git reads `.gitignore`: a slash inside anchors to the folder, one at the
end means folders alone, `**` is any number of folders, `!` takes back, the last line that fits counts, and
what stands below a folder that is left out cannot be taken back.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Sequence

from pathspec import GitIgnoreSpec

from ingest.errors import RuleFileError
from rag.errors import ConfigurationError

IGNORE_FILE = ".inhouseignore"
SIDECAR = ".inhouse-readers"
"""The file in a folder that names who may read what stands below it: one reader token a line."""
MAX_RULE_FILE_BYTES = 1 << 20
_NOISE = re.compile(
    r"~\$.*|\.~lock\..*#|(?:eh)?thumbs\.db|desktop\.ini|\.ds_store|\._.*|__macosx|\$recycle\.bin"
    r"|system volume information|icon\r",
    re.IGNORECASE | re.DOTALL,
)
"""What Office, LibreOffice, Windows and macOS leave beside documents, such as the lock of an open one."""
_MAX_STARS = 3
_MAX_DEEP_STARS = 3


class IgnoreRules:
    """What is left out below one folder, given by its real path.

    `include` is a list of lists: a file has to fit one glob of each that is not empty. Raises
    ConfigurationError for a glob that makes no sense.
    """

    def __init__(
        self,
        folder: str,
        *,
        include: Sequence[Sequence[str]] = (),
        exclude: Sequence[str] = (),
        hidden: bool = False,
    ) -> None:
        self._skip = len(folder.rstrip("/")) + 1
        self._hidden = hidden
        self._include = [_compiled(globs) for globs in include if globs]
        self._exclude = [_compiled(exclude)] if exclude else []
        self._chains: dict[str, _Chain] = {}

    def leaves_out(self, folder: str, name: str, *, is_folder: bool) -> bool:
        """Whether an entry of `folder`, which was not left out, is left out.

        Raises RuleFileError if an ignore file that may speak of it cannot be read.
        """
        if (name.startswith(".") and not self._hidden) or _NOISE.fullmatch(name):
            return True
        path = f"{folder.rstrip('/')}/{name}{'/' if is_folder else ''}"
        inside = path[self._skip :]
        if any(spec.match_file(inside) for spec in self._exclude):
            return True
        if not is_folder and not all(spec.match_file(inside) for spec in self._include):
            return True
        for skip, spec in self._chain(folder):
            verdict = spec.check_file(path[skip:]).include
            if verdict is not None:
                return verdict
        return False

    def _chain(self, folder: str) -> _Chain:
        """The ignore files of a folder and of those above it, the nearest first."""
        if folder not in self._chains:
            above = os.path.dirname(folder)  # noqa: PTH120 - strings: paths are many
            inherited = self._chain(above) if above != folder else ()
            own = _read_ignore_file(folder)
            prefix = len(folder.rstrip("/")) + 1
            self._chains[folder] = inherited if own is None else ((prefix, own), *inherited)
        return self._chains[folder]


_Chain = tuple[tuple[int, GitIgnoreSpec], ...]
"""(how many characters of a path stand before the part that the ignore file speaks of, its patterns)"""


def _compiled(globs: Iterable[str]) -> GitIgnoreSpec:
    globs = list(globs)
    try:
        return GitIgnoreSpec.from_lines(globs)
    except (ValueError, re.error) as exc:
        raise ConfigurationError(f"{globs} holds a glob that makes no sense: {exc}.") from exc


def _read_ignore_file(folder: str) -> GitIgnoreSpec | None:
    try:
        text = read_rule_file(folder, IGNORE_FILE)
    except OSError as exc:
        raise RuleFileError(f"has an {IGNORE_FILE} that cannot be read: {exc.strerror}") from exc
    if text is None:
        return None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    for number, line in enumerate(lines, 1):
        if _is_too_costly(line):
            raise RuleFileError(f"has an {IGNORE_FILE} with too many stars in line {number}")
    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error) as exc:
        raise RuleFileError(f"has an {IGNORE_FILE} with a line that makes no sense: {exc}") from exc


def _is_too_costly(line: str) -> bool:
    """Whether a long name could keep this pattern busy: whoever may write to a share may write one."""
    parts = line.split("/")
    stars = max(len(re.findall(r"\*+", part)) for part in parts)
    return stars > _MAX_STARS or sum(part == "**" for part in parts) > _MAX_DEEP_STARS


def read_rule_file(folder: str, name: str) -> str | None:
    """The text of a folder's file of rules, or None if it has none.

    Raises OSError for one that cannot be read, is a link, a pipe or a folder, or is too large: whoever asks
    has to assume the strictest.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(f"{folder.rstrip('/')}/{name}", flags)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "It is not a regular file")
        if status.st_size > MAX_RULE_FILE_BYTES:
            raise OSError(0, f"It is larger than {MAX_RULE_FILE_BYTES >> 20} MiB")
        # Names that are no UTF-8 are spelt as the file system spells them.
        text = os.read(descriptor, MAX_RULE_FILE_BYTES).decode("utf-8", "surrogateescape")
        return text.lstrip("\ufeff")
    finally:
        os.close(descriptor)
