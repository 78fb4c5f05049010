"""Documents that a program hands over: put, replaced, deleted, found and cited like files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import Content, Ingestor, ingest, ingest_texts
from rag import Assistant
from rag.errors import UsageError
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.library import write_pdf

TRAVEL = "# Travel\n\nTrains are booked in second class.\n\n## Flights\n\nFlights need approval.\n"
EMBEDDER = HashingEmbedder()


@pytest.fixture
def open_ingestor(tmp_path: Path) -> Callable[[], Ingestor]:
    def open_() -> Ingestor:
        return Ingestor(tmp_path / "data", settings=Settings(), embedder=EMBEDDER)

    return open_


@pytest.fixture
def open_assistant(tmp_path: Path) -> Callable[[], Assistant]:
    def open_() -> Assistant:
        return Assistant.open(tmp_path / "data", settings=Settings(), embedder=EMBEDDER)

    return open_


def counts(report: Any) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.deleted


def test_texts_and_files_are_put_and_found(
    open_ingestor: Any, open_assistant: Any, tmp_path: Path
) -> None:
    """Text is cut at its headings, a PDF keeps its pages; quotes stand word for word in the document."""
    pdf = tmp_path / "rules.pdf"
    write_pdf(pdf)
    with open_ingestor() as ingestor:
        ingestor.put("wiki:travel", TRAVEL, tags=["hr"])
        ingestor.put("archive:rules.pdf", pdf.read_bytes(), title="The rules of the harbour")
    assert counts(ingestor.report) == (2, 0, 0, 0)
    assistant = open_assistant()
    hits = assistant.search("flights need approval berth closed")
    hit = next(hit for hit in hits if hit.uri == "wiki:travel")
    answer = assistant.ask("Do flights need approval?", ask_model=False)
    assert (hit.title, hit.section) == ("Travel", "Travel")
    places = {(hit.uri, hit.title, hit.page) for hit in hits}
    assert ("archive:rules.pdf", "The rules of the harbour", 1) in places
    assert "wiki:travel" in {extract.uri for extract in answer.extracts}
    view = assistant.reading()
    assert view.text(view.document(hit.uri), hit.start, hit.end) == hit.text


def test_the_same_again_changes_nothing(open_ingestor: Any) -> None:
    """Only what differs is read again: text, title or metadata; other readers are a label."""
    reports = []
    for text, about in (
        (TRAVEL, {}),
        (TRAVEL, {}),
        (TRAVEL + "Always.\n", {}),
        (TRAVEL, {"title": "How to travel"}),
        (TRAVEL, {"title": "How to travel", "metadata": {"team": "hr"}}),
        (TRAVEL, {"title": "How to travel", "metadata": {"team": "hr"}, "readers": ["group:hr"]}),
    ):
        with open_ingestor() as ingestor:
            ingestor.put("wiki:travel", text, **about)
        reports.append(ingestor.report)
    assert [counts(report)[:3] for report in reports] == [
        (1, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
    ]
    assert reports[0].generation == reports[1].generation
    assert reports[3].chunks_embedded == 1  # the title stands in front of what is embedded
    assert reports[5].chunks_embedded == 0


def test_what_is_deleted_is_gone(open_ingestor: Any, open_assistant: Any) -> None:
    """One uri, or all that begin so; what is not there needs no deleting."""
    with open_ingestor() as ingestor:
        for uri in ("wiki:a", "wiki:drafts/b", "wiki:drafts/c", "crm:d"):
            ingestor.put(uri, f"Page {uri} says zebra.")
    with open_ingestor() as ingestor:
        ingestor.delete("crm:d")
        ingestor.delete("crm:never")
        ingestor.delete_below("wiki:drafts/")
        ingestor.put("wiki:drafts/c", "Page wiki:drafts/c says zebra.")
    assert counts(ingestor.report) == (0, 0, 1, 2)
    uris = {hit.uri for hit in open_assistant().search("zebra")}
    assert uris == {"wiki:a", "wiki:drafts/c"}


def test_an_error_in_the_block_publishes_nothing(open_ingestor: Any, open_assistant: Any) -> None:
    """All at once, or not at all."""
    with open_ingestor() as ingestor:
        ingestor.put("wiki:a", "The zebra is striped.")

    def fail() -> None:
        with open_ingestor() as ingestor:
            ingestor.delete("wiki:a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert open_assistant().document_count == 1


def test_folders_and_programs_leave_each_other_alone(
    open_ingestor: Any, open_assistant: Any, tmp_path: Path
) -> None:
    """Neither run removes, renames or copies what the other one brought, not even the same bytes."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "travel.md").write_text(TRAVEL)
    about = {"data_dir": tmp_path / "data", "settings": Settings(), "embedder": EMBEDDER}
    with open_ingestor() as ingestor:
        ingestor.put("wiki:travel.md", TRAVEL, title="From the wiki", metadata={"team": "hr"})
    assert ingest([folder], **about).added == 1
    assert ingest([folder], **about).unchanged == 1
    with open_ingestor() as ingestor:
        ingestor.delete_below("wiki:")
        ingestor.put("mail:travel.md", TRAVEL)
    assert counts(ingestor.report) == (1, 0, 0, 1)
    titles = {hit.uri: hit.title for hit in open_assistant().search("second class trains")}
    assert titles == {str((folder / "travel.md").resolve()): "Travel", "mail:travel.md": "Travel"}


