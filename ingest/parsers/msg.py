"""Messages that Outlook saved (.msg), through python-oxmsg."""

from __future__ import annotations

import functools
import io
from typing import Any

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import MSG
from ingest.parsers.archive import FAULTS
from ingest.parsers.context import Context
from ingest.parsers.mail import Attachment, Mail, MailWriter
from ingest.parsers.rtf import parse_rtf
from ingest.parsers.rtf_compression import decompress

_RTF_COMPRESSED = 0x1009
_EMBEDDED = "__substg1.0_3701000D"  # the storage of an attached message, within the attachment's
_PROPERTIES = "__properties_version1.0"
# [MS-OXMSG] 2.4.1: the header of an attached message's properties, and that of the outermost's.
_HEADER_BYTES, _OUTERMOST_HEADER_BYTES = 24, 32
_PROPERTY_BYTES = 16
_MAX_DEPTH = 3


def parse_msg(data: bytes, context: Context) -> LoadedDocument:
    import oxmsg

    try:
        mail = _mail(oxmsg.Message.load(io.BytesIO(data)), depth=0)
    except FAULTS as exc:
        raise DamagedFileError from exc
    writer = MailWriter(context)
    writer.write(mail)
    return writer.document(MSG, mail.subject or None)


def _mail(message: Any, depth: int) -> Mail:
    mail = Mail(" ".join((message.subject or "").split()))
    sent = message.sent_date
    shown = (
        ("From", message.sender or ""),
        ("To", _receivers(message)),
        ("Date", sent.strftime("%a, %d %b %Y %H:%M:%S %z") if sent else ""),
    )
    mail.headers = [(name, value) for name, value in shown if value]
    mail.plain = message.body or ""
    if not mail.plain.strip():
        mail.html = message.html_body or ""
    if not mail.plain.strip() and not mail.html:
        mail.plain = _rtf_body(message)
    mail.attachments = [_attachment(each, depth + 1) for each in message.attachments]
    return mail


def _receivers(message: Any) -> str:
    people = []
    for person in message.recipients:
        name, address = person.name or "", person.email_address or ""
        shown = f"{name} <{address}>" if name and address and name != address else name or address
        people.append(shown)
    return ", ".join(filter(None, people))


def _rtf_body(message: Any) -> str:
    compressed = message.properties.binary_prop_value(_RTF_COMPRESSED)
    return parse_rtf(decompress(compressed)).text if compressed else ""


def _attachment(part: Any, depth: int) -> Attachment:
    name = " ".join((part.file_name or "").split())
    storage = next((each for each in part._storage.storages if each.name == _EMBEDDED), None)
    if storage and any(stream.name == _PROPERTIES for stream in storage.streams):
        if depth > _MAX_DEPTH:
            return Attachment(
                name or "message", reason=f"stands more than {_MAX_DEPTH} messages deep"
            )
        try:
            mail = _mail(_embedded_message()(storage), depth)
        except FAULTS:
            return Attachment(name or "message", reason=DamagedFileError().reason)
        return Attachment(name or f"{mail.subject or 'message'}.msg", mail=mail)
    name = name or "without a name"
    data = part.file_bytes
    if data is None:
        return Attachment(name, reason="is a link, or an object of another program")
    return Attachment(name, data)


@functools.cache
def _embedded_message() -> type[Any]:
    """oxmsg's Message, for one within another: its properties begin elsewhere."""
    import oxmsg
    from oxmsg.properties import Properties

    class EmbeddedMessage(oxmsg.Message):
        @functools.cached_property
        def properties(self) -> Properties:
            # Some programs write the outermost's header here too; the rest is whole properties.
            size = len(self._storage.properties_stream_bytes) - _HEADER_BYTES
            header = _OUTERMOST_HEADER_BYTES if size % _PROPERTY_BYTES else _HEADER_BYTES
            return Properties(self._storage, properties_header_offset=header)

    return EmbeddedMessage
