"""Words are found inflected and mistyped, in the language of their document; codes as they stand."""

from __future__ import annotations

import pytest

from rag.index import Filter, Snapshot
from tests.index.world import SmallIndex, document

TEXTS = {
    "en": "Reimbursement of expenses is requested from accounting; two employees approved the invoices.",
    "de": "Urlaubsanträge der Beschäftigten genehmigen Vorgesetzte; Rechnungen bezahlt die Buchhaltung.",
    "fr": "Les remboursements des frais sont demandés à la comptabilité; les employées voient les factures.",
    "es": "Los reembolsos de gastos se solicitan en contabilidad; las empleadas aprobaron las facturas.",
    "it": "I rimborsi delle spese si chiedono alla contabilità; le impiegate approvarono le fatture.",
}
CODES = {"a": "Part OH-40217 fits form ABCDEF12.", "b": "Part OH-40218 fits form ABCDEF13."}


@pytest.fixture
def snapshot(world: SmallIndex) -> Snapshot:
    world.publish(
        *(document(f"/{name}.txt", [text], language=name) for name, text in TEXTS.items()),
        *(document(f"/{name}.txt", [text]) for name, text in CODES.items()),
    )
    return world.snapshot()


def found(snapshot: Snapshot, query: str) -> set[str]:
    rows = snapshot.chunks(snapshot.lexical(query, 10, Filter()).chunk_ids.tolist())
    return {row.uri.strip("/").removesuffix(".txt") for row in rows.values()}


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("reimburse", "en"), ("requesting", "en"), ("employee approves", "en"), ("invoicing", "en"),
        ("Urlaubsantrag", "de"), ("Rechnung", "de"), ("Vorgesetzter", "de"), ("Beschäftigter", "de"),
        ("remboursement", "fr"), ("demander", "fr"), ("facture", "fr"), ("employé", "fr"),
        ("reembolso", "es"), ("solicitar", "es"), ("empleado", "es"), ("aprobó", "es"),
        ("rimborso", "it"), ("impiegato", "it"),
    ],
)  # fmt: skip
def test_inflected_words_are_found(snapshot: Snapshot, query: str, language: str) -> None:
    assert language in found(snapshot, query)


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("reimbursemnt", "en"), ("riembursement", "en"), ("acounting", "en"), ("invoyces", "en"),
        ("Urlaubsantrge", "de"), ("Rechnugnen", "de"), ("Buchhalttung", "de"), ("buchaltung", "de"),
        ("rembuorsements", "fr"), ("comtabilité", "fr"), ("factuers", "fr"),
        ("reenbolsos", "es"), ("contabilidda", "es"), ("enpleadas", "es"),
    ],
)  # fmt: skip
def test_a_wrong_letter_does_not_lose_a_word(snapshot: Snapshot, query: str, language: str) -> None:
    """Left out, added, changed, or swapped with the next; accents count for nothing."""
    assert language in found(snapshot, query)


def test_only_words_that_no_document_has_are_guessed_at(
    snapshot: Snapshot, world: SmallIndex
) -> None:
    """A word that is there means itself, whatever else is spelled almost so."""
    world.publish(
        document("/f.txt", ["The lanterns hang."]), document("/g.txt", ["A lantern hangs."])
    )
    world.publish(document("/h.txt", ["Eight panthers, three lancers."]))
    again = world.snapshot()
    assert found(again, "lanterns") == {"f", "g"}
    assert found(again, "lanturns") == {"f"}
    assert found(snapshot, "lanturns") == set()


def test_codes_figures_and_short_words_are_never_guessed_at(snapshot: Snapshot) -> None:
    """The next part number is another part."""
    assert found(snapshot, "40217") == {"a"}
    assert found(snapshot, "40219") == set()
    assert found(snapshot, "ABCDEF13") == {"b"}
    assert found(snapshot, "ABCDEF14") == set()
    assert found(snapshot, "farm") == found(snapshot, "forn") == set()


def test_what_is_guessed_stays_within_the_filter(snapshot: Snapshot) -> None:
    ids = snapshot.lexical("reimbursemnt", 10, Filter(folders=("/nowhere",))).chunk_ids
    assert len(ids) == 0


def test_a_word_as_it_was_written_counts_more_than_a_guess(world: SmallIndex) -> None:
    world.publish(
        document("/guess.txt", ["The contracts, the contracts: signatures of customers."]),
        document("/right.txt", ["The contracts were drawn; ambergris was sold to customers."]),
    )
    snapshot = world.snapshot()
    first = snapshot.lexical("ambergris contrcats", 5, Filter()).chunk_ids.tolist()[0]
    assert snapshot.chunks([first])[first].uri == "/right.txt"
