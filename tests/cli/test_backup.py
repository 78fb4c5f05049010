"""A backup holds everything, and comes back as the operations page says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import ingest
from rag.answering.abstention import Calibration, load_calibration, save_calibration
from rag.errors import IndexDamagedError, UsageError
from rag.index.maintenance.verify import verify
from rag.index.views.overview import read_overview
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.cli.conftest import CommandResult
from ui.web.identity import Role
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.backup import back_up_dated, back_up_everything, restore_everything
from ui.web.userdata.database import PEOPLE, Store

DOCS = Path(__file__).parents[2] / "docs/operations.md"


def printed() -> list[str]:
    """The commands of the page's section on backups, as they are printed."""
    section = DOCS.read_text("utf-8").split("## Backup and restore")[1].split("\n## ")[0]
    return [
        line
        for block in re.findall(r"```sh\n(.*?)```", section, re.S)
        for line in block.splitlines()
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a data folder in which there is something of every kind."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/leave.md").write_text("# Leave\n\nParental leave is 16 weeks.\n")
    data = tmp_path / "data"
    ingest(tmp_path / "docs", data_dir=data, embedder=HashingEmbedder())
    store = Store(data / PEOPLE)
    Accounts(store).add("anna", role=Role.EDITOR)
    store.close()
    calibration = Calibration({}, 1, 20, 0.0, 1.0, 1.0, 1.0, 1.0, 0.1, 0.9, 0.9, 0.9)
    save_calibration(data, calibration)
    (data / "evaluations").mkdir()
    (data / "evaluations/20260101T000000Z-0000.json").write_text("{}")
    return tmp_path


def names_of_accounts(data: Path) -> list[str]:
    store = Store(data / PEOPLE)
    try:
        return [account.name for account in Accounts(store).every()]
    finally:
        store.close()


def test_everything_comes_back_by_the_commands_of_the_page(
    inhouse: Callable[..., CommandResult], home: Path
) -> None:
    """Also after the data folder was damaged and people were lost; what was there is put aside."""
    data = home / "data"
    for backups, restored in ([0, 1], [2, 3]):
        backup, restore = (
            printed()[n].replace("/backup/", f"{home}/backup-").split()[1:]
            for n in (backups, restored)
        )
        ended = inhouse(*backup)
        assert ended.code == 0, ended.err
        assert "people.db, calibration.json, evaluations" in ended.out
        (data / "catalog.db").write_bytes(b"damage")
        (data / PEOPLE).unlink()
        ended = inhouse(*restore)
        assert ended.code == 0, ended.err
        assert read_overview(data).documents == 1
        assert names_of_accounts(data) == ["anna"]
        assert load_calibration(data) is not None
        assert len(list((data / "evaluations").iterdir())) == 1
        verification = verify(data, full=True)
        assert verification.ok
        assert not verification.repaired
    aside = list(home.glob("data-before-*"))
    assert [(folder / "catalog.db").read_bytes() for folder in aside] == [b"damage"] * 2


def test_a_backup_that_is_damaged_or_not_whole_changes_nothing(home: Path) -> None:
    """Any file of it: the list of the backup has the digest of each."""
    settings = Settings(data=home / "data")
    back_up_everything(settings, home / "backup")
    for name in (PEOPLE, "catalog.db", "evaluations/20260101T000000Z-0000.json", "backup.json"):
        copy = home / f"copy-of-{Path(name).name}"
        shutil.copytree(home / "backup", copy)
        (copy / name).write_bytes(b"damage" * 1000)
        with pytest.raises(IndexDamagedError, match=re.escape(name)):
            restore_everything(settings, copy, replace=True)
    with pytest.raises(UsageError, match="holds something already"):
        restore_everything(settings, home / "backup", replace=False)
    (home / "backup/backup.json").unlink()
    with pytest.raises(UsageError, match="no whole backup"):
        restore_everything(settings, home / "backup", replace=True)
    assert read_overview(home / "data").documents == 1
    assert names_of_accounts(home / "data") == ["anna"]
    assert not list(home.glob("*before*"))
    assert not list(home.glob(".data*"))


def test_what_is_deleted_for_a_new_backup_is_only_an_older_one(home: Path) -> None:
    settings, kept = Settings(data=home / "data"), home / "kept"
    (kept / "inhouse-20200101T000000Z").mkdir(parents=True)  # no backup: there is no list in it
    (kept / "notes.txt").write_text("mine")
    names = [Path(back_up_dated(settings, kept, keep=2).path).name for _ in range(3)]
    assert sorted(path.name for path in kept.iterdir()) == sorted(
        ["inhouse-20200101T000000Z", "notes.txt", *sorted(names)[1:]]
    )
    restored = restore_everything(settings, kept, replace=True)
    assert Path(restored.path).name == max(names)


def test_a_file_of_people_elsewhere_is_restored_there(home: Path) -> None:
    """Its journal belongs to the file that was there, and goes aside with it."""
    people = home / "elsewhere/people.db"
    people.parent.mkdir()
    (home / "data" / PEOPLE).rename(people)
    settings = Settings.model_validate({"data": home / "data", "web": {"people": people}})
    back_up_everything(settings, home / "backup")
    people.unlink()
    people.with_name("people.db-wal").write_bytes(b"another's journal")
    restore_everything(settings, home / "backup", replace=True)
    assert names_of_accounts(people.parent) == ["anna"]
    assert not (home / "data" / PEOPLE).exists()


def test_damage_is_named_with_the_way_back(
    inhouse: Callable[..., CommandResult], home: Path
) -> None:
    """What can be mended is, and has an exit code; also in a job whose output is thrown away."""
    for path in home.glob("data/vectors-*/*"):
        if path.name != "stamp.json":
            path.write_bytes(b"\0" * path.stat().st_size)
    mended = inhouse("verify", "--quiet")
    assert mended.code == 3
    assert "built anew" in mended.err
    well = inhouse("verify", "--quiet")
    assert (well.code, well.err) == (0, "")
    people = home / "data" / PEOPLE
    people.write_bytes(people.read_bytes()[:5000] + b"x" * 8000)
    (home / "data/catalog.db").write_bytes(b"damage" * 4000)
    for command in ("verify", "doctor"):
        damaged = inhouse(command, "--quiet")
        assert damaged.code == 1
        assert {PEOPLE, "catalog.db", "inhouse restore FOLDER --replace"} <= {
            word
            for word in (PEOPLE, "catalog.db", "inhouse restore FOLDER --replace")
            if word in damaged.out + damaged.err
        }
