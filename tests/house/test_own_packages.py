"""`rag`, `ingest` and `ui` are names that others use: what is in the way is named in one sentence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import inhouse
import rag
from inhouse.own_packages import find_problem
from tests.house.sources import ROOT

PATH = f"import sys; sys.path[:0] = ['.', {str(ROOT)!r}]\n"
"""As it is for an installed package: the working folder comes first."""


def run_in(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program as if it lay in that folder."""
    return subprocess.run(
        [sys.executable, "-I", "-c", f"{PATH}{program}"],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a package `rag` of its own."""
    (tmp_path / "rag").mkdir()
    (tmp_path / "rag" / "__init__.py").write_text("def answer(): return 42\n")
    return tmp_path


@pytest.mark.parametrize(
    "program", ["from inhouse import Assistant", "from ingest import ingest", "import ui"]
)
def test_another_rag_in_front_is_named_at_import(project: Path, program: str) -> None:
    """Where it lies, where ours lies, and what to do; never "No module named 'rag.document'"."""
    done = run_in(project, program)

    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: Inhouse cannot be used here: Python takes 'rag' from")
    assert str(ROOT / "rag") in last
    assert "Rename that one" in last


def test_the_command_works_in_a_project_with_another_rag(project: Path) -> None:
    """The process is Inhouse's alone, so that its own packages come first."""
    (project / "leave.md").write_text("# Leave\n\nParental leave is fourteen weeks.\n")
    command = "import sys\nfrom inhouse.__main__ import main\nsys.argv[1:] = {}\nmain()"

    for arguments in (["ingest", "leave.md"], ["search", "parental leave"]):
        done = run_in(project, command.format(arguments))
        assert done.returncode == 0, done.stderr
    assert "fourteen weeks" in done.stdout


def test_doctor_names_another_rag(project: Path) -> None:
    command = "import sys\nfrom inhouse.__main__ import main\nsys.argv[1:] = ['doctor']\nmain()"
    done = run_in(project, command)
    assert "Python takes 'rag' from" in " ".join(done.stdout.split())


def test_a_distribution_that_wrote_over_ours_is_named(tmp_path: Path) -> None:
    """Two distributions with the same package: pip lets the later one overwrite the files of the other."""
    for name in ("inhouse", "rag", "ingest", "ui"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "rag" / "__init__.py").write_text("def answer(): return 42\n")

    done = subprocess.run(
        [sys.executable, "-c", "from inhouse import Assistant"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={},
        timeout=60,
    )

    assert done.stderr.splitlines()[-1].endswith("pip install --force-reinstall --no-deps inhouse")


def test_our_own_packages_are_no_problem() -> None:
    assert [find_problem(name) for name in ("rag", "ingest", "ui")] == ["", "", ""]


def test_the_public_names_are_those_of_the_library_and_of_ingest() -> None:
    """`from inhouse import …` gives the very same objects."""
    import ingest

    assert set(inhouse.__all__) == {*rag.__all__, *ingest.__all__}
    assert inhouse.Assistant is rag.Assistant
    assert inhouse.ingest_texts is ingest.ingest_texts
