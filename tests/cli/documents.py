"""Files as a company has them: most can be read, some cannot, and some are not what they seem."""

from __future__ import annotations

import io
import os
from pathlib import Path

LEAVE = "# Leave\n\nParental leave is 16 weeks. Ask your lead eight weeks before.\n"
GOOD = {
    "hr/leave.md": LEAVE,
    "hr/remote.txt": "Remote work is allowed two days a week. Desks are shared.\n",
    "fees.html": "<html><title>Fees</title><h1>Fees</h1><p>The trial costs 1,500 euros.</p></html>",
    "Übersicht – über alles.md": "# Übersicht\n\nDas Büro in Köln öffnet um 8 Uhr.\n",
    "odd\nname.md": "# Odd\n\nThe balcony is closed in winter.\n",
    "red \x1b[31m.md": "# Red\n\nThe red key opens the archive.\n",
}
BAD = {
    "bad/blank.txt": "holds no text",
    "bad/empty.md": "is empty",
    "bad/encrypted.pdf": "is encrypted",
    "bad/picture.pdf": "is a PNG picture, although it is called .pdf",
    "bad/text.pdf": "is text, although it is called .pdf",
    "bad/truncated.docx": "is truncated or damaged",
    "bad/truncated.pdf": "is truncated",
    "bad/two\nlines.md": "is empty",
    "bad/\x1b]0;owned\x07.md": "is empty",
}
"""The file, and how its reason begins."""
LEFT_OUT = {
    "left/archive.zip": "is a .zip file, a format that is not read yet",
    "left/link.md": "is a link, which is not followed",
    "left/nosuffix": "is a file without a suffix, a format that is not read yet",
    "left/pipe": "is a pipe or a device, not a file",
}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def write_documents(folder: Path) -> None:
    """Write all of them, and a hidden file, which is left out without a word."""
    for name in (*GOOD, *BAD, *LEFT_OUT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    for name, text in GOOD.items():
        (folder / name).write_text(text, "utf-8")
    contents = {
        "bad/blank.txt": b" \n\t\n",
        "bad/encrypted.pdf": pdf("Top secret.", password="secret"),
        "bad/picture.pdf": PNG,
        "bad/text.pdf": b"This is no PDF at all.\n",
        "bad/truncated.docx": docx("A long letter. " * 200)[:3000],
        "bad/truncated.pdf": pdf("A page that is cut off.")[:400],
    }
    for name in BAD:
        (folder / name).write_bytes(contents.get(name, b""))
    (folder / "left/archive.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (folder / "left/nosuffix").write_text("?")
    (folder / "left/link.md").symlink_to(folder / "hr/leave.md")
    os.mkfifo(folder / "left/pipe")
    (folder / ".hidden.md").write_text("Nobody reads this.")


def pdf(text: str, *, password: str = "") -> bytes:
    """A PDF of one page."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, encrypt=password or None)
    canvas.drawString(72, 720, text)
    canvas.save()
    return file.getvalue()


def docx(text: str) -> bytes:
    """A Word document of one paragraph."""
    import docx as python_docx

    file = io.BytesIO()
    document = python_docx.Document()
    document.add_paragraph(text)
    document.save(file)
    return file.getvalue()
