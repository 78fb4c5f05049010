"""An Office Open XML file (.docx, .pptx, .xlsx, .xlsb): its parts, and how they refer to one another.

Parts are found by their relationships, never by their usual names (ECMA-376, part 2). A part that is missing
or damaged is counted and passed over; only without its main part is a file damaged. The namespaces of Strict
Open XML are read as those of the usual (Transitional) form.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ingest.errors import DamagedFileError
from ingest.parsers.archive import FAULTS, check_archive
from ingest.parsers.xml_tree import parse_tree
from ingest.unread import Unread

_OPEN_XML = "http://schemas.openxmlformats.org"
W = f"{{{_OPEN_XML}/wordprocessingml/2006/main}}"
A = f"{{{_OPEN_XML}/drawingml/2006/main}}"
R = f"{{{_OPEN_XML}/officeDocument/2006/relationships}}"
MC = f"{{{_OPEN_XML}/markup-compatibility/2006}}"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_ROOT = ""


@dataclass(frozen=True, slots=True)
class Relationship:
    """`kind` is the last word of its type ("styles", "image"); `target` is a part's name, or an address."""

    kind: str
    target: str
    is_external: bool


class OfficePackage:
    """The parts of a package. `unread` counts the parts that should be there and cannot be read."""

    def __init__(self, data: bytes) -> None:
        check_archive(data)
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._entries = {_key(entry.filename): entry for entry in self._archive.infolist()}
        self._relationships: dict[str, dict[str, Relationship]] = {}
        self.unread: Counter[Unread] = Counter()

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._entries

    def names(self) -> Iterator[str]:
        """The names of all parts, in lower case."""
        yield from self._entries

    def bytes_of(self, name: str) -> bytes | None:
        """A part's content, or None if it is missing or its part of the archive is damaged."""
        entry = self._entries.get(_key(name))
        if entry is None:
            return None
        try:
            return self._archive.read(entry)
        except FAULTS:
            return None

    def tree(self, name: str, *, counts: bool = True) -> Any:
        """A part's root element; None if it cannot be read. With `counts` that is counted as unread.

        What can be had of a part whose XML breaks off is returned, and counted as damaged.
        """
        data = self.bytes_of(name)
        if data is None:
            is_there = _key(name) in self._entries
            self.unread[Unread.DAMAGED_PART if is_there else Unread.MISSING_PART] += counts
            return None
        data = self.transitional(data)
        try:
            return parse_tree(data)
        except DamagedFileError as exc:
            log = getattr(exc.__cause__, "error_log", None) or ()
            if any(entry.type_name == "ERR_NO_MEMORY" for entry in log):
                raise
            self.unread[Unread.DAMAGED_PART] += counts
            return _recovered(data)

    @staticmethod
    def transitional(data: bytes) -> bytes:
        """A part with the namespaces of Strict Open XML as the usual ones."""
        return _STRICT.sub(_transitional, data)

    def related(self, name: str, *kinds: str) -> list[str]:
        """The parts that the part `name` refers to by a relationship of one of these kinds."""
        return [
            relation.target
            for relation in self.relationships(name).values()
            if relation.kind in kinds and not relation.is_external
        ]

    def relationships(self, name: str) -> dict[str, Relationship]:
        """What a part refers to, by the identifiers that it uses; "" stands for the package itself."""
        key = _key(name)
        if key not in self._relationships:
            self._relationships[key] = self._read_relationships(key)
        return self._relationships[key]

    def _read_relationships(self, name: str) -> dict[str, Relationship]:
        folder, _, base = name.rpartition("/")
        source = posixpath.join(folder, "_rels", f"{base}.rels")
        root = self.tree(source, counts=False) if source in self else None
        relationships = {}
        for element in root if root is not None else ():
            target = (element.get("Target") or "").replace("\\", "/")
            is_external = element.get("TargetMode") == "External"
            if not is_external:
                target = posixpath.normpath(posixpath.join("/", folder, unquote(target)))
            kind = (element.get("Type") or "").rpartition("/")[2]
            relationships[element.get("Id") or ""] = Relationship(kind, target, is_external)
        return relationships

    def main_part(self, usual: str) -> str:
        """The name of the part that the package is about; raises DamagedFileError if there is none.

        `usual` is what it is called as a rule ("word/document"), for a package that does not say.
        """
        for name in self.related(_ROOT, "officeDocument"):
            if name in self:
                return name
        alike = [name for name in self._entries if name.startswith(usual)]
        if not alike:
            raise DamagedFileError
        return min(alike, key=len)

    def main_tree(self, usual: str) -> tuple[str, Any]:
        """The main part's name and root element; raises DamagedFileError where there is none."""
        name = self.main_part(usual)
        root = self.tree(name)
        if root is None:
            raise DamagedFileError
        return name, root

    @property
    def doubt(self) -> str:
        """Why another reader may find more, phrased to follow the file's name; empty for no doubt."""
        return "has a damaged part" if self.unread[Unread.DAMAGED_PART] else ""

    def properties(self) -> tuple[str, str]:
        """The title and the author that the file's properties name; empty where they do not."""
        names = self.related(_ROOT, "core-properties")
        root = self.tree(names[0], counts=False) if names else None
        if root is None:
            return "", ""
        return root.findtext("{*}title") or "", root.findtext("{*}creator") or ""


def alternative(element: Any) -> Any:
    """The one of a drawing's versions that is read: the newest, or the old one where that is empty."""
    choices = element.findall(f"{MC}Choice")
    fallback = element.find(f"{MC}Fallback")
    for choice in choices:
        if len(choice):
            return choice
    return () if fallback is None else fallback


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _transitional(match: re.Match[bytes]) -> bytes:
    schema, name = match.groups()
    if (schema, name) == (b"officeDocument", b"bibliography"):
        return match[0]
    return b"%s/%s/2006/%s" % (_OPEN_XML.encode(), schema, name)


def _recovered(data: bytes) -> Any:
    """The tree of as much of a damaged part as its XML makes sense; None for nothing."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root is not None and len(root) else None
