"""What stands in the source, and what may not."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.house.sources import ROOT, imports, trees

_BANNED_MODULES = {
    "pickle",
    "_pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
}
_BANNED_CALLS = {
    *(
        "eval",
        "exec",
        "compile",
        "__import__",
        "yaml.load",
        "yaml.unsafe_load",
        "os.system",
        "os.popen",
    ),
    *("torch.load", "pickle.load", "pickle.loads"),
}
_BANNED_FLAGS = {"trust_remote_code", "shell", "allow_pickle"}


def _offences(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in _BANNED_CALLS:
                yield f"line {node.lineno}: {called}()"
            for keyword in node.keywords:
                off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                if keyword.arg in _BANNED_FLAGS and not off:
                    yield f"line {node.lineno}: {keyword.arg}={ast.unparse(keyword.value)}"
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                named = key.value if isinstance(key, ast.Constant) else None
                if named in _BANNED_FLAGS and ast.unparse(value) != "False":
                    yield f"line {node.lineno}: {named!r}: {ast.unparse(value)}"
        elif isinstance(node, ast.Constant) and node.value == "--trust-remote-code":
            yield f"line {node.lineno}: --trust-remote-code"


def test_nothing_runs_code_that_came_from_elsewhere() -> None:
    """No pickle, joblib, marshal, eval, exec, yaml.load, trust_remote_code, shell=True, allow_pickle."""
    for module, tree in trees().items():
        used = {name.partition(".")[0] for name in imports(module)} & _BANNED_MODULES
        assert not used, module
        assert list(_offences(tree)) == [], module


@pytest.mark.parametrize(
    "line",
    [
        "eval('1')",
        "yaml.load(text)",
        "subprocess.run(command, shell=True)",
        "numpy.load(path, allow_pickle=wanted)",
        "AutoModel.from_pretrained(name, **{'trust_remote_code': True})",
        "run(['vllm', '--trust-remote-code'])",
    ],
)
def test_the_search_for_such_code_finds_it(line: str) -> None:
    """The test above is not blind."""
    assert list(_offences(ast.parse(line)))


def test_every_module_and_everything_public_says_what_it_is() -> None:
    """Modules, public classes and public functions have a docstring; an error's may stand in the tree."""
    documented = {
        module: (tree, ast.get_docstring(tree) or "")
        for module, tree in trees().items()
        if not module.startswith("ingest.parsers.")
    }
    undocumented = [
        module for module, (tree, docstring) in documented.items() if tree.body and not docstring
    ]
    undocumented += [
        f"{module}.{node.name}"
        for module, (tree, docstring) in documented.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not (
            module.endswith(".errors") and f"── {node.name} " in f"{docstring} ".replace("\n", " ")
        )
    ]
    assert undocumented == []


def _tracked_files() -> list[Path]:
    git = shutil.which("git") or "git"
    listed = subprocess.run(
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _hosts_of_this_machine() -> set[str]:
    """Hosts that the environment points package tools and proxies at, unless the world knows them."""
    urls = [
        value
        for name, value in os.environ.items()
        if name.upper().endswith(("_PROXY", "INDEX_URL", "_ENDPOINT", "GOPROXY")) and "://" in value
    ]
    hosts = {urlsplit(url).hostname or "" for url in urls}
    return hosts - {
        "",
        "localhost",
        "127.0.0.1",
        "pypi.org",
        "huggingface.co",
        "download.pytorch.org",
    }


def test_no_tracked_file_names_this_machine() -> None:
    """What is published has no path of the machine it was made on, and no host of its tools."""
    pattern = re.compile(
        "|".join([r"(?<![\w.])/(?:work|root)/", *map(re.escape, _hosts_of_this_machine())]).encode()
    )
    here = Path(__file__).resolve()
    traces = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in _tracked_files()
        if path.resolve() != here and (match := pattern.search(path.read_bytes()))
    ]
    assert traces == []
