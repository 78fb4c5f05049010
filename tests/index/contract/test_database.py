"""What only an index in a database has: addresses, a server that goes away, and commands that name it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rag.database_address import DatabaseAddress
from rag.errors import (
    ConfigurationError,
    IndexDamagedError,
    IndexFormatError,
    IndexLockedError,
    IndexMissingError,
    MissingDependencyError,
    StorageError,
    UsageError,
)
from rag.index import Filter, open_store
from rag.index.catalog.retention import Retention
from rag.index.postgres import word_search
from rag.settings import load_settings
from tests.index.contract.kept import KeptIndex, nearest_ids, varied
from tests.index.contract.server import MISSING, PROGRAMS, Server, running
from tests.index.world import document

SECRET = "hunter2"


def execute(address: str, *statements: str) -> None:
    """Run statements as the administrator."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.new_database()


@pytest.fixture
def index(address: str, tmp_path: Path) -> KeptIndex:
    """Two generations in a database."""
    kept = KeptIndex(open_store(address, beside=tmp_path))
    kept.publish(*varied(40))
    kept.publish(*varied(4, seed=9))
    return kept


@pytest.mark.parametrize(
    "uri",
    [
        f"postgresql://ann:{SECRET}@db/hr",
        f"postgresql://ann:a?{SECRET}@db/hr",
        f"postgresql://ann:{SECRET}#a@db/hr",
        f"postgresql://ann:?#{SECRET}@db/hr",
        f"postgres://db/hr?user=ann&password={SECRET}",
        f"postgres://db/hr?user=ann#&password={SECRET}",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_repeated(uri: str) -> None:
    with pytest.raises(UsageError, match="PGPASSFILE") as refused:
        open_store(uri)
    assert SECRET not in str(refused.value)
    for setting in ("data", "database"):
        with pytest.raises(UsageError, match="PGPASSFILE") as refused:
            load_settings(**{setting: uri})
        assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "uri", [f"postgresql://ann:{SECRET}/a@db/hr", f"postgresql://a:1/{SECRET}@db"]
)
def test_an_address_that_may_hold_a_password_is_not_repeated(uri: str) -> None:
    """libpq would take the secret for a port or a database."""
    with pytest.raises(UsageError) as refused:
        open_store(uri)
    assert SECRET not in str(refused.value)


def test_an_address_is_shown_by_host_and_name() -> None:
    for uri, text in (
        ("postgresql://ann@db.example:5433/hr?sslmode=require", "postgresql://db.example:5433/hr"),
        ("postgresql:///hr?host=/run/postgresql", "postgresql:///run/postgresql/hr"),
        ("postgresql://?service=handbook", "postgresql://?service=handbook"),
        ("postgresql://a:1,b:2/hr?user=ann@house", "postgresql://a:1,b:2/hr"),
        ("postgresql://ann@[::1]:5432/hr", "postgresql://[::1]:5432/hr"),
    ):
        assert str(DatabaseAddress(uri)) == text


def test_the_settings_tell_a_folder_from_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(data="kept").location == Path("kept")
    monkeypatch.setenv("INHOUSE_DATA", "postgresql://db/hr")
    settings = load_settings()
    assert (settings.location, settings.data) == ("postgresql://db/hr", Path("data"))
    assert load_settings(database="postgresql://db/it", data="notes").data == Path("notes")


def test_the_place_that_wins_names_the_index(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder as a flag beats the file's database, and the environment's database an address in the file."""
    file = tmp_path / "inhouse.toml"
    file.write_text('database = "postgresql://db/a"')
    assert load_settings(file).location == "postgresql://db/a"
    assert load_settings(file, data="old").location == Path("old")
    assert load_settings(file, data="postgresql://db/c").location == "postgresql://db/c"
    file.write_text('data = "postgresql://db/a"')
    monkeypatch.setenv("INHOUSE_DATABASE", "postgresql://db/b")
    assert load_settings(file).location == "postgresql://db/b"
    assert load_settings(file, data="postgresql://db/c").location == "postgresql://db/c"


def test_a_database_without_its_scheme_is_no_folder() -> None:
    with pytest.raises(ConfigurationError, match="postgresql://"):
        load_settings(database="mydb")


def test_without_psycopg_one_sentence_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rag.index.postgres import database

    database.import_driver.cache_clear()
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependencyError) as missing:
        open_store("postgresql://db/hr").open_reader()
    assert missing.value.hint == "Run: pip install 'inhouse[postgres]'"


def test_a_server_that_is_away_is_one_sentence() -> None:
    pytest.importorskip("psycopg")
    for uri in ("postgresql:///hr?host=/nowhere", "postgresql://127.0.0.1:1/hr"):
        with pytest.raises(StorageError, match="does not answer") as away:
            open_store(uri).open_reader()
        assert "\n" not in str(away.value)


def test_a_server_that_comes_back_is_asked_again(tmp_path: Path) -> None:
    if not PROGRAMS:
        pytest.skip(MISSING)
    with running(is_durable=True) as server:
        kept = KeptIndex(open_store(server.new_database(), beside=tmp_path))
        kept.publish(*varied(20))
        reader = kept.store.open_reader()
        before = reader.snapshot()
        with kept.writer() as writer:
            kept.stage(writer, varied(20, seed=5))
            writer.flush()
            server.stop()
            with pytest.raises(StorageError, match="does not answer"):
                before.chunks([1])
            with pytest.raises(StorageError, match="does not answer"):
                writer.publish({})
        server.start()
        assert before.chunks([1])
        assert reader.snapshot() is before
        assert len(kept.rows(before)) == 80
        assert kept.publish(*varied(20, seed=5)) == 2


def test_who_is_not_let_in_is_told_why(
    postgres: Server, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password, none, an unknown user, no such database: none of them is a server that is away."""
    import psycopg

    execute(postgres.address("postgres"), "CREATE ROLE bert LOGIN PASSWORD 'right'")
    rules = postgres.data / "pg_hba.conf"
    everybody = rules.read_text()

    def read_load_time() -> Any:
        with psycopg.connect(address) as connection:
            return connection.execute("SELECT pg_conf_load_time()").fetchone()

    def use(text: str) -> None:
        """New connections go by these rules from now on."""
        began = read_load_time()
        rules.write_text(text)
        postgres.run("pg_ctl", "reload", "-D", str(postgres.data))
        while read_load_time() == began:
            time.sleep(0.01)

    passwords = tmp_path / "passwords"
    passwords.write_text("*:*:*:bert:wrong\n")
    passwords.chmod(0o600)
    bert = address.replace("user=postgres", "user=bert")
    try:
        use(f"local all bert scram-sha-256\n{everybody}")
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "nothing"))
        for uri, sentence in (
            (bert, "does not let this user in: .*no password supplied"),
            (address.replace("user=postgres", "user=nobody"), 'role "nobody" does not exist'),
            (re.sub(r"/index_\d+", "/nothing", address), "There is no database"),
        ):
            with pytest.raises(StorageError, match=sentence):
                open_store(uri).open_reader()
        monkeypatch.setenv("PGPASSFILE", str(passwords))
        with pytest.raises(StorageError, match="in: password authentication failed") as refused:
            open_store(bert).open_reader()
        assert refused.value.hint is not None
        assert "PGPASSFILE" in refused.value.hint
    finally:
        use(everybody)


