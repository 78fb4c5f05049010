"""Folders that one can look through, one meaning for each name, and names that say what they hold."""

from __future__ import annotations

import ast
import graphlib
import inspect
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import ui.errors
from rag.errors import InhouseError
from tests.house.sources import ROOT, imports, path_of, trees

MOST_MODULES = 25
"""What a listing shows at a glance; one module per format or command may be more."""
ONE_MODULE_PER_ENTRY = {"ingest.parsers", "ui.commands"}

VAGUE = frozenset(
    {"each", "found", "said", "told", "wanted", "held", "made", "mine", "its", "theirs", "shown"}
    | {"place", "around", "asked"}
)
"""Words that say how a value came about, and not what it is."""
MOST_VAGUE_PER_1000_LINES = 2.0
USUAL_LINES = 150
"""What half of all modules keep to; one that is longer has a subject that needs it."""
SCREENS_LINES = 100
"""Two screens: a function beyond that cannot be read in one go."""


def _all_trees() -> Iterator[tuple[Path, ast.Module]]:
    """Every file of the packages, the tests and the benchmarks, parsed."""
    yield from ((path_of(module), tree) for module, tree in trees().items())
    for folder in ("tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"), str(path))


def test_a_folder_can_be_looked_through() -> None:
    """No package holds more than 25 modules beside those of its sub-packages."""
    count = Counter(
        module.rpartition(".")[0] for module in trees() if path_of(module).name != "__init__.py"
    )
    too_many = {package: n for package, n in count.items() if n > MOST_MODULES}
    assert too_many.keys() <= ONE_MODULE_PER_ENTRY, too_many


def test_the_packages_inside_rag_have_an_order() -> None:
    """Each package or module of `rag` imports only those below it, lazy imports included."""

    def part(module: str) -> str:
        return ".".join(module.split(".")[:2])

    graph: dict[str, set[str]] = defaultdict(set)
    for module in trees():
        if module.startswith("rag."):
            below = {part(name) for name in imports(module, types=False) if name.startswith("rag.")}
            graph[part(module)] |= below - {part(module)}
    list(graphlib.TopologicalSorter(graph).static_order())


def test_a_class_name_has_one_meaning() -> None:
    """No two modules define a class of the same name, tests and benchmarks included."""
    modules: dict[str, list[Path]] = defaultdict(list)
    for path, tree in _all_trees():
        for name in {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}:
            modules[name].append(path.relative_to(ROOT))
    assert {name: paths for name, paths in modules.items() if len(paths) > 1} == {}


def _vague_names(tree: ast.Module) -> Iterator[str]:
    """The variables and parameters that are called by a vague word; attributes are none."""
    fields = {
        id(node.target)
        for definition in ast.walk(tree)
        if isinstance(definition, ast.ClassDef)
        for node in definition.body
        if isinstance(node, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Store)
            and id(node) not in fields
        ):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        else:
            continue
        if name in VAGUE:
            yield f"line {node.lineno}: {name}"


def test_a_variable_is_named_after_what_it_holds() -> None:
    """Fewer than 2 in 1,000 lines are called "each", "found", "said" or the like, in every folder."""
    lines: Counter[str] = Counter()
    vague: Counter[str] = Counter()
    for path, tree in _all_trees():
        folder = path.parent.relative_to(ROOT).as_posix()
        lines[folder] += len(path.read_text("utf-8").splitlines())
        vague[folder] += sum(1 for _ in _vague_names(tree))
    too_many = {
        folder: n
        for folder, n in vague.items()
        if n > MOST_VAGUE_PER_1000_LINES * lines[folder] / 1000
    }
    assert too_many == {}


def test_the_search_for_vague_names_finds_them() -> None:
    """Loop variables, assignments and parameters count; fields of a class do not."""
    source = (
        "class A:\n    found: int\n\ndef f(said):\n    for each in said:\n        held = each\n"
    )
    assert len(list(_vague_names(ast.parse(source)))) == 3


def test_most_modules_are_short_and_every_function_can_be_read_in_one_go() -> None:
    """Half of all modules have at most 150 lines; no function is longer than two screens."""
    lengths = [len(path_of(module).read_text("utf-8").splitlines()) for module in trees()]
    assert statistics.median(lengths) <= USUAL_LINES
    long = [
        f"{module}.{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= SCREENS_LINES
    ]
    assert long == []


def test_the_errors_of_the_page_are_drawn_at_the_top_of_their_module() -> None:
    """Every error of `ui` is one of `rag`'s kind, and stands in the tree of its module."""
    errors = {
        name: error
        for name, error in vars(ui.errors).items()
        if inspect.isclass(error) and error.__module__ == "ui.errors"
    }
    drawing = ui.errors.__doc__ or ""
    assert errors
    for name, error in errors.items():
        assert issubclass(error, InhouseError)
        assert f" {name} " in f"{drawing} ".replace("\n", " ")
