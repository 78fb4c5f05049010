"""Uploading from the page: what is taken, what is not, and that it can then be found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from ingest import ingest
from rag import Assistant
from rag.errors import StorageError, UsageError
from rag.settings import (
    AccessRule,
    AccessSettings,
    RootSettings,
    Settings,
    WebSettings,
    load_settings,
)
from rag.testing import HashingEmbedder
from tests.ui.asgi import call
from tests.ui.crowd import gather
from tests.ui.stand_in import StandIn
from ui.errors import NotAllowedError, NotThereError, RefusedFileError
from ui.web.documents.ingest_jobs import environment
from ui.web.documents.uploads import Inbox
from ui.web.identity import Person, Role
from ui.web.userdata.database import PEOPLE, Store

ANNA = Person("a1", "anna", Role.EDITOR)
BERT = Person("b1", "bert", Role.ADMIN)
CLEO = Person("c1", "cleo", Role.READER, readers=None)
DORA = Person("d1", "dora", Role.EDITOR, readers=None)


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _all(uris: Iterable[str]) -> frozenset[str]:
    return frozenset(uris)


def _none(uris: Iterable[str]) -> frozenset[str]:
    return frozenset()


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(WebSettings(inbox=tmp_path / "inbox", upload_mb=0.001, inbox_mb=0.002), Store())


def _files(inbox: Inbox) -> list[str]:
    folder = inbox.folder
    assert folder is not None
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


async def test_a_file_is_there_whole(inbox: Inbox) -> None:
    taken = await inbox.receive(ANNA, " Größe.md ", _pieces(b"one ", b"two"))
    assert (taken.name, taken.by, taken.size) == ("Größe.md", "anna", 7)
    assert Path(taken.uri).read_bytes() == b"one two"
    assert _files(inbox) == ["Größe.md"]
    assert [upload.uri for upload in inbox.uploads(ANNA, _none)] == [taken.uri]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a.md", "/etc/a.md", "a/b.md", "a\\b.md", ".hidden.md", ".inhouse-readers",
     "a\x00.md", "a\n.md", "a\u202edm.md", "C:a.md", "x" * 250 + ".md", "run.exe", "page.svg", "md", "a.md/",
     "a.md\u0000.exe"],
)  # fmt: skip
async def test_an_impossible_name_or_kind_is_refused(inbox: Inbox, name: str) -> None:
    with pytest.raises(RefusedFileError):
        await inbox.receive(ANNA, name, _pieces(b"x"))
    assert _files(inbox) == []


async def test_what_is_too_much_leaves_nothing_behind(inbox: Inbox) -> None:
    """A file that is too large, an empty one, one that no room is left for, one whose sender goes away."""

    async def breaks_off() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(RefusedFileError, match=r"larger than 0\.001 MB"):
        await inbox.receive(ANNA, "a.md", _pieces(b"x" * 600, b"x" * 600))
    with pytest.raises(RefusedFileError, match="is empty"):
        await inbox.receive(ANNA, "a.md", _pieces())
    with pytest.raises((ConnectionError, StorageError)):
        await inbox.receive(ANNA, "a.md", breaks_off())
    assert _files(inbox) == []
    for name in ("a.md", "b.md"):
        await inbox.receive(ANNA, name, _pieces(b"x" * 900))
    with pytest.raises(StorageError, match="no room"):
        await inbox.receive(ANNA, "c.md", _pieces(b"x" * 900))
    assert _files(inbox) == ["a.md", "b.md"]


async def test_a_file_is_replaced_only_where_that_is_meant(inbox: Inbox) -> None:
    await inbox.receive(DORA, "a.md", _pieces(b"old"))
    with pytest.raises(RefusedFileError, match="already"):
        await inbox.receive(BERT, "a.md", _pieces(b"new"), _all)
    taken = await inbox.receive(BERT, "a.md", _pieces(b"new"), _all, replace=True)
    assert Path(taken.uri).read_bytes() == b"new"


@pytest.mark.parametrize("replace", [False, True])
async def test_nobody_replaces_or_learns_of_a_file_that_they_may_not_read(
    inbox: Inbox, replace: bool
) -> None:
    """What is shown, and where the file goes, is the same whether or not it is there."""
    absent = await inbox.receive(ANNA, "absent.md", _pieces(b"mine"), _none, replace=replace)
    secret = await inbox.receive(DORA, "secret.md", _pieces(b"theirs"))
    own_upload = await inbox.receive(ANNA, "secret.md", _pieces(b"mine"), _none, replace=replace)
    assert Path(secret.uri).read_bytes() == b"theirs"
    assert Path(own_upload.uri).read_bytes() == b"mine"
    assert Path(own_upload.uri).parent == Path(absent.uri).parent
    assert own_upload.name == "secret.md"
    others = await inbox.receive(BERT, "secret.md", _pieces(b"his"), _none, replace=replace)
    assert Path(own_upload.uri).read_bytes() == b"mine"
    assert others.uri not in {own_upload.uri, secret.uri}


async def test_only_editors_and_only_where_there_is_an_inbox(inbox: Inbox) -> None:
    with pytest.raises(NotAllowedError, match="role editor"):
        await inbox.receive(CLEO, "a.md", _pieces(b"x"))
    with pytest.raises(NotAllowedError, match=r"web\.inbox"):
        await Inbox(WebSettings(), Store()).receive(BERT, "a.md", _pieces(b"x"))


async def test_a_document_is_withdrawn_by_who_brought_it_or_may_read_it(
    inbox: Inbox, tmp_path: Path
) -> None:
    taken = await inbox.receive(ANNA, "a.md", _pieces(b"x"))
    assert inbox.uploads(BERT, _none) == [], "another's is seen by who may read it"
    assert [upload.name for upload in inbox.uploads(BERT, _all)] == ["a.md"]
    with pytest.raises(NotThereError):
        inbox.withdraw(BERT, taken.uri, _none)
    outside = tmp_path / "outside.md"
    outside.write_text("x")
    for uri in (str(outside), f"{inbox.folder}/../outside.md"):
        with pytest.raises(UsageError, match="outside of the inbox"):
            inbox.withdraw(BERT, uri, _all)
    with pytest.raises(NotAllowedError):
        inbox.withdraw(CLEO, taken.uri, _all)
    inbox.withdraw(ANNA, taken.uri, _none)
    assert _files(inbox) == []
    assert outside.exists()
    assert inbox.uploads(ANNA, _all) == []


def test_a_run_has_the_settings_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever they came from: its environment says them once more, but the file of numbers."""
    rule = AccessRule(glob="**/hr/", readers=("group:hr", 'a "quoted" one'))
    settings = Settings(
        access=AccessSettings(rules=(rule,), posix=True),
        ingest=Settings().ingest.model_copy(
            update={
                "include": ("*.md", "ü\\x"),
                "roots": (RootSettings(path=tmp_path, tags=("a",)),),
                "metrics_file": tmp_path / "m.prom",
            }
        ),
    )
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    loaded = load_settings()
    assert (loaded.access, loaded.ingest, loaded.chunker) == (
        settings.access,
        settings.ingest.model_copy(update={"metrics_file": None}),
        settings.chunker,
    )