def test_a_missing_extension_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.index.postgres import creation

    monkeypatch.setattr(creation, "VECTORS", "vector_of_nobody")
    with (
        pytest.raises(MissingDependencyError, match="pgvector"),
        KeptIndex(open_store(address)).writer(),
    ):
        pass
    assert not open_store(address).exists()


def test_without_bm25_the_servers_own_text_search_proposes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not PROGRAMS:
        pytest.skip(MISSING)
    documents = varied(60)
    results = []
    for libraries in ("pg_textsearch", ""):
        with running(libraries=libraries) as server, caplog.at_level(logging.WARNING):
            kept = KeptIndex(open_store(server.new_database(), beside=tmp_path))
            kept.publish(*documents)
            monkeypatch.setattr(word_search, "FEW_ROWS", 0)
            monkeypatch.setattr(word_search, "_MORE_CANDIDATES", 60)
            best = kept.snapshot().lexical("boiler part7 valve", 10, Filter())
            results.append((best.chunk_ids.tolist(), best.scores.tolist()))
            assert ("text search" in kept.store.describe()) == (not libraries)
    assert results[0] == results[1]
    assert "without the extension pg_textsearch" in caplog.text


def test_an_index_of_another_format_is_refused(index: KeptIndex, address: str) -> None:
    for version, hint in ((99, "newer release"), (0, "empty database")):
        execute(address, f"UPDATE inhouse.manifest SET value = '{version}' WHERE key = 'format'")  # noqa: S608
        with pytest.raises(IndexFormatError, match=hint):
            index.snapshot()
        with pytest.raises(IndexFormatError, match=hint), index.writer():
            pass


def test_an_index_that_is_dropped_is_missing(index: KeptIndex, address: str) -> None:
    reader = index.store.open_reader()
    execute(address, "DROP SCHEMA inhouse CASCADE")
    with pytest.raises(IndexMissingError):
        reader.snapshot()


