"""Listing what stands in an index, for whoever may see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import ingest
from rag import Assistant
from rag.index import FileList
from rag.index.catalog.ledger import FileState
from rag.index.views.files import FileQuery
from rag.retrieval.highlight import spans
from rag.settings import Settings
from rag.testing import HashingEmbedder

RULES = {
    "access": {
        "rules": [
            {"glob": "**/open/**", "readers": ["*"]},
            {"glob": "**/secret/**", "readers": ["group:board"]},
        ]
    }
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Two open files, one secret one, one that cannot be read."""
    home = tmp_path_factory.mktemp("shelf")
    folder = home / "papers"
    for name, text in {
        "open/Übersicht.md": "# Overview\n\nThe canteen opens at eight.",
        "open/deep/prices.txt": "Ice costs four euros.",
        "secret/merger.md": "# Canary\n\nWe buy the other company.",
        "open/broken.pdf": "this is no PDF",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    settings, embedder = Settings.model_validate(RULES), HashingEmbedder()
    report = ingest([folder], data_dir=home / "data", settings=settings, embedder=embedder)
    assert [problem.uri.rpartition("/")[2] for problem in report.failed] == ["broken.pdf"]
    return Assistant.open(home / "data", settings=settings, embedder=embedder)


def names(shelf: FileList, query: FileQuery) -> list[str]:
    listed, count = shelf.files(query, limit=100)
    assert count == len(listed)
    return [Path(row.uri).name for row in listed]


def test_whoever_may_read_everything_sees_the_whole_ledger_with_its_failures(
    assistant: Assistant,
) -> None:
    shelf = assistant.shelf()
    assert shelf.choices().total == 4
    assert shelf.choices().states == {"failed": 1, "indexed": 3}
    assert shelf.choices().folders == {
        "papers": 4, "papers/open": 3, "papers/open/deep": 1, "papers/secret": 1,
    }  # fmt: skip
    failed, _ = shelf.files(FileQuery(state="failed"))
    assert failed[0].state is FileState.FAILED
    assert failed[0].reason
    assert failed[0].document_id is None
    assert shelf.coverage() is not None
    assert (shelf.last_run() or {})["failed"] == 1


@pytest.mark.parametrize("tokens", [(), ("group:staff",), ("*",)])
def test_a_reader_sees_nothing_of_what_they_may_not_read(
    assistant: Assistant, tokens: tuple[str, ...]
) -> None:
    """No name, no count, no folder, no failure, no run; by its short name neither."""
    everything, shelf = assistant.shelf(), assistant.for_readers(tokens).shelf()
    seen = {"Übersicht.md", "prices.txt"} if tokens else set()
    assert set(names(shelf, FileQuery())) == seen
    assert shelf.choices().total == len(seen)
    assert "papers/secret" not in shelf.choices().folders
    assert (
        shelf.folders("papers/secret") == ()
        or names(shelf, FileQuery(folder="papers/secret")) == []
    )
    assert names(shelf, FileQuery(text="merger")) == names(shelf, FileQuery(text="canary")) == []
    assert shelf.coverage() is shelf.last_run() is None
    for hidden in everything.files(FileQuery())[0]:
        if Path(hidden.uri).name not in seen:
            assert shelf.named(everything.name(hidden.uri)) is None
            assert shelf.file(hidden.uri) is None


def test_one_of_the_board_sees_the_secret(assistant: Assistant) -> None:
    shelf = assistant.for_readers(["group:board"]).shelf()
    assert names(shelf, FileQuery(folder="papers/secret")) == ["merger.md"]
    (secret,), _ = shelf.files(FileQuery(text="merger"))
    listed = shelf.named(shelf.name(secret.uri))
    assert listed is not None
    assert listed.title == "Canary"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (FileQuery(text="übERSICHT"), ["Übersicht.md"]),
        (FileQuery(text="OVERVIEW"), ["Übersicht.md"]),
        (FileQuery(text="%"), []),
        (FileQuery(text="papers"), []),
        (FileQuery(folder="papers/open/deep"), ["prices.txt"]),
        (FileQuery(folder="papers/op"), []),
        (FileQuery(folder="nowhere"), []),
        (FileQuery(media_type="text/plain"), ["prices.txt"]),
        (FileQuery(tag="none"), []),
        (FileQuery(state="failed"), ["broken.pdf"]),
    ],
)
def test_filters_hold_exactly_what_they_say(
    assistant: Assistant, query: FileQuery, expected: list[str]
) -> None:
    """Names in any case, also beyond ASCII; no wildcard; not where the root lies; whole folders."""
    assert names(assistant.shelf(), query) == expected


@pytest.mark.parametrize("order", ["name", "title", "state", "size", "changed", "read", "pages"])
def test_each_order_has_every_file_once_on_whatever_pages(assistant: Assistant, order: str) -> None:
    shelf = assistant.shelf()
    up = names(shelf, FileQuery(order=order))  # type: ignore[arg-type]
    down = names(shelf, FileQuery(order=order, descending=True))  # type: ignore[arg-type]
    assert len(set(up)) == len(set(down)) == 4
    paged = [
        Path(shelf.files(FileQuery(order=order), offset=at, limit=1)[0][0].uri).name  # type: ignore[arg-type]
        for at in range(4)
    ]
    assert paged == up


def test_chunks_are_shown_in_order_with_what_is_read_along(assistant: Assistant) -> None:
    shelf = assistant.shelf()
    listed = shelf.files(FileQuery(text="overview"))[0][0]
    assert listed.document_id is not None
    (chunk,) = shelf.chunks(listed.document_id)
    assert "canteen opens at eight" in chunk.text
    assert shelf.chunk_counts([listed.document_id]) == {listed.document_id: 1}


@pytest.mark.parametrize(
    ("query", "languages", "marked"),
    [
        ("parental leaves", (), ["parents", "leave"]),
        ("How long is the leave?", (), ["long", "leave"]),
        ("der Urlaub", ("de",), []),
        ("x", (), []),
        ("", (), []),
    ],
)
def test_words_are_marked_by_their_stem_and_common_ones_are_not(
    query: str, languages: tuple[str, ...], marked: list[str]
) -> None:
    text = "The parents take a long leave, and that is it."
    assert [text[start:end] for start, end in spans(query, text, languages)] == marked
