"""The files of a git repository at one revision, through the `git` program: no hooks, no prompts."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from pydantic import Field

from ingest.errors import FileAccessError, FileTooLargeError, SourceError
from ingest.sources.contract import Secret, SourceContext, SourceObject, parse_options
from rag.errors import ConfigurationError
from rag.settings.base import Section

_REFERENCE = "refs/inhouse/current"
_LINK, _SUBMODULE = "120000", "160000"
_MOST_COMMITS = 10_000
"""How far back a history is fetched."""
_POLL_S = 0.5
_CREDENTIALS = re.compile(
    r"authentication failed|could not read (username|password)|terminal prompts disabled|permission denied"
    r"|access denied|\b40[13]\b",
    re.IGNORECASE,
)
_RATE_LIMIT = re.compile(r"rate limit|too many requests|\b429\b", re.IGNORECASE)
_NO_REVISION = re.compile(r"couldn't find remote ref|not our ref|no such remote ref", re.IGNORECASE)
_LFS = b"version https://git-lfs.github.com/spec/"


class GitOptions(Section):
    """The options of a source of kind git."""

    url: str = Field(
        min_length=1, description="The repository: a folder, or an address (https, ssh, git, file)."
    )
    revision: str = Field(
        "HEAD",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+-]*$",
        description="Branch, tag or commit whose files are read.",
    )
    folder: str = Field("", description="Only what stands below this folder of the repository.")
    history: int = Field(
        0,
        ge=0,
        le=100,
        description="Earlier states of each file that are read as well, at most one of a day; 0: none.",
    )
    username: str = Field("", description="For https: who signs in.")
    password: Secret | None = Field(None, description="For https: the password or token.")
    ssh_key: Path | None = Field(None, description="For ssh: the file of the private key.")


class GitSource:
    """Fetches the newest state of the revision into a copy of its own, and reads from there."""

    Options: ClassVar[type[GitOptions]] = GitOptions

    def __init__(self, options: Mapping[str, Any], context: SourceContext) -> None:
        self._options = parse_options(GitOptions, options)
        self._context = context
        self._running: subprocess.Popen[bytes] | None = None
        self._contents: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        url = self._options.url
        if url.startswith("-") or "::" in url:
            raise ConfigurationError(f"url: {url!r} is no repository that is read")
        # A list of processes shows the address, and a forge takes its token for a user's name.
        if re.match(r"(?:https?://[^/]*|\w+://[^/]*:[^/]*)@", url, re.IGNORECASE):
            raise ConfigurationError(
                "url: an address holds no user, password or token; use username and password"
            )

    def list(self) -> Iterable[SourceObject]:
        """Every file at the revision; its blob is its revision."""
        self._program = shutil.which("git") or ""
        if not self._program:
            raise SourceError("needs the program git, which is not installed")
        self._copy = self._context.folder / "repository.git"
        self._environment = self._make_environment()
        if not (self._copy / "HEAD").exists():
            self._run("init", "--quiet", "--bare", str(self._copy), inside=False)
        self._run(
            "fetch", "--quiet", "--force", f"--depth={self._depth()}", "--no-tags",
            "--no-recurse-submodules", "--", self._address(), f"+{self._options.revision}:{_REFERENCE}",
        )  # fmt: skip
        folder = self._options.folder.strip("/")
        tree = f"{_REFERENCE}:{folder}" if folder else _REFERENCE
        listed = self._run("ls-tree", "-r", "-z", "--long", "--full-tree", tree)
        objects = list(self._objects(listed, f"{folder}/" if folder else ""))
        yield from objects
        if self._options.history:
            yield from self._former_states(objects, folder)

    def read(self, listed: SourceObject) -> bytes:
        """The blob of a file."""
        if listed.size > self._context.max_bytes:
            limit = self._context.max_bytes / 2**20
            raise FileTooLargeError(
                f"is {listed.size / 2**20:,.1f} MiB, more than {limit:,.1f} MiB"
            )
        process = self._contents = self._contents or self._start("cat-file", "--batch")
        requests, answers = process.stdin, process.stdout
        if requests is None or answers is None:
            raise SourceError("lost its connection to git")
        try:
            requests.write(f"{listed.revision}\n".encode())
            requests.flush()
            header = answers.readline().split()
            size = int(header[2]) if len(header) == 3 else -1
            if size > self._context.max_bytes:  # an earlier state, whose size no list has named
                self._end_contents()
                raise FileTooLargeError(f"is {size / 2**20:,.1f} MiB, more than is read")
            content = answers.read(size) if size >= 0 else b""
            answers.read(1)
        except (OSError, ValueError) as exc:
            raise SourceError(f"lost its connection to git: {exc}") from exc
        if size < 0 or len(content) != size:
            raise SourceError("lost its connection to git")
        if content.startswith(_LFS):
            raise FileAccessError(
                "is kept in Git LFS, of which only the pointer is in the repository"
            )
        return content

    def close(self) -> None:
        """Kill what runs."""
        self._closed.set()
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
        self._end_contents()

    def _end_contents(self) -> None:
        if self._contents is not None:
            self._contents.kill()
            self._contents.communicate()
            self._contents = None

    def _depth(self) -> int:
        """How many commits are fetched."""
        return _MOST_COMMITS if self._options.history else 1

    def _objects(self, listed: bytes, above: str) -> Iterator[SourceObject]:
        for entry in listed.split(b"\0"):
            if not entry:
                continue
            about, _, name = entry.partition(b"\t")
            mode, _, blob, size = about.decode().split()
            path = above + name.decode("utf-8", "backslashreplace")
            if mode in (_LINK, _SUBMODULE):
                what = "link" if mode == _LINK else "submodule"
                yield SourceObject(path, blob, left_out=f"is a {what}, which is not followed")
            else:
                yield SourceObject(path, blob, size=int(size), revision_names_content=True)

    def _former_states(
        self, objects: Sequence[SourceObject], folder: str
    ) -> Iterator[SourceObject]:
        """What the files were at the end of earlier days, the newest first, as files beside them.

        Their names say so: `pay (former 2024-03-01).md`. Of a file that is gone nothing is listed.
        """
        current = {listed.path: listed.revision for listed in objects if not listed.left_out}
        days: dict[str, set[str]] = {}
        blobs = {path: {blob} for path, blob in current.items()}
        taken = {listed.path for listed in objects}
        for committed, path, blob in self._changes(folder):
            states = days.setdefault(path, set())
            day = datetime.fromtimestamp(committed, UTC).date().isoformat()
            is_former = path in current and day not in states and blob not in blobs[path]
            if not is_former or len(states) >= self._options.history:
                continue
            states.add(day)
            blobs[path].add(blob)
            name = PurePosixPath(path)
            former = str(name.with_name(f"{name.stem} (former {day}){name.suffix}"))
            if former not in taken:
                yield SourceObject(
                    former,
                    blob,
                    modified_at=float(committed),
                    metadata={"former": path},
                    revision_names_content=True,
                )

    def _changes(self, folder: str) -> Iterator[tuple[int, str, str]]:
        """Seconds, path and new blob of every change of the branch, the newest first."""
        listed = self._run(
            "log", "--first-parent", "--diff-merges=first-parent", "--no-renames", "--diff-filter=AM",
            "--raw", "-z", "--no-abbrev", "--format=%x01%ct", _REFERENCE, "--", folder or ".",
        )  # fmt: skip
        words = iter(listed.split(b"\0"))
        committed = 0
        for word in words:
            entry = word.strip(b"\n")
            if entry.startswith(b"\1"):
                committed = int(entry[1:])
            elif entry.startswith(b":"):
                _, mode, _, blob, _ = entry.decode().split()
                path = next(words).decode("utf-8", "backslashreplace")
                if mode not in (_LINK, _SUBMODULE):
                    yield committed, path, blob

    def _address(self) -> str:
        """The url for git: a folder as an absolute path."""
        url = self._options.url
        if "://" in url or re.match(r"[\w.-]+@?[\w.-]*:", url):
            return url
        return str(Path(url).expanduser().absolute())

    def _make_environment(self) -> dict[str, str]:
        """Nothing of the user's git settings, no questions, and the credentials where no list of processes
        shows them."""
        options = self._options
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        for name in ("GIT_SSL_CAINFO", "SSL_CERT_FILE"):
            if authorities := os.environ.get(name):
                environment["GIT_SSL_CAINFO"] = authorities
                break
        slowest_s = str(max(1, int(self._context.timeout_s)))
        settings = {
            "core.hooksPath": os.devnull,
            "core.fsmonitor": "false",
            "credential.helper": "",
            "gc.autoDetach": "false",
            "gc.pruneExpire": "now",
            "http.lowSpeedLimit": "1",
            "http.lowSpeedTime": slowest_s,
            "protocol.version": "2",
        }
        if password := self._context.read_secret(options.password):
            pair = base64.b64encode(f"{options.username}:{password}".encode()).decode()
            self._context.hide(pair)
            settings["http.extraHeader"] = f"Authorization: Basic {pair}"
        ssh = (
            f"ssh -o BatchMode=yes -o ConnectTimeout={slowest_s} -o ServerAliveInterval={slowest_s}"
        )
        if options.ssh_key is not None:
            key = str(options.ssh_key.absolute()).replace("'", "'\\''")
            ssh += f" -o IdentitiesOnly=yes -i '{key}'"
        environment |= {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "SSH_ASKPASS": "true",
            "GIT_SSH_COMMAND": ssh,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "GIT_CONFIG_COUNT": str(len(settings)),
            "LC_ALL": "C",
        }
        for number, (name, value) in enumerate(settings.items()):
            environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return environment

    def _start(self, *arguments: str, inside: bool = True) -> subprocess.Popen[bytes]:
        where: Sequence[str] = ("--git-dir", str(self._copy)) if inside else ()
        if self._closed.is_set():
            raise SourceError("was closed")
        return subprocess.Popen(
            [self._program, *where, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self._environment, cwd=self._context.folder,
        )  # fmt: skip

    def _run(self, *arguments: str, inside: bool = True) -> bytes:
        """What git prints. Raises SourceError with the reason that git gives."""
        process = self._running = self._start(*arguments, inside=inside)
        while True:
            try:
                output, errors = process.communicate(timeout=_POLL_S)
                break
            except subprocess.TimeoutExpired:
                self._context.beat()  # a silent connection is ended by git itself
        self._running = None
        if process.returncode:
            raise SourceError(self._reason(errors.decode("utf-8", "replace")))
        return output

    def _reason(self, errors: str) -> str:
        if self._closed.is_set():
            return "was closed"
        if _RATE_LIMIT.search(errors):
            return "asks to wait (a rate limit); the next run tries again"
        if _NO_REVISION.search(errors):
            return f"has no revision {self._options.revision}"
        if _CREDENTIALS.search(errors):
            return "does not accept the credentials, or they have expired"
        lines = [line for line in errors.splitlines() if line.strip()]
        fatal = next((line for line in lines if line.startswith(("fatal:", "error:"))), "")
        message = (fatal or "".join(lines[:1]) or "git said nothing").partition(": ")
        return f"cannot be fetched: {message[2] or message[0]}"
