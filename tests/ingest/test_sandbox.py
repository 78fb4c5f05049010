"""The sandbox: whatever a file does to its parser, the others are read and the parent stays well.

The files that misbehave are real ones where such can be made small; where a crash of the parser itself is
wanted, the child is killed from outside, which to the parent looks the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import signal
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ingest.errors import (
    FileTooLargeError,
    IngestError,
    ParserCrashError,
    ParserMemoryError,
    ParserTimeoutError,
    UnreadableFileError,
    UnsupportedFileError,
)
from ingest.loaded import LoadedDocument
from ingest.parser_process import FRAME
from ingest.sandbox import Sandbox, check_outcome

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(timeout_s=60) as shared:
        yield shared


def children() -> list[psutil.Process]:
    processes = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie counts as one
            if "ingest.parser_process" in " ".join(child.cmdline()):
                processes.append(child)
    return processes


def slow_file(folder: Path) -> Path:
    """A text that takes its parser some seconds, and little memory."""
    path = folder / "slow.md"
    path.write_text(("some words of text " * 5 + "\n") * 600_000)
    return path


def word_that_unpacks_to(megabytes: int, path: Path) -> Path:
    """A Word file whose text is long, though within what the archive check lets pass."""
    buffer = io.BytesIO()
    line = os.urandom(3000).hex().encode()
    import docx

    docx.Document().save(buffer)
    with (
        zipfile.ZipFile(buffer) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                run = b"<w:p><w:r><w:t>" + line + b"</w:t></w:r></w:p>"
                body = run * (megabytes * 1024 * 1024 // len(run))
                data = data.replace(b"<w:body>", b"<w:body>" + body)
            target.writestr(name, data)
    return path


def test_files_come_back_in_order_with_their_text(tmp_path: Path, sandbox: Sandbox) -> None:
    paths = []
    for number in range(100):
        paths.append(tmp_path / f"{number:03}.md")
        paths[-1].write_text(f"# Note {number}")
    outcomes = list(sandbox.map(paths))
    assert [path for path, _ in outcomes] == paths
    for number, (_, outcome) in enumerate(outcomes):
        assert isinstance(outcome, LoadedDocument)
        assert outcome.text == f"# Note {number}"


def test_failures_are_values_and_the_rest_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    names = ("a.md", "b.pdf", "c.txt", "d.mp4", "gone.md", "e.md")
    contents = (b"good", b"%PDF-1.4 nothing else %%EOF", b"", b"x", None, b"good too")
    paths = [tmp_path / name for name in names]
    for path, content in zip(paths, contents, strict=True):
        if content is not None:
            path.write_bytes(content)
    outcomes = [outcome for _, outcome in sandbox.map(paths)]
    reasons = [o.reason if isinstance(o, UnreadableFileError) else o.text for o in outcomes]
    assert reasons == [
        "good",
        "is truncated or damaged",
        "",
        "is of a format that is not supported yet",
        "vanished before it could be read",
        "good too",
    ]


def test_names_that_are_not_unicode_are_read(tmp_path: Path, sandbox: Sandbox) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe\n.t\xffxt"))
    with pytest.raises(UnsupportedFileError):
        sandbox.load(path)
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe\n.txt"))
    path.write_text("words")
    assert sandbox.load(path).text == "words"


def test_a_file_that_takes_too_long_is_stopped_and_the_next_one_read(tmp_path: Path) -> None:
    (tmp_path / "next.md").write_text("fine")
    with Sandbox(timeout_s=0.3) as sandbox:
        outcomes = [o for _, o in sandbox.map([slow_file(tmp_path), tmp_path / "next.md"])]
    assert isinstance(outcomes[0], ParserTimeoutError)
    assert outcomes[0].reason == "took longer than 0.3 s"
    assert isinstance(outcomes[1], LoadedDocument)


def test_a_file_that_needs_too_much_memory_is_stopped(tmp_path: Path) -> None:
    path = word_that_unpacks_to(60, tmp_path / "large.docx")
    (tmp_path / "next.md").write_text("fine")
    with Sandbox(memory_mb=160) as sandbox:
        with pytest.raises(ParserMemoryError, match="needed more than 160 MiB"):
            sandbox.load(path)
        assert sandbox.load(tmp_path / "next.md").text == "fine"


def test_a_file_over_the_size_limit_is_not_opened_by_a_parser(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"x" * 2_000_000)
    with (
        Sandbox(max_file_mb=1) as sandbox,
        pytest.raises(FileTooLargeError, match=r"is 1\.9 MiB, more than 1\.0 MiB"),
    ):
        sandbox.load(tmp_path / "large.txt")


def test_a_parser_that_dies_once_is_given_a_second_try(tmp_path: Path) -> None:
    """It may have died of what an earlier file did to it."""
    (tmp_path / "a.md").write_text("fine")
    before = {child.pid for child in children()}
    with Sandbox() as sandbox:
        sandbox.load(tmp_path / "a.md")
        (child,) = (child for child in children() if child.pid not in before)
        child.send_signal(signal.SIGSEGV)
        assert sandbox.load(tmp_path / "a.md").text == "fine"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_parser_that_dies_costs_only_its_file(tmp_path: Path, number: signal.Signals) -> None:
    slow = slow_file(tmp_path)
    (tmp_path / "next.md").write_text("fine")

    has_ended = threading.Event()

    def kill_whatever_reads() -> None:
        """Again and again: a signal that comes as a parser starts may be lost."""
        while not has_ended.wait(0.01):
            for child in children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    if child.cpu_times().user > 0.5:  # it is past its start, and reads
                        child.send_signal(number)

    with Sandbox() as sandbox:
        killer = threading.Thread(target=kill_whatever_reads)
        killer.start()
        try:
            with pytest.raises(ParserCrashError, match=f"crashed the parser .{number.name}"):
                sandbox.load(slow)
        finally:
            has_ended.set()
            killer.join()
        assert sandbox.load(tmp_path / "next.md").text == "fine"


def test_no_child_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a")
    before = {child.pid for child in children()}
    with Sandbox(workers=2) as sandbox:
        list(sandbox.map([tmp_path / "a.md"] * 8))
        assert {child.pid for child in children()} - before
    assert not {child.pid for child in children()} - before


def test_closing_in_the_middle_of_a_file_does_not_wait_for_it(tmp_path: Path) -> None:
    slow = slow_file(tmp_path)
    with Sandbox() as sandbox:
        files = sandbox.map([slow, slow])
        threading.Timer(0.7, sandbox.close).start()
        with pytest.raises((UnreadableFileError, StopIteration)) as caught:
            raise next(files)[1]  # type: ignore[misc]
    assert not isinstance(caught.value, ParserTimeoutError)


def test_secrets_of_the_parent_are_not_in_the_childs_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHOUSE_LLM_API_KEY", "secret")
    monkeypatch.setenv("https_proxy", "http://proxy")
    (tmp_path / "a.md").write_text("a")
    before = {child.pid for child in children()}
    with Sandbox() as sandbox:
        sandbox.load(tmp_path / "a.md")
        (child,) = [child for child in children() if child.pid not in before]
        assert set(child.environ()) <= {
            "PATH",
            "LD_LIBRARY_PATH",
            "PYTHONPATH",
            "PYTHONHASHSEED",
            "LC_ALL",
        }


def test_a_python_that_cannot_start_the_child_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "a.md").write_text("a")
    with Sandbox() as sandbox, pytest.raises(IngestError, match="does not start"):
        sandbox.load(tmp_path / "a.md")


def test_a_thousand_small_files_are_read_by_one_child(tmp_path: Path, sandbox: Sandbox) -> None:
    paths = []
    for number in range(1000):
        paths.append(tmp_path / f"{number}.md")
        paths[-1].write_text(f"# Note {number}\n\nSome words.\n")
    list(sandbox.map(paths[:1]))
    before = children()
    assert all(isinstance(outcome, LoadedDocument) for _, outcome in sandbox.map(paths))
    assert {child.pid for child in children()} == {child.pid for child in before}


def test_a_child_may_be_for_one_file_alone(tmp_path: Path) -> None:
    """Whatever it says of itself: the one that has read a file is gone before the next is opened."""
    (tmp_path / "a.md").write_text("# A\n\nFirst.\n")
    (tmp_path / "b.pdf").write_bytes(b"no PDF")
    (tmp_path / "c.md").write_text("# C\n\nThird.\n")
    others = children()  # of other tests in this process, such as a model server
    with Sandbox(files_per_parser=1) as careful:
        for name in ("a.md", "b.pdf", "c.md"):
            ((_, outcome),) = careful.map([tmp_path / name])
            assert isinstance(outcome, LoadedDocument) == name.endswith(".md")
            assert [child for child in children() if child not in others] == []


def test_a_file_that_becomes_very_much_text_is_left_out(tmp_path: Path) -> None:
    """Cells that say that they are very wide, and a text file: the limit is on what comes out."""
    cell = '<td colspan="50">word</td>'
    rows = f"<table>{f'<tr>{cell * 10}</tr>' * 500}</table>"
    (tmp_path / "wide.html").write_text(f"<html><body>{rows}</body></html>")
    (tmp_path / "long.txt").write_text("A line of text.\n" * 20_000)
    (tmp_path / "short.txt").write_text("A line of text.\n")
    with Sandbox(max_text_mb=0.2) as small:
        for name in ("wide.html", "long.txt"):
            with pytest.raises(FileTooLargeError, match=r"more than ingest\.max_text_mb = 0\.2"):
                small.load(tmp_path / name)
        assert small.load(tmp_path / "short.txt").text.startswith("A line")


def test_an_answer_of_very_many_small_parts_is_not_taken_apart(tmp_path: Path) -> None:
    """A few megabytes of empty lists would become a gigabyte here."""
    from ingest.parser_child import ParserChild, _DiedError

    ours, other_end = socket.socketpair()
    payload = b'{"a": [' + b"[]," * 5_000_000 + b"[]]}"
    with ours, other_end:
        sender = threading.Thread(
            target=lambda: other_end.sendall(FRAME.pack(len(payload)) + payload), daemon=True
        )
        sender.start()
        with pytest.raises(_DiedError, match="too many parts"):
            ParserChild(5, 256)._receive(ours, time.monotonic() + 60)
        sender.join()


def test_what_a_child_says_of_the_file_is_not_believed(sandbox: Sandbox, tmp_path: Path) -> None:
    """The parent counts the check sum itself: a child cannot pass one file off as another."""
    path = tmp_path / "a.txt"
    path.write_text("One thing.")
    loaded = sandbox.load(path)
    assert loaded.source_sha256 == hashlib.sha256(b"One thing.").hexdigest()
    lie = check_outcome(replace(loaded, source_sha256="0" * 64), loaded.source_sha256, 2**20, 2**30)
    assert isinstance(lie, LoadedDocument)
    assert lie.source_sha256 == loaded.source_sha256
