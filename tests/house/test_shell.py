"""Shells complete the command line, and `man inhouse` shows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.pages import all_commands
from tests.house.sources import ROOT

MAN_PAGE = ROOT / "docs" / "shell" / "inhouse.1"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("inhouse roll", ["rollback"]),
        ("inhouse ask --no-m", ["--no-model"]),
        ("inhouse models eng", ["engine"]),
    ],
)
def test_bash_gets_the_words_that_fit(words: str, expected: list[str], tmp_path: Path) -> None:
    """By the script that the wheel installs, in a bash of its own."""
    program = tmp_path / "inhouse"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m inhouse "$@"\n')
    program.chmod(0o755)
    listed = words.split()
    script = (
        f"source {ROOT}/docs/shell/inhouse.bash\n"
        f"COMP_WORDS=({words}); COMP_CWORD={len(listed) - 1}\n"
        '_inhouse_completion inhouse && printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", script],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == expected, done.stderr


def test_the_manual_page_has_every_command() -> None:
    text = MAN_PAGE.read_text("ascii").replace("\\-", "-")
    for name, _ in all_commands():
        assert f"\n.SS {name} " in text or name in {"inhouse", "inhouse profile", "inhouse user"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_manual_page_is_set_without_a_warning() -> None:
    groff = [shutil.which("groff") or "groff", "-man", "-Tutf8", "-ww", str(MAN_PAGE)]
    done = subprocess.run(groff, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--no-model" in done.stdout
