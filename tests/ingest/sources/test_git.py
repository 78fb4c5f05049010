"""A source of kind git, with real repositories and the real program."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag import Assistant
from rag.errors import ConfigurationError
from rag.testing import HashingEmbedder
from tests.cli.conftest import CommandResult, inhouse_in_process
from tests.ingest.sources.world import SourceHome, page

__all__ = ["inhouse_in_process"]

_AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")


class Repository:
    """A repository whose files a test writes and commits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, **variables: str) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | variables
        return subprocess.run(
            [shutil.which("git") or "git", *_AUTHOR, *arguments],
            cwd=self.folder, check=True, capture_output=True, text=True, env=environment,
        ).stdout.strip()  # fmt: skip

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, day: str = "") -> str:
        self.git("add", "--all")
        dates = {"GIT_COMMITTER_DATE": f"{day}T12:00:00+0000"} if day else {}
        self.git("commit", "--quiet", "--message=a change", **dates)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Four pages, a link and a program, committed."""
    repository = Repository(tmp_path / "handbook")
    for number in range(4):
        repository.write(f"docs/{number}.md", page(number))
    (repository.folder / "docs/link.md").symlink_to("/etc/passwd")
    repository.write("build.sh", "exit 1\n")
    repository.commit()
    return repository


@pytest.fixture
def git(tmp_path: Path, repository: Repository) -> SourceHome:
    """The source that reads it."""
    return SourceHome(
        tmp_path, kind="git", name="handbook", url=str(repository.folder), readers=["*"]
    )


def test_files_of_a_repository_are_followed(git: SourceHome, repository: Repository) -> None:
    """Added, changed, moved and deleted, by what was committed; links are named and not followed."""
    report = git.ingest()
    assert (report.added, report.exit_code) == (4, 0)
    assert {problem.uri for problem in report.skipped} == {
        "git://handbook/build.sh",
        "git://handbook/docs/link.md",
    }
    repository.write("docs/0.md", "# Not committed\n\nThis is nobody's business yet.\n")
    assert (git.ingest().unchanged, git.ingest().chunks_embedded) == (4, 0)
    repository.git("rm", "--quiet", "docs/1.md")
    repository.git("mv", "docs/2.md", "docs/moved.md")
    repository.commit()
    report = git.ingest()
    assert (report.updated, report.moved, report.deleted, report.unchanged) == (1, 1, 1, 1)
    assert sorted(git.readers()) == ["docs/0.md", "docs/3.md", "docs/moved.md"]


def test_a_revision_and_a_folder_can_be_named(git: SourceHome, repository: Repository) -> None:
    """A branch, a tag or a commit; what is not below the folder is not there."""
    first = repository.git("rev-parse", "HEAD")
    repository.git("tag", "v1")
    repository.write("other/5.md", page(5))
    repository.commit()
    for revision, count in (("main", 5), ("v1", 4), (first, 4)):
        git.settings["revision"] = revision
        git.ingest_settings["max_delete"] = 1
        git.ingest()
        assert len(git.readers()) == count
    git.settings |= {"revision": "main", "folder": "other"}
    git.ingest()
    assert list(git.readers()) == ["other/5.md"]


def test_earlier_states_are_versions(git: SourceHome, repository: Repository) -> None:
    """The last of each day, as documents whose names say so; those of a deleted file go with it."""
    assert git.ingest().added == 4
    for day, days in (
        ("2024-01-05", 20),
        ("2024-03-01", 24),
        ("2024-03-01", 25),
        ("2024-09-30", 28),
    ):
        repository.write(
            "docs/leave.md", f"# Leave\n\nEverybody has {days} days of leave a year.\n"
        )
        repository.commit(day)
    git.settings |= {"history": 2, "folder": "docs"}
    report = git.ingest()
    former = ["docs/leave (former 2024-01-05).md", "docs/leave (former 2024-03-01).md"]
    assert (report.added, report.exit_code) == (3, 0)
    assert {"docs/leave.md", *former} <= set(git.readers())
    assert (git.ingest().unchanged, git.ingest().chunks_embedded) == (7, 0)
    assistant = Assistant.open(git.data, embedder=HashingEmbedder())
    texts = {hit.uri.partition("docs/")[2]: hit.text for hit in assistant.search("days of leave")}
    assert "28 days" in texts["leave.md"]
    assert "25 days" in texts["leave (former 2024-03-01).md"]
    assert "28 days" in assistant.extracts("How many days of leave does everybody have?")[0].text
    repository.git("rm", "--quiet", "docs/leave.md")
    repository.commit()
    assert git.ingest().deleted == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"revision": "no-such-branch"}, "has no revision no-such-branch"),
        ({"url": "/nowhere/repository"}, "cannot be fetched"),
        ({"folder": "nowhere"}, "cannot be fetched"),
    ],
)
def test_a_fault_deletes_nothing(git: SourceHome, change: dict[str, str], reason: str) -> None:
    """It is one sentence, and the documents stay."""
    git.ingest()
    git.settings |= change
    report = git.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert reason in report.roots[0].reason
    assert len(git.readers()) == 4


def test_no_hook_and_no_setting_of_the_user_is_obeyed(
    git: SourceHome, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither hooks that somebody put into the copy, nor aliases and filters of the user's own file."""
    mark = tmp_path / "mark"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-rewrite"):
        hook = hooks / name
        hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)
    (tmp_path / ".gitconfig").write_text(f"[core]\nhooksPath = {hooks}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    repository.git("--version")
    git.ingest()
    assert not mark.exists()


def test_a_document_is_forgotten_with_its_copy(
    git: SourceHome, repository: Repository, inhouse_in_process: Callable[..., CommandResult]
) -> None:
    """By its uri; the copy of the repository, which still holds it, goes as well and is made anew."""
    git.ingest()
    repository.git("rm", "--quiet", "docs/1.md")
    repository.commit()
    git.ingest()
    copy = git.data / "sources/git/handbook"
    assert copy.stat().st_mode & 0o077 == 0, "only its owner may look into it"
    result = inhouse_in_process(
        "forget", "--yes", "--data", str(git.data), "git://handbook/docs/1.md"
    )
    assert (result.code, copy.exists()) == (0, False), result.err
    assert (git.ingest().unchanged, copy.exists()) == (3, True)


class RefusingServer(BaseHTTPRequestHandler):
    """Answers as a forge does: 401 without the right token, 429 with it."""

    authorizations: list[str]

    def do_GET(self) -> None:
        """One answer, whatever is asked."""
        given = self.headers.get("authorization", "")
        self.authorizations.append(given)
        self.send_response(429 if given.startswith("Basic") else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="forge"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its base's name
        """Say nothing."""


@pytest.fixture
def forge() -> Iterator[str]:
    RefusingServer.authorizations = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), RefusingServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/team/handbook.git"
    server.shutdown()
    server.server_close()


def test_credentials_and_rate_limits_are_one_sentence(
    git: SourceHome, forge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked for a password; the one that is configured is sent and never shown."""
    git.ingest()
    git.settings["url"] = forge
    report = git.ingest()
    assert (report.roots[0].reason, report.exit_code) == (
        "does not accept the credentials, or they have expired",
        1,
    )
    monkeypatch.setenv("FORGE_TOKEN", "glpat-12345678")
    git.settings |= {"username": "reader", "password": {"env": "FORGE_TOKEN"}}
    report = git.ingest()
    assert report.roots[0].reason == "asks to wait (a rate limit); the next run tries again"
    pair = base64.b64encode(b"reader:glpat-12345678").decode()
    assert RefusingServer.authorizations[-1] == f"Basic {pair}"
    assert (report.deleted, len(git.readers())) == (0, 4)


@pytest.mark.parametrize("user", ["hf-12345678", "reader:hf-12345678"])
def test_a_token_in_the_address_is_refused(git: SourceHome, user: str) -> None:
    """A list of processes would show it; the message does not."""
    git.settings["url"] = f"https://{user}@forge.example.org/handbook"
    with pytest.raises(ConfigurationError, match="holds no user, password or token") as caught:
        git.ingest()
    assert "hf-12345678" not in str(caught.value)
