"""`inhouse check`: what would be read of a file, and what not."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from tests.cli.conftest import end, start


def notebook(folder: Path) -> Path:
    """A note, and a picture that is not read."""
    output = {"output_type": "display_data", "data": {"image/png": base64.b64encode(b"x").decode()}}
    cells = [
        {"cell_type": "markdown", "source": "# Fees\n\nThe fee is 5."},
        {"cell_type": "code", "source": "plot()", "outputs": [output]},
    ]
    path = folder / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    return path


def test_the_text_stands_beside_what_was_not_read(tmp_path: Path) -> None:
    """Each file has its text and one sentence; nothing is written."""
    notebook(tmp_path)
    (tmp_path / "b.json").write_text("{broken")
    ended = end(start("check", "a.ipynb", "b.json", cwd=tmp_path))
    assert ended.code == 3
    for line in ("# Fees", "The fee is 5.", "A picture was not read.", "Indexed."):
        assert line in ended.out.splitlines()
    assert "Failed: b.json is not sound JSON" in ended.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ipynb", "b.json"]


def test_json_has_the_promised_keys(tmp_path: Path) -> None:
    notebook(tmp_path)
    ended = end(start("check", "a.ipynb", "missing.md", "--json", cwd=tmp_path))
    read, missing = ended.json()
    assert (read["state"], read["unread"]) == ("indexed", {"picture": 1})
    assert read["headings"] == [{"level": 1, "title": "Fees"}]
    assert missing["state"] == "failed"
    assert missing["reason"]
