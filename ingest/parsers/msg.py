"""Messages that Outlook saved (.msg), through python-oxmsg."""

from __future__ import annotations

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
_TO, _CC = 1, 2


def parse_msg(data: bytes, context: Context) -> LoadedDocument:
    import oxmsg

    try:
        message = oxmsg.Message.load(io.BytesIO(data))
        mail = _mail(message)
    except FAULTS as exc:
        raise DamagedFileError from exc
    writer = MailWriter(context)
    writer.write(mail)
    return writer.document(MSG, mail.subject or None)


def _mail(message: Any) -> Mail:
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
    mail.attachments = [_attachment(each) for each in message.attachments]
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


def _attachment(part: Any) -> Attachment:
    name = " ".join((part.file_name or "").split()) or "without a name"
    data = part.file_bytes
    if data is None:
        return Attachment(name, reason="is a message, which is not read")
    return Attachment(name, data)
