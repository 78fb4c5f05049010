"""A file is read again when what would read it now reads differently, and only then."""

from __future__ import annotations

import json
import os
from pathlib import Path

from click.testing import CliRunner

from ingest.loader import load
from ingest.planning.recipe import is_current, list_formats_of_name, name_recipe
from ingest.readers import PARSER_VERSIONS, READERS
from rag.document import Chunk, without_padding
from rag.index import Filter
from rag.index.catalog import database
from rag.index.maintenance.verify import verify
from rag.index.reader import IndexReader
from rag.index.writer import hash_text
from rag.settings import IngestSettings
from rag.testing import HashingEmbedder
from tests.ingest.fixtures.readings import RECORDED, read_fixtures
from tests.ingest.house import IngestedFolder
from ui.cli import cli

MAIL = (
    b"From: a@example.org\nSubject: Prices\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="b"\n\n'
    b"--b\nContent-Type: text/plain\n\nThe prices are attached.\n"
    b'--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename="prices.csv"\n\n'
    b"Article,Price\nPump,40\n--b--\n"
)
OLDER_CSV = "UPDATE {0} SET recipe = replace(recipe, 'text/csv:', 'text/csv:0');"
OLDER_CSV = OLDER_CSV.format("files") + OLDER_CSV.format("documents")
TABLE = "# Rent\n\n| Machine | Day rate |\n| --- | --- |\n| Crane | 380 |\n| Lift | 95 |\n"


def rewrite(data: Path, sql: str) -> None:
    """Change a catalogue behind the program's back, as an older version would have written it."""
    connection = database.connect(data / "catalog.db", writable=True)
    connection.execute(sql)
    connection.close()


def test_each_format_has_a_version() -> None:
    assert set(PARSER_VERSIONS) == set(READERS)


def test_readings_change_with_versions() -> None:
    """Where a fixture reads differently, one of its parsers has a new version.

    Raise it in `PARSER_VERSIONS`, so that indexed files are read again; then run
    `python -m tests.ingest.fixtures.readings`.
    """
    recorded, now = json.loads(RECORDED.read_text()), read_fixtures()
    assert recorded.keys() == now.keys()
    stale = [
        name
        for name, reading in now.items()
        if reading["digest"] != recorded[name]["digest"]
        and reading["parsers"] == recorded[name]["parsers"]
    ]
    assert not stale
    assert recorded == now


def test_a_recipe_names_the_parsers_of_attachments(tmp_path: Path) -> None:
    path = tmp_path / "prices.eml"
    path.write_bytes(MAIL)
    assert load(path).formats == ("message/rfc822", "text/csv")


def test_only_the_formats_concerned_are_outdated() -> None:
    settings = IngestSettings()
    mail = name_recipe("4/254", ["message/rfc822", "text/csv"])
    assert is_current(mail, "4/254", settings)
    assert not is_current(mail, "5/254", settings)
    older = mail.replace("text/csv:", "text/csv:0")
    assert not is_current(older, "4/254", settings)
    assert not is_current("0.1.0/3/254", "4/254", settings)
    assert not is_current("", "4/254", settings)


def test_a_file_that_failed_depends_on_what_it_may_be() -> None:
    assert "application/rtf" in list_formats_of_name(".doc")
    assert list_formats_of_name(".pdf") == {"application/pdf"}
    assert list_formats_of_name(".xyz") == frozenset()


def test_after_a_new_parser_its_files_are_read_again(house: IngestedFolder) -> None:
    """Dry run and status say so; files of other formats stay, and no known text is embedded again."""
    csv = house.write("prices.csv", "Article,Price\nPump,40\n")
    mail = house.write("prices.eml", MAIL)
    broken = house.write("broken.csv", b"\x00\x01 binary \x00" * 40)
    house.write("note.md", "# Note\n\nThe pump costs 40.\n")
    house.ingest()
    assert house.dry_run().outdated == ()
    rewrite(house.data, OLDER_CSV)
    outdated = {str(csv), str(mail), str(broken)}
    assert set(house.dry_run().outdated) == outdated
    assert sum(n for recipe, n in house.overview().recipes.items() if "csv:0" in recipe) == 3
    shown = CliRunner().invoke(cli, ["status", "--data", str(house.data)]).output
    assert "Outdated    the next ingest reads 3 files that were read by an earlier version" in shown
    foretold = CliRunner().invoke(cli, ["ingest", "-n", "--data", str(house.data), str(house.docs)])
    assert "3 unchanged files were read by an earlier version" in foretold.output
    report = house.ingest()
    assert (report.updated, report.unchanged, len(report.failed)) == (2, 1, 1)
    assert report.chunks_embedded == 0
    assert house.dry_run().outdated == ()


