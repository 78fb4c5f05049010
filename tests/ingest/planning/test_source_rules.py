"""Access rules and tags belong to the index: a run that has lost them changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import MissingRulesError
from ingest.planning.source_rules import SourceRules, describe_unapplied
from rag.index.views.next_run import read_index_state
from rag.index.views.overview import read_overview
from rag.settings import Settings
from tests.cli.conftest import CommandResult, inhouse_in_process
from tests.ingest.house import IngestedFolder

__all__ = ["inhouse_in_process"]

OPEN = {"glob": "/**", "readers": ["*"]}
PAY = {"glob": "**/hr/**", "readers": ["hr"]}


def labels_of(house: IngestedFolder) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Readers and tags by the file's name."""
    standing = read_index_state(house.data)
    assert standing is not None
    return {
        Path(uri).name: (file_labels.readers, file_labels.tags)
        for uri, file_labels in standing.labels.items()
    }


@pytest.fixture
def restricted(house: IngestedFolder) -> IngestedFolder:
    house.write("hr/pay.md", "# Pay\n\nThe bonus is 5,000 euros.\n")
    house.write("news.md", "# News\n\nThe canteen opens at noon.\n")
    roots = [{"path": str(house.docs), "tags": ["handbook"]}]
    house.settings = {"access": {"rules": [OPEN, PAY]}, "ingest": {"roots": roots}}
    house.ingest()
    return house


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"access": {}}, id="no rules"),
        pytest.param({"access": {"rules": [OPEN]}}, id="one rule less"),
        pytest.param({"ingest": {}}, id="no tags"),
        pytest.param({"access": {}, "ingest": {}}, id="no configuration at all"),
    ],
)
def test_a_run_without_the_rules_of_the_index_changes_nothing(
    restricted: IngestedFolder, lost: dict[str, Any]
) -> None:
    """Neither readers nor tags; a dry run says so too, and an explicit option lets them go."""
    before = labels_of(restricted)
    restricted.settings |= lost
    with pytest.raises(MissingRulesError, match="--replace-rules"):
        restricted.ingest()
    assert labels_of(restricted) == before
    forecast = restricted.dry_run()
    assert "--replace-rules" in forecast.stops
    assert forecast.exit_code == MissingRulesError.exit_code
    restricted.ingest(replace_rules=True)
    assert labels_of(restricted) != before
    restricted.ingest()


def test_a_run_over_part_of_a_root_needs_its_rules_too(restricted: IngestedFolder) -> None:
    restricted.settings = {}
    for path in (restricted.docs / "hr", restricted.docs / "hr/pay.md"):
        with pytest.raises(MissingRulesError):
            restricted.ingest(path)


def test_permissions_as_rules_are_not_lost_either(house: IngestedFolder) -> None:
    house.write("a.md", "A text.\n").chmod(0o600)
    house.settings = {"access": {"posix": True}}
    house.ingest()
    house.settings = {}
    with pytest.raises(MissingRulesError, match=r"access\.posix"):
        house.ingest()


def test_a_changed_rule_and_a_new_one_are_no_lost_ones(restricted: IngestedFolder) -> None:
    restricted.settings["access"] = {
        "rules": [OPEN, PAY | {"readers": ["people"]}, {"glob": "**/news.md", "readers": ["it"]}]
    }
    restricted.ingest()
    assert labels_of(restricted) == {
        "pay.md": (("people",), ("handbook",)), "news.md": (("it",), ("handbook",)),
    }  # fmt: skip


def test_the_last_file_of_readers_does_not_open_a_folder_by_going(house: IngestedFolder) -> None:
    """Nor does an index that an older release made, which knows no rules."""
    sidecar = house.write(".inhouse-readers", "hr\n")
    house.write("pay.md", "The bonus is 5,000 euros.\n")
    house.ingest()
    sidecar.unlink()
    with pytest.raises(MissingRulesError, match="everybody could read"):
        house.ingest()
    assert labels_of(house)["pay.md"][0] == ("hr",)
    house.ingest(replace_rules=True)
    assert labels_of(house)["pay.md"][0] == ("*",)


