"""What is written down of who did what, and the ids by which requests, logs and records fit together."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rag import Assistant
from rag.cli_output import _JsonLines
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.asgi import call
from tests.ui.crowd import PASSWORD, Crowd, gather
from tests.ui.stand_in import StandIn
from ui.cli import cli
from ui.web.identity import Role
from ui.web.userdata.audit import AuditLine, AuditLog
from ui.web.userdata.database import PEOPLE, Store


def lines_of(crowd: Crowd, *actions: str) -> list[tuple[str, str, str, str]]:
    """Person, action, target and detail, the earliest first."""
    lines = reversed(crowd.app_state.audit.latest(1000, actions=actions))
    return [(line.person, line.action, line.target, line.detail) for line in lines]


async def sign_in(crowd: Crowd, name: str, password: str, client: str) -> Any:
    form = f"name={name}&password={password.replace(' ', '+')}".encode()
    return await call(crowd.app, "POST", "/sign-in", body=form, client=client)


async def test_who_came_in_and_who_tried_is_written_down(tmp_path: Path) -> None:
    """With the address; never what was typed as a name that nobody has, which may be a password."""
    crowd = gather(tmp_path, StandIn)
    crowd.app_state.accounts.add("anna", role=Role.READER, password=PASSWORD)
    for name, password in (("Anna", "wrong"), ("my secret password", "x"), ("anna", PASSWORD)):
        await sign_in(crowd, name, password, "203.0.113.9")
    assert lines_of(crowd) == [
        ("", "sign_in_failed", "anna", "203.0.113.9"),
        ("", "sign_in_failed", "", "203.0.113.9"),
        ("anna", "sign_in", "", "203.0.113.9"),
    ]


async def test_uploads_are_written_down_and_changes_by_page_and_command(tmp_path: Path) -> None:
    crowd = gather(tmp_path, StandIn, inbox=tmp_path / "inbox")
    inbox, cookie = tmp_path.resolve() / "inbox", crowd.cookie("editor")
    await call(crowd.app, "POST", "/inbox?name=a.txt", headers=cookie, body=b"words")
    crowd.app_state.ingesting.stop()
    uploaded = next(inbox.rglob("a.txt"))
    await call(crowd.app, "POST", f"/inbox/withdraw?uri={uploaded}", headers=cookie)
    crowd.app_state.ingesting.stop()
    assert lines_of(crowd) == [
        ("editor", "upload", str(uploaded), ""),
        ("editor", "withdraw", str(uploaded), ""),
    ]
    commands = (
        ["set", "editor", "--role", "reader", "--reader", "group:hr"],
        ["token", "editor", "--name", "Chat"],
        ["revoke", "editor", "Chat"],
        ["disable", "editor"],
    )
    for command in commands:
        done = CliRunner().invoke(cli, ["user", *command, "--data", str(tmp_path)])
        assert done.exit_code == 0, done.output
    by_command = ("(command line)", "editor")
    assert [(person, target, action, detail) for person, action, target, detail in lines_of(crowd)[2:]] == [
        (*by_command, "set", "reader, what is for everybody or for group:hr"),
        (*by_command, "token", "Chat"),
        (*by_command, "revoke", "Chat"),
        (*by_command, "disable", ""),
    ]  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    from ingest import ingest

    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks.\n")
    data = tmp_path / "data"
    ingest(tmp_path / "files", data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    return data


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_who_asked_and_opened_what_is_written_down_only_where_it_is_wanted(
    shelf: Path, is_wanted: bool
) -> None:
    """A document that is leafed through once; not what was asked."""

    def open_assistant() -> Assistant:
        return Assistant.open(shelf, settings=Settings(), embedder=HashingEmbedder())

    crowd = gather(shelf, open_assistant, api=True, originals=True, audit_reading=is_wanted)
    uri = str((shelf.parent / "files/leave.md").resolve())
    name = open_assistant().reading().name(uri)
    for who, address in (
        ("reader", "/search?q=secret+plans"),
        ("reader", f"/sources/{name}"),
        ("reader", f"/sources/{name}/more?after=1"),
        ("editor", f"/sources/{name}/original"),
        ("admin", f"/v1/documents/{name}/text"),
        ("other reader", f"/documents/{name}"),
        ("nobody", f"/sources/{name}"),
        ("reader", "/sources/nothing"),
    ):
        await call(crowd.app, "GET", address, headers=crowd.headers(who, address), whole=True)
    query = json.dumps({"query": "secret plans"}).encode()
    headers = crowd.headers("editor", "/v1/search")
    await call(crowd.app, "POST", "/v1/search", headers=headers, body=query, whole=True)
    expected = [
        ("reader", "asked", "", ""),
        ("reader", "opened", uri, ""),
        ("editor", "opened", uri, ""),
        ("admin", "opened", uri, ""),
        ("other.reader", "opened", uri, ""),
        ("editor", "asked", "", ""),
    ]
    assert lines_of(crowd) == (expected if is_wanted else [])
    # The page of the admins shows changes alone.
    reply = await call(crowd.app, "GET", "/admin", headers=crowd.cookie("admin"), whole=True)
    assert "opened" not in reply.text


def test_lines_are_kept_for_a_time_and_of_strangers_a_number(tmp_path: Path) -> None:
    now = 1.0
    log = AuditLog(Store(), days=1, now=lambda: now)
    log.signed_in("anna", "203.0.113.9")
    for number in range(10_050):
        log.sign_in_failed("", f"attempt {number}")
    failed = log.latest(20_000, actions=("sign_in_failed",))
    assert (len(failed), failed[0].detail) == (10_000, "attempt 10049")
    assert len(log.latest(20_000)) == 10_001, "they push out nothing else"
    now += 86_402
    log.signed_in("bert", "203.0.113.9")
    assert [line.person for line in log.latest()] == ["bert"]


def test_the_command_prints_it(tmp_path: Path) -> None:
    log = AuditLog(Store(tmp_path / PEOPLE))
    log.signed_in("anna", "203.0.113.9")
    log.record(None, "set", "bert", "admin, every document")

    def printed(*options: str) -> str:
        return CliRunner().invoke(cli, ["audit", "--data", str(tmp_path), *options]).stdout

    assert [line["action"] for line in json.loads(printed("--json"))] == ["set", "sign_in"]
    assert "(command line)  set  bert  admin, every document" in printed("--person", "bert")
    assert "anna  sign_in  203.0.113.9" in printed("--action", "sign_in")
    assert printed("--action", "opened") == "Nothing is written down.\n"
    assert printed("--days", "0") == "Nothing is written down.\n"


async def test_a_request_has_an_id_in_its_answer_its_log_lines_and_its_records(
    tmp_path: Path,
) -> None:
    """A proxy's where that is trusted, else one that nobody can choose."""
    crowd = gather(tmp_path, StandIn, proxies=("198.51.100.0/24",))
    crowd.app_state.accounts.add("anna", role=Role.READER, password=PASSWORD)
    asked = {"x-request-id": "from-the-proxy-1"}
    reply = await call(crowd.app, "GET", "/healthz", headers=asked, client="203.0.113.9")
    assert len(reply.headers["x-request-id"]) == 16
    other = await call(crowd.app, "GET", "/healthz", headers=asked, client="203.0.113.9")
    assert other.headers["x-request-id"] != reply.headers["x-request-id"]
    for chosen in ("from-the-proxy-1", 'a"quote', "x" * 500):
        reply = await call(
            crowd.app, "GET", "/healthz", headers={"x-request-id": chosen}, client="198.51.100.7"
        )
        assert (reply.headers["x-request-id"] == chosen) == (chosen == "from-the-proxy-1")
    reply = await sign_in(crowd, "anna", PASSWORD, "203.0.113.9")
    (line,) = crowd.app_state.audit.latest()
    assert line.request == reply.headers["x-request-id"]


async def test_a_fault_is_logged_with_the_id_of_its_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(StandIn):
        def reading(self) -> Any:
            raise KeyError("a fault of ours")

    crowd = gather(tmp_path, Broken)
    stream, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(stream)
    handler.setFormatter(_JsonLines())
    logger = logging.getLogger("ui")
    logger.addHandler(handler)
    try:
        with pytest.raises(KeyError):
            await call(crowd.app, "GET", "/sources/nothing", headers=crowd.cookie("reader"))
    finally:
        logger.removeHandler(handler)
    entry = json.loads(stream.getvalue().splitlines()[0])
    assert entry["message"] == "GET /sources/{name} failed: KeyError"
    assert len(entry["request"]) == 16


def test_a_line_is_what_is_printed_as_json() -> None:
    line = AuditLine(1.0, "anna", "upload", "/inbox/a.md")
    assert set(line.to_json()) == {"at", "person", "action", "target", "detail", "request"}
