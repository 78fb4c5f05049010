"""A parser, a source and a chunker of another distribution: those that docs/sources.md shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ingest.chunking.chunker import chunk
from ingest.chunking.installed import load_chunker
from ingest.loaded import LoadedDocument
from ingest.parsers.plain_text import parse_markdown
from rag.errors import ConfigurationError
from tests.ingest.sources.world import SourceHome, install

_ROOT = Path(__file__).parents[3]
_PRESS = ("pinboard://press/press/oil.note", "The press")
_RUN = """
import json, sys
from ingest import ingest
from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder

data, settings = sys.argv[1], Settings.model_validate(json.loads(sys.argv[2]))
report = ingest(data_dir=data, settings=settings, embedder=HashingEmbedder())
hits = Assistant.open(data, embedder=HashingEmbedder()).search("oil of the gear", k=5)
print(json.dumps([report.to_json(), [[hit.uri, hit.title, hit.text] for hit in hits]]))
"""


def _blocks(language: str) -> list[str]:
    page = (_ROOT / "docs/sources.md").read_text("utf-8").partition("\n## A private format")[2]
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder of packages with the distribution of the docs, as pip would lay it out."""
    (project,), (module,) = _blocks("toml"), _blocks("python")
    groups = tomllib.loads(project)["project"]["entry-points"]
    entry_points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in groups.items()
    )
    install(tmp_path / "site-packages", "acme_notes", module, entry_points)
    return tmp_path / "site-packages"


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """Two notes on the board, for two groups."""
    folder = tmp_path / "board"
    for group, name, text in (
        (
            "press",
            "oil",
            "The press\n>> Oil\nThe gear takes 3 litres of oil.\n>> Belt\nIt is 2 m long.\n",
        ),
        ("it", "printer", "The printer\n>> Paper\nIt takes A4.\n"),
    ):
        (folder / group).mkdir(parents=True)
        (folder / group / f"{name}.note").write_text(text)
    return folder


def run(home: SourceHome, packages: Path) -> tuple[dict[str, Any], list[Any]]:
    """A run in a process of its own, as one that starts after the distribution was installed."""
    settings = json.dumps(home.all_settings().model_dump(mode="json", exclude_unset=True))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(packages), str(_ROOT)))}
    result = subprocess.run(
        [sys.executable, "-c", _RUN, str(home.data), settings],
        capture_output=True, text=True, check=False, env=environment, cwd=home.home,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    report, hits = json.loads(result.stdout.splitlines()[-1])
    return report, hits


def test_the_private_format_of_the_docs_is_read(
    tmp_path: Path, packages: Path, board: Path
) -> None:
    """In the sandbox, from its own source and from a folder, cut where its chunker says, found and cited."""
    home = SourceHome(tmp_path, kind="pinboard", name="press", folder=str(board))
    home.ingest_settings["roots"] = [{"path": str(board)}]
    home.others["chunker"] = {"name": "remarks"}
    report, hits = run(home, packages)
    assert (report["added"], report["failed"]) == (4, [])
    assert home.readers()["press/oil.note"] == ("group:press",)
    assert (report["chunks_embedded"], report["chunks_reused"]) == (5, 5), "one for each remark"
    (text,) = [text for uri, title, text in hits if (uri, title) == _PRESS]
    assert "## Oil\n\nThe gear takes 3 litres of oil." in text
    report, _ = run(home, packages)
    assert (report["unchanged"], report["chunks_embedded"]) == (4, 0)


def test_a_new_version_reads_anew(tmp_path: Path, packages: Path, board: Path) -> None:
    """As a new version of a parser of Inhouse does; without the distribution the format is not read."""
    home = SourceHome(tmp_path, kind="sql", name="x", database="/nowhere", query="SELECT 1")
    home.ingest_settings |= {"sources": [], "roots": [{"path": str(board)}]}
    assert run(home, packages)[0]["added"] == 2
    metadata = packages / "acme_notes-1.0.dist-info/METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
    module = packages / "acme_notes.py"
    module.write_text(module.read_text().replace("def read_note", "def read_note_before") + _BROKEN)
    report, _ = run(home, packages)
    assert (report["updated"], len(report["failed"])) == (1, 1)
    assert "crashed the parser (KeyError" in report["failed"][0]["reason"]


_BROKEN = """

def read_note(content):
    if b"printer" in content:
        raise KeyError("printer")
    return read_note_before(content)
"""


@pytest.fixture
def document() -> LoadedDocument:
    """Three parts, of which the last is longer than a chunk may be."""
    parts = ["# A\n\nOne.", "# B\n\nTwo. Still two.", "# C\n\n" + "Three is a long part. " * 20]
    return parse_markdown("\n\n".join(parts).encode())


def test_no_chunk_goes_on_across_a_start(document: LoadedDocument) -> None:
    """Also in the middle of a paragraph; every word stands in exactly one chunk."""
    positions = [document.text.index("Still"), document.text.index("# C")]
    chunks = chunk(
        document, title="", max_tokens=20, count_tokens=lambda texts: [len(t.split()) for t in texts],
        find_starts=lambda _: positions,
    )  # fmt: skip
    assert set(positions) <= {part.start for part in chunks}
    assert not any(part.start < position < part.end for part in chunks for position in positions)
    assert chunks[0].text == "# A\n\nOne.\n\n# B\n\nTwo."
    assert " ".join(part.text for part in chunks).split() == document.text.split()


@pytest.mark.parametrize("positions", [[-1], [10**6], [1.5]])
def test_a_position_outside_of_the_text_is_refused(
    document: LoadedDocument, positions: list[Any]
) -> None:
    """So that a chunk never says what the document does not."""
    with pytest.raises(ValueError, match="not in the text"):
        chunk(
            document, title="", max_tokens=20, count_tokens=lambda texts: [1] * len(texts),
            find_starts=lambda _: positions,
        )  # fmt: skip


def test_a_chunker_that_is_not_installed_is_named() -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError, match="no chunker 'remarks' is installed"):
        load_chunker("remarks")
