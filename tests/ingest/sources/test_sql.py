"""A source of kind sql: a file of SQLite, and a real PostgreSQL where there is one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Assistant
from rag.errors import ConfigurationError
from rag.index import Filter
from rag.testing import HashingEmbedder
from tests.index.contract.server import MISSING, PROGRAMS, running
from tests.ingest.sources.world import SourceHome

_QUERY = """
SELECT nr AS id, name AS title, body AS text, version AS revision, readers, changed AS modified_at, price
FROM articles ORDER BY nr
"""
_TABLE = (
    "CREATE TABLE articles (nr INTEGER, name TEXT, body TEXT, version INTEGER, readers TEXT, "
    "changed TEXT, price REAL)"
)
_BREAKS_AT_ROW_3 = """
SELECT nr AS id, CASE nr WHEN 3 THEN abs(-9223372036854775808) END AS text FROM articles
"""
_ROWS = [
    (1, "Anvil", "The anvil weighs 40 kg and is black.", 1, "*", "2025-03-01", 199.5),
    (2, "Bellows", "The bellows are made of leather.", 1, "group:shop, group:it", None, None),
    (3, "Chisel", "The chisel is 30 cm long.", 1, '["group:shop"]', None, 12.0),
    (4, "Drill", "The drill turns 800 times a minute.", 1, None, None, 80.0),
]


class Articles:
    """The table in an SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run(_TABLE)
        for row in _ROWS:
            self.run("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", *row)

    def run(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.execute(statement, values)
        connection.close()


@pytest.fixture
def articles(tmp_path: Path) -> Articles:
    return Articles(tmp_path / "shop.db")


@pytest.fixture
def sql(tmp_path: Path, articles: Articles) -> SourceHome:
    """The source that reads it."""
    return SourceHome(tmp_path, kind="sql", name="shop", database=str(articles.path), query=_QUERY)


def test_rows_are_documents(sql: SourceHome, articles: Articles) -> None:
    """With title, readers and metadata; changes and deletions of rows are followed."""
    report = sql.ingest()
    assert (report.added, report.exit_code, report.readable_by_nobody) == (4, 0, 1)
    assert sql.readers() == {
        "1": ("*",),
        "2": ("group:it", "group:shop"),
        "3": ("group:shop",),
        "4": (),
    }
    assistant = Assistant.open(sql.data, embedder=HashingEmbedder())
    (hit,) = assistant.search("anvil weighs", k=1, filter=Filter(readers=frozenset({"x"})))
    assert (hit.uri, hit.title, hit.metadata) == ("sql://shop/1", "Anvil", {"price": 199.5})
    assert (sql.ingest().unchanged, sql.ingest().chunks_embedded) == (4, 0)
    articles.run("UPDATE articles SET body = 'The anvil weighs 50 kg.', version = 2 WHERE nr = 1")
    articles.run("UPDATE articles SET body = 'Nobody says so.' WHERE nr = 2")  # its revision stays
    articles.run("UPDATE articles SET price = 13 WHERE nr = 3")
    articles.run("DELETE FROM articles WHERE nr = 4")
    report = sql.ingest()
    assert (report.updated, report.deleted, report.unchanged) == (2, 1, 1)


def test_without_a_revision_the_text_is_it(sql: SourceHome, articles: Articles) -> None:
    """Two columns are enough: id and text."""
    sql.settings |= {"query": "SELECT nr AS id, body AS text FROM articles", "readers": ["*"]}
    assert sql.ingest().added == 4
    articles.run("UPDATE articles SET body = 'The chisel is 31 cm long.' WHERE nr = 3")
    report = sql.ingest()
    assert (report.updated, report.unchanged) == (1, 3)
    assert set(sql.readers().values()) == {("*",)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"query": "SELECT body AS text FROM articles"}, "without a column id"),
        ({"query": "SELECT 1 AS id, body AS text FROM articles"}, "'1' twice"),
        ({"query": "SELECT NULL AS id, body AS text FROM articles"}, "whose id is empty"),
        ({"query": "SELECT nr AS id FROM nowhere"}, "no such table"),
        ({"query": "DELETE FROM articles"}, "readonly"),
        ({"query": "SELECT nr AS id, body AS text FROM articles; DROP TABLE articles"}, "one statement"),
        ({"database": "/nowhere/shop.db"}, "has no database file"),
        (
            {"query": _BREAKS_AT_ROW_3},
            "integer overflow",
        ),
    ],
)  # fmt: skip
def test_a_query_that_fails_changes_nothing(
    sql: SourceHome, change: dict[str, str], reason: str
) -> None:
    """Neither in the index nor in the database, which is only read; also in the middle of the rows."""
    sql.ingest()
    query = sql.settings["query"]
    sql.settings |= change
    report = sql.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert reason in report.roots[0].reason
    sql.settings |= {"query": query, "database": str(sql.home / "shop.db")}
    assert sql.ingest().unchanged == 4


def test_a_password_in_the_address_is_refused(sql: SourceHome) -> None:
    """It would stand in logs; the message does not show it."""
    sql.settings["database"] = "postgresql://reader:hunter22@db.example.org/shop"
    with pytest.raises(ConfigurationError, match="may not hold a password") as caught:
        sql.ingest()
    assert "hunter22" not in str(caught.value)


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The address of a PostgreSQL database with the table, and a role with a password."""
    if not PROGRAMS:
        pytest.skip(MISSING)
    psycopg = pytest.importorskip("psycopg")
    with running(libraries="") as server:
        address = server.new_database()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(
                _TABLE.replace("readers TEXT", "readers TEXT[]").replace(
                    "changed TEXT", "changed DATE"
                )
            )
            for *row, readers, changed, price in _ROWS:
                tokens = (
                    None if readers is None else readers.strip('[]"').replace(" ", "").split(",")
                )
                values = [*row, tokens, changed, price]
                connection.execute(
                    "INSERT INTO articles VALUES (%s, %s, %s, %s, %s, %s, %s)", values
                )
        yield address


def test_postgresql_is_read_like_it(
    sql: SourceHome, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a transaction that cannot write; what it refuses is one sentence."""
    sql.settings["database"] = shop
    report = sql.ingest()
    assert (report.added, report.exit_code) == (4, 0)
    assert sql.readers()["2"] == ("group:it", "group:shop")
    assert (sql.ingest().unchanged, sql.ingest().chunks_embedded) == (4, 0)
    monkeypatch.setenv("SHOP_PASSWORD", "hunter22")
    stranger = {
        "query": _QUERY,
        "database": shop.replace("user=postgres", "user=stranger"),
        "password": {"env": "SHOP_PASSWORD"},
    }
    for change, reason in (
        ({"query": "DELETE FROM articles RETURNING nr AS id, body AS text"}, "cannot be queried"),
        ({"query": "SELECT 1/(nr-3) AS id, body AS text FROM articles"}, "division by zero"),
        (stranger, "does not accept the credentials"),
    ):
        sql.settings |= change
        report = sql.ingest()
        assert (report.changes, report.exit_code) == (0, 1)
        assert reason in report.roots[0].reason
        assert "hunter22" not in report.roots[0].reason
