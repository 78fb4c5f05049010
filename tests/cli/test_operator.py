"""What cron, systemd and Prometheus get to see."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

import ingest.pipeline
import ingest.running.runs
from ingest.cli import command
from rag.cli_options import run
from rag.errors import InhouseError
from rag.index.lock import WriteLock
from rag.index.views.overview import read_overview
from rag.testing import HashingEmbedder
from tests.cli.conftest import end, environment, start
from tests.log_lines import LOG_LINE


@dataclass(frozen=True, slots=True)
class Said:
    """How a run in this process ended, and what it said."""

    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        """Standard error, which has to be a JSON object on each line."""
        return [json.loads(line) for line in self.err.splitlines()]


Run = Callable[..., Said]


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of four files in the current folder, one of them broken."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.md", "b.md", "hr/c.md"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Document {name}\n\nWords about {name}.\n")
    (tmp_path / "docs/broken.md").write_bytes(b"\x00\x01 binary \x00" * 40)
    return tmp_path / "docs"


@pytest.fixture
def inhouse_ingest(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """`inhouse ingest …` here, with an embedder that needs no model."""
    monkeypatch.setattr(ingest.pipeline, "open_embedder_for", lambda *_, **__: HashingEmbedder())

    def call(*arguments: str) -> Said:
        capfd.readouterr()
        code = run(command, list(arguments), "inhouse ingest")
        return Said(code, *capfd.readouterr())

    return call


def metrics(path: Path) -> dict[str, float]:
    """Each sample by its name and label value."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }


# Log lines


def test_without_a_terminal_every_line_has_its_time_and_its_run(
    docs: Path, inhouse_ingest: Run
) -> None:
    """A run begins, names what failed, and ends, all under one id; the next has another.

    What failed as it did before is no warning again.
    """
    ids = []
    for _ in range(2):
        ended = inhouse_ingest("docs")
        assert ended.code == 3
        lines = ended.err.splitlines()
        assert all(LOG_LINE.match(line) for line in lines)
        ids.append({line.split()[1] for line in lines})
        assert re.search(r"info: Begins: docs\.$", lines[0])
        level = "info" if ids[1:] else "warning"
        assert f"{level}: failed   docs/broken.md: " in lines[1]
        assert re.search(
            r"info: Ends with 3 after \d+\.\d s: .*1 failed; generation 1\.$", lines[2]
        )
        assert len(lines) == 3
    assert len(ids[0]) == len(ids[1]) == 1
    assert ids[0] != ids[1]


def test_as_json_every_line_is_an_object_for_programs(docs: Path, inhouse_ingest: Run) -> None:
    ended = inhouse_ingest("docs", "--log-format", "json")
    lines = ended.lines()
    assert len({line["run"] for line in lines}) == 1
    (failed,) = (line for line in lines if line.get("event") == "failed")
    assert failed["uri"] == str(docs / "broken.md")
    assert failed["reason"] in failed["message"]
    assert {line["level"] for line in lines} == {"info", "warning"}


def test_quiet_leaves_what_went_wrong_and_says_it_once(docs: Path, inhouse_ingest: Run) -> None:
    """Cron mails what is said: of a file that fails every night once, but whenever it was read anew."""
    expected = ["failed   docs/broken.md: is binary data, although it is called .md"]
    first, second, retried = (
        inhouse_ingest("docs", "--quiet", *more) for more in ((), (), ("--retry-failed",))
    )
    for ended, lines in ((first, expected), (second, []), (retried, expected)):
        assert [LOG_LINE.sub("", line) for line in ended.err.splitlines()] == lines
        assert (ended.code, "1 failed" in ended.out) == (3, True)


def test_an_error_is_a_line_of_the_run_too(docs: Path, inhouse_ingest: Run) -> None:
    data = Path("data")
    data.mkdir()
    with WriteLock(data):
        ended = inhouse_ingest("docs", "--quiet")
    assert ended.code == 11
    (line,) = ended.err.splitlines()
    assert LOG_LINE.sub("", line).startswith("inhouse ingest: Another run is writing to data")


def test_at_a_terminal_nobody_is_told_the_time(docs: Path) -> None:
    """Plain lines, and the table at the end."""
    (docs / "a.md").write_text("")
    shutil.rmtree(docs / "hr")
    (docs / "b.md").unlink()
    ours, terminal_side = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "docs"],
        stdout=subprocess.PIPE, stderr=terminal_side, stdin=subprocess.DEVNULL, cwd=docs.parent,
        env=environment(), check=False, text=True,
    )  # fmt: skip
    os.close(terminal_side)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        output = terminal.read(100_000).decode()
    assert "failed   docs/a.md: is empty" in output
    assert "Begins" not in output
    assert [line[:12].rstrip() for line in done.stdout.splitlines()] == [
        "Files", "Chunks", "Generation", "Time", "Run",
    ]  # fmt: skip


