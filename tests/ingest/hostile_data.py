"""The contents of hostile files, without their places."""

from __future__ import annotations

import io
import json
import struct
import zlib

READ, PARTIAL, EMPTY, FAILED, SKIPPED = "indexed", "partial", "empty", "failed", "skipped"
Files = dict[str, tuple[bytes, *tuple[str, ...]]]


def texts() -> Files:
    """Text that is none, too much, or of another encoding than anybody says."""
    return {
        "nothing.md": (b"", EMPTY),
        "nothing.pdf": (b"", EMPTY),
        "nothing.docx": (b"", EMPTY),
        "nothing.png": (b"", EMPTY),
        "blank.txt": (b" \n\t\r\n" * 100, EMPTY),
        "zeros.txt": (bytes(4096), EMPTY),
        "mark.txt": (b"\xef\xbb\xbf", EMPTY),
        "one.txt": (b"x", READ),
        "line.txt": (b"k" * (50 * 2**20), READ),
        "line.csv": (b"kiln," * 4_000, READ),
        "lines.md": (b"\n" * 1_000_000 + b"words", READ),
        "noise.txt": (bytes(range(128, 256)) * 40, READ, FAILED),
        "utf16.txt": (("Ovens are hot.\n" * 20).encode("utf-16-le"), READ),
        "utf16.csv": ("part;price\nÖse;2\n".encode("utf-16"), READ),
        "latin.txt": (("Zwölf Öfen stehen in Halle B.\n" * 5).encode("latin-1"), READ),
        "cut.txt": ("Zwölf Öfen".encode()[:-4], READ),
        "marks.md": (b"#" * 20_000 + b"\n" + b"> " * 10_000 + b"x", READ),
        "table.md": (b"|" * 20_000 + b"\n" + b"|-" * 10_000, READ),
        "fence.md": (b"```\n" + b"code\n" * 1000, READ),
        "zalgo.txt": (("k" + "\u0301" * 5000 + " kiln").encode(), READ),
        "quote.csv": (b'a,b\n"never closed,' + b"x\n" * 5_000, READ, FAILED),
    }


def structured() -> Files:
    """JSON, XML, web pages, mail and notebooks that are wrong, or nested beyond measure."""
    boundary = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
    many = b"From: a@b\nSubject: many\n" + boundary * 300 + b"\nwords\n--x--\n"
    return {
        "deep.json": (b"[" * 100_000 + b"1" + b"]" * 100_000, FAILED),
        "deep-keys.json": (b'{"a":' * 500 + b"1" + b"}" * 500, READ),
        "open.json": (b'{"kiln": "hot', FAILED),
        "number.json": (b'{"n": ' + b"9" * 5_000 + b"}", READ),
        "nan.json": (b'{"a": NaN, "b": Infinity, "c": "kiln"}', READ),
        "half.json": (b'{"a": "\\ud800 kiln"}', READ),
        "null.json": (b"null", EMPTY),
        "line.json": (b'{"a": 1}\n{"a": \n', FAILED),
        "deep.xml": (deep_xml(100_000), FAILED),
        "open.xml": (b"<kiln><hot>", FAILED),
        "text.xml": (b"The kiln is hot.", FAILED),
        "attributes.xml": (
            b"<a " + b" ".join(b'b%d="c"' % n for n in range(1000)) + b">kiln</a>",
            READ,
        ),
        "deep.html": (b"<div>" * 100_000 + b"kiln", FAILED, READ),
        "open.html": (b"<html><table><tr><td>kiln<td>hot<p>now", READ),
        "script.html": (b"<html><script>" + b"x" * 100_000, EMPTY),
        "charset.html": (b'<html><meta charset="no-such-charset"><p>K\xf6ln is hot', READ),
        "deep.eml": (many, READ, PARTIAL, FAILED),
        "charset.eml": (b"Subject: a\nContent-Type: text/plain; charset=nope\n\nK\xf6ln\n", READ),
        "base64.eml": (
            b"Subject: a\nContent-Transfer-Encoding: base64\n\n!!!! not base64 !!!!\n",
            READ,
        ),
        "header.eml": (b"Subject: =?utf-8?b?////?=\nTo: " + b"a@b, " * 4_000 + b"\n\nkiln", READ),
        "none.eml": (b"The kiln is hot.\n", FAILED),
        "none.mbox": (b"The kiln is hot.\n", FAILED),
        "empty.mbox": (b"From nobody\n", *(READ, EMPTY, FAILED)),
        "list.ipynb": (b"[1, 2]", FAILED),
        "cells.ipynb": (json.dumps({"cells": [1, None]}).encode(), FAILED),
        "none.ipynb": (b'{"cells": []}', EMPTY),
        "none.rtf": (b"{\\rtf1}", EMPTY),
        "open.rtf": (b"{\\rtf1 The kiln", FAILED),
        "unicode.rtf": (b"{\\rtf1 \\u-10179?\\u-9043? kiln \\u55357?}", READ),
    }


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]><l>&a11;</l>"
)


def deep_xml(depth: int) -> bytes:
    return b"<a>" * depth + b"kiln" + b"</a>" * depth


def external_entity(uri: str) -> bytes:
    return f'<!DOCTYPE a [<!ENTITY e SYSTEM "{uri}">]>'.encode()


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, the first of which is its catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in places)
    out += b"trailer\n<</Root 1 0 R/Size %d>>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def pdf_stream(content: bytes, filtered: bytes) -> bytes:
    """A PDF of one page that is drawn by this stream."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R>>",
        b"<</Length %d/Filter %s>>stream\n%s\nendstream" % (len(content), filtered, content),
    )


PAGES_PDF = pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 2000000000>>")
RING_PDF = pdf(
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 3 0 R>>",
)
ENCRYPTED_ODF = (
    b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    b'<m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>'
)
ENCRYPTED_EPUB = (
    b'<e xmlns:x="http://www.w3.org/2001/04/xmlenc#"><x:EncryptedData><x:EncryptionMethod '
    b'Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></x:EncryptedData></e>'
)


def encrypted_pdf() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt="kiln")
    canvas.drawString(72, 720, "Top secret.")
    canvas.save()
    return buffer.getvalue()


def ole_ring(container: bytes) -> bytes:
    """A container of Microsoft's whose every sector is followed by itself."""
    ring = bytearray(container)
    (sector,) = struct.unpack_from("<i", ring, 76)  # the first sector of its allocation table
    offset = (sector + 1) * 512
    for number in range(128):
        struct.pack_into("<i", ring, offset + 4 * number, number)
    return bytes(ring)


def stray_cell() -> bytes:
    """A workbook with a word in its first cell and one in its last."""
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "kiln", "stray"
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def huge_png() -> bytes:
    """A white picture of 60,000 × 60,000 pixels in a few kilobytes."""

    def part(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    row = zlib.compress(bytes(60_000 * 4 * 100), 1)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", size) + part(b"IDAT", row) + part(b"IEND", b"")
