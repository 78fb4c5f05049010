"""Ids and addresses of documents and of places in them, as a client of the protocol gets and sends them.

`NAME` is a document, by its short name; `NAME/START-END-CHECK` are characters START to END of it, whose text
had that check sum; `NAME/START-` is all of it from character START on. No id is a permission: whoever sends
one is asked who they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RESOURCE_PREFIX = "inhouse://documents/"
"""What stands before an id in the URI of a resource."""
_ID = re.compile(r"([0-9a-f]{24})(?:/([0-9]{1,15})-(?:([0-9]{1,15})-([0-9a-f]{12}))?)?")


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """A document, by its short name, and a place in it.

    With a check sum it is the quote from `start` to `end`; without one, the text from `start` on.
    """

    name: str
    start: int = 0
    end: int = 0
    check: str = ""

    def __str__(self) -> str:
        if self.check:
            return f"{self.name}/{self.start}-{self.end}-{self.check}"
        return f"{self.name}/{self.start}-" if self.start else self.name

    @property
    def resource_uri(self) -> str:
        """The URI under which the protocol reads it."""
        return f"{RESOURCE_PREFIX}{self}"


def parse_reference(text: str) -> DocumentReference | None:
    """What an id, or the URI of a resource, names; None for what is neither."""
    match = _ID.fullmatch(text.strip().removeprefix(RESOURCE_PREFIX))
    if match is None:
        return None
    name, start, end, check = match.groups()
    return DocumentReference(name, int(start or 0), int(end or 0), check or "")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where people open what an id names.

    On the page, where `public_url` says how it is reached; else in the file itself, where the client runs on
    the machine of the documents (`is_local`); else through the protocol alone.
    """

    public_url: str = ""
    is_local: bool = False

    def url(self, reference: DocumentReference, uri: str, page: int | None = None) -> str:
        """The address of the document with this URI, or of a place in it."""
        if self.public_url and reference.check:
            return f"{self.public_url}/#source/{reference}"
        if self.public_url:
            return f"{self.public_url}/documents/{reference.name}"
        if self.is_local and uri.startswith("/"):
            fragment = f"#page={page}" if page and uri.lower().endswith(".pdf") else ""
            return Path(uri).as_uri() + fragment
        return reference.resource_uri