# Metrics


def test_the_numbers_of_a_run_are_there_for_prometheus(docs: Path, inhouse_ingest: Run) -> None:
    began = time.time()
    assert inhouse_ingest("docs", "--metrics-file", "inhouse.prom").code == 3
    numbers = metrics(Path("inhouse.prom"))
    assert began <= numbers["inhouse_ingest_last_run_timestamp_seconds"] <= time.time()
    assert (
        numbers["inhouse_ingest_last_success_timestamp_seconds"]
        == numbers["inhouse_ingest_last_run_timestamp_seconds"]
    )
    assert numbers["inhouse_ingest_exit_code"] == 3
    assert 0 < numbers["inhouse_ingest_duration_seconds"] < 60
    assert (numbers["inhouse_ingest_files added"], numbers["inhouse_ingest_files failed"]) == (3, 1)
    assert numbers["inhouse_ingest_chunks embedded"] == 3
    assert (numbers["inhouse_index_documents"], numbers["inhouse_index_generation"]) == (3, 1)
    assert (numbers["inhouse_index_files indexed"], numbers["inhouse_index_files failed"]) == (3, 1)
    assert numbers["inhouse_index_coverage_ratio"] == 0.75
    assert sorted(path.name for path in Path().iterdir()) == ["data", "docs", "inhouse.prom"], (
        "and nothing beside it"
    )