def test_a_run_that_lost_its_lock_cannot_publish(index: KeptIndex, address: str) -> None:
    """Its connection is the lock: whoever ends it lets the next run in, and the old one writes nothing."""
    with index.writer() as stale:
        index.stage(stale, varied(3, seed=1))
        execute(
            address,
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        assert index.publish(*varied(2, seed=2)) == 3
        with pytest.raises(StorageError):
            stale.publish({})
    assert index.snapshot().generation.id == 3


def test_a_search_by_words_does_not_wait_for_a_run(
    index: KeptIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_search, "FEW_ROWS", 0)
    monkeypatch.setattr(word_search, "_MORE_CANDIDATES", 10)
    snapshot = index.snapshot()
    before = snapshot.lexical("boiler part7", 5, Filter())
    with index.writer() as writer:
        index.stage(writer, varied(30, seed=3))
        during = snapshot.lexical("boiler part7", 5, Filter())
        writer.flush()
        index.stage(writer, varied(30, seed=4))
        assert snapshot.lexical("boiler part7", 5, Filter()).chunk_ids.tolist()
    assert before.chunk_ids.tolist() == during.chunk_ids.tolist()


def test_damage_is_found_by_verify(index: KeptIndex, address: str) -> None:
    assert index.store.verify(full=True).ok
    execute(
        address,
        "UPDATE inhouse.chunks SET terms = 'x' WHERE ordinal = 1",
        "DELETE FROM inhouse.vectors WHERE key = "
        "(SELECT key FROM inhouse.chunks ORDER BY id DESC LIMIT 1)",
        "DELETE FROM inhouse.chunks WHERE id = (SELECT max(id) - 2 FROM inhouse.chunks)",
    )
    verification = index.store.verify(full=True)
    assert not verification.ok
    assert {check.name for check in verification.checks if check.problems} == {
        "catalogue",
        "vectors",
        "lexical",
    }


def test_the_graph_finds_what_comparing_all_finds(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.index.postgres import publishing, vector_search

    monkeypatch.setattr(publishing, "EXACT_ROWS", 100)
    monkeypatch.setattr(vector_search, "EXACT_ROWS", 100)
    kept = KeptIndex(open_store(address, beside=tmp_path))
    kept.publish(*varied(120))
    snapshot = kept.snapshot()
    rows = kept.rows(snapshot)
    for filter in (Filter(), Filter(readers=frozenset({"staff"})), Filter(folders=("/it",))):
        for query in ("boiler valve", "part7 fan"):
            vector = kept.embedder.embed_query(query)
            ids = snapshot.dense(vector, 20, filter).chunk_ids.tolist()
            best = nearest_ids(rows, vector, 20, filter)
            assert len(set(ids) & set(best)) >= 19
    for filter in (Filter(folders=("/hr/",), tags=("new",)), Filter(document_ids=(1, 5))):
        vector = kept.embedder.embed_query("pump part1")
        assert snapshot.dense(vector, 400, filter).chunk_ids.tolist() == nearest_ids(
            rows, vector, 400, filter
        )


def test_the_commands_take_the_address_of_a_database(address: str, tmp_path: Path) -> None:
    """`ingest`, `search`, `ask`, `status`, `verify`, `doctor`, with the exit codes that a folder has."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text("# Leave\n\nParental leave lasts fourteen months.\n")

    def inhouse(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ui", *arguments, "--data", address],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    assert inhouse("status").returncode == 10
    first = inhouse("ingest", str(docs), "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["generation"] == 1
    again = inhouse("ingest", str(docs), "--json")
    assert json.loads(again.stdout)["generation"] == 1
    hits = json.loads(inhouse("search", "parental leave", "--json").stdout)
    assert hits[0]["uri"] == str(docs / "leave.md")
    answer = inhouse("ask", "How long is parental leave?", "--no-model")
    assert "fourteen months" in answer.stdout
    status = inhouse("status", "--json")
    assert json.loads(status.stdout)["documents"] == 1
    assert "PostgreSQL" in inhouse("doctor").stdout
    assert inhouse("verify", "--full").returncode == 0
    assert inhouse("backup", str(tmp_path / "copy")).returncode == 2
    with KeptIndex(open_store(address)).store.open_writer():
        locked = inhouse("ingest", str(docs))
    assert locked.returncode == 11, locked.stderr


def create_role(server: Server, address: str, name: str) -> str:
    """The address for a role that may use the index and is told nothing of other roles' sessions."""
    execute(
        address,
        f"CREATE ROLE {name} LOGIN",
        "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public",
        "CREATE EXTENSION IF NOT EXISTS pg_textsearch WITH SCHEMA public",
        f"GRANT CREATE ON DATABASE {address.partition('?')[0].rpartition('/')[2]} TO {name}",
    )
    return address.replace("user=postgres", f"user={name}")


def test_a_run_of_another_role_is_named(postgres: Server, address: str, tmp_path: Path) -> None:
    """Also to a role to which the server does not show since when it runs."""
    other = create_role(postgres, address, "second_writer")
    with (
        KeptIndex(open_store(address, beside=tmp_path)).writer(),
        pytest.raises(IndexLockedError, match=r"process \d+ on ") as locked,
        KeptIndex(open_store(other, beside=tmp_path)).writer(),
    ):
        pass
    assert locked.value.exit_code == 11


def test_a_crash_is_noticed_by_a_role_without_rights(tmp_path: Path) -> None:
    """One killed process makes the server start anew, with the same start time; BM25 may have lost words."""
    if not PROGRAMS:
        pytest.skip(MISSING)
    import psycopg

    with running(is_durable=True) as server:
        administrator = server.new_database()
        address = create_role(server, administrator, "owner")
        kept = KeptIndex(open_store(address, beside=tmp_path))
        kept.publish(*varied(20))
        assert "text search" not in kept.store.describe()
        execute(administrator, "ALTER ROLE owner SET TimeZone = 'Asia/Tokyo'")
        kept = KeptIndex(open_store(address, beside=tmp_path))
        assert "text search" not in kept.store.describe()
        with (
            contextlib.closing(psycopg.connect(administrator)) as victim,
            contextlib.closing(psycopg.connect(administrator)) as witness,
        ):
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                witness.execute("SELECT pg_sleep(60)")
        server.wait()
        assert "text search" in kept.store.describe()
        kept.publish(*varied(2, seed=9))
        assert "text search" not in kept.store.describe()


def test_what_is_let_go_of_leaves_no_word(address: str, index: KeptIndex) -> None:
    """Neither in texts nor in the words that BM25 proposes by."""
    index.publish(document("/secret.txt", ["nightjar owl"]))
    index.publish(remove=["/secret.txt"])
    index.store.vacuum(Retention(generations=1, days=0))
    for table, column in (
        ("texts", "text"), ("chunks", "text"), ("chunks", "terms"), ("proposals", "terms"),
        ("vocabulary", "term"),
    ):  # fmt: skip
        assert not rows_like(address, table, column, "%nightjar%"), table
    assert rows_like(address, "proposals", "terms", "%boiler%")


def rows_like(address: str, table: str, column: str, pattern: str) -> int:
    import psycopg

    with psycopg.connect(address) as connection:
        statement = f"SELECT count(*) FROM inhouse.{table} WHERE {column} LIKE %s"  # noqa: S608
        row = connection.execute(statement.encode(), [pattern]).fetchone()
        assert row is not None
        return int(row[0])


def test_a_lost_vector_is_damage(address: str, index: KeptIndex) -> None:
    """Said in one sentence, where a search or a copy needs the vector."""
    snapshot = index.snapshot()
    ids = sorted(row.chunk_id for row in index.rows(snapshot))
    vector = index.embedder.embed_query("boiler")
    for lost in ("(SELECT key FROM inhouse.chunks ORDER BY id DESC LIMIT 1)", "key"):
        execute(address, f"DELETE FROM inhouse.vectors WHERE key = {lost}")  # noqa: S608
        with pytest.raises(IndexDamagedError, match="without a vector"):
            snapshot.stored_vectors(ids)
        with pytest.raises(IndexDamagedError, match="without a vector"):
            snapshot.dense(vector, len(ids), Filter())
    with pytest.raises(IndexDamagedError, match="without a vector"):
        snapshot.dense(vector, 1, Filter())


def test_a_run_that_publishes_between_two_statements_of_a_reader(
    index: KeptIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader gets the newer state, though the one that it read of first is let go of already."""
    from rag.index.postgres.database import ReadConnections

    query = ReadConnections.query
    pending = [4]

    def publish_after_the_manifest(self: ReadConnections, statement: str, *more: Any) -> Any:
        rows = query(self, statement, *more)
        if "FROM manifest WHERE key" in statement and pending:
            seed = pending.pop()
            index.publish(*varied(1, seed=seed), retention=Retention(generations=1, days=0))
        return rows

    monkeypatch.setattr(ReadConnections, "query", publish_after_the_manifest)
    reader = index.store.open_reader()
    assert reader.snapshot().generation.id == 3
    pending.append(5)
    assert reader.snapshot().generation.id in (3, 4)
    assert reader.snapshot().generation.id == 4
    pending.append(6)
    assert index.store.read_state() is not None
    assert (reader.snapshot().generation.id, pending) == (5, [])
