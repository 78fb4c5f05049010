"""A mail's text is what a mail program shows of it, and what is attached."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.loader import load_bytes
from ingest.media_type import EMAIL, MSG
from ingest.unread import Unread
from tests.ingest.old_outlook import in_ansi

FIXTURES = Path(__file__).parent / "fixtures"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
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


def test_an_attachment_that_is_not_read_is_counted() -> None:
    """But a signature; a picture counts as one where tesseract is missing."""
    files = ("plan.dwg", "smime.p7s", "site.png", "winmail.dat")
    parts = [
        f'application/octet-stream\nContent-Disposition: attachment; filename="{name}"\n\n{name}'
        for name in files
    ]
    parts[2] = parts[2].replace("\n\nsite.png", "\nContent-Transfer-Encoding: base64\n\n" + PNG)
    data = HEAD + b"mixed; boundary=q\n\n"
    data += "".join(f"--q\nContent-Type: {part}\n" for part in parts).encode() + b"--q--\n"
    document = load_bytes(data, EMAIL)
    assert document.unread == {Unread.ATTACHMENT: 2, Unread.PICTURE: 1}
    assert document.shortfall == "holds 2 attachments that were not read"
    assert all(f"Attachment: {name}" in document.text for name in files)


def test_an_invitation_that_is_attached_as_well_stands_once() -> None:
    event = "\n\nBEGIN:VCALENDAR\nSUMMARY:Audit\nEND:VCALENDAR"
    attached = 'text/calendar\nContent-Disposition: attachment; filename="invite.ics"'
    plain = "text/plain\n\nSee it."
    assert mail("mixed", plain, f"text/calendar{event}", attached + event).count("Audit") == 1
    assert "Summary: Audit" in mail("mixed", plain, attached + event)


@pytest.mark.parametrize("code_page", [1252, 65001, 0])
def test_a_message_of_an_old_outlook_is_read(code_page: int) -> None:
    """Its strings are in a code page, whatever encoding it was sent in: "40 €" also in those of receivers."""
    document = load_bytes(in_ansi((FIXTURES / "prices.msg").read_bytes(), code_page), MSG)
    assert document.title == "Prices from März"
    assert "To: Jörg <joerg@kiln.example>, Kiln hall <kiln@kiln.example>" in document.text
    assert "The shelf is dearer: 40 €." in document.text
    assert "Attachment: prices.xls" in document.text


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


def test_a_mail_that_does_not_say_where_its_parts_end_is_read() -> None:
    data = HEAD + b"mixed\n\n--q\nContent-Type: text/plain\n\nThe fee is 500 euros.\n--q--\n"
    document = load_bytes(data, EMAIL)
    assert "The fee is 500 euros." in document.text
    assert not document.shortfall