def test_a_removed_root_goes_with_the_rules_that_are_replaced(
    house: IngestedFolder, tmp_path: Path
) -> None:
    """Until then its documents stay, as they were labelled."""
    house.write("stays.md", "This stays.\n")
    other = tmp_path / "other"
    other.mkdir()
    (other / "goes.md").write_text("This goes.\n")
    roots = [{"path": str(path)} for path in (house.docs, other)]
    house.settings = {"ingest": {"roots": roots}}
    everything: list[Path] = []
    from ingest import ingest
    from rag.testing import HashingEmbedder

    def run(**options: Any) -> None:
        ingest(
            everything, data_dir=house.data, embedder=HashingEmbedder(),
            settings=Settings.model_validate(house.settings), **options,
        )  # fmt: skip

    run()
    house.settings = {"ingest": {"roots": roots[:1]}}
    run()
    assert set(labels_of(house)) == {"stays.md", "goes.md"}
    run(replace_rules=True)
    assert set(labels_of(house)) == {"stays.md"}


def test_documents_for_nobody_are_counted(restricted: IngestedFolder) -> None:
    restricted.settings["access"] = {"rules": [PAY, OPEN | {"readers": []}]}
    assert restricted.ingest().readable_by_nobody == 2
    assert restricted.ingest().to_json()["readable_by_nobody"] == 2


def test_a_rule_that_holds_for_no_document_yet_is_announced(restricted: IngestedFolder) -> None:
    """Until a run over the whole root has applied it; a run over a part of it is not enough."""

    def behind() -> str:
        overview = read_overview(restricted.data)
        settings = Settings.model_validate(restricted.settings)
        return describe_unapplied(overview.source_rules, overview.roots, settings)

    assert behind() == ""
    restricted.settings["access"] = {"rules": [OPEN, PAY | {"readers": ["people"]}]}
    assert behind().startswith("2 documents still have")
    restricted.ingest(restricted.docs / "hr")
    assert behind().startswith("2 documents still have")
    restricted.ingest()
    assert behind() == ""


def test_what_the_index_keeps_of_its_rules_is_read_back_as_it_was(
    restricted: IngestedFolder,
) -> None:
    stored = read_overview(restricted.data).source_rules
    rules = SourceRules.from_json(stored)
    assert rules is not None
    assert rules.to_json() == stored
    assert rules.roots == {str(restricted.docs): ("handbook",)}


def test_the_command_line_refuses_announces_and_obeys(
    inhouse_in_process: Callable[..., CommandResult], tmp_path: Path
) -> None:
    """`cd /` and the cron line without `--config`: exit code 2, and nothing has changed."""
    inhouse = inhouse_in_process
    docs = tmp_path / "docs"
    (docs / "hr").mkdir(parents=True)
    (docs / "hr/pay.md").write_text("# Pay\n\nThe bonus is 5,000 euros.\n")
    config = tmp_path / "rules.toml"
    config.write_text('[[access.rules]]\nglob = "/**"\nreaders = ["hr"]\n')
    run = ("ingest", str(docs), "--data", "data", "--json")
    assert inhouse(*run, "--config", str(config)).code == 0
    lost = inhouse(*run)
    assert lost.code == 2
    assert "--replace-rules" in lost.err
    search = ("search", "bonus", "--data", "data", "--json", "--as", "it")
    assert inhouse(*search).json() == []
    config.write_text('[[access.rules]]\nglob = "/**"\nreaders = []\n')
    status = ("status", "--data", "data", "--config", str(config))
    assert "1 document still has" in inhouse(*status).out
    assert "1 document still has" in inhouse(*status, "--json").json()["rules_not_applied"]
    doctor = inhouse("doctor", "--data", "data", "--config", str(config), "--json")
    access = next(check for check in json.loads(doctor.out) if check["name"] == "Access")
    assert not access["ok"]
    closed = inhouse(*run[:-1], "--config", str(config))
    assert "1 document is readable by nobody" in closed.err
    assert inhouse(*run, "--config", str(config)).json()["readable_by_nobody"] == 1
    assert inhouse(*run, "--replace-rules").json()["updated"] == 1
