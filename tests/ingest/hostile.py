"""A folder of files that mean harm, or that harm has come to. `write` makes it; every file is told why."""

from __future__ import annotations

import io
import os
import random
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.ingest import hostile_data as data

FIXTURES = Path(__file__).parent / "fixtures"
PACKAGES = ("docx", "xlsx", "pptx", "odt", "ods", "odp", "doc", "xls", "ppt", "pdf", "epub", "msg")
READ, PARTIAL, EMPTY, FAILED, SKIPPED = "indexed", "partial", "empty", "failed", "skipped"
Expected = frozenset[str]
ANY = frozenset({READ, PARTIAL, EMPTY, FAILED, SKIPPED})


def real(suffix: str) -> bytes:
    """A real file of this format."""
    return next(FIXTURES.glob(f"[hip]*.{suffix}")).read_bytes()


def write(folder: Path) -> dict[str, Expected]:
    """Fill the folder; returns for each entry, by its path as the program shows it, how it may end."""
    expected: dict[str, Expected] = {}

    def add(name: str | bytes, content: bytes, *states: str) -> None:
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        expected[shown(path)] = frozenset(states) or ANY

    broken(add)
    mislabelled(add)
    for name, (content, *states) in data.texts().items():
        add(f"texts/{name}", content, *states)
    for name, (content, *states) in data.structured().items():
        add(f"structured/{name}", content, *states)
    for name, bomb in bombs().items():
        add(f"bombs/{name}", bomb, *ANY)
    for name, (content, *states) in traps().items():
        add(f"traps/{name}", content, *states)
    names(add)
    expected |= entries(folder / "entries")
    return expected


def shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


Add = Callable[..., None]


