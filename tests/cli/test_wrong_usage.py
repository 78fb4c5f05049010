"""Wrong usage and configuration: one sentence that says what and what to do, and exit code 2."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import CommandResult, Ingested

Run = Callable[..., CommandResult]


@pytest.fixture
def inhouse(inhouse_in_process: Run) -> Run:
    """All of this is said before anything is begun."""
    return inhouse_in_process


def check_sentence(ended: CommandResult, code: int, *parts: str, name: str = "inhouse") -> None:
    """One line on standard error, nothing on standard output."""
    assert ended.code == code, ended
    assert ended.out == ""
    assert ended.told.startswith(f"{name}: ")
    assert ended.told.endswith(".\n") or "inhouse " in ended.err
    assert ended.told.count("\n") == 1, ended.err
    for part in parts:
        assert part in ended.err


def test_a_folder_that_does_not_exist(inhouse: Run, tmp_path: Path) -> None:
    check_sentence(inhouse("ingest", "nowhere"), 2, "There is no folder nowhere.")
    ended = inhouse("nowhere", module="ingest")
    check_sentence(ended, 2, "There is no folder nowhere.", name="python -m ingest")
    assert list(tmp_path.iterdir()) == [], "and no data folder is made"


def test_one_folder_of_two_that_does_not_exist(inhouse: Run, tmp_path: Path) -> None:
    """Nothing is read, so nothing is half done."""
    (tmp_path / "there").mkdir()
    check_sentence(inhouse("ingest", "there", "nowhere"), 2, "nowhere")
    assert not (tmp_path / "data").exists()


def test_what_is_neither_folder_nor_file(inhouse: Run) -> None:
    check_sentence(inhouse("ingest", "/dev/null"), 2, "/dev/null is neither a folder nor a file.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dta = 'x'", "inhouse.toml: dta is not a setting. Known here: "),
        ("[retrieval]\nk = 0", "inhouse.toml: retrieval.k is 0: input should be greater than"),
        (
            "[llm]\napi_key = '${COMPANY_KEY}'",
            "the environment variable COMPANY_KEY, which is not set",
        ),
        ("k = ", "The configuration file inhouse.toml cannot be read: "),
    ],
)
@pytest.mark.parametrize("module", ["ui", "ingest"])
def test_a_mistake_in_the_configuration(
    inhouse: Run, tmp_path: Path, text: str, message: str, module: str
) -> None:
    (tmp_path / "inhouse.toml").write_text(text)
    arguments, name = (["status"], "inhouse") if module == "ui" else (["."], "python -m ingest")
    check_sentence(inhouse(*arguments, module=module), 2, message, name=name)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"INHOUSE_DTA": "x"}, "INHOUSE_DTA is not a setting. Known here: "),
        ({"INHOUSE_LLM_MAX_TOKENS": "1"}, "INHOUSE_LLM_MAX_TOKENS is '1': input should be greater"),
        ({"INHOUSE_CONFIG": "nowhere.toml"}, "There is no configuration file nowhere.toml."),
    ],
)
def test_a_mistake_in_the_environment(
    inhouse: Run, variables: dict[str, str], message: str
) -> None:
    check_sentence(inhouse("status", **variables), 2, message)


def test_a_flag_beats_the_environment_which_beats_the_file(inhouse: Run, tmp_path: Path) -> None:
    """The error names the folder that was looked into."""
    (tmp_path / "inhouse.toml").write_text("data = 'one'")
    assert "no index in one." in inhouse("status").err
    assert "no index in two." in inhouse("status", INHOUSE_DATA="two").err
    assert "no index in three." in inhouse("status", "--data", "three", INHOUSE_DATA="two").err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["ingest"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "many"],
        ["status", "--nonsense"],
        ["web", "--port", "70000"],
        ["status", "--log-format", "xml"],
    ],
)
def test_a_command_line_that_makes_no_sense(inhouse: Run, arguments: list[str]) -> None:
    ended = inhouse(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert "Usage: inhouse" in ended.err
    assert "Error: " in ended.err


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (["aks", "x"], "'ask'"),
        (["ingets", "."], "'ingest'"),
        (["ask", "--no-modle", "x"], "'--no-model'"),
    ],
)
def test_a_misspelt_name_is_said_with_the_right_one(
    inhouse: Run, arguments: list[str], right: str
) -> None:
    assert f"Did you mean {right}?" in inhouse(*arguments).err


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_needs_no_quotation_marks(
    inhouse: Run, ingested: Ingested, command: str
) -> None:
    """Its words are put together again."""
    options = ["--no-model"] if command == "ask" else []
    data = ["--data", str(ingested.data), "--json"]
    words = inhouse(command, *options, *data, "parental", "leave")
    assert words.code == 0, words.err
    without_times = re.compile(r'"timings_ms": \{.*?\}', re.S)
    quoted = inhouse(command, *options, *data, "parental leave")
    assert without_times.sub("", words.out) == without_times.sub("", quoted.out)


@pytest.mark.parametrize(
    "command", [["status"], ["search", "x"], ["ask", "x"], ["ask", "x", "--json"]]
)
def test_no_index(inhouse: Run, tmp_path: Path, command: list[str]) -> None:
    check_sentence(inhouse(*command), 10, "There is no index in data.", "inhouse ingest FOLDER")
    assert list(tmp_path.iterdir()) == [], "and none is made"


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "The question is empty. Ask one in a sentence."),
        (" \n ", "The question is empty."),
        (
            "x" * 100_000,
            "The question has 100,000 characters; at most 4,000 can be asked. Shorten it",
        ),
    ],
)
@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_that_is_none(
    inhouse: Run, ingested: Ingested, command: str, question: str, message: str
) -> None:
    check_sentence(inhouse(command, question, "--data", str(ingested.data)), 2, message)


@pytest.fixture
def taken_port() -> object:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


def test_a_port_in_use(inhouse: Run, taken_port: int, tmp_path: Path) -> None:
    """The page says so before it loads anything; the model server before it fetches a model."""
    ended = inhouse("web", "--port", str(taken_port))
    check_sentence(
        ended, 2, f"Port {taken_port} on 127.0.0.1 is in use. Choose another one with --port."
    )
    log = str(tmp_path / "vllm.log")
    ended = inhouse("serve", "--port", str(taken_port), "--log-file", log, INHOUSE_CACHE="cache")
    check_sentence(ended, 1, str(taken_port))
    assert not (tmp_path / "cache").exists()


def test_a_page_for_the_whole_network_is_refused(inhouse: Run) -> None:
    check_sentence(inhouse("web", "--host", "0.0.0.0"), 2, "no sign-in", "web.sign_in")


def test_a_data_folder_that_is_a_file(inhouse: Run, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    (tmp_path / "docs").mkdir()
    check_sentence(inhouse("ingest", "docs"), 1, "The data folder data cannot be made")


@pytest.mark.parametrize("command", [["search", "x"], ["ask", "x"], ["status"], ["ingest", "."]])
def test_a_data_folder_that_may_not_be_looked_into(
    inhouse: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """It is not said to be empty. Root may look everywhere, so the refusal is put in its place."""
    stat = Path.stat

    def refuse(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.parent.name == "data":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return stat(path, follow_symlinks=follow_symlinks)

    (tmp_path / "data").mkdir()
    monkeypatch.setattr(Path, "stat", refuse)
    check_sentence(inhouse(*command), 1, "data", "Permission denied", "permissions")


def test_a_data_folder_that_holds_something_else(inhouse: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/catalog.db").write_text(
        "not a database, but long enough to be looked at" * 99
    )
    for command in (["status"], ["search", "x"], ["ingest", str(tmp_path)]):
        check_sentence(inhouse(*command), 1, "catalog.db is damaged", "backup")
