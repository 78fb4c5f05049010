"""Lists and pages show whoever looks what they may see, in every store."""

from __future__ import annotations

import pytest

from rag.document import Box, Chunk, Document
from rag.index import FileRecord, FileState, Filter
from rag.index.views.files import FileQuery
from tests.index.contract.kept import KeptIndex, varied
from tests.index.world import record

STAFF = Filter(readers=frozenset({"staff"}))


def manual() -> Document:
    """Two pages in three chunks, under headings."""
    chunks = (
        Chunk(0, 5, "First", page=1, section=("Manual", "Start"), context="Manual"),
        Chunk(6, 12, "second", page=1, section=("Manual",), boxes=(Box(1, 0, 0, 9, 9),)),
        Chunk(13, 18, "third", page=2, section=()),
    )
    return Document(
        uri="/shelf/Übung.pdf", root="/shelf", title="Übung", text="First\nsecond\nthird",
        media_type="application/pdf", source_sha256="5" * 64, language="de", modified_at=2e9,
        readers=("staff",), tags=("new",), chunks=chunks,
        metadata={"titled_by": "document", "author": "Ida", "given": {"year": 2024}},
    )  # fmt: skip


@pytest.fixture
def shelf(kept: KeptIndex) -> KeptIndex:
    with kept.writer() as writer:
        kept.stage(writer, [manual(), *varied(20)])
        failed = FileRecord(
            "/shelf/bad.doc", "/shelf", FileState.FAILED, "is broken", 7, 3_000_000_000, "", "", 4.0
        )
        writer.record(failed)
        writer.publish({})
    return kept


def test_an_index_says_which_embedder_made_it(kept: KeptIndex) -> None:
    """Nothing before the first run has published, then the identity with which a search is compared."""
    assert kept.store.read_embedder() is None
    with kept.writer() as writer:
        kept.stage(writer, varied(3))
        assert kept.store.read_embedder() is None
        writer.publish({})
    assert kept.store.read_embedder() == kept.store.open_reader().snapshot().embedder


def test_a_document_is_opened_only_for_who_may_read_it(shelf: KeptIndex) -> None:
    snapshot = shelf.snapshot()
    view = snapshot.document_view(STAFF)
    stranger = snapshot.document_view(Filter(readers=frozenset({"*"})))
    opened = view.document("/shelf/Übung.pdf")
    assert opened is not None
    assert (opened.title, opened.characters, opened.modified_at) == ("Übung", 18, 2e9)
    assert view.named(view.name(opened.uri)) == opened
    assert stranger.document(opened.uri) is None
    assert stranger.named(view.name(opened.uri)) is None
    assert view.named("0" * 24) is None
    assert view.text(opened, 6, 12) == "second"
    assert view.text(opened, -3, 5) == "First"
    assert view.place(opened, 7) == (1, "Manual")
    assert view.place(opened, 2) == (1, "Manual > Start")
    assert view.page_start(opened, 2) == 13
    assert view.page_start(opened, 9) is None
    assert snapshot.page_at(opened.document_id, 14) == 2


def test_rows_of_chunks_say_where_they_stand(shelf: KeptIndex) -> None:
    snapshot = shelf.snapshot()
    places = snapshot.find(["/shelf/Übung.pdf", "/unheard"])
    assert sorted(places) == [("/shelf/Übung.pdf", ordinal) for ordinal in range(3)]
    first, second, third = (places["/shelf/Übung.pdf", ordinal] for ordinal in range(3))
    row = snapshot.chunks([second, 10**9])[second]
    assert (row.text, row.start, row.end, row.page) == ("second", 6, 12, 1)
    assert row.section == ("Manual",)
    assert row.stored_boxes == "[[1, 0, 0, 9, 9]]"
    neighbours = snapshot.neighbours([third], 1)
    assert {key[1]: summary.chunk_id for key, summary in neighbours.items()} == {
        1: second,
        2: third,
    }
    assert all(summary.language == "de" for summary in neighbours.values())
    document_id = row.document_id
    assert snapshot.names([document_id]) == {document_id: ("/shelf/Übung.pdf", "Übung")}
    assert snapshot.beginnings([document_id]) == {document_id: "First\nsecond"}
    assert snapshot.given_metadata([document_id]) == {document_id: {"year": 2024}}
    assert snapshot.metadata([document_id])[document_id]["author"] == "Ida"
    assert snapshot.text(document_id) == "First\nsecond\nthird"
    assert snapshot.slice(document_id, 6, 12) == "second"
    assert dict(snapshot.read_texts([document_id])) == {document_id: "First\nsecond\nthird"}
    assert snapshot.read_positions(document_id).section_at(7) == "Manual"
    vectors = snapshot.stored_vectors([third, first])
    assert (shelf.embedder.embed_query("third") @ vectors[0]).item() == pytest.approx(1, abs=1e-2)