def broken(add: Add) -> None:
    """Cut in the middle, cut near the end, with its beginning gone, with bytes that are not its own."""
    dice = random.Random(4)
    for suffix in PACKAGES:
        whole = real(suffix)
        add(f"broken/half.{suffix}", whole[: len(whole) // 2], FAILED)
        add(f"broken/tail.{suffix}", whole[: -len(whole) // 20], *ANY)
        add(f"broken/head.{suffix}", bytes(600) + whole[600:], FAILED)
        for number in range(2):
            spoilt = bytearray(whole)
            for _ in range(40 * (number + 1)):
                spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
            add(f"broken/spoilt{number}.{suffix}", bytes(spoilt), *ANY)


def mislabelled(add: Add) -> None:
    for is_really, called in (
        *(("pdf", "docx"), ("docx", "pdf"), ("xlsx", "docx"), ("odt", "pptx"), ("doc", "xls")),
        *(("epub", "odt"), ("msg", "doc"), ("pdf", "txt"), ("ppt", "md"), ("rtf", "pdf")),
        *(("xls", "csv"), ("odp", "json"), ("pptx", "xml"), ("pdf", "eml")),
    ):
        add(f"mislabelled/{is_really}.{called}", real(is_really), FAILED)
    for is_really, called in (("rtf", "doc"), ("docx", "doc"), ("xlsx", "xls"), ("doc", "docx")):
        add(f"mislabelled/alike-{is_really}.{called}", real(is_really), READ)
    add("mislabelled/program.pdf", b"\x7fELF\x02\x01\x01" + bytes(500), FAILED)
    add("mislabelled/unknown.xyz", b"whatever", SKIPPED)
    add("mislabelled/archive.zip", zipped({"a.txt": b"x"}), SKIPPED)
    add("mislabelled/film.mp4", bytes(1000), SKIPPED)


def zipped(parts: dict[str, bytes], **options: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def repacked(suffix: str, part: str, content: bytes) -> bytes:
    """A real file, with one part of it replaced."""
    with zipfile.ZipFile(io.BytesIO(real(suffix))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(parts | {part: content})


def bombs() -> dict[str, bytes]:
    """Small files that unpack, or unfold, to far more than there is memory for."""
    main = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
    main |= dict.fromkeys(("odt", "ods", "odp"), "content.xml")
    zeros = bytes(24 * 2**20)
    archives = {f"zip.{suffix}": repacked(suffix, part, zeros) for suffix, part in main.items()}
    archives["zip.epub"] = repacked("epub", "META-INF/container.xml", zeros)
    archives["parts.docx"] = zipped({f"{main['docx']}{n or ''}": b"" for n in range(20_001)})
    archives |= {
        f"laughs.{suffix}": repacked(suffix, part, data.LAUGHS) for suffix, part in main.items()
    }
    archives["laughs.xml"] = data.LAUGHS
    archives["deep.docx"] = repacked("docx", "word/document.xml", data.deep_xml(200_000))
    archives["lying.odt"] = lying_size(real("odt"))
    archives["flate.pdf"] = data.pdf_stream(zlib.compress(bytes(2**28), 1), b"/FlateDecode")
    archives["pages.pdf"] = data.PAGES_PDF
    archives["rtf.rtf"] = b"{\\rtf1 " + b"{" * 200_000 + b"x" + b"}" * 200_001
    return archives


def lying_size(archive: bytes) -> bytes:
    """An archive whose directory says that its parts are one byte long."""
    lied = bytearray(archive)
    offset = lied.find(b"PK\x01\x02")
    while offset >= 0:
        struct.pack_into("<I", lied, offset + 24, 1)
        offset = lied.find(b"PK\x01\x02", offset + 4)
    return bytes(lied)


def traps() -> dict[str, tuple[bytes, *tuple[str, ...]]]:
    """Files that would have something fetched, followed, or never finished."""
    entity = data.external_entity("file:///etc/hostname")
    secret = b"".join((b'<?xml version="1.0"?>', entity, b"<a><b>&e;</b><c>words</c></a>"))
    return {
        "entity.xml": (secret, READ),
        "network.xml": (secret.replace(b"file:///etc/hostname", b"http://192.0.2.1/x"), READ),
        "entity.odt": (repacked("odt", "content.xml", secret), FAILED),
        "ring.doc": (data.ole_ring(real("doc")), FAILED),
        "ring.msg": (data.ole_ring(real("msg")), FAILED),
        "header.xls": (real("xls")[:512], FAILED),
        "ring.pdf": (data.RING_PDF, *ANY),
        "encrypted.docx": ((FIXTURES / "encrypted.docx").read_bytes(), FAILED),
        "encrypted.odt": (repacked("odt", "META-INF/manifest.xml", data.ENCRYPTED_ODF), FAILED),
        "encrypted.epub": (
            repacked("epub", "META-INF/encryption.xml", data.ENCRYPTED_EPUB),
            FAILED,
        ),
        "encrypted.pdf": (data.encrypted_pdf(), FAILED),
        "stray.xlsx": (data.stray_cell(), READ),
        "huge.png": (data.huge_png(), SKIPPED, FAILED),
        "cut.png": ((FIXTURES / "scan.png").read_bytes()[:3000], *ANY),
        "cut.tiff": ((FIXTURES / "scan.tiff").read_bytes()[:3000], *ANY),
        "noise.jpg": (b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(3000), FAILED, SKIPPED),
        "bin.rtf": (b"{\\rtf1 before \\bin2147483647 after}", *ANY),
        "escape.epub": (zipped({"mimetype": b"application/epub+zip", "../../x": b"y"}), FAILED),
    }


def names(add: Add) -> None:
    """Names that a program trips over."""
    text = b"# Words\n\nThe kiln is hot.\n"
    for name in (
        *(b"not \xff\xfe utf-8.md", b"new\nline.md", b"tab\there.txt", b"bell\x07.txt"),
        *(b"\x1b[31mred.md", b"n" * 252 + b".md", "\u202egnp.md".encode(), "🔥.md".encode()),
        *(b"-rf.md", b"$(touch owned).md", b"'; DROP TABLE files; --.md", b" .md", b"a\\b.md"),
        *(b"%00.md", b'quote".md', b"CON.md", b"a..md", b"\xed\xa0\x80.md", b"UPPER.MD"),
    ):
        add(b"names/" + name, text + name, READ)
    add(b"names/" + b"deep/" * 60 + b"down.md", text + b"deep", READ)


def entries(folder: Path) -> dict[str, Expected]:
    """What is no file, or too much of one."""
    folder.mkdir()
    expected: dict[str, Expected] = {}

    def note(path: Path, *states: str) -> Path:
        expected[shown(path)] = frozenset(states)
        return path

    note(folder / "self.md", SKIPPED).symlink_to("self.md")
    note(folder / "up", SKIPPED).symlink_to("..")
    note(folder / "dangling.pdf", SKIPPED).symlink_to("/nowhere/at/all.pdf")
    note(folder / "outside.txt", SKIPPED).symlink_to("/etc/hostname")
    note(folder / "null.txt", SKIPPED).symlink_to("/dev/zero")
    os.mkfifo(note(folder / "pipe.txt", SKIPPED))
    with socket.socket(socket.AF_UNIX) as listening:
        note(folder / "socket.txt", SKIPPED)
        descriptor = os.open(folder, os.O_RDONLY)  # a socket's path may not be long
        try:
            listening.bind(f"/proc/self/fd/{descriptor}/socket.txt")
        finally:
            os.close(descriptor)
    with note(folder / "sparse.txt", SKIPPED).open("wb") as sparse:
        sparse.truncate(2**30)
    with note(folder / "holes.pdf", FAILED, EMPTY).open("wb") as sparse:
        sparse.truncate(60 * 2**20)
    closed = note(folder / "closed.md", READ if os.geteuid() == 0 else FAILED)
    closed.write_text("No one may read this, but root.")
    closed.chmod(0)
    (folder / "folder.pdf").mkdir()
    return expected
