"""A source of kind imap, with a real Dovecot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sources.imap import decode_folder
from rag import Assistant
from rag.errors import ConfigurationError
from rag.testing import HashingEmbedder
from tests.ingest.sources.dovecot import MISSING, PASSWORD, PROGRAM, USER, Dovecot, running
from tests.ingest.sources.world import SourceHome

_needs_dovecot = pytest.mark.skipif(not PROGRAM, reason=MISSING)


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """Three messages in the inbox, one in a folder with a name in IMAP's own encoding."""
    with running() as server:
        for number in range(3):
            server.deliver(
                f"Press {number}", f"The press {number} needs {number + 20} litres of oil."
            )
        server.deliver("Kühlung", "The cooling runs at 12 degrees.", "Gesch&AOQ-fte/K&APw-hlung")
        yield server


@pytest.fixture
def imap(tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> SourceHome:
    """The source that reads it."""
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    return SourceHome(
        tmp_path, kind="imap", name="support", host="127.0.0.1", port=dovecot.port, security="none",
        username=USER, password={"env": "MAIL_PASSWORD"}, readers=["group:support"],
    )  # fmt: skip


@_needs_dovecot
def test_messages_are_followed(imap: SourceHome, dovecot: Dovecot) -> None:
    """With their subject and readers; a second run fetches nothing, what was deleted goes."""
    report = imap.ingest()
    assert (report.added, report.exit_code) == (3, 0)
    assert set(imap.readers()) == {"INBOX/1", "INBOX/2", "INBOX/3"}
    assert set(imap.readers().values()) == {("group:support",)}
    assistant = Assistant.open(imap.data, embedder=HashingEmbedder())
    hit = assistant.search("press 1 litres of oil", k=1)[0]
    assert hit.title == "Press 1"
    report = imap.ingest()
    assert (report.unchanged, report.changes, report.chunks_embedded) == (3, 0, 0)
    next((dovecot.folder / "mail/cur").glob("*M1.*")).unlink()
    dovecot.deliver("Press 9", "The press 9 needs no oil.")
    report = imap.ingest()
    assert (report.added, report.deleted, report.unchanged) == (1, 1, 2)
    assert not list((dovecot.folder / "mail/cur").glob("*S*")), "no message was marked as seen"


@_needs_dovecot
def test_folders_are_chosen_by_name(imap: SourceHome, dovecot: Dovecot) -> None:
    """As a person reads it; a folder that is not there is a fault."""
    imap.settings["folders"] = ["Geschäfte/*"]
    assert imap.ingest().exit_code == 0
    assert set(imap.readers()) == {"Geschäfte/Kühlung/1"}
    imap.settings["folders"] = ["*"]
    assert imap.ingest().added == 3
    imap.settings["folders"] = ["Nowhere"]
    report = imap.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert "has no folder called Nowhere" in report.roots[0].reason


@_needs_dovecot
def test_a_server_that_refuses_or_dies_deletes_nothing(
    imap: SourceHome, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong credentials and no server are one sentence each, without the password."""
    imap.ingest()
    monkeypatch.setenv("MAIL_PASSWORD", "wrong-password")
    report = imap.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert "does not accept the credentials, or they have expired" in report.roots[0].reason
    assert "wrong-password" not in report.roots[0].reason
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    dovecot.stop()
    report = imap.ingest()
    assert (report.changes, report.exit_code, len(imap.readers())) == (0, 1, 3)
    assert "does not answer" in report.roots[0].reason


def test_a_password_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    """Another machine is only read over an encrypted connection."""
    home = SourceHome(
        tmp_path, kind="imap", name="m", host="mail.example.org", username="u",
        password={"env": "X"}, security="none",
    )  # fmt: skip
    with pytest.raises(
        ConfigurationError, match="without encryption only a server on this machine"
    ):
        home.ingest()
    del home.settings["password"]
    with pytest.raises(ConfigurationError, match="give either password or token"):
        home.ingest()


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"Gesch&AOQ-fte", "Geschäfte"),
        (b"R&-D", "R&D"),
        (b"&U,BTFw-/x", "台北/x"),
        (b"&broken", "&broken"),
        (b"&!!!!-", "&!!!!-"),
    ],
)
def test_folder_names_are_decoded(raw: bytes, name: str) -> None:
    """The examples of RFC 3501, and what is none stays as it is."""
    assert decode_folder(raw) == name