def test_a_run_that_stops_says_so_and_keeps_the_last_success(
    docs: Path, inhouse_ingest: Run
) -> None:
    """A root that goes empty: nothing deleted, its own message, exit code 1, and the alert has its number."""
    assert inhouse_ingest("docs", "--metrics-file", "inhouse.prom").code == 3
    before = metrics(Path("inhouse.prom"))
    shutil.rmtree(docs)
    docs.mkdir()
    ended = inhouse_ingest("docs", "--metrics-file", "inhouse.prom", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert f"All 3 documents below {docs} are gone" in ended.err
    assert "--max-delete 1" in ended.err
    after = metrics(Path("inhouse.prom"))
    assert after["inhouse_ingest_exit_code"] == 1
    key = "inhouse_ingest_last_success_timestamp_seconds"
    assert after[key] == before[key] < after["inhouse_ingest_last_run_timestamp_seconds"]
    assert after["inhouse_index_documents"] == 3
    assert "inhouse_ingest_files added" not in after
    foretold = inhouse_ingest("docs", "--dry-run", "--json")
    assert foretold.code == 1
    assert json.loads(foretold.out)["stops"] in foretold.err
    ended = inhouse_ingest("docs", "--max-delete", "1", "--json")
    assert (ended.code, json.loads(ended.out)["deleted"]) == (0, 3)


def test_a_metrics_file_that_cannot_be_written_is_said_before_the_run(
    docs: Path, inhouse_ingest: Run
) -> None:
    ended = inhouse_ingest("docs", "--metrics-file", "nowhere/inhouse.prom")
    assert ended.code == 2
    assert "nowhere/inhouse.prom cannot be written" in ended.err
    assert not Path("data").exists()


# Dry run and configured roots


def test_a_dry_run_in_words(docs: Path, inhouse_ingest: Run) -> None:
    ended = inhouse_ingest("docs", "--dry-run")
    assert ended.code == 0
    assert ended.out.startswith("Would       add 4\nOthers      none\nChunks      about ")
    assert "Time        unknown; the first run" in ended.out
    assert "  add     docs/hr/c.md\n" in ended.out
    assert not Path("data").exists()
    inhouse_ingest("docs")
    (docs / "a.md").unlink()
    (docs / "new\nname.md").write_text("# New\n\nWords.\n")
    ended = inhouse_ingest("docs", "-n")
    assert ended.code == 3, "as the run, which would name the broken file again"
    assert ended.out.startswith("Would       add 1, delete 1\nOthers      2 unchanged, 1 failed\n")
    assert "Time        less than a second, as the earlier run went\n" in ended.out
    assert "  add     docs/new\\nname.md\n  delete  docs/a.md\n" in ended.out


def test_without_a_path_the_configured_folders_are_read(docs: Path, inhouse_ingest: Run) -> None:
    Path("inhouse.toml").write_text(
        '[[ingest.roots]]\npath = "docs"\nexclude = ["broken.md"]\n'
        '[[ingest.roots]]\npath = "docs/hr"\ntags = ["hr"]\n'
        '[[access.rules]]\nglob = "**/hr/**"\nreaders = ["group:hr"]\n'
        '[[access.rules]]\nglob = "/**"\nreaders = ["*"]\n'
    )
    ended = inhouse_ingest("--json")
    assert (ended.code, json.loads(ended.out)["added"]) == (0, 3)
    ended = inhouse_ingest("docs", "--json")
    assert json.loads(ended.out)["unchanged"] == 3, "a path is read as it is configured"


def test_a_mistake_in_the_configured_folders_is_named(docs: Path, inhouse_ingest: Run) -> None:
    Path("inhouse.toml").write_text('[[access.rules]]\nglob = "hr/**"\nreaders = ["hr"]\n')
    ended = inhouse_ingest("docs")
    assert ended.code == 2
    assert "inhouse.toml: access.rules[1].glob is 'hr/**'" in ended.err
    assert "(**/hr/**)" in ended.err


# Watch


def documents(data: Path) -> set[str]:
    """How many documents the published index holds, and which files."""
    import apsw

    try:
        read_overview(data)
    except InhouseError:
        return set()
    connection = apsw.Connection(str(data / "catalog.db"), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)  # a run that has just ended may be clearing its log away
    rows = connection.execute(
        "SELECT d.uri FROM documents d, manifest m WHERE m.key = 'generation' "
        "AND d.born <= m.value AND (d.died IS NULL OR d.died > m.value)"
    )
    return {Path(uri).name for (uri,) in rows}


def wait_for(data: Path, names: set[str]) -> None:
    deadline = time.monotonic() + 30
    while (present := documents(data)) != names:
        assert time.monotonic() < deadline, present
        time.sleep(0.1)


def test_watching_takes_up_every_change_until_it_is_told_to_end(docs: Path) -> None:
    """New, changed, renamed and deleted files; an emptied folder stops nothing; SIGTERM ends it."""
    data = docs.parent / "data"
    process = start(
        "docs", "--watch", "--json", cwd=docs.parent, module="ingest",
        INHOUSE_INGEST_WATCH_QUIET_S="0.2",
    )  # fmt: skip
    try:
        wait_for(data, {"a.md", "b.md", "c.md"})
        (docs / "new.md").write_text("# New\n\nWords.\n")
        wait_for(data, {"a.md", "b.md", "c.md", "new.md"})
        (docs / "hr").rename(docs / "people")
        (docs / "b.md").rename(docs / "bb.md")
        (docs / "new.md").unlink()
        wait_for(data, {"a.md", "bb.md", "c.md"})
        docs.rename(docs.with_name("away"))
        docs.mkdir()
        time.sleep(1)
        assert documents(data) == {"a.md", "bb.md", "c.md"}
        docs.rmdir()
        docs.with_name("away").rename(docs)
        (docs / "late.md").write_text("# Late\n\nWords.\n")
        wait_for(data, {"a.md", "bb.md", "c.md", "late.md"})
    finally:
        process.send_signal(signal.SIGTERM)
    ended = end(process)
    assert ended.code == 128 + signal.SIGTERM
    reports = [json.loads(line) for line in ended.out.splitlines()]
    generations = [report["generation"] for report in reports]
    assert generations == sorted(generations)
    assert sum(report["deleted"] for report in reports) == 1
    assert any(report["moved"] for report in reports)
    assert f"All 3 documents below {docs} are gone" in ended.err
    assert "Stopping; what is finished is kept." in ended.err


def test_a_watch_says_what_is_new_and_that_all_is_well_again(
    docs: Path, inhouse_ingest: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run after a change does not name again what failed before; a folder that comes back is told of."""

    def times(*_: Any, **__: Any) -> Iterator[None]:
        yield
        (docs / "a.md").write_text("# New\n\nWords.\n")
        yield
        docs.rename("away")
        yield
        Path("away").rename(docs)
        yield
        # What the kernel would call: a real signal would end the tests' own process if it came late.
        stop = signal.getsignal(signal.SIGTERM)
        assert callable(stop)
        stop(signal.SIGTERM, None)

    monkeypatch.setattr(ingest.running.runs, "times_to_run", times)
    monkeypatch.setattr(
        ingest.running.runs, "open_embedder_for", lambda *_, **__: HashingEmbedder()
    )
    ended = inhouse_ingest("docs", "--watch")
    log_lines = [LOG_LINE.sub("", line) for line in ended.err.splitlines()]
    assert sum(line.startswith("failed   docs/broken.md") for line in log_lines) == 2
    assert ended.out.splitlines() == [
        "3 added, 1 failed; generation 1.",
        "1 updated, 2 unchanged, 1 failed; generation 2.",
        "3 unchanged, 1 failed; generation 2.",
    ]
    gone = log_lines.index("inhouse ingest: There is no folder docs. Check the path.")
    assert any(line.startswith("failed   docs/broken.md") for line in log_lines[gone:])
