"""What holds for every kind of source, each with its real server; `make test-sources` has 1,000 objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.sources import places
from tests.ingest.sources.dovecot import MISSING, PROGRAM
from tests.ingest.sources.places import SourcePlace
from tests.ingest.sources.rclone_places import MOTO, RCLONE, SAMBA, RclonePlace
from tests.ingest.sources.world import SourceHome, page

_COUNT = int(os.environ.get("TEST_SOURCE_OBJECTS", "30"))
_NEEDS_RCLONE = pytest.mark.skipif(not RCLONE, reason="rclone is not installed")
_NEEDS_MOTO = pytest.mark.skipif(
    not (RCLONE and MOTO), reason="make test-sources installs moto, an S3"
)
_NEEDS_SAMBA = pytest.mark.skipif(
    not (RCLONE and SAMBA), reason="Samba is not installed, or its server is not started by root"
)
_PLACES = {
    "git": places.GitPlace,
    "sql": places.SqlPlace,
    "web": places.WebPlace,
    "confluence": places.ConfluencePlace,
    "imap": places.ImapPlace,
}
_REASONS = {401: "does not accept the credentials", 429: "asks to wait"}
_KINDS = [
    "git",
    "sql",
    "web",
    "confluence",
    pytest.param("imap", marks=pytest.mark.skipif(not PROGRAM, reason=MISSING)),
    pytest.param("rclone-webdav", marks=_NEEDS_RCLONE),
    pytest.param("rclone-sftp", marks=_NEEDS_RCLONE),
    pytest.param("rclone-smb", marks=_NEEDS_SAMBA),
    pytest.param("rclone-s3", marks=_NEEDS_MOTO),
]


@pytest.fixture(params=_KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SourcePlace]:
    """Where the documents are: 30 of them, or as many as the environment says."""
    kind, _, protocol = request.param.partition("-")
    place = _PLACES[kind](tmp_path) if kind in _PLACES else RclonePlace(tmp_path, protocol)
    try:
        for number in range(_COUNT):
            place.put(f"n{number:04}", page(number))
        place.publish()
        yield place
    finally:
        place.close()


def test_every_source_keeps_its_promises(place: SourcePlace, tmp_path: Path) -> None:
    """A second run embeds nothing; changes, names and deletions are followed, readers are applied; a server
    that dies, credentials that are refused and a limit of requests are a sentence, a code and an entry."""
    home = SourceHome(tmp_path, name="n", readers=["group:staff"], **place.settings)
    report = home.ingest()
    assert (report.added, report.exit_code) == (_COUNT, 0)
    assert set(home.readers().values()) <= {("group:staff",), ("*",)}
    report = home.ingest()
    assert (report.unchanged, report.changes, report.chunks_embedded) == (_COUNT, 0, 0)
    names = set(home.readers())
    place.put("n0001", page(_COUNT + 1))
    place.remove("n0002")
    place.rename("n0003", "renamed")
    place.publish()
    report = home.ingest()
    assert (len(home.readers()), report.exit_code) == (_COUNT - 1, 0)
    assert report.chunks_embedded == 1, "what only has another name is not embedded again"
    assert len(names - set(home.readers())) in (2, 3)
    place.break_off()
    home.settings |= place.settings
    expect_fault(home, "")
    place.mend()
    home.settings |= place.settings
    assert home.ingest().unchanged == _COUNT - 1
    for status in place.refusals:
        home.settings |= place.refuse(status)
        expect_fault(home, _REASONS[status])


def expect_fault(home: SourceHome, reason: str) -> None:
    """Nothing is changed, and why is said in one sentence."""
    report = home.ingest()
    assert (report.changes, report.deleted, report.exit_code) == (0, 0, 1)
    assert len(home.readers()) == _COUNT - 1
    (root,) = report.roots
    assert root.reason
    assert reason in root.reason
    assert "\n" not in root.reason
    assert home.states()[""] == "failed"
