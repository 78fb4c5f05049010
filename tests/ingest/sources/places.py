"""Places with documents, each behind its real server: what a test puts there and takes away."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.ingest.sources.dovecot import PASSWORD, USER, Dovecot, running
from tests.ingest.sources.proxy import BreakableLine, RefusingMailServer, StatusServer
from tests.ingest.sources.site import WebSite, web_page
from tests.ingest.sources.test_git import Repository
from tests.ingest.sources.wiki import TOKEN, Wiki

OUTAGE_BYTES = 2_000
"""A list of some dozen objects has more."""


class SourcePlace(ABC):
    """Documents by name. `settings` are those of the source, without its name and readers."""

    settings: dict[str, Any]
    refusals: Sequence[int] = (401, 429)
    """How it can refuse: 401 for the credentials, 429 for a limit of requests."""

    @abstractmethod
    def put(self, name: str, text: str) -> None: ...

    @abstractmethod
    def remove(self, name: str) -> None: ...

    @abstractmethod
    def rename(self, old: str, new: str) -> None: ...

    def publish(self) -> None:  # noqa: B027 - most have nothing to do
        """After the last change, before a run."""

    @abstractmethod
    def break_off(self) -> None:
        """From now on the server dies in the middle of a list."""

    @abstractmethod
    def mend(self) -> None:
        """As it was before."""

    def refuse(self, status: int) -> dict[str, Any]:
        """Settings with which everything is refused: 401 for the credentials, 429 for a limit."""
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027 - some have nothing to end
        """End what runs."""


class GitPlace(SourcePlace):
    """A repository; what dies is a server that begins to answer."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "handbook")
        self.settings = {"kind": "git", "url": str(self.repository.folder)}
        self._refusing = StatusServer()
        self._line: BreakableLine | None = None
        self._daemon: subprocess.Popen[bytes] | None = None

    def put(self, name: str, text: str) -> None:
        self.repository.write(f"{name}.md", text)

    def remove(self, name: str) -> None:
        (self.repository.folder / f"{name}.md").unlink()

    def rename(self, old: str, new: str) -> None:
        (self.repository.folder / f"{old}.md").rename(self.repository.folder / f"{new}.md")

    def publish(self) -> None:
        self.repository.commit()

    def break_off(self) -> None:
        """Its list of branches ends after the first bytes."""
        port = find_free_port()
        folder = self.repository.folder
        self._daemon = subprocess.Popen(
            [
                shutil.which("git") or "git", "daemon", "--export-all", "--listen=127.0.0.1",
                f"--port={port}", f"--base-path={folder.parent}",
            ],
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_for(port)
        self._line = BreakableLine(port)
        self._line.limit = 60
        self.settings["url"] = f"git://127.0.0.1:{self._line.port}/{folder.name}"

    def mend(self) -> None:
        self.settings["url"] = str(self.repository.folder)
        self._end()

    def refuse(self, status: int) -> dict[str, Any]:
        self._refusing.status = status
        return {"url": f"http://127.0.0.1:{self._refusing.port}/handbook.git"}

    def close(self) -> None:
        self._refusing.close()
        self._end()

    def _end(self) -> None:
        if self._daemon is not None and self._line is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._daemon.pid, 9)
            self._daemon.wait()
            self._line.close()


class SqlPlace(SourcePlace):
    """A table in an SQLite file; what breaks is a row in its middle."""

    refusals = ()

    def __init__(self, folder: Path) -> None:
        self._file = folder / "articles.db"
        self.settings = {
            "kind": "sql",
            "database": str(self._file),
            "query": "SELECT id, text, abs(fault) AS fault FROM articles ORDER BY id",
        }
        self._execute("CREATE TABLE articles (id TEXT PRIMARY KEY, text TEXT, fault INTEGER)")

    def put(self, name: str, text: str) -> None:
        self._execute("INSERT OR REPLACE INTO articles VALUES (?, ?, 0)", name, text)

    def remove(self, name: str) -> None:
        self._execute("DELETE FROM articles WHERE id = ?", name)

    def rename(self, old: str, new: str) -> None:
        self._execute("UPDATE articles SET id = ? WHERE id = ?", new, old)

    def break_off(self) -> None:
        """The smallest of all integers has no absolute value: the query ends there with an error."""
        self._execute("UPDATE articles SET fault = ? WHERE id = 'n0007'", -(2**63))

    def mend(self) -> None:
        self._execute("UPDATE articles SET fault = 0")

    def _execute(self, statement: str, *values: object) -> None:
        with contextlib.closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute(statement, values)


