"""A passage that begins in the middle of a table keeps the table's header and the labels of merged cells."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest import ingest
from rag import Assistant
from rag.answering.prompt import FULL, passage_text
from rag.citations import check
from rag.hit import Hit
from rag.retrieval.table_lead import find_table_lead
from rag.settings import Settings
from rag.testing import HashingEmbedder

HEADER = "| Valve | Cold bar | Hot bar | Shelf |\n| --- | --- | --- | --- |\n"
ROWS = [f"| Valve V{n} type {n % 5} | {n + 7} | {n + 3} | shelf {n % 6} |" for n in range(1, 400)]


def lead_at(document: str, row: str) -> str:
    start = document.index(row)
    return find_table_lead(document[start:], start, lambda a, b: document[a:b])


@pytest.mark.parametrize("row", [0, 1, 40, 398])
def test_the_header_is_found_however_far_up_it_stands(row: int) -> None:
    document = f"# Valves\n\n{HEADER}" + "\n".join(ROWS) + "\n\nThe end."
    assert lead_at(document, ROWS[row]) == HEADER.rstrip("\n")


@pytest.mark.parametrize(
    ("document", "row", "lead"),
    [
        ("Some words.\n\nMore words.", "More", ""),
        (f"{HEADER}| V1 | 1 | 2 | x |", "| Valve", ""),
        (f"{HEADER}| V1 | 1 | 2 | x |", "| ---", ""),
        ("| a | b |\n| c | d |", "| c", ""),  # a table without a header
        (f"{HEADER}| V1 | 1 | 2 | x |\n\n| V2 | 1 |", "| V2", ""),  # another table
        ("Kind | Fee\n--- | ---\nA | 1\nB | 2", "B |", "Kind | Fee\n--- | ---"),
        (
            "| Tent | Size | Fee |\n| --- | --- | --- |\n| Igloo | S | 3 |\n| | M | 4 |\n| | L | 5 |",
            "| | L",
            "| Tent | Size | Fee |\n| --- | --- | --- |\n| Igloo |  |  |",
        ),
        (
            "| Team | Early |  |\n| --- | --- | --- |\n|  | Pay | Extra |\n| Bakers | 31 | 4 |\n"
            "| Cooks | 3 | 1 |",
            "| Cooks",
            "| Team | Early |  |\n| --- | --- | --- |\n|  | Pay | Extra |",
        ),
    ],
)
def test_the_lead_is_what_a_reader_sees_above_the_row(document: str, row: str, lead: str) -> None:
    assert lead_at(document, row) == lead


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "valves.md").write_text(f"# Valves\n\n{HEADER}" + "\n".join(ROWS[:120]), "utf-8")
    ingest([folder], data_dir=folder / "data", embedder=HashingEmbedder())
    return Assistant.open(folder / "data", settings=Settings(), embedder=HashingEmbedder())


def test_every_hit_of_a_long_table_has_the_header_and_so_has_the_prompt(
    assistant: Assistant,
) -> None:
    hits = assistant.search("Valve V83 hot", k=4)
    assert any("V83" in hit.text for hit in hits)
    for hit in hits:
        assert "| Valve | Cold bar | Hot bar | Shelf |" in f"{hit.lead}\n{hit.text}"
        assert "Hot bar" in passage_text(1, hit, FULL)
        assert "lead" not in hit.to_json()


def test_a_value_of_another_column_is_not_supported_far_down_a_table(assistant: Assistant) -> None:
    hits = assistant.search("Valve V83 type 3 hot bar", k=4)
    assert supports("The hot pressure of valve V83 is 86 bar.", hits)
    assert not supports("The hot pressure of valve V83 is 90 bar.", hits)


def supports(sentence: str, passages: Sequence[Hit]) -> bool:
    """Whether the passages support the sentence."""
    return all(part.supported for part in check(sentence, passages).sentences)


def hit(text: str, lead: str = "") -> Hit:
    return Hit(
        rank=1, score=1, uri="/rates.md", title="Rates", text=text, lead=lead, start=50,
        end=50 + len(text),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lead", "text"),
    [
        (
            "",
            "| Boat | Class | Day | Night |\n| --- | --- | --- | --- |\n| Canoe | Small | 21 | 26 |\n"
            "|  | Large | 38 | 45 |\n| Dinghy | Small | 64 | 79 |\n|  | Large | 90 | 113 |",
        ),
        (
            "| Boat | Class | Day | Night |\n| --- | --- | --- | --- |\n| Canoe |  |  |  |",
            "|  | Large | 38 | 45 |\n| Dinghy | Small | 64 | 79 |\n|  | Large | 90 | 113 |",
        ),
    ],
)
def test_a_row_below_a_merged_label_is_that_label_s(lead: str, text: str) -> None:
    passages = [hit(text, lead)]
    assert supports("A large canoe costs 38 by day.", passages)
    assert supports("A large dinghy costs 90 by day.", passages)
    assert not supports("A large dinghy costs 38 by day.", passages)
    assert not supports("A large canoe costs 45 by day.", passages)


def test_a_citation_of_a_row_counts_the_document_s_characters() -> None:
    """The lead is read with the passage, and is no part of it."""
    lead = "| Boat | Class | Day |\n| --- | --- | --- |\n| Canoe |  |  |"
    (citation,) = check(
        "A large canoe costs 38 by day.", [hit("|  | Large | 38 |", lead)]
    ).citations
    assert (citation.quote, citation.start) == ("|  | Large | 38 |", 50)
