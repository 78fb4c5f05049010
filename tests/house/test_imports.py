"""Who may import whom, and what an import may do."""

from __future__ import annotations

import ast
import graphlib
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import PACKAGES, imports, path_of, trees

FORBIDDEN = {"rag": {"ingest", "ui", "inhouse"}, "ingest": {"ui"}, "ui": set(), "inhouse": set()}
HEAVY = (
    *("torch", "transformers", "sentence_transformers", "faiss", "tantivy", "openvino", "vllm"),
    *("gradio", "fastapi", "numpy", "openai", "httpx", "langchain", "langchain_core"),
    *("langchain_openai", "apsw", "tokenizers"),
)


def test_imports_go_one_way() -> None:
    """`rag` knows nothing of `ingest` and `ui`, `ingest` nothing of `ui`; inside functions neither."""
    wrong = [
        f"{module} imports {name}"
        for module in trees()
        for name in imports(module)
        if name.partition(".")[0] in FORBIDDEN[module.partition(".")[0]]
    ]
    assert wrong == []


def test_no_import_goes_the_other_way_by_name() -> None:
    """Nor is a module further up named in a string, for `importlib`."""
    modules = set(trees()) - set(PACKAGES)
    wrong = [
        f"{module} line {node.lineno}: {node.value!r}"
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and node.value in modules
        and node.value.partition(".")[0] in FORBIDDEN[module.partition(".")[0]]
    ]
    assert wrong == []


def test_no_module_imports_itself_in_a_circle() -> None:
    """The modules have an order in which each imports only earlier ones, lazy imports included."""
    known = trees()
    graph = {
        module: {name for name in imports(module, types=False) if name in known} for module in known
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as exc:
        pytest.fail(" imports ".join(reversed(exc.args[1])))


def _says_what_it_offers(module: str) -> bool:
    return path_of(module).name == "__init__.py" and any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for node in trees()[module].body
    )


def test_all_is_what_is_visible() -> None:
    """Every `__all__` is sorted, each of its names is there, and nothing else that is public is."""
    packages = [*filter(_says_what_it_offers, trees()), "ui"]
    assert len(packages) > 10
    for module in packages:
        loaded = importlib.import_module(module)
        names = getattr(loaded, "__all__", [])
        assert names == sorted(names, key=_constants_classes_functions), module
        assert all(hasattr(loaded, name) for name in names), module
        visible = {
            name
            for name in dir(loaded)
            if not name.startswith("_") and not isinstance(getattr(loaded, name), type(ast))
        }
        assert visible - {"annotations", "TYPE_CHECKING", "Any"} == set(names), module


def test_every_name_in_an_all_is_defined() -> None:
    """A module's `__all__`, where it has one, is sorted and names what the module has."""
    for module, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                names = ast.literal_eval(node.value)
                assert names == sorted(names, key=_constants_classes_functions), module
                defined = set(dir(importlib.import_module(module)))
                assert set(names) <= defined, module


def test_import_and_help_load_nothing_heavy(tmp_path: Path) -> None:
    """`import rag`, `import ingest`, `python -m ingest --help` and each `inhouse … --help` are quick."""
    program = f"""
import contextlib, io, json, sys
loaded = {{}}
def note(what):
    loaded[what] = sorted(set({HEAVY!r}) & set(sys.modules))
import rag; note("import rag")
import rag.settings; note("import rag.settings")
import ingest; note("import ingest")
import ui; note("import ui")
from ui.cli import COMMANDS, main
import ingest.cli
for arguments in [[], *([name] for name in COMMANDS)]:
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
        main([*arguments, "--help"])
    assert said.getvalue().startswith("Usage: inhouse"), arguments
    note(" ".join(["inhouse", *arguments, "--help"]))
print(json.dumps(loaded))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    loaded = json.loads(done.stdout)
    assert {what: modules for what, modules in loaded.items() if modules} == {}
    assert "inhouse ingest --help" in loaded


def test_importing_any_module_does_nothing(tmp_path: Path) -> None:
    """No file, no folder, no variable, no connection, no process comes from importing our modules."""
    program = f"""
import importlib, json, os, sys
third_party = {sorted(_third_party())!r}
for name in third_party:  # what they do on import is not ours
    importlib.import_module(name)
before, done = dict(os.environ), []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        done.append(f"open {{arguments[0]}}")
    elif event in ("os.mkdir", "os.putenv", "os.unsetenv", "os.remove", "os.rename", "os.chdir",
                   "socket.connect", "socket.bind", "subprocess.Popen", "os.fork", "os.system"):
        done.append(f"{{event}} {{arguments}}")
sys.addaudithook(watch)
for name in {sorted(trees())!r}:
    importlib.import_module(name)
print(json.dumps([done, dict(os.environ) == before]))
"""
    home = tmp_path / "home"
    home.mkdir()
    ended = subprocess.run(
        [sys.executable, "-B", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), "TMPDIR": str(home)},
    )
    done, same_environment = json.loads(ended.stdout.splitlines()[-1])
    assert done == []
    assert same_environment


def _constants_classes_functions(name: str) -> tuple[bool, bool, str]:
    """The order in which ruff sorts names: CONSTANTS, Classes, functions."""
    return not name.isupper(), name[0].islower(), name


def _third_party() -> set[str]:
    """Modules of others that ours import at their top level."""
    modules = set()
    for tree in trees().values():
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                modules.add(node.module or "")
            elif isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
    return {
        name
        for name in modules
        if name.partition(".")[0] not in {*PACKAGES, *sys.stdlib_module_names}
    }
