"""What stands at the head of a Markdown file is metadata: it comes back with hits, and filters go by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingest import Content, ingest, ingest_texts
from ingest.parsers.front_matter import parse_front_matter
from ingest.parsers.plain_text import parse_markdown
from rag import Assistant, Filter
from rag.settings import Settings
from rag.testing import HashingEmbedder
from ui.cli import cli

EMBEDDER = HashingEmbedder()


def write_policies(folder: Path) -> Path:
    """Two policies of two years."""
    for year, days in ((2024, 20), (2026, 25)):
        head = f"---\ntitle: Leave {year}\nkind: policy\nyear: {year}\ntags: [leave, hr]\n---\n"
        (folder / f"leave-{year}.md").write_text(f"{head}# Leave\n\nThere are {days} zebra days.\n")
    return folder


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("kind: policy\nyear: 2026\nrate: 1.5\ndraft: true\n",
         {"kind": "policy", "year": 2026, "rate": 1.5, "draft": True}),
        ("valid: 2026-03-01\nversion: '1.10'\nzip: 01234\non: yes\n",
         {"valid": "2026-03-01", "version": "1.10", "zip": "01234", "on": "yes"}),
        ("tags:\n- leave\n- 7\nteams: [hr, it]\n", {"tags": ["leave", 7], "teams": ["hr", "it"]}),
        ("nothing: null\nempty:\ndeep: {a: {b: 1}}\nlist: [[1], 2]\n1: x\n", {"list": [2]}),
        ("huge: 99999999999999999999999999\nnumber: 1.5e999\n",
         {"huge": "99999999999999999999999999"}),
        ("just a sentence", {}),
        ("a: [1, 2\nb: :::", {}),
        ("a: &a [x, x]\nb: [*a, *a, *a]\n", {}),
        ("x: !!bool maybe", {}),
        ("x: !!float ''", {}),
        ("x: !!timestamp x", {}),
        ("x: !!python/object/apply:os.system ['id']\n", {}),
        ("[" * 9000, {}),
    ],
)  # fmt: skip
def test_front_matter_is_plain_values(text: str, fields: dict[str, Any]) -> None:
    """Strings, numbers, truth values and lists; no aliases, no tags, nothing nested, nothing executed."""
    assert parse_front_matter(text) == fields


def test_the_text_keeps_its_front_matter_and_takes_its_title() -> None:
    data = b"---\ntitle: Leave\nkind: policy\n---\n# Heading\n\nText.\n"
    document = parse_markdown(data)
    assert document.text == data.decode()
    assert document.title == "Leave"
    assert document.front_matter == {"title": "Leave", "kind": "policy"}


def test_hits_carry_it_and_filters_go_by_it(tmp_path: Path) -> None:
    """Values, lists and ranges; a document without the name is not found."""
    data = tmp_path / "data"
    sources = tmp_path / "sources"
    sources.mkdir()
    (write_policies(sources) / "other.md").write_text("# Other\n\nA zebra.\n")
    ingest([sources], data_dir=data, settings=Settings(), embedder=EMBEDDER)
    assistant = Assistant.open(data, settings=Settings(), embedder=EMBEDDER)

    def titles(**metadata: Any) -> set[str]:
        return {hit.title for hit in assistant.search("zebra", filter=Filter(metadata=metadata))}

    assert titles() == {"Leave 2024", "Leave 2026", "Other"}
    assert titles(kind="policy") == {"Leave 2024", "Leave 2026"}
    assert titles(year={"from": 2025}) == {"Leave 2026"}
    assert titles(tags="leave", year=[2024]) == {"Leave 2024"}
    (hit,) = assistant.search("zebra", filter=Filter(metadata={"year": 2026}))
    assert hit.metadata == {
        "title": "Leave 2026", "kind": "policy", "year": 2026, "tags": ["leave", "hr"]
    }  # fmt: skip


def test_what_a_program_says_of_its_text_comes_before_what_the_text_says(tmp_path: Path) -> None:
    text = "---\nkind: draft\nyear: 2026\n---\nA zebra.\n"
    content = Content("wiki:a.md", text, metadata={"kind": "policy"})
    ingest_texts([content], data_dir=tmp_path, settings=Settings(), embedder=EMBEDDER)
    (hit,) = Assistant.open(tmp_path, settings=Settings(), embedder=EMBEDDER).search("zebra")
    assert hit.metadata["kind"] == "policy"


def test_the_command_line_selects_by_it(tmp_path: Path) -> None:
    """`--where` of `search` and `ask`, and one sentence for a condition that makes no sense."""
    data = ["--data", str(tmp_path / "data")]

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, [*arguments, *data], standalone_mode=False)
        assert result.exception is None, result.exception
        return result.output

    run("ingest", str(write_policies(tmp_path)))
    found = run("search", "zebra days", "--where", "kind=policy,memo", "--where", "year=2025..")
    assert "Leave 2026" in found
    assert "Leave 2024" not in found
    answer = run("ask", "How many zebra days are there?", "--no-model", "--where", "year=2024")
    assert "20 zebra days" in answer
    assert "25 zebra days" not in answer
    nothing = run("search", "zebra days", "--where", "kind=memo")
    assert nothing.strip().endswith("Nothing found.")
