"""Documents are filtered by what is said of them: values, lists and ranges, inside every search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest import Content, ingest_texts
from rag import Assistant, Filter, InhouseVectorStore
from rag.errors import UsageError
from rag.index.conditions import parse_conditions
from rag.settings import Settings
from rag.testing import HashingEmbedder

EMBEDDER = HashingEmbedder()
SAID: dict[str, dict[str, Any]] = {
    "a": {"team": "hr", "year": 2024, "valid": "2024-03-01", "topics": ["leave", "pay"]},
    "b": {"team": "it", "year": 2025.5, "valid": "2025-11-30", "topics": ["keys"]},
    "c": {"team": "it", "year": 2026, "valid": "2026-01-01", "draft": True, "topics": [1, None]},
    "d": {"team": None, "year": "2026", "odd name.$[0]": "x", "more": {"team": "hr"}},
    "e": {},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five documents that a program put; each says "zebra"."""
    folder = tmp_path_factory.mktemp("said")
    contents = [
        Content(f"wiki:{name}", f"The zebra {name} is striped.", metadata=metadata)
        for name, metadata in SAID.items()
    ]
    ingest_texts(contents, data_dir=folder, settings=Settings(), embedder=EMBEDDER)
    return folder


@pytest.fixture(scope="module")
def assistant(data: Path) -> Assistant:
    return Assistant.open(data, settings=Settings(), embedder=EMBEDDER)


@pytest.mark.parametrize(
    ("metadata", "names"),
    [
        ({}, "abcde"),
        ({"team": "it"}, "bc"),
        ({"team": ["hr", None]}, "ad"),
        ({"team": []}, ""),
        ({"topics": "leave"}, "a"),
        ({"topics": ["keys", "pay"]}, "ab"),
        ({"topics": None}, "c"),
        ({"topics": True}, ""),
        ({"draft": True}, "c"),
        ({"draft": 1}, ""),
        ({"year": {"from": 2025}}, "bc"),
        ({"year": {"from": 2024, "until": 2025.5}}, "ab"),
        ({"year": {"until": "2026"}}, "d"),
        ({"valid": {"from": "2025-01-01", "until": "2025-12-31"}}, "b"),
        ({"year": {"from": 2025}, "team": "it", "draft": True}, "c"),
        ({"odd name.$[0]": "x"}, "d"),
        ({"more": "hr"}, ""),
        ({"nothing": None}, ""),
        ({"team": "' OR TRUE --"}, ""),
    ],
)
def test_a_condition_means_the_same_everywhere(
    assistant: Assistant, data: Path, metadata: dict[str, Any], names: str
) -> None:
    """In both halves of the search, in answers, in counts, for LangChain's retriever and store."""
    expected = {f"wiki:{name}" for name in names}
    conditions = Filter(metadata=metadata)
    for part in ("dense", "lexical"):
        hits = assistant.search("zebra striped", filter=conditions, without=[part])
        assert {hit.uri for hit in hits} == expected
    answer = assistant.ask("What is the zebra like?", filter=conditions, ask_model=False)
    assert {extract.uri for extract in answer.extracts} <= expected
    assert bool(answer.context.retrieved) is bool(expected)
    documents = assistant.as_retriever(filter=conditions).invoke("zebra")
    assert {document.metadata["source"] for document in documents} == expected
    store = InhouseVectorStore(data, EMBEDDER, settings=Settings())
    similar = store.similarity_search("zebra", 8, filter=metadata)
    assert {document.metadata["source"] for document in similar} == expected


def test_filters_that_differ_in_kind_alone_are_two(assistant: Assistant) -> None:
    """What Python holds for equal, 1 and true, JSON does not: one's result is never given for the other."""
    counts = [
        len(assistant.search("zebra", filter=Filter(metadata={"draft": value})))
        for value in (1, True, 1.0, True)
    ]
    assert counts == [0, 1, 0, 1]


def test_narrowed_filters_both_hold(assistant: Assistant) -> None:
    """Conditions of a filter and of the one that it narrows."""
    both = Filter(metadata={"team": "it"}).narrowed(Filter(metadata={"year": {"from": 2026}}))
    assert [hit.uri for hit in assistant.search("zebra", filter=both)] == ["wiki:c"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"year": {"above": 3}},
        {"year": {}},
        {"year": {"from": None}},
        {"year": {"from": 1, "until": "b"}},
        {"year": {"from": True}},
        {"year": {"from": float("nan")}},
        {"year": {"until": float("inf")}},
        {"year": {"from": 10**400}},
        {"year": 10**400},
        {"year": 10**5000},
        {"year": [2024, float("-inf")]},
        {"year": float("nan")},
        {"year": [[1]]},
        {7: "x"},
        "team=hr",
    ],
)
def test_what_is_not_understood_is_refused(metadata: Any) -> None:
    """Not passed over: it may have kept something from someone."""
    with pytest.raises(UsageError):
        Filter(metadata=metadata)


def test_what_is_said_of_a_document_comes_with_its_passages(assistant: Assistant) -> None:
    """In hits, in their JSON and in LangChain's documents; without any it is left out."""
    hits = {hit.uri: hit for hit in assistant.search("zebra")}
    assert hits["wiki:a"].metadata == SAID["a"]
    assert hits["wiki:a"].to_json()["metadata"] == SAID["a"]
    assert "metadata" not in hits["wiki:e"].to_json()
    documents = assistant.as_retriever(k=8).invoke("zebra")
    by_source = {document.metadata["source"]: document.metadata for document in documents}
    assert by_source["wiki:b"]["year"] == 2025.5


def test_a_citation_says_it_too(data: Path) -> None:
    """Of the document that it quotes."""
    from langchain_core.language_models import FakeListChatModel

    model = FakeListChatModel(responses=["The zebra a is striped."])
    assistant = Assistant.open(data, settings=Settings(), embedder=EMBEDDER, chat_model=model)
    answer = assistant.ask("What is the zebra a like?")
    assert len({*answer.citations, *answer.context.cited}) >= 2, "both can still be put into sets"
    quoted = {citation.uri: citation.metadata for citation in answer.citations}
    assert quoted["wiki:a"] == SAID["a"]


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ([], "abcde"),
        (["team=it"], "bc"),
        (["team=hr,it"], "abc"),
        (["team=hr", "team=it"], "abc"),
        (["team=null"], "d"),
        (["draft=true"], "c"),
        (["year=2026"], "cd"),
        (["year=2024..2025.5"], "ab"),
        (["year=2025.."], "bc"),
        (["valid=..2025-12-31"], "ab"),
        (["team=it", "year=..2025.9"], "b"),
        ([f"year=2026..{10**22}"], "c"),
        ([f"year={10**22}"], ""),
        ([f"year={10**400}"], ""),
        (["year=1e999,2024"], "a"),
    ],
)
def test_conditions_as_they_are_typed(texts: list[str], names: str, assistant: Assistant) -> None:
    """A number is also the text that it is written as; a list is either, several names are all."""
    chosen = Filter(metadata=parse_conditions(texts))
    hits = assistant.search("zebra", k=9, filter=chosen)
    assert "".join(sorted(hit.uri[-1] for hit in hits)) == names


@pytest.mark.parametrize(
    "texts",
    [
        ["team"],
        ["=it"],
        ["year=1..2", "year=3"],
        ["year=.."],
        [f"year={10**400}.."],
        ["year=..1e999"],
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError):
        Filter(metadata=parse_conditions(texts))
