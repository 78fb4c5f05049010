"""EPUB books: their chapters are web pages, in the order that the package file gives."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any
from urllib.parse import unquote

from ingest.errors import DamagedFileError, EncryptedFileError, UnreadableFileError
from ingest.loaded import BlockKind, LoadedDocument
from ingest.media_type import EPUB
from ingest.parsers.archive import FAULTS, check_archive
from ingest.parsers.html import parse_html
from ingest.parsers.xml_tree import parse_tree
from ingest.text_builder import TextBuilder

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_OF_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGES = ("application/xhtml+xml", "text/html")


def parse_epub(data: bytes) -> LoadedDocument:
    check_archive(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Book(archive).document()
    except UnreadableFileError:
        raise
    except FAULTS as exc:
        raise DamagedFileError from exc


class _Book:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        if _ENCRYPTION in self._names:
            methods = parse_tree(archive.read(_ENCRYPTION)).iter("{*}EncryptionMethod")
            if any(method.get("Algorithm") not in _OF_FONTS for method in methods):
                raise EncryptedFileError(
                    "is protected against copying", hint="Read it unprotected."
                )
        root = next(parse_tree(archive.read(_CONTAINER)).iter("{*}rootfile"), None)
        path = root.get("full-path", "") if root is not None else ""
        if path not in self._names:
            raise DamagedFileError("is damaged: its list of contents is missing")
        self._folder = posixpath.dirname(path)
        self._package = parse_tree(archive.read(path))
        self._items = {item.get("id"): item for item in self._package.iter("{*}item")}

    def document(self) -> LoadedDocument:
        builder = TextBuilder()
        gaps: list[str] = []
        titles = self._titles()
        for reference in self._package.iter("{*}itemref"):
            item = self._items.get(reference.get("idref"))
            if item is None or item.get("media-type") not in _PAGES:
                continue
            path = self._path(item.get("href", ""))
            if path not in self._names:
                gaps.append(f"lacks its chapter {posixpath.basename(path)}")
                continue
            chapter = parse_html(self._archive.read(path))
            has_heading = any(block.kind is BlockKind.HEADING for block in chapter.blocks)
            if not has_heading and not chapter.is_empty and path in titles:
                builder.heading(titles[path], 1)
            builder.include(chapter)
        author, language = self._said("creator"), self._said("language").split("-")[0].lower()
        return builder.document(
            EPUB,
            title=self._said("title"),
            language=language if len(language) == 2 and language.isalpha() else "",
            gaps=tuple(gaps),
            author=author,
        )

    def _titles(self) -> dict[str, str]:
        """What the table of contents calls each chapter, by the chapter's path."""
        titles: dict[str, str] = {}
        for item in self._items.values():
            is_nav = "nav" in (item.get("properties") or "").split()
            if not is_nav and item.get("media-type") != "application/x-dtbncx+xml":
                continue
            path = self._path(item.get("href", ""))
            if path in self._names:
                tree = parse_tree(self._archive.read(path))
                for href, words in _entries(tree):
                    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), href))
                    titles.setdefault(target, words)
        return titles

    def _path(self, href: str) -> str:
        return posixpath.normpath(posixpath.join(self._folder, unquote(href.partition("#")[0])))

    def _said(self, what: str) -> str:
        entries = (
            e.text or "" for e in self._package.iter("{http://purl.org/dc/elements/1.1/}" + what)
        )
        return next(entries, "").strip()


def _entries(tree: Any) -> list[tuple[str, str]]:
    """The targets and words of a table of contents, of EPUB 3 (nav) or of EPUB 2 (ncx)."""
    links = [(link.get("href", ""), "".join(link.itertext())) for link in tree.iter("{*}a")]
    for point in tree.iter("{*}navPoint"):
        content, label = point.find("{*}content"), point.find("{*}navLabel")
        if content is not None and label is not None:
            links.append((content.get("src", ""), "".join(label.itertext())))
    return [(unquote(href.partition("#")[0]), " ".join(words.split())) for href, words in links]
