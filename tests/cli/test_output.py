"""What the commands print, for people and for programs, and how they end."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.answer import Answer, Status
from rag.index.lock import WriteLock
from tests.cli.conftest import CommandResult, Ingested, end, environment, start
from tests.cli.documents import GOOD
from tests.rag.server import ModelServer

Run = Callable[..., CommandResult]
QUESTION = "How long is parental leave?"
HIT = {"rank", "score", "uri", "title", "page", "section", "text", "start", "end"}
ANSWER = {
    *(
        "question",
        "text",
        "status",
        "sentences",
        "citations",
        "computed",
        "context",
        "model",
        "profile",
    ),
    *("generation", "usage", "timings_ms", "notice", "corrected", "dropped", "searched", "turns"),
    *("verdict", "confidence", "extracts", "notices"),
}


@pytest.fixture(scope="module")
def outputs(ingested: Ingested) -> dict[str, CommandResult]:
    """Four commands that need the real embedder, run beside each other."""
    data_option = ("--data", str(ingested.data))
    home = ingested.folder.parent
    with ModelServer() as server:
        url = {"INHOUSE_LLM_URL": server.url}
        started = {
            "search --json": start("search", QUESTION, "-k", "3", "--json", *data_option, cwd=home),
            "search": start("search", "odd balcony red archive key", *data_option, cwd=home),
            "ask --json": start("ask", QUESTION, "--json", *data_option, cwd=home, **url),
            "ask without a model": start("ask", QUESTION, *data_option, cwd=home),
            "ask without a model --json": start("ask", QUESTION, "--json", *data_option, cwd=home),
        }
        return {name: end(process) for name, process in started.items()}


def test_search_has_the_promised_shape(
    outputs: dict[str, CommandResult], ingested: Ingested
) -> None:
    """And each text stands in its document at its span."""
    ended = outputs["search --json"]
    hits = ended.json()
    assert (ended.code, ended.err) == (0, "")
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert all(hit.keys() == HIT for hit in hits)
    assert hits[0]["uri"] == str(ingested.folder / "hr/leave.md")
    assert GOOD["hr/leave.md"][hits[0]["start"] : hits[0]["end"]] == hits[0]["text"]


def test_search_for_people_is_safe_to_print(outputs: dict[str, CommandResult]) -> None:
    """File names with new lines and escape codes are shown as text."""
    ended = outputs["search"]
    assert ended.code == 0
    assert "documents/odd\\nname.md" in ended.out
    assert "documents/red \\x1b[31m.md" in ended.out
    assert all(line.isprintable() for line in ended.out.splitlines())


def test_ask_has_the_promised_shape(outputs: dict[str, CommandResult], ingested: Ingested) -> None:
    ended = outputs["ask --json"]
    answer = ended.json()
    assert (ended.code, ended.err) == (0, "")
    assert answer.keys() == ANSWER
    assert answer["status"] == "grounded"
    assert answer["context"].keys() == {"cited", "read", "retrieved"}
    assert all(hit.keys() == HIT for name in answer["context"] for hit in answer["context"][name])
    (sentence,) = answer["sentences"]
    assert sentence.keys() == {
        *("text", "supported", "grade", "score", "citations", "is_beside_the_point"),
    }
    assert (sentence["text"], sentence["supported"]) == ("Parental leave is 16 weeks.", True)
    assert sentence["citations"] == [1]
    extract = answer["extracts"][0]
    assert extract.keys() == {
        *("rank", "text", "uri", "title", "page", "section", "start", "end", "score", "fields"),
    }
    assert "16 weeks" in extract["text"]
    (citation,) = answer["citations"]
    assert citation.keys() == {
        *("n", "uri", "title", "page", "section", "quote", "start", "end", "boxes"),
    }
    assert citation["uri"] == str(ingested.folder / "hr/leave.md")
    assert GOOD["hr/leave.md"][citation["start"] : citation["end"]] == citation["quote"]
    assert Answer.model_validate(answer).to_json() == answer


def test_ask_without_a_model_server_shows_the_passages(outputs: dict[str, CommandResult]) -> None:
    """The documents' own words, what to do on standard error, and exit code 12."""
    ended = outputs["ask without a model"]
    assert ended.code == 12
    assert "documents/hr/leave.md" in ended.out
    assert "Parental leave is 16 weeks." in ended.out
    assert ended.err.startswith("No model server answers at http://127.0.0.1:")
    assert "inhouse serve" in ended.err
    assert ended.err.count("\n") == 1


