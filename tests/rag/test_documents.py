"""The list of documents, for whoever asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import Content, ingest_texts
from rag import Assistant
from rag.errors import UsageError
from rag.settings import Settings
from rag.testing import HashingEmbedder

EMBEDDER = HashingEmbedder()


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    """Three documents, one of them for group:hr alone."""
    contents = [
        Content("wiki:leave", "Sixteen weeks.", title="Leave", readers=("*",), tags=("hr",)),
        Content("wiki:pay", "A secret.", title="Pay", readers=("group:hr",)),
        Content("wiki:travel", "Second class.", title="Travel", readers=("*",)),
    ]
    ingest_texts(contents, data_dir=tmp_path, settings=Settings(), embedder=EMBEDDER)
    return Assistant.open(tmp_path, settings=Settings(), embedder=EMBEDDER)


def test_documents_are_listed_in_pages(assistant: Assistant) -> None:
    """By name, narrowed by a part of the title or a tag."""
    assert [row.title for row in assistant.documents()] == ["Leave", "Pay", "Travel"]
    assert [row.title for row in assistant.documents(offset=1, limit=1)] == ["Pay"]
    assert [row.title for row in assistant.documents("rav")] == ["Travel"]
    assert [row.uri for row in assistant.documents(tag="hr")] == ["wiki:leave"]
    assert assistant.documents(offset=9) == []


def test_nobody_s_list_names_what_they_may_not_read(assistant: Assistant) -> None:
    everybody, hr = assistant.for_readers(["*"]), assistant.for_readers(["*", "group:hr"])
    assert [row.title for row in everybody.documents()] == ["Leave", "Travel"]
    assert [row.title for row in hr.documents()] == ["Leave", "Pay", "Travel"]
    assert everybody.documents("pay") == []


@pytest.mark.parametrize(("offset", "limit"), [(-1, 1), (0, 0)])
def test_a_page_that_cannot_be_is_refused(assistant: Assistant, offset: int, limit: int) -> None:
    with pytest.raises(UsageError):
        assistant.documents(offset=offset, limit=limit)