def test_readers_apply(open_ingestor: Any, open_assistant: Any) -> None:
    """Nobody finds what is not for them, and no readers at all is nobody."""
    with open_ingestor() as ingestor:
        ingestor.put("wiki:open", "The zebra is striped.")
        ingestor.put("wiki:hr", "The zebra is paid.", readers=["group:hr"])
        ingestor.put("wiki:none", "The zebra is hidden.", readers=[])
    assistant = open_assistant()

    def seen_by(*tokens: str) -> set[str]:
        return {hit.uri for hit in assistant.for_readers(tokens).search("zebra")}

    assert seen_by("*") == {"wiki:open"}
    assert seen_by("group:hr") == {"wiki:open", "wiki:hr"}
    assert ingestor.report.readable_by_nobody == 1


def test_a_file_that_cannot_be_read_is_reported(open_ingestor: Any, tmp_path: Path) -> None:
    """And stops no other."""
    with open_ingestor() as ingestor:
        ingestor.put("archive:broken.pdf", b"%PDF-1.7 and no more")
        ingestor.put("wiki:empty", "  \n")
        ingestor.put("wiki:travel", TRAVEL)
    assert {problem.uri for problem in ingestor.report.failed} == {
        "archive:broken.pdf",
        "wiki:empty",
    }
    assert (ingestor.report.added, ingestor.report.exit_code) == (1, 3)


def test_many_at_once(tmp_path: Path) -> None:
    """`ingest_texts` is a block with all of them."""
    contents = [Content(f"wiki:{n}", f"Page {n} is about {word}.") for n, word in enumerate("abc")]
    report = ingest_texts(
        contents, data_dir=tmp_path / "data", settings=Settings(), embedder=EMBEDDER
    )
    assert (report.added, report.generation) == (3, 1)


@pytest.mark.parametrize(
    ("uri", "data", "about", "sentence"),
    [
        ("travel", "text", {}, "is no uri"),
        ("/srv/a.md", "text", {}, "is no uri"),
        ("wiki:a\nb", "text", {}, "is no uri"),
        ("langchain:1", "text", {}, "is taken"),
        ("wiki:\ud800", "text", {}, "cannot be written as UTF-8"),
        ("wiki:a", "\ud800", {}, "cannot be written as UTF-8"),
        ("wiki:a", b"bytes", {}, "is not known"),
        ("wiki:a", "text", {"media_type": "video/mp4"}, "is video/mp4"),
        ("wiki:a", "text", {"metadata": {"x": float("nan")}}, "cannot be kept as JSON"),
        ("wiki:a", "text", {"metadata": {"x": object()}}, "cannot be kept as JSON"),
        ("wiki:a", "text", {"readers": ["a,b"]}, "that is no reader"),
    ],
)
def test_what_cannot_be_stored_is_refused_at_once(
    open_ingestor: Any, uri: str, data: Any, about: dict[str, Any], sentence: str
) -> None:
    """With its uri, before anything is written."""
    ingestor = open_ingestor()
    with pytest.raises(UsageError, match=sentence), ingestor:
        ingestor.put(uri, data, **about)
    assert not hasattr(ingestor, "report")