def test_ask_without_a_model_server_is_an_answer_for_programs_too(
    outputs: dict[str, CommandResult],
) -> None:
    ended = outputs["ask without a model --json"]
    answer = Answer.model_validate(ended.json())
    assert ended.code == 12
    assert answer.status is Status.MODEL_UNAVAILABLE
    assert answer.context.retrieved
    assert "inhouse serve" in answer.notice


def test_doctor_names_each_part_and_its_remedy(inhouse: Run, ingested: Ingested) -> None:
    ended = inhouse("doctor", "--data", str(ingested.data), "--json")
    checks = {check["name"]: check for check in ended.json()}
    assert ended.code == 1, "the model server is missing"
    assert all(check.keys() == {"name", "ok", "found", "remedy"} for check in checks.values())
    assert {"Data folder", "Embedder", "Index", "Language model", "vLLM", "Model server"} <= set(
        checks
    )
    assert checks["Index"]["ok"]
    assert not checks["Model server"]["ok"]
    assert "inhouse serve" in checks["Model server"]["remedy"]


def test_doctor_for_people_says_what_to_do(inhouse: Run) -> None:
    """Also where there is nothing yet."""
    ended = inhouse("doctor")
    assert ended.code == 1
    assert "!!  Index" in ended.out
    assert "→ Make one with: inhouse ingest FOLDER" in ended.out


def test_a_damaged_part_is_a_log_line(inhouse: Run, ingested: Ingested, tmp_path: Path) -> None:
    """Noticed before the first answer, rebuilt, said once; with --log-format json as one JSON object."""
    for log_format in ("text", "json"):
        data = shutil.copytree(ingested.data, tmp_path / log_format)
        vectors = max(data.glob("vectors*/**/*"), key=lambda path: path.stat().st_size)
        vectors.write_bytes(vectors.read_bytes()[::-1])
        ended = inhouse("doctor", "--data", str(data), "--log-format", log_format)
        assert "ok  Index" in ended.out
        (line,) = ended.err.splitlines()
        if log_format == "text":
            assert line.startswith("warning: ")
        else:
            logged = json.loads(line)
            assert logged.keys() == {"time", "level", "logger", "message"}
            assert logged["level"] == "warning"
        assert "it is rebuilt from the catalogue" in line


def test_errors_and_failed_files_are_log_lines_where_those_are_json(
    inhouse: Run, ingested: Ingested, tmp_path: Path
) -> None:
    """With --log-format json every line of standard error is one JSON object."""
    ended = inhouse("search", "", "--data", str(ingested.data), "--log-format", "json")
    assert ended.code == 2
    logged = json.loads(ended.err)
    assert logged["level"] == "error"
    assert logged["message"] == "inhouse: The question is empty. Ask one in a sentence."
    data = shutil.copytree(ingested.data, tmp_path / "data")
    ended = inhouse(
        "documents", "--data", str(data), "--log-format", "json", "--retry-failed",
        module="ingest", cwd=ingested.folder.parent,
    )  # fmt: skip
    levels = [json.loads(line)["level"] for line in ended.err.splitlines()]
    assert set(levels) == {"warning", "info"}


def test_quiet_says_the_result_and_what_failed(
    inhouse: Run, ingested: Ingested, tmp_path: Path
) -> None:
    """What was left out on purpose is not worth a mail from cron."""
    home, data = ingested.folder.parent, shutil.copytree(ingested.data, tmp_path / "data")
    ended = inhouse(
        "ingest", "documents", "--data", str(data), "--quiet", "--retry-failed", cwd=home
    )  # fmt: skip
    assert ended.code == 3
    assert ended.told
    assert all(line.startswith("failed   ") for line in ended.told.splitlines())
    assert ended.told.count("\n") == ended.err.count("\n")
    assert ended.out.startswith("Files  ")


