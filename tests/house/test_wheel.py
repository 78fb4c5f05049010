"""What `pip install` gets is complete: the wheel alone shows the demo in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from tests.house.sources import PACKAGES, ROOT
from tests.house.test_extras import COMMAND

pytestmark = pytest.mark.slow

REPOSITORY = "https://git.example.org/company/inhouse"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by its build backend."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        env={**os.environ, "INHOUSE_REPOSITORY": f"{REPOSITORY}.git"},
        check=True,
        capture_output=True,
    )
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_alone_shows_the_demo_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """With the core's packages only: sample documents, catalogues and texts come with it."""
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)

    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "demo", "--once"],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert done.returncode == 0, done.stderr
    assert "plate has to be ordered by 15:00" in " ".join(done.stdout.split())
    assert "pip install 'inhouse[llm]'" in done.stderr
    assert [path.name for path in empty.iterdir()] == ["data"]


def test_the_wheel_holds_our_packages_and_every_file_of_them(wheel: Path) -> None:
    """Neither tests nor caches, and nothing of the packages left out."""
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
    names = {name for name in files if ".data/" not in name}
    listed = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if "sample_docs/" not in name} == listed
    assert {name.split("/")[0] for name in names} == set(PACKAGES)
    assert {name.partition(".data/data/")[2] for name in files - names} == {
        "share/bash-completion/completions/inhouse",
        "share/fish/vendor_completions.d/inhouse.fish",
        "share/man/man1/inhouse.1",
        "share/zsh/site-functions/_inhouse",
    }


def test_the_description_works_on_another_page(wheel: Path) -> None:
    """Pictures and links are whole addresses, and the project's own are named."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(archive.read(name).decode())
    text = str(metadata.get_payload())
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    assert f"{REPOSITORY}/raw/main/docs/images/ask.png" in targets
    assert [target for target in targets if not target.startswith(("https:", "#"))] == []
    assert f"Repository, {REPOSITORY}" in metadata.get_all("Project-URL", [])
    assert metadata["License-Expression"] == "Apache-2.0"
