"""What several documents say alike is shown once, and nothing that differs in what counts is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import ingest
from rag import Assistant
from rag.settings import AccessRule, AccessSettings, Settings
from rag.testing import HashingEmbedder
from ui.terminal.answers import format_hits

RULE = (
    "Whoever leaves the building last closes the windows on all three floors, switches off the machines in "
    "the hall, and tells the porter at the gate that nobody is inside any more."
)
OTHERS = {
    "canteen.txt": "The canteen opens at noon and closes when the soup is gone.",
    "parking.txt": "The parking lot is behind the hall, and bicycles stand below the roof.",
}
QUERY = "Who closes the windows on all floors and tells the porter?"


def search(
    folder: Path, texts: dict[str, str], *, k: int = 8, who: str = ""
) -> dict[str, list[str]]:
    """The files that are shown, with those that are named beside each."""
    for name, text in (OTHERS | texts).items():
        (folder / "house" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "house" / name).write_text(f"{text}\n", "utf-8")
    rules = (
        AccessRule(glob="**/board/**", readers=("board",)),
        AccessRule(glob="**/*.txt", readers=("staff", "board")),
    )
    settings = Settings(access=AccessSettings(rules=rules if who else ()))
    embedder = HashingEmbedder()
    report = ingest(
        [folder / "house"], data_dir=folder / "data", settings=settings, embedder=embedder
    )
    assert not report.failed
    assistant = Assistant.open(folder / "data", settings=settings, embedder=embedder)
    if who:
        assistant = assistant.for_readers((who,))
    hits = assistant.search(QUERY, k=k, fold=True)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    for hit in hits:
        named = [copy["uri"] for copy in hit.to_json().get("also_in", ())]
        assert named == [copy.uri for copy in hit.also_in]
    assert all(
        "Also in " in text for hit, text in zip(hits, _texts(hits), strict=True) if hit.also_in
    )
    return {_name(hit.uri): sorted(_name(copy.uri) for copy in hit.also_in) for hit in hits}


def _texts(hits: list) -> list[str]:  # type: ignore[type-arg]
    lines = list(format_hits(hits, ""))
    heads = [at for at, line in enumerate(lines) if line.split()[0].isdigit()]
    return ["\n".join(lines[a:b]) for a, b in zip(heads, [*heads[1:], len(lines)], strict=True)]


def _name(uri: str) -> str:
    return uri.rpartition("/house/")[2]


@pytest.mark.parametrize(
    "copy",
    [
        RULE,
        RULE.replace("switches", "turns"),
        RULE.upper().replace(" ", "  "),
        RULE.partition(", and tells")[0],
    ],
    ids=["the same", "another word", "other letters and spaces", "a part of it"],
)
def test_a_copy_is_named_and_makes_room(tmp_path: Path, copy: str) -> None:
    """The better one is shown; there is room for the next passage."""
    results = search(tmp_path, {"rule.txt": RULE, "copy.txt": copy}, k=2)
    assert len(results) == 2
    first = next(iter(results))
    assert {first, *results[first]} == {"rule.txt", "copy.txt"}


def test_three_copies_are_one_passage(tmp_path: Path) -> None:
    results = search(tmp_path, {f"{n}.txt": RULE for n in "abc"})
    (first, named), *others = results.items()
    assert sorted([first, *named]) == ["a.txt", "b.txt", "c.txt"]
    assert others == [("canteen.txt", []), ("parking.txt", [])]


@pytest.mark.parametrize(
    "other",
    [
        RULE.replace("three", "3").replace("inside", "inside since 6"),
        RULE.replace("leaves", "never leaves"),
        f"{RULE} {OTHERS['canteen.txt']}",
        RULE.replace("windows", "shutters").replace("hall", "shop").replace("gate", "door"),
    ],
    ids=["a figure", "a denial", "a sentence more", "other things"],
)
def test_what_differs_in_what_counts_is_shown(tmp_path: Path, other: str) -> None:
    """A figure, a denial, or words that only one of them has, where the poorer one is the longer one."""
    results = search(tmp_path, {"a-rule.txt": RULE, "other.txt": other})
    assert {"a-rule.txt", "other.txt"} <= results.keys() or "a-rule.txt" in results["other.txt"]
    assert "other.txt" not in results.get("a-rule.txt", [])


def test_a_document_that_one_may_not_read_is_not_named(tmp_path: Path) -> None:
    """Its copy is shown as if it were the only one."""
    texts = {"rule.txt": RULE, "board/secret.txt": RULE}
    assert search(tmp_path, texts, who="staff")["rule.txt"] == []
    (tmp_path / "again").mkdir()
    named = search(tmp_path / "again", texts, who="board")
    assert (
        "rule.txt" in named.get("board/secret.txt", []) or "board/secret.txt" in named["rule.txt"]
    )


def test_a_document_that_repeats_itself_is_not_folded(tmp_path: Path) -> None:
    """Its passages stand at different places of one document: nothing is gained by hiding one."""
    filler = " ".join(f"Word{n} follows." for n in range(400))
    results = search(tmp_path, {"rule.txt": f"{RULE}\n\n{filler}\n\n{RULE}"})
    assert results["rule.txt"] == []
