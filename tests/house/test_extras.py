"""The core works without what the extras install; what needs an extra says which, in one sentence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from rag.extras import EXTRAS, find_extra
from tests.house.sources import ROOT, imports, trees

MODULES = {
    "argon2-cffi": "argon2",
    "ir-measures": "ir_measures",
    "langchain-openai": "langchain_openai",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
    "pyjwt": "jwt",
    "scikit-learn": "sklearn",
    "sentence-transformers": "sentence_transformers",
}
"""Distributions whose module has another name."""

WITHOUT = {module for modules in EXTRAS.values() for module in modules} | {
    *("openai", "pandas", "safetensors", "scipy", "tiktoken", "vllm", "matplotlib"),
}
BLOCK = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {WITHOUT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""
COMMAND = f"{BLOCK}\nfrom ui.cli import main\nmain(sys.argv[1:])"


def run_core(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python where only the core's packages can be imported."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=240,
    )


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index that the core alone made."""
    folder = tmp_path_factory.mktemp("core")
    (folder / "leave.md").write_text("# Leave\n\nParental leave is fourteen weeks.\n")
    done = run_core(COMMAND, "ingest", "leave.md", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_core_searches_and_quotes(core: Path) -> None:
    """A CPU, no torch, no gradio, no client of a model: the documents answer in their own words."""
    search = run_core(COMMAND, "search", "parental leave", "--json", folder=core)
    assert json.loads(search.stdout)[0]["title"] == "Leave"

    asked = run_core(COMMAND, "ask", "--no-model", "How long is parental leave?", folder=core)
    assert asked.returncode == 0, asked.stderr
    assert "Parental leave is fourteen weeks." in asked.stdout


def test_without_the_model_s_client_the_documents_answer_and_say_what_is_missing(
    core: Path,
) -> None:
    asked = run_core(COMMAND, "ask", "How long is parental leave?", folder=core)

    assert asked.returncode == 12
    assert "Parental leave is fourteen weeks." in asked.stdout
    assert "pip install 'inhouse[llm]'" in " ".join((asked.stdout + asked.stderr).split())


NEEDS = [
    ("web", "web"),
    ("api", "api"),
    ("mcp", "api"),
    ("mcp --http", "api"),
    ("eval questions.jsonl --no-answers", "eval"),
    ("calibrate", "eval"),
    ("search leave --data postgresql://127.0.0.1/company", "postgres"),
    ("search leave --config reference.toml", "torch"),
    ("search leave --config traced.toml", "tracing"),
    ("ingest new.md --data new --quiet --config cluster.toml", "ray"),
]
"""Commands that need an extra: all extras but `llm`, without which the documents answer."""


@pytest.mark.parametrize(("command", "extra"), NEEDS)
def test_a_command_that_needs_an_extra_names_it(core: Path, command: str, extra: str) -> None:
    """One sentence and the command that installs it, never a traceback."""
    question = {"id": "1", "question": "How long?", "answers": ["fourteen weeks"]}
    (core / "questions.jsonl").write_text(json.dumps(question) + "\n")
    (core / "cluster.toml").write_text('[ingest]\nengine = "ray"\n')
    (core / "new.md").write_text("# New\n\nNobody has read this.\n")
    (core / "traced.toml").write_text("[tracing]\nspans = true\n")
    (core / "reference.toml").write_text('[embedder]\nbackend = "sentence-transformers"\n')

    done = run_core(COMMAND, *command.split(), folder=core)

    assert done.returncode == 1
    assert f"Run: pip install 'inhouse[{extra}]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_every_extra_is_tried_without() -> None:
    assert {extra for _, extra in NEEDS} | {"llm"} == set(EXTRAS)


@pytest.mark.parametrize("module", ["ui.api", "ui.mcp", "ui.api.routes"])
def test_an_import_that_needs_an_extra_names_it(module: str, tmp_path: Path) -> None:
    """The error is an ImportError as well, as whoever tries an import expects."""
    program = f"{BLOCK}\ntry:\n    import {module}\nexcept ImportError as exc:\n    print(exc)"
    done = run_core(program, folder=tmp_path)
    assert done.stdout.strip().endswith("Run: pip install 'inhouse[api]'"), done.stderr


def test_the_core_s_other_commands_work(core: Path) -> None:
    for command in ("status", "verify", "models", "sbom", "profile"):
        done = run_core(COMMAND, command, folder=core)
        assert done.returncode == 0, done.stderr


def test_the_table_of_extras_is_that_of_the_distribution() -> None:
    """Each distribution in an extra is a module in the table, and the other way round."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = declared["optional-dependencies"]

    def modules(extra: str) -> set[str]:
        required = [Requirement(line) for line in optional[extra]]
        own = {MODULES.get(item.name, item.name) for item in required if item.name != "inhouse"}
        return own.union(
            *(modules(e) for item in required for e in item.extras if item.name == "inhouse")
        )

    assert {extra: modules(extra) - {"mcp"} for extra in EXTRAS} == {
        extra: set(names) - {"mcp"} for extra, names in EXTRAS.items()
    }


def test_an_extra_holds_nothing_that_is_not_imported() -> None:
    used = {name.partition(".")[0] for module in trees() for name in imports(module, types=False)}
    assert {name for name in used if find_extra(name)} == {
        name for names in EXTRAS.values() for name in names
    } - {"accelerate", "gguf"}  # transformers loads them


def test_the_docs_name_every_extra() -> None:
    text = (ROOT / "docs" / "install.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)` \|", text, re.M)) >= {*EXTRAS, "all"}
