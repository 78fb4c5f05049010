"""The documentation says what the code does."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from rag.settings import load_settings
from tests.house.pages import PAGES, all_commands, list_tables, setting_keys, variable
from tests.house.sources import ROOT

DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
_ENVIRONMENT = re.compile(r"\bINHOUSE_[A-Z_]+\b")
_COMMAND = re.compile(r"(?:^|[`\s/])inhouse (?!import\b)([a-z]+)((?: [^\n`#|&;]*)?)")
_TOML = re.compile(r"^( *)```toml\n(.*?)^ *```", re.M | re.S)
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_from_the_code_is_current(name: str) -> None:
    """UPDATE_DOCS=1 writes it anew."""
    path, generated = ROOT / "docs" / name, PAGES[name]()
    if os.environ.get("UPDATE_DOCS") == "1":
        path.write_text(generated, "utf-8")
    assert path.read_text("utf-8") == generated, (
        f"UPDATE_DOCS=1 make test ARGS=tests/house writes {path}"
    )


@pytest.mark.parametrize("key", setting_keys())
def test_every_setting_says_what_it_means(key: str) -> None:
    """Each key has a description that is a sentence, and numbers have both bounds."""
    field = setting_keys()[key]
    assert field.description
    assert field.description.endswith(".")
    for name, inner in list_tables().get(key, {}).items():
        assert inner.description, name
        assert inner.description.endswith("."), name
    if field.annotation in (int, float, int | None, float | None):
        assert len(field.metadata) == 2, "a lower and an upper bound"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_docs_name_only_what_is_there(path: Path) -> None:
    """Every variable, command, option and file that a page names exists."""
    text = path.read_text("utf-8")
    known = {variable(key) for key in setting_keys()} | {"INHOUSE_CONFIG"}
    assert set(_ENVIRONMENT.findall(text)) <= known
    options = {
        name: {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
        for name, command in all_commands()
    }
    if path.name != "CHANGELOG.md":
        for match in _COMMAND.finditer(text):
            name = f"inhouse {match[1]}"
            assert name in options, f"{name} is no command"
            inner = {o for n, names in options.items() if n.startswith(name) for o in names}
            assert set(re.findall(r"(?<=\s)--?[a-z][\w-]*", match[2])) <= inner | {"--help", "-h"}
    for target in _LINK.findall(text):
        assert (path.parent / target).exists(), f"{path.name} links to {target}, which is not there"


def test_the_site_s_navigation_has_every_page_once() -> None:
    """`zensical.toml` lists the pages of `docs/`, and no page that is not there."""

    def pages(entries: list[dict[str, Any]]) -> Iterator[str]:
        for target in (target for entry in entries for target in entry.values()):
            yield from [target] if isinstance(target, str) else pages(target)

    site = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
    docs = ROOT / site["docs_dir"]
    written = sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))
    assert sorted(pages(site["nav"])) == written


def test_the_readme_names_the_defaults_that_the_code_has() -> None:
    """The page's address and the data folder are those of the settings."""
    readme, keys = (ROOT / "README.md").read_text("utf-8"), setting_keys()
    assert f"http://{keys['web.host'].default}:{keys['web.port'].default}" in readme
    assert f"./{keys['data'].default}`" in readme or f"./{keys['data'].default}\n" in readme
    for port in re.findall(r"127\.0\.0\.1:(\d+)", readme):
        assert int(port) in {keys["web.port"].default, keys["serve.port"].default}


def test_the_readme_s_commands_of_make_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text("utf-8")):
        assert re.search(rf"^{target}:", makefile, re.M), f"make {target}"


@pytest.mark.parametrize("name", ["README.md", "docs/library.md", "docs/api.md"])
def test_python_in_the_docs_is_python(name: str) -> None:
    """Snippets compile, and import only what the packages export."""
    import ast
    import importlib

    for snippet in re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.S):
        for node in ast.walk(ast.parse(snippet)):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    assert alias.name in importlib.import_module(node.module or "").__all__


SETTINGS_PAGES = sorted({*(ROOT / "docs").glob("*.md")} - {ROOT / "docs" / "evaluation.md"})
"""Pages whose blocks of TOML are settings; the evaluation's are bounds for its figures."""


@pytest.mark.parametrize("path", SETTINGS_PAGES, ids=lambda path: path.stem)
def test_settings_in_the_docs_are_settings(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block of TOML loads, with something in the variables that it takes its secrets from."""
    file = tmp_path / "inhouse.toml"
    monkeypatch.chdir(tmp_path)
    for indent, block in _TOML.findall(path.read_text("utf-8")):
        if "[project" in block:
            continue  # a pyproject.toml
        text = re.sub(rf"^{indent}", "", block, flags=re.M)
        for name in re.findall(r"\$\{(\w+)\}", text):
            monkeypatch.setenv(name, "a secret of more than thirty-two characters")
        file.write_text(text, "utf-8")
        load_settings(file)


def test_every_command_takes_the_common_options() -> None:
    """`--data`, `--config`, `--quiet`, `--log-format` everywhere; `--json` where a result is printed."""
    for name, command in all_commands():
        options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
        if name not in {"inhouse", "inhouse init"}:  # that one makes what the others read
            assert {"--data", "--config", "--quiet", "--log-format"} <= options, name
        if name.split()[-1] in {"ingest", "ask", "search", "status", "doctor", "models", "show"}:
            assert "--json" in options, name