@pytest.mark.slow
async def test_what_was_uploaded_is_found_and_what_was_withdrawn_is_not(tmp_path: Path) -> None:
    """Over HTTP, with the real ingest in its own process.

    An editor who may not read everything is not told the counts of the run: they hold hidden files too.
    """
    from rag.index.views.overview import read_overview

    page = gather(tmp_path / "data", StandIn, inbox=tmp_path / "inbox")
    cookie = page.cookie("editor")

    async def send(method: str, address: str, body: bytes = b"") -> Any:
        reply = await call(page.app, method, address, headers=cookie, body=body, whole=True)
        assert reply.status < 300, reply.text
        return json.loads(reply.text)

    async def finished() -> dict[str, Any]:
        for _ in range(600):
            run = (await send("GET", "/inbox"))["run"]
            if run["state"] in {"done", "failed"}:
                return dict(run)
            await asyncio.sleep(0.1)
        raise AssertionError(run)

    taken = await send(
        "POST", "/inbox?name=leave.md", b"# Leave\n\nParents take 16 weeks of leave.\n"
    )
    run = await finished()
    assert (run["state"], run["files"], run["total"]) == ("done", 0, 0), run
    assert run["counts"] is None
    assert read_overview(tmp_path / "data").documents == 1
    await send("POST", f"/inbox/withdraw?uri={taken['uri']}")
    run = await finished()
    assert run["state"] == "done", run
    assert read_overview(tmp_path / "data").documents == 0


async def test_refusals_over_http_are_one_sentence(tmp_path: Path) -> None:
    page = gather(tmp_path / "data", StandIn, inbox=tmp_path / "inbox", upload_mb=0.001)
    cookie = page.cookie("editor")
    for address, body, status in (
        ("/inbox?name=../a.md", b"x", 422),
        ("/inbox?name=a.exe", b"x", 422),
        ("/inbox?name=a.md", b"x" * 2_000, 413),
        ("/inbox?name=a.md", b"", 422),
        ("/inbox/withdraw?uri=/etc/passwd", b"", 404),
    ):
        reply = await call(page.app, "POST", address, headers=cookie, body=body, whole=True)
        assert (reply.status, reply.text.count("\n")) == (status, 1), reply.text


async def test_an_editor_is_told_where_no_rule_opens_what_they_uploaded(tmp_path: Path) -> None:
    """It was read in, and they look for it in vain."""
    folder, data = tmp_path / "inbox", tmp_path / "data"
    folder.mkdir()
    (folder / "open.md").write_text("# Leave\n\nParents take 16 weeks.\n")
    (folder / "closed.md").write_text("# Plan\n\nThe plan is secret.\n")
    rules = [AccessRule(glob="**/open.md", readers=("*",))]
    settings = Settings(data=data, access=AccessSettings(rules=rules))
    ingest([folder], data_dir=data, settings=settings, embedder=HashingEmbedder())
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    page = gather(data, lambda: assistant, inbox=folder)
    with Store(data / PEOPLE).writing() as connection:
        connection.executemany(
            "INSERT INTO uploads VALUES (?, ?, 'editor', 1)",
            [(str(file), page.accounts["editor"].person.key) for file in folder.iterdir()],
        )
    reply = await call(page.app, "GET", "/inbox", headers=page.cookie("editor"), whole=True)
    uploads = {upload["name"]: upload["is_closed"] for upload in json.loads(reply.text)["uploads"]}
    assert uploads == {"open.md": False, "closed.md": True}
