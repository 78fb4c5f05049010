"""Remotes of rclone: S3, Azure, Google, SharePoint, WebDAV, SFTP, SMB and others, through its program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, ClassVar

from pydantic import Field

from ingest.errors import FileAccessError, FileTooLargeError, SourceError
from ingest.sources.contract import Secret, SourceContext, SourceObject, parse_options
from rag.errors import ConfigurationError
from rag.settings.base import Section

_POLL_S = 0.2
_PIECE = 1 << 20
_NO_HASHES = frozenset({"", "none"})
_CREDENTIALS = re.compile(
    r"\b40[13]\b|unauthori[sz]ed|forbidden|access ?denied|invalidaccesskey|signaturedoesnotmatch|expired"
    r"|authenticat(ion|e)\b|log[io]n|invalid_grant|token|permission denied|couldn't decrypt",
    re.IGNORECASE,
)
_RATE_LIMIT = re.compile(r"\b429\b|rate ?limit|too many requests|slow ?down|quota", re.IGNORECASE)
_SECRET = re.compile(r",\s*\w*(pass|secret|token|key|sas_url|credentials)\w*\s*=", re.IGNORECASE)
"""An option of a remote that is written out, which holds a secret."""
_FILES_AT_ONCE = 250
_BYTES_AT_ONCE = 256 * 2**20
"""What is fetched by one process at most: starting one takes a third of a second."""
_MOST_FAILURES = 5
"""So many files in a row that cannot be read are a remote that is away, or credentials that have expired."""
_PREFIX = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (\w+\s*: )?", re.MULTILINE)


class RcloneOptions(Section):
    """The options of a source of kind rclone."""

    remote: str = Field(
        min_length=1,
        description="A remote of rclone's configuration and a folder there, REMOTE:FOLDER.",
    )
    config: Path | None = Field(
        None,
        description="rclone's configuration, with the remote and its credentials; unset: the user's.",
    )
    config_password: Secret | None = Field(
        None, description="The password of a configuration that is encrypted."
    )
    hashes: bool = Field(
        True,
        description="Take hashes as revisions where the remote has them at no cost: a moved file is not read "
        "again.",
    )


class RcloneSource:
    """Lists with `rclone lsjson`; reads with `rclone copy`, many files at once, or `rclone cat`."""

    Options: ClassVar[type[RcloneOptions]] = RcloneOptions

    def __init__(self, options: Mapping[str, Any], context: SourceContext) -> None:
        self._options, self._context = parse_options(RcloneOptions, options), context
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._failures = 0
        self._expected: deque[SourceObject] = deque()
        self._batch: tempfile.TemporaryDirectory[str] | None = None
        remote = self._options.remote
        if remote.startswith("-") or ":" not in remote:
            raise ConfigurationError(
                f"remote: {remote!r} is no remote of rclone, such as sharepoint:Policies"
            )
        if _SECRET.search(remote):  # a list of processes would show it
            raise ConfigurationError(
                "remote: it holds a secret; keep that in rclone's configuration (config)"
            )

    def list(self) -> Iterable[SourceObject]:
        """Every file of the remote."""
        self._program = shutil.which("rclone") or ""
        if not self._program:
            raise SourceError("needs the program rclone, which is not installed (rclone.org)")
        if self._options.config is not None and not self._options.config.is_file():
            raise SourceError(f"has no configuration file {self._options.config}")
        self._environment = self._make_environment()
        with tempfile.TemporaryFile() as output:
            self._run(output, "lsjson", "--recursive", "--files-only", *self._hash_options())
            output.seek(0)
            # One file is one line; the whole may be large.
            for line in output:
                text = line.strip().rstrip(b",")
                if text not in (b"[", b"]", b"[]", b""):
                    yield from self._objects(text)

    def expect(self, objects: Sequence[SourceObject]) -> None:
        """These will be read, in this order."""
        self._expected = deque(
            listed for listed in objects if 0 < listed.size <= self._context.max_bytes
        )

    def read(self, listed: SourceObject) -> bytes:
        """The content of a file."""
        if listed.size > self._context.max_bytes:
            limit = self._context.max_bytes / 2**20
            raise FileTooLargeError(
                f"is {listed.size / 2**20:,.1f} MiB, more than {limit:,.1f} MiB"
            )
        if self._expected and self._expected[0].path == listed.path:
            self._fetch_batch()
        if self._batch is not None:
            copy = Path(self._batch.name, "files", listed.path)
            if copy.is_file() and not copy.is_symlink():
                content = copy.read_bytes()
                copy.unlink()
                return content
        with tempfile.TemporaryFile() as output:
            try:
                self._run(output, "cat", below=listed.path)
            except SourceError as exc:
                self._failures += 1
                is_limit = _RATE_LIMIT.search(exc.reason) is not None
                if is_limit or self._failures >= _MOST_FAILURES or self._closed.is_set():
                    raise
                raise FileAccessError(exc.reason) from exc
            self._failures = 0
            output.seek(0)
            return output.read(self._context.max_bytes + 1)

    def close(self) -> None:
        """Kill what runs."""
        self._closed.set()
        process = self._running
        if process is not None:
            process.kill()
        if self._batch is not None:
            self._batch.cleanup()

    def _fetch_batch(self) -> None:
        """Copy the next files into a private folder. What fails is tried again one by one, and named."""
        if self._batch is not None:
            self._batch.cleanup()
        self._batch = tempfile.TemporaryDirectory(prefix="inhouse-", dir=self._context.folder)
        names, size = list[str](), 0
        while self._expected and len(names) < _FILES_AT_ONCE and size < _BYTES_AT_ONCE:
            listed = self._expected.popleft()
            names.append(listed.path)
            size += listed.size
        wanted, files = Path(self._batch.name, "wanted"), Path(self._batch.name, "files")
        wanted.write_text("".join(f"{name}\n" for name in names), "utf-8")
        options = (f"--files-from-raw={wanted}", "--no-traverse")
        try:
            with tempfile.TemporaryFile() as output:
                self._run(output, "copy", *options, to=str(files))
        except SourceError as exc:
            if _RATE_LIMIT.search(exc.reason) or self._closed.is_set():
                raise

    def _objects(self, text: bytes) -> Iterator[SourceObject]:
        try:
            entry = json.loads(text)
            path, size, changed = str(entry["Path"]), int(entry["Size"]), str(entry["ModTime"])
        except (ValueError, KeyError, TypeError) as exc:
            raise SourceError("gave a list that makes no sense") from exc
        hashes = {name: value for name, value in (entry.get("Hashes") or {}).items() if value}
        revision = f"{size} {changed} {entry.get('ID', '')}"
        if hashes:
            name = min(hashes)
            revision = f"{size} {name}:{hashes[name]}"
        yield SourceObject(
            path,
            revision,
            size=max(size, 0),  # of some documents of Google rclone does not know it
            modified_at=_moment(changed),
            revision_names_content=bool(hashes),
        )

    def _hash_options(self) -> Sequence[str]:
        """Ask for hashes, unless they cost a reading of every file, as on a disk."""
        if not self._options.hashes:
            return ()
        with tempfile.TemporaryFile() as output:
            self._run(output, "backend", "features")
            output.seek(0)
            try:
                described = json.loads(output.read())
                is_slow = described["Features"].get("SlowHash", True)
                has_hashes = bool(set(described.get("Hashes") or ()) - _NO_HASHES)
            except (ValueError, KeyError, AttributeError) as exc:
                raise SourceError("does not describe itself; set hashes = false") from exc
        return ("--hash",) if has_hashes and not is_slow else ()

    def _make_environment(self) -> dict[str, str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RCLONE_")}
        # With this variable rclone refuses S3: its own option is for every protocol.
        authorities = environment.pop("AWS_CA_BUNDLE", "")
        if authorities := os.environ.get("RCLONE_CA_CERT", authorities):
            environment["RCLONE_CA_CERT"] = authorities
        environment |= {"RCLONE_ASK_PASSWORD": "false", "RCLONE_AUTO_CONFIRM": "false"}
        if self._options.config is not None:
            environment["RCLONE_CONFIG"] = str(self._options.config.absolute())
        if password := self._context.read_secret(self._options.config_password):
            environment["RCLONE_CONFIG_PASS"] = password
        return environment

    def _run(
        self, output: IO[bytes], command: str, *options: str, below: str = "", to: str = ""
    ) -> None:
        """Run rclone, its output into a file. Raises SourceError with what it says."""
        if self._closed.is_set():
            raise SourceError("was closed")
        limit = f"{max(1, int(self._context.timeout_s))}s"
        remote = self._options.remote
        if below:
            remote = remote + below if remote.endswith((":", "/")) else f"{remote}/{below}"
        with tempfile.TemporaryFile() as errors:
            process = self._running = subprocess.Popen(
                [
                    self._program, command, *options, "--retries=1", "--low-level-retries=3",
                    f"--contimeout={limit}", f"--timeout={limit}", "--log-level=ERROR", "--", remote,
                    *([to] if to else []),
                ],
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=self._environment,
            )  # fmt: skip
            while True:
                try:
                    code = process.wait(_POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    self._context.beat()  # rclone itself ends what is silent
            self._running = None
            if code:
                errors.seek(0)
                raise SourceError(self._reason(errors.read(_PIECE).decode("utf-8", "replace")))

    def _reason(self, errors: str) -> str:
        if self._closed.is_set():
            return "was closed"
        lines = [line.strip() for line in _PREFIX.sub("", errors).splitlines() if line.strip()]
        message = (
            lines[-1].partition("Failed to ")[2] or lines[-1] if lines else "rclone said nothing"
        )
        if _RATE_LIMIT.search(errors):
            return f"asks to wait (a rate limit): {message}"
        if _CREDENTIALS.search(errors):
            return f"does not accept the credentials, or they have expired: {message}"
        return f"cannot be read: {message}"


def _moment(text: str) -> float | None:
    """Seconds since the epoch of a time as rclone writes it, with nanoseconds."""
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp()
    except ValueError:
        return None