def test_a_copy_is_not_made_of_an_outdated_reading(house: IngestedFolder) -> None:
    """A file whose content an older parser read is read anew, also under another name."""
    house.write("a.csv", "Article,Price\nPump,40\n")
    house.ingest()
    rewrite(house.data, OLDER_CSV)
    house.write("b.csv", "Article,Price\nPump,40\n")
    house.ingest()
    assert all("csv:0" not in recipe for recipe in house.overview().recipes)


def test_an_index_of_the_chunker_before_serves_and_is_cut_anew(house: IngestedFolder) -> None:
    """It embedded the bars of tables: its vectors are found, pass the check, and are replaced."""
    house.write("rent.md", TABLE)
    house.write("note.md", "# Note\n\nNo table in here.\n")
    house.ingest()
    _embed_with_bars(house)
    check(house)
    assert len(house.dry_run().outdated) == 2
    report = house.ingest()
    assert (report.updated, report.chunks_embedded, report.chunks_reused) == (2, 1, 1)
    assert house.embedder.texts == ["Rent\n# Rent\n\n Machine Day rate \n Crane 380 \n Lift 95 "]
    check(house)


def check(house: IngestedFolder) -> None:
    """Nothing is wrong with the index, and both searches find the table."""
    assert all(not one.problems for one in verify(house.data, full=True, repair=False).checks)
    snapshot = IndexReader(house.data).snapshot()
    query = HashingEmbedder().embed_query("Rent Machine Day rate Crane 380 Lift 95")
    for found in (snapshot.dense(query, 1, Filter()), snapshot.lexical("crane", 1, Filter())):
        (row,) = snapshot.chunks(found.chunk_ids.tolist()).values()
        assert row.text == TABLE.strip()


def _embed_with_bars(house: IngestedFolder) -> None:
    """Bring the index into the state in which chunker 3 would have left it."""
    embedder = HashingEmbedder()
    connection = database.connect(house.data / "catalog.db", writable=True)
    for number, text, context in connection.execute(
        "SELECT id, text, context FROM chunks"
    ).fetchall():
        plain = without_padding(text)
        embedded = f"{context}\n{plain}" if context else plain
        old, new = hash_text(embedded), hash_text(Chunk(0, 0, text, context=context).embedded_text)
        vector = embedder.embed_query(embedded).astype("float16").tobytes()
        connection.execute("UPDATE chunks SET key = ? WHERE id = ?", (old, number))
        connection.execute(
            "UPDATE vectors SET key = ?, vector = ? WHERE key = ?", (old, vector, new)
        )
    connection.execute(
        "UPDATE files SET recipe = '0.1.0/3/254'; UPDATE documents SET recipe = '0.1.0/3/254'"
    )
    connection.close()
    verify(house.data, full=True)  # builds the search indexes from these vectors


def test_a_file_replaced_by_one_of_its_size_and_time_is_read(house: IngestedFolder) -> None:
    """As rsync or a restored backup leaves it: the file system's own time of change tells."""
    path = house.write("a.md", "# A\n\nThe fee is 12 euros.\n")
    house.ingest()
    status = path.stat()
    path.write_text("# A\n\nThe fee is 13 euros.\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert house.dry_run().updated == (str(path),)
    assert house.ingest().updated == 1
    assert house.dry_run().updated == ()


def test_other_rights_are_no_other_content(house: IngestedFolder) -> None:
    """The content is compared once, and the new time noted."""
    path = house.write("a.md", "# A\n\nThe fee is 12 euros.\n")
    house.ingest()
    generation = house.overview().generation
    path.chmod(0o600)
    report = house.ingest()
    assert (report.unchanged, report.updated) == (1, 0)
    assert house.overview().generation == generation
