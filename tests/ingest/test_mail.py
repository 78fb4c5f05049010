"""A mail's text is what a mail program shows of it, and what is attached."""

from __future__ import annotations

import pytest

from ingest.loader import load_bytes
from ingest.media_type import EMAIL

HEAD = b"From: a@b.c\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/"


def mail(kind: str, *parts: str) -> str:
    body = "".join(f"--q\nContent-Type: {part}\n" for part in parts)
    data = HEAD + f"{kind}; boundary=q\n\n{body}--q--\n".encode()
    return load_bytes(data, EMAIL).text


def test_a_page_counts_where_the_plain_text_is_a_stub() -> None:
    page = "text/html\n\n<p>The new fee is 500 euros from May on."
    text = mail("alternative", "text/plain\n\nYour program shows no HTML.", page)
    assert "500 euros" in text
    assert "shows no" not in text


def test_the_plain_text_counts_where_it_says_the_same() -> None:
    page = "text/html\n\n<p>The fee is <b>500</b> euros."
    assert "The fee is 500 euros" in mail("alternative", "text/plain\n\nThe fee is 500 euros", page)


def test_a_second_text_and_the_footer_of_a_list_are_read() -> None:
    text = mail("mixed", "text/plain\n\nHello.", "text/plain\n\nSecond.", "text/html\n\n<p>Foot.")
    assert text.index("Hello.") < text.index("Second.") < text.index("Foot.")


def test_an_attachment_without_a_name_is_read() -> None:
    table = "text/csv\nContent-Disposition: attachment\n\na,b\n1,2"
    assert "| 1 | 2 |" in mail("mixed", "text/plain\n\nSee it.", table)


def test_an_invitation_in_the_body_is_read() -> None:
    """When, where and what."""
    event = "SUMMARY:Audit\\, part 2\nDTSTART:20240510T090000Z\nLOCATION;LANGUAGE=en:Hall 7"
    calendar = f"text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n{event}\nEND:VCALENDAR"
    text = mail("mixed", "text/plain\n\nSee it.", calendar)
    assert text.endswith("Summary: Audit, part 2\nDtstart: 20240510T090000Z\nLocation: Hall 7")


def test_raw_bytes_in_headers_are_read() -> None:
    """In the charset of the mail; an encoded word of iso-8859-1 is one of cp1252."""
    head = b"From: J\xf6rg <a@b.c>\nSubject: Gr\xf6\xdfe\nContent-Type: text/plain; charset=iso-8859-1\n\nx"
    document = load_bytes(head, EMAIL)
    assert document.title == "Größe"
    assert "From: Jörg <a@b.c>" in document.text
    encoded = b"From: a@b.c\nSubject: =?iso-8859-1?Q?T=FCren_=96_neu?=\n\nx"
    assert load_bytes(encoded, EMAIL).title == "Türen – neu"


def test_flowed_lines_are_joined() -> None:
    data = (
        b"From: a@b.c\nContent-Type: text/plain; format=flowed\n\nOne long \nsentence.\n\n-- \nAnn"
    )
    assert load_bytes(data, EMAIL).text.endswith("One long sentence.\n\n--\nAnn")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
def test_a_mail_saved_as_wide_text_is_read(encoding: str) -> None:
    data = "From: a@b.c\nSubject: Gebühr\n\nSie beträgt 5 €.\n".encode(encoding)
    document = load_bytes(data, EMAIL)
    assert document.title == "Gebühr"
