"""Nothing is lost silently: what a parser does not read is counted, and a second reader may read it."""

from __future__ import annotations

import base64
import json

import pytest

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument, Page
from ingest.loader import load_bytes
from ingest.media_type import NOTEBOOK, PLAIN_TEXT
from ingest.parsers.context import ParserContext
from ingest.readers import Reader, find_doubt, read_with
from ingest.unread import Unread, describe
from rag.index.catalog.ledger import UnreadCount
from tests.ingest.hostile import repacked
from tests.ingest.hostile_data import ENCRYPTED_EPUB
from tests.ingest.house import IngestedFolder

NO_CONTEXT = ParserContext(lambda _data, _name: LoadedDocument("", PLAIN_TEXT))


def notebook(pictures: int) -> bytes:
    output = {"output_type": "display_data", "data": {"image/png": base64.b64encode(b"x").decode()}}
    cell = {"cell_type": "code", "source": "plot()", "outputs": [output] * pictures}
    return json.dumps({"cells": [cell], "nbformat": 4}).encode()


@pytest.mark.parametrize(
    ("counts", "phrase"),
    [
        ({}, ""),
        ({Unread.CHART: 0}, ""),
        ({Unread.DRAWING: 1, Unread.CHART: 2}, "2 charts and a drawing"),
        (
            {Unread.CHART: 1, Unread.COMMENT: 1, Unread.EQUATION: 1200},
            "a chart, 1,200 equations and a comment",
        ),
    ],
)
def test_counts_in_words(counts: dict[Unread, int], phrase: str) -> None:
    """In the order of the list of kinds, one as a word."""
    assert describe(counts) == phrase


def test_what_was_not_read_makes_a_sentence() -> None:
    """It follows the file's name; what is only counted is not in it."""
    some = LoadedDocument("x", PLAIN_TEXT, unread={Unread.CHART: 2, Unread.PICTURE: 4})
    assert some.shortfall == "holds 2 charts that were not read"
    one = LoadedDocument("x", PLAIN_TEXT, gaps=("lacks its end",), unread={Unread.CHART: 1})
    assert one.shortfall == "lacks its end; holds a chart that was not read"
    assert not LoadedDocument("x", PLAIN_TEXT, unread={Unread.PICTURE: 4}).shortfall


def test_counts_cross_from_the_parsers_process() -> None:
    """Through JSON and back; an unknown kind is refused."""
    document = load_bytes(notebook(3), NOTEBOOK)
    assert document.unread == {Unread.PICTURE: 3}
    as_json = document.to_json()
    assert LoadedDocument.from_json(json.loads(json.dumps(as_json))).unread == document.unread
    with pytest.raises(ValueError, match="invention"):
        LoadedDocument.from_json({**as_json, "unread": {"invention": 1}})


def test_the_ledger_keeps_the_counts_and_status_adds_them_up(house: IngestedFolder) -> None:
    """By kind, over all files; also for a second copy, which is not read again."""
    house.write("a.ipynb", notebook(3))
    house.write("b.ipynb", notebook(1))
    house.ingest()
    house.write("copy of a.ipynb", notebook(3))
    house.ingest()
    overview = house.overview()
    assert overview.unread == {"picture": UnreadCount(count=7, files=3)}
    assert overview.to_json()["unread"] == {"picture": {"count": 7, "files": 3}}


def reader(name: str, function: str) -> Reader:
    return Reader("plain_text", function, name=name)


def test_the_first_reader_counts_if_it_reads() -> None:
    readers = (reader("", "parse_plain_text"), reader("second", "parse_markdown"))
    assert read_with(readers, b"some words", NO_CONTEXT).reader == ""


def test_the_next_reader_is_tried_where_the_first_fails() -> None:
    """The result names it."""
    readers = (Reader("json_data", "parse_json"), reader("second", "parse_plain_text"))
    document = read_with(readers, b"{some words", NO_CONTEXT)
    assert (document.text, document.reader) == ("{some words", "second")


def test_the_first_error_counts_where_all_fail() -> None:
    readers = (Reader("json_data", "parse_json"), Reader("notebook", "parse_notebook", "second"))
    with pytest.raises(DamagedFileError, match="not sound JSON: Expecting property name"):
        read_with(readers, b"{some words", NO_CONTEXT)


def test_a_password_is_final() -> None:
    """No other reader is tried for what the file itself forbids."""
    protected = repacked("epub", "META-INF/encryption.xml", ENCRYPTED_EPUB)
    readers = (Reader("epub", "parse_epub"), reader("second", "parse_plain_text"))
    with pytest.raises(EncryptedFileError):
        read_with(readers, protected, NO_CONTEXT)


def test_text_that_is_no_text_is_in_doubt() -> None:
    """Glyph codes and control characters; a scan's empty pages are not."""
    assert find_doubt(LoadedDocument("\ue001\ue002\ue003 words", PLAIN_TEXT))
    assert find_doubt(LoadedDocument("", PLAIN_TEXT))
    assert find_doubt(LoadedDocument("words", PLAIN_TEXT, doubt="found no slide's text"))
    assert not find_doubt(LoadedDocument("", PLAIN_TEXT, pages=(Page(1, 0, 0),)))
    assert not find_doubt(LoadedDocument("words", PLAIN_TEXT))


def test_of_two_doubtful_results_the_one_with_more_words_counts() -> None:
    data = b"some words " + b"\x01" * 20
    one = (reader("", "parse_plain_text"), reader("second", "parse_markdown"))
    assert read_with(one, data, NO_CONTEXT).reader == ""
