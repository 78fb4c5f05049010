"""What the documentation shows runs: the tutorial and the notebooks, whole."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.M | re.S)
_RICH = """
def display(value):
    html = getattr(value, "_repr_html_", None)
    print(html() if html else repr(value))
"""


def run_program(program: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it in that folder, with `inhouse` as it is in this checkout."""
    command = folder / "bin" / "inhouse"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m inhouse "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        program,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_tutorial_runs_from_its_first_line_to_its_last(tmp_path: Path) -> None:
    """Every command and snippet, in their order, in an empty folder; only pip is left out."""
    printed = []
    for language, snippet in _BLOCK.findall((DOCS / "tutorial.md").read_text("utf-8")):
        text = re.sub(r"^pip install .*\n", "", snippet, flags=re.M)
        program = ["sh", "-e", "-c", text] if language == "sh" else [sys.executable, "-c", text]
        done = run_program(program, tmp_path)
        assert done.returncode == 0, f"{snippet}\n{done.stderr}"
        printed.append(" ".join(done.stdout.split()))

    output = " ".join(printed)
    assert "Parental leave is fourteen weeks." in output
    assert "Paris" in output
    assert output.count("Ferries are booked in a shared cabin.") >= 2


@pytest.mark.parametrize("page", ["README.md", "docs/library.md"])
def test_a_page_s_snippets_run_one_after_the_other(page: str, tmp_path: Path) -> None:
    """In a folder with the documents that they name, and without a model server."""
    snippets = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "leave.md").write_text("# Leave\n\nParental leave is 14 weeks.\n")
    (tmp_path / "offer.pdf").write_bytes(b"%PDF-1.4\n")

    done = run_program([sys.executable, "-c", "\n".join(snippets)], tmp_path)

    assert done.returncode == 0, done.stderr


def _program(notebook: Path) -> str:
    """The cells of code as one program, which shows the last value of each cell as Jupyter would."""
    parts = [_RICH]
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):
            display = ast.Call(ast.Name("display", ast.Load()), [last.value], [])
            tree.body[-1] = ast.fix_missing_locations(ast.Expr(display))
        parts.append(ast.unparse(tree))
    return "\n".join(parts)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    """Its cells in their order, with the values that they show; it leaves nothing behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = f"import tempfile\ntempfile.tempdir = {str(temporary)!r}\n{_program(notebook)}"

    done = run_program([sys.executable, "-c", program], tmp_path)

    assert done.returncode == 0, done.stderr
    assert {"library": "120 EUR", "evaluation": "recall@5"}[notebook.stem] in done.stdout
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_its_output(notebook: Path) -> None:
    """Differences between two versions are those of the text."""
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_there_are_notebooks_for_the_library_and_the_evaluation() -> None:
    listed = (DOCS / "notebooks.md").read_text("utf-8")
    assert [notebook.stem for notebook in NOTEBOOKS] == ["evaluation", "library"]
    assert all(f"](notebooks/{notebook.name})" in listed for notebook in NOTEBOOKS)