def test_the_ledger_is_listed_sorted_and_counted(shelf: KeptIndex) -> None:
    snapshot = shelf.snapshot()
    every, staff = snapshot.file_list(Filter()), snapshot.file_list(STAFF)
    rows, count = every.files(FileQuery(order="name"), limit=1000)
    assert count == len(rows) == 22
    assert [row.uri for row in rows] == sorted((r.uri for r in rows), key=str.casefold)
    failed = every.file("/shelf/bad.doc")
    assert failed is not None
    assert (failed.state, failed.document_id, failed.modified_at) == (FileState.FAILED, None, 3.0)
    assert staff.file("/shelf/bad.doc") is None
    row = staff.file("/shelf/Übung.pdf")
    assert row is not None
    assert (row.author, row.folder, row.language, row.tags) == ("Ida", "shelf", "de", ("new",))
    assert staff.named(staff.name(row.uri)) == row
    assert [r.uri for r in every.files(FileQuery(text="ÜBUNG"))[0]] == ["/shelf/Übung.pdf"]
    assert [r.uri for r in every.files(FileQuery(state="failed"))[0]] == ["/shelf/bad.doc"]
    assert every.files(FileQuery(folder="shelf"))[1] == 2
    assert every.files(FileQuery(folder="shelf", is_indexed=True))[1] == 1
    assert every.files(FileQuery(tag="new", media_type="application/pdf"))[1] == 1
    newest = every.files(FileQuery(order="changed", descending=True), offset=0, limit=1)[0]
    assert newest[0].uri == "/shelf/Übung.pdf"
    facets = every.choices()
    assert facets.total == 22
    assert facets.folders["shelf"] == 2
    assert facets.states == {"failed": 1, "indexed": 21}
    assert facets.tags["new"] == 6
    assert every.folders("shelf") == ("/shelf",)
    assert every.has_text(FileQuery(folder="shelf"))
    assert not every.has_text(FileQuery(state="failed"))
    assert staff.readers_of("/shelf/Übung.pdf") == ("staff",)
    assert staff.readers_of("/shelf/bad.doc") == ()
    assert dict(every.count_by_readers())["staff",] == 5
    assert row.document_id is not None
    assert staff.chunk_counts([row.document_id]) == {row.document_id: 3}
    chunks = staff.chunks(row.document_id, offset=1, limit=1)
    assert [(chunk.text, chunk.ordinal, chunk.context) for chunk in chunks] == [("second", 1, "")]
    assert staff.coverage() is None
    coverage = every.coverage()
    assert coverage is not None
    assert (coverage.pages, coverage.pages_with_text) == (22, 21)
    assert staff.narrowed(Filter(tags=("new",))).choices().total < staff.choices().total


def test_records_and_presence_go_by_the_filter(shelf: KeptIndex) -> None:
    snapshot = shelf.snapshot()
    records = snapshot.list_records(STAFF)
    assert [r.uri for r in records] == sorted(r.uri for r in records)
    assert len(records) == snapshot.count(STAFF).documents
    assert {r.uri: r.is_restricted for r in records}["/shelf/Übung.pdf"]
    uris = ["/shelf/Übung.pdf", "/unheard"]
    assert snapshot.find_present(uris, STAFF) == {"/shelf/Übung.pdf"}
    assert snapshot.find_present(uris, Filter(readers=frozenset({"*"}))) == frozenset()
    assert snapshot.file_list(STAFF).document_ids(Filter(tags=("new",)))


def test_the_ledger_row_of_a_file_comes_back_as_it_was(kept: KeptIndex) -> None:
    whole = FileRecord(
        "/x.pdf", "/", FileState.PARTIAL, "2 charts", 10**12, 1_700_000_000_123_456_789, "ab", "r/1",
        5.25, 3, 2, {"chart": 2}, "ocr", 1_700_000_000_999_999_999,
    )  # fmt: skip
    kept.publish(varied(1)[0])
    with kept.writer() as writer:
        writer.record(whole, retire=False)
        writer.publish({})
    with kept.writer() as writer:
        assert writer.recorded(["/x.pdf", "/none"]) == [whole]
        assert writer.files("/") == [record(varied(1)[0]), whole] or len(writer.files("/")) == 2
