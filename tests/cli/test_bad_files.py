"""Files that cannot be read: each is named with its reason in one line, and stops nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import CommandResult, Ingested
from tests.cli.documents import BAD, GOOD, LEFT_OUT

Run = Callable[..., CommandResult]
INGEST = {
    *("generation", "added", "updated", "unchanged", "moved", "deleted", "failed", "skipped"),
    *("chunks_embedded", "chunks_reused", "seconds", "readable_by_nobody"),
    *("roots", "unlisted_roots", "stopped"),
}


def test_the_account_of_a_run_has_the_promised_shape(ingested: Ingested) -> None:
    report = ingested.ended.json()
    assert report.keys() == INGEST
    assert all(
        problem.keys() == {"uri", "reason"} for problem in report["failed"] + report["skipped"]
    )
    counts = INGEST - {"failed", "skipped", "seconds", "roots", "unlisted_roots", "stopped"}
    assert all(type(report[name]) is int for name in counts)


def test_what_can_be_read_is_indexed_and_the_exit_code_says_that_some_failed(
    ingested: Ingested,
) -> None:
    report = ingested.ended.json()
    assert ingested.ended.code == 3
    assert report["added"] == len(GOOD)
    assert report["chunks_embedded"] >= len(GOOD)
    assert report["generation"] == 1


def test_every_bad_file_is_named_with_its_reason(ingested: Ingested) -> None:
    report = ingested.ended.json()
    for expected, problems in ((BAD, report["failed"]), (LEFT_OUT, report["skipped"])):
        reasons = {problem["uri"]: problem["reason"] for problem in problems}
        assert reasons.keys() == {str(ingested.folder / name) for name in expected}
        for name, reason in expected.items():
            assert reasons[str(ingested.folder / name)].startswith(reason), name


def test_the_counts_add_up_to_the_folder(ingested: Ingested) -> None:
    """Every visible entry that is no folder ends in exactly one state."""
    report = ingested.ended.json()
    entries = [p for p in ingested.folder.rglob("*") if not p.is_dir() and p.name[0] != "."]
    counted = sum(report[name] for name in ("added", "updated", "unchanged"))
    assert counted + len(report["failed"]) + len(report["skipped"]) == len(entries)


def test_for_people_each_is_one_printable_line(ingested: Ingested, inhouse: Run) -> None:
    """New lines and control characters in names are written out, not sent to the terminal."""
    ended = inhouse("ingest", "documents", "--data", "data", cwd=ingested.folder.parent)
    assert ended.code == 3
    lines = ended.told.splitlines()
    assert len(lines) == len(BAD) + len(LEFT_OUT)
    assert "failed   documents/bad/empty.md: is empty" in lines
    assert "failed   documents/bad/two\\nlines.md: is empty" in lines
    assert "failed   documents/bad/\\x1b]0;owned\\x07.md: is empty" in lines
    assert "skipped  documents/left/link.md: is a link, which is not followed" in lines
    assert ended.out.startswith(
        f"Files       {len(GOOD)} unchanged, {len(BAD)} failed, {len(LEFT_OUT)} skip"
    )
    assert all(line.isprintable() for line in (*lines, *ended.out.splitlines()))


def test_cron_s_command_is_the_same(ingested: Ingested, inhouse: Run) -> None:
    """`python -m ingest` gives the same account and exit code; nothing is embedded again."""
    ended = inhouse(
        "documents", "--data", "data", "--json", "--quiet", "--log-format", "json",
        module="ingest", cwd=ingested.folder.parent,
    )  # fmt: skip
    again, first = ended.json(), ingested.ended.json()
    assert ended.code == 3
    assert ended.err == ""
    assert (again["added"], again["unchanged"]) == (0, len(GOOD))
    assert (again["chunks_embedded"], again["generation"]) == (0, 1)
    assert (again["failed"], again["skipped"]) == (first["failed"], first["skipped"])


def test_status_counts_and_names_them(ingested: Ingested, inhouse: Run) -> None:
    status = inhouse("status", "--data", str(ingested.data), "--json").json()
    assert status.keys() == {
        *(
            "data",
            "generation",
            "created_at",
            "documents",
            "chunks",
            "embedder",
            "files",
            "problems",
            "coverage",
            "last_run",
            "last_look",
            "at_work",
            "unread",
            "roots",
            "source_rules",
            "rules_not_applied",
            "outdated",
            "languages",
        ),
        "bytes_on_disk",
    }
    assert status["documents"] == len(GOOD)
    assert sum(status["files"].values()) == len(GOOD) + len(BAD) + len(LEFT_OUT)
    assert status["files"]["skipped"] == len(LEFT_OUT)
    assert status["coverage"]["pages_with_text"] == len(GOOD)
    assert status["coverage"]["pages"] == len(GOOD) + len(BAD)
    assert status["last_run"]["added"] == len(GOOD)
    assert status["last_run"]["failed"] == len(BAD)
    assert status["files"].keys() == {"indexed", "partial", "empty", "failed", "skipped"}
    problems = {problem["uri"]: problem for problem in status["problems"]}
    assert problems[str(ingested.folder / "bad/encrypted.pdf")]["state"] == "failed"
    assert problems[str(ingested.folder / "bad/empty.md")]["state"] == "empty"


def test_status_for_people_is_safe_to_print(ingested: Ingested, inhouse: Run) -> None:
    """A line for each; a file's name cannot pretend to be a line of ours, nor steer the terminal."""
    ended = inhouse("status", "--data", str(ingested.data))
    assert ended.code == 0
    assert all(line.isprintable() for line in ended.out.splitlines())
    assert not any(line.startswith("lines.md") for line in ended.out.splitlines())
    assert f"Holds       {len(GOOD)} documents" in ended.out


def test_a_run_without_anything_to_read_is_no_failure(inhouse: Run, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    ended = inhouse("ingest", "docs", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["added"] == 0
    assert inhouse("ingest", "docs").out.startswith("Files       none\n")
