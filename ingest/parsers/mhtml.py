"""Web pages saved with what belongs to them (MHTML), as browsers, Word and Confluence's "Word" exports do."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import Message

from ingest.encoding import decode
from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import MHTML
from ingest.parsers.html import parse_html
from ingest.text_builder import TextBuilder


def parse_mhtml(data: bytes) -> LoadedDocument:
    """The page that the file is about; of a workbook, whose page is only a frame, its sheets."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    pages = [_page(part) for part in message.walk() if part.get_content_type() == "text/html"]
    if not pages:
        raise DamagedFileError("holds no web page")
    if not pages[0].is_empty:
        return replace(pages[0], media_type=MHTML)
    builder = TextBuilder()
    for page in pages:
        builder.include(page)
    return builder.document(MHTML, title=pages[0].title)


def _page(part: Message) -> LoadedDocument:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    return parse_html(decode(content, charset).encode() if charset else content)