@pytest.mark.parametrize("quiet", [False, True])
def test_a_bar_on_a_terminal_unless_quiet(ingested: Ingested, tmp_path: Path, quiet: bool) -> None:
    (tmp_path / "docs").mkdir()
    for number in range(3):
        (tmp_path / f"docs/{number}.md").write_text("")
    ours, terminal_side = pty.openpty()
    termios.tcsetwinsize(terminal_side, (24, 100))
    os.set_blocking(ours, False)
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "docs", "--json", *(["--quiet"] if quiet else [])],
        stdout=subprocess.PIPE, stderr=terminal_side, stdin=subprocess.DEVNULL, cwd=tmp_path,
        env=environment(), check=False,
    )  # fmt: skip
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        output = terminal.read(100_000) or b""
    os.close(terminal_side)
    assert len(json.loads(done.stdout)["failed"]) == 3
    assert (b"Reading" in output) is not quiet


def test_another_run_at_work(inhouse: Run, ingested: Ingested, tmp_path: Path) -> None:
    """Exit code 11 and who it is; readers do not mind; when it ends, the next run goes on."""
    data = shutil.copytree(ingested.data, tmp_path / "data")
    (tmp_path / "docs").mkdir()
    with WriteLock(data):
        ended = inhouse("ingest", "docs")
        assert ended.code == 11
        assert ended.out == ""
        assert ended.told.startswith(
            f"inhouse: Another run is writing to data: process {os.getpid()} on "
        )
        assert ended.told.count("\n") == 1
        assert inhouse("docs", module="ingest").code == 11
        status = inhouse("status")
        assert status.code == 0
        assert f"At work     process {os.getpid()} on " in status.out
    assert "At work" not in inhouse("status").out
    assert inhouse("ingest", "docs").code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_in_order(tmp_path: Path, inhouse: Run, number: signal.Signals) -> None:
    """128 + N; what was finished is kept, and the next run finds the lock free."""
    (tmp_path / "docs").mkdir()
    for name in range(5_000):
        (tmp_path / f"docs/{name}.md").touch()
    process = start("docs", "--json", cwd=tmp_path, module="ingest")
    deadline = time.monotonic() + 30
    while not (tmp_path / "data/catalog.db-wal").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    ended = end(process)
    assert ended.code == 128 + number
    assert ended.told == "Stopping; what is finished is kept.\n"
    assert len(ended.json()["failed"]) < 5_000
    shutil.rmtree(tmp_path / "docs")
    (tmp_path / "docs").mkdir()
    assert inhouse("ingest", "docs").code == 0


def test_a_reader_that_has_seen_enough_is_no_error(ingested: Ingested) -> None:
    """`inhouse status --json | head -c 1` ends without a word."""
    process = start("status", "--data", str(ingested.data), "--json", cwd=ingested.folder)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"], ["ask", "--help"]])
def test_help_and_version(inhouse: Run, arguments: list[str]) -> None:
    ended = inhouse(*arguments)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.lower().startswith(("inhouse 0.", "usage: inhouse"))


def test_an_argument_that_is_no_utf_8_is_no_trouble(ingested: Ingested) -> None:
    """Bytes of another encoding in a question, or in a folder's name, end in a result or one sentence."""
    home = ingested.folder.parent
    for arguments, code in (
        ([b"search", b"\xff\xfe", b"--json", b"--data", b"data"], 0),
        ([b"ingest", b"nowhere-\xff", b"--data", b"data"], 2),
    ):
        done = subprocess.run(
            [sys.executable.encode(), b"-m", b"ui", *arguments],
            capture_output=True, cwd=home, env=environment(), check=False,
        )  # fmt: skip
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        assert done.returncode == code
