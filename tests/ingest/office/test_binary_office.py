"""Word and PowerPoint files of before 2007: what their first reader passes over, and the second reader."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ingest.errors import EncryptedFileError
from ingest.loader import load_bytes
from ingest.media_type import DOC, PPT
from ingest.parsers.doc_pieces import parse_doc_pieces, read_text
from ingest.parsers.office_binary import find_unwritten_paragraphs
from ingest.parsers.ppt_slides import read_slides
from ingest.unread import Unread

FIXTURES = Path(__file__).parents[1] / "fixtures"
SLIDE_INFO = struct.pack("<HHI", 0, 0x03F9, 16)
HIDDEN = 0x0004
FILE_HEAD = b"\xec\xa5"  # of the stream "WordDocument"


@pytest.fixture
def slides() -> bytearray:
    return bytearray((FIXTURES / "induction.ppt").read_bytes())


@pytest.fixture
def word() -> bytearray:
    return bytearray((FIXTURES / "handbook.doc").read_bytes())


def test_slides_have_all_the_words_of_their_records(slides: bytearray) -> None:
    """In order, without those of the master ("Click to edit") and of the notes."""
    assert [slide.texts[0] for slide in read_slides(bytes(slides))] == [
        "Welcome to the kiln hall",
        "Firing night",
        "Shifts",
    ]


def test_a_hidden_slide_is_counted_not_read(slides: bytearray) -> None:
    """The other slides keep their numbers."""
    second = slides.index(SLIDE_INFO, slides.index(SLIDE_INFO) + 1)
    slides[second + 8 + 10] |= HIDDEN
    document = load_bytes(bytes(slides), PPT)
    assert "Firing night" not in document.text
    assert "Welcome to the kiln hall" in document.text
    assert [page.number for page in document.pages] == [1, 3]
    assert document.unread == {Unread.HIDDEN_SLIDE: 1}


def test_words_are_added_once() -> None:
    """What stands in the records and not in the text, paragraph by paragraph; no place of a number."""
    texts = ["Bring shoes\rAsk Ada", "*", "Ask  Ada", "New box"]
    assert list(find_unwritten_paragraphs(texts, "- Bring shoes")) == ["Ask Ada", "New box"]


def test_the_pieces_have_the_text_in_order(word: bytearray) -> None:
    """The second reader of a .doc finds the words of the first."""
    text = parse_doc_pieces(bytes(word)).text
    assert text.startswith("Kiln handbook\n\nIt costs less than < 10 minutes & saves fingers.")
    assert text.index("Zwölf Öfen") < text.index("Raku") < text.index("crowbar")


def test_notes_and_boxes_are_what_follows_the_text(word: bytearray) -> None:
    """The head of the file says how long the text is, and how long the footnotes behind it."""
    head = word.index(FILE_HEAD)
    (length,) = struct.unpack_from("<i", word, head + 0x4C)
    last = len(read_text(bytes(word)).main[-1]) + 2
    struct.pack_into("<ii", word, head + 0x4C, length - last, last)
    text = read_text(bytes(word))
    assert text.outside == ["The door stays shut below 120 °C. Nobody opens it with a crowbar."]
    assert text.outside[0] not in text.main


def test_an_encrypted_word_file_says_so(word: bytearray) -> None:
    head = word.index(FILE_HEAD)
    flags = struct.unpack_from("<H", word, head + 0x0A)[0] | 0x0100
    struct.pack_into("<H", word, head + 0x0A, flags)
    with pytest.raises(EncryptedFileError):
        load_bytes(bytes(word), DOC)


def test_damaged_records_of_slides_are_no_slides(slides: bytearray) -> None:
    """The words that the first reader finds stay."""
    assert read_slides(bytes(slides[:1500])) == []
    assert read_slides(b"") == []