class WebPlace(SourcePlace):
    """A site with a sitemap."""

    def __init__(self, folder: Path) -> None:
        self.site = WebSite()
        self._refusing = StatusServer()
        self.settings = {
            "kind": "web", "url": f"{self.site.url}/", "sitemap": f"{self.site.url}/sitemap.xml",
            "allow_private": True,
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        self.site.put(f"/{name}.html", web_page("A part", body=text))

    def remove(self, name: str) -> None:
        del self.site.pages[f"/{name}.html"]

    def rename(self, old: str, new: str) -> None:
        self.site.pages[f"/{new}.html"] = self.site.pages.pop(f"/{old}.html")
        self.site.types[f"/{new}.html"] = "text/html"

    def publish(self) -> None:
        paths = [path for path in self.site.pages if path.endswith(".html")]
        entries = "".join(f"<url><loc>{self.site.url}{path}</loc></url>" for path in paths)
        namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
        self.site.put("/sitemap.xml", f'<urlset xmlns="{namespace}">{entries}</urlset>', "text/xml")

    def break_off(self) -> None:
        self.site.requests.clear()
        self.site.dies_after = 12

    def mend(self) -> None:
        self.site.dies_after = None

    def refuse(self, status: int) -> dict[str, Any]:
        self._refusing.status = status
        address = f"http://127.0.0.1:{self._refusing.port}/"
        return {"url": address, "sitemap": f"{address}sitemap.xml"}

    def close(self) -> None:
        self.site.close()
        self._refusing.close()


class ConfluencePlace(SourcePlace):
    """A space of pages; a name is part of the title, the page's number never changes."""

    def __init__(self, folder: Path) -> None:
        self.wiki = Wiki()
        self.wiki.at_once = 25
        self._refusing = StatusServer()
        self._numbers: dict[str, str] = {}
        os.environ["WIKI_TOKEN"] = TOKEN
        self.settings = {
            "kind": "confluence", "url": self.wiki.url, "api": "v2", "token": {"env": "WIKI_TOKEN"},
            "allow_private": True, "space_readers": {"HR": ["*"]},
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        number = self._numbers.setdefault(name, str(1_000 + len(self._numbers)))
        version = self.wiki.pages[number].version + 1 if number in self.wiki.pages else 1
        self.wiki.put(number, name, f"<p>{text}</p>", version=version)

    def remove(self, name: str) -> None:
        del self.wiki.pages[self._numbers[name]]

    def rename(self, old: str, new: str) -> None:
        page = self.wiki.pages.pop(self._numbers[old])
        self.wiki.put(str(5_000 + len(self._numbers)), page.title, page.storage)

    def break_off(self) -> None:
        self.wiki.requests.clear()
        self.wiki.dies_after = 5

    def mend(self) -> None:
        self.wiki.dies_after = None

    def refuse(self, status: int) -> dict[str, Any]:
        self._refusing.status = status
        return {"url": f"http://127.0.0.1:{self._refusing.port}/wiki"}

    def close(self) -> None:
        self.wiki.close()
        self._refusing.close()


class ImapPlace(SourcePlace):
    """Messages in a real Dovecot; a name is a subject, and a renamed message is moved to another folder."""

    def __init__(self, folder: Path) -> None:
        self._stack = contextlib.ExitStack()
        self._dovecot: Dovecot = self._stack.enter_context(running())
        self._files: dict[str, Path] = {}
        self._line = BreakableLine(self._dovecot.port)
        self._refusing = RefusingMailServer()
        os.environ["MAIL_PASSWORD"] = PASSWORD
        self.settings = {
            "kind": "imap", "host": "127.0.0.1", "port": self._line.port, "security": "none",
            "username": USER, "password": {"env": "MAIL_PASSWORD"}, "folders": ["*"],
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        if name in self._files:
            self._files[name].unlink()
        self._files[name] = self._dovecot.deliver("A part", text)

    def remove(self, name: str) -> None:
        self._files.pop(name).unlink()

    def rename(self, old: str, new: str) -> None:
        text = self._files[old].read_bytes()
        self.remove(old)
        self._files[new] = self._dovecot.deliver("A part", "", "Archive")
        self._files[new].write_bytes(text)

    def break_off(self) -> None:
        self._line.limit = OUTAGE_BYTES

    def mend(self) -> None:
        self._line.limit = None

    def refuse(self, status: int) -> dict[str, Any]:
        if status == 429:
            self._refusing.reason = "[LIMIT] Too many simultaneous connections."
        return {"port": self._refusing.port}

    def close(self) -> None:
        self._line.close()
        self._refusing.close()
        self._stack.close()


def find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Until something answers at a port of this machine."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers at port {port}")
