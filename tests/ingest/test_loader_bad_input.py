"""Files that cannot be read: each has one reason in plain words, and nothing else happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.errors import (
    FileAccessError,
    MislabelledFileError,
    UnreadableFileError,
    UnsupportedFileError,
    make_unreadable_file_error,
)
from ingest.loader import load, load_bytes
from ingest.media_type import DOCX, MARKDOWN, PDF, PLAIN_TEXT, SUPPORTED

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


@pytest.mark.parametrize("media_type", sorted(set(SUPPORTED.values())))
@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\x00" * 100])
def test_a_file_with_nothing_in_it_is_empty_not_failed(media_type: str, data: bytes) -> None:
    assert load_bytes(data, media_type).is_empty


@pytest.mark.parametrize(
    ("data", "media_type", "suffix", "reason"),
    [
        (PNG, PLAIN_TEXT, ".txt", "is a PNG picture, although it is called .txt"),
        (PNG, MARKDOWN, ".md", "is a PNG picture, although it is called .md"),
        (PNG, PDF, ".pdf", "is a PNG picture, although it is called .pdf"),
        (b"just words\n", DOCX, ".docx", "is text, although it is called .docx"),
        (b"%PDF-1.7\n", PLAIN_TEXT, ".txt", "is a PDF, although it is called .txt"),
        (os.urandom(5000), MARKDOWN, ".md", "is binary data, although it is called .md"),
        (
            b"\x7fELF\x02\x01\x01" + bytes(500),
            PDF,
            ".pdf",
            "is a program, although it is called .pdf",
        ),
    ],
)
def test_a_mislabelled_file_is_named_for_what_it_is(
    data: bytes, media_type: str, suffix: str, reason: str
) -> None:
    with pytest.raises(MislabelledFileError) as caught:
        load_bytes(data, media_type, suffix=suffix)
    assert caught.value.reason == reason


def test_an_unknown_suffix_is_unsupported(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"x")
    with pytest.raises(UnsupportedFileError, match="not supported yet"):
        load(tmp_path / "film.mp4")


def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(FileAccessError, match="not a regular file"):
        load(tmp_path / "pipe.txt")


def test_a_missing_file_is_a_transient_error(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="vanished") as caught:
        load(tmp_path / "gone.txt")
    assert not caught.value.permanent


def test_a_folder_called_txt_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(FileAccessError):
        load(tmp_path / "folder.txt")


def test_every_error_keeps_its_kind_across_the_process_border() -> None:
    kinds = UnreadableFileError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        error = make_unreadable_file_error(kind.code, "is odd")
        assert type(error) is kind
        assert str(error).startswith("The file is odd.")


def test_an_unknown_kind_of_error_is_still_an_error() -> None:
    assert type(make_unreadable_file_error("zzz", "is odd")) is UnreadableFileError
