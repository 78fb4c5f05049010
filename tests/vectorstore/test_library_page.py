"""`docs/library.md` does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest import ingest
from rag import InhouseVectorStore
from rag.settings import Settings
from tests.ui.library import write_pdf

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


def test_the_snippets_of_the_page_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the default embedder, in a folder that has a handbook, an index of it and an offer."""
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks.\n")
    write_pdf(tmp_path / "offer.pdf")
    monkeypatch.chdir(tmp_path)
    ingest(["handbook"], data_dir="data", settings=Settings())
    names: dict[str, object] = {}
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert len(snippets) == 6
    for snippet in snippets:
        exec(snippet, names)  # noqa: S102 - our own page
    assert f"{tmp_path}/handbook/leave.md None" in capsys.readouterr().out
    hits = names["hits"]
    assert isinstance(hits, list)
    assert [hit.uri for hit in hits] == ["wiki:travel"]
    store = names["store"]
    assert isinstance(store, InhouseVectorStore)
    assert [hit.id for hit in store.similarity_search("badge colour", 1)] == ["badge"]
    assert store.get_by_ids(["canteen"]) == []
