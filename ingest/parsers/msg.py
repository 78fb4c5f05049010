"""Messages that Outlook saved (.msg), through python-oxmsg."""

from __future__ import annotations

import contextlib
import email.parser
import functools
import io
from typing import Any

from ingest.encoding import decode
from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import MSG
from ingest.parsers.archive import FAULTS
from ingest.parsers.context import ParserContext
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


def parse_msg(data: bytes, context: ParserContext) -> LoadedDocument:
    import oxmsg

    try:
        mail = _mail(oxmsg.Message.load(io.BytesIO(data)), depth=0)
    except FAULTS as exc:
        raise DamagedFileError from exc
    writer = MailWriter(context)
    writer.write(mail)
    return writer.document(MSG, mail.subject or None)


def _mail(message: Any, depth: int) -> Mail:
    strings = _Strings(message)
    mail = Mail(strings.line(message, "SUBJECT"))
    sent = message.sent_date
    headers = (
        ("From", _sender(message, strings)),
        ("To", _receivers(message, strings)),
        ("Date", sent.strftime("%a, %d %b %Y %H:%M:%S %z") if sent else ""),
    )
    mail.headers = [(name, value) for name, value in headers if value]
    mail.plain = strings.text(message, "BODY")
    if not mail.plain.strip():
        mail.html = strings.html(message)
    if not mail.plain.strip() and not mail.html:
        mail.plain = _rtf_body(message)
    mail.attachments = [_attachment(part, strings, depth + 1) for part in message.attachments]
    return mail


class _Strings:
    """The texts of a message and of what is in it, in UTF-16 or, before Outlook 2003, in a code page.

    The message names the code page of all of them. oxmsg takes each for itself, and the body strictly for
    the encoding that it was sent in.
    """

    def __init__(self, message: Any) -> None:
        self._sent_as = self._charset(message, "INTERNET_CODEPAGE")
        self._stored_as = self._charset(message, "MESSAGE_CODEPAGE") or self._sent_as

    def text(self, part: Any, *names: str) -> str:
        """The first of these properties that a message, a receiver or an attachment has."""
        from oxmsg.domain import constants

        for name in names:
            pid = getattr(constants, f"PID_{name}")
            for stored in (constants.PTYP_STRING, constants.PTYP_STRING8):
                try:
                    data = part._storage.property_stream_bytes(pid, stored)
                except KeyError:
                    continue
                if stored == constants.PTYP_STRING:
                    return str(data.decode("utf-16-le", "replace")).rstrip("\0")
                return decode(data, self._stored_as).rstrip("\0")
        return ""

    def line(self, part: Any, *names: str) -> str:
        return " ".join(self.text(part, *names).split())

    def html(self, message: Any) -> str:
        from oxmsg.domain import constants

        data = message.properties.binary_prop_value(constants.PID_HTML)
        return decode(data, self._sent_as) if data else self.text(message, "BODY_HTML")

    def _charset(self, message: Any, name: str) -> str:
        from oxmsg.domain import constants, model
        from oxmsg.domain.encodings import encoding_from_codepage

        number = message.properties.int_prop_value(getattr(constants, f"PID_{name}"))
        with contextlib.suppress(model.UnrecognizedCodePageError, model.UnsupportedEncodingError):
            return encoding_from_codepage(number) if number else ""
        return ""


def _sender(message: Any, strings: _Strings) -> str:
    """As the header of the message says, else as Outlook keeps it: name and address."""
    sent = strings.text(message, "TRANSPORT_MESSAGE_HEADERS")
    header = email.parser.HeaderParser().parsestr(sent)["From"]
    if header:
        return " ".join(str(header).split())
    name = strings.line(message, "SENDER_NAME")
    address = strings.line(message, "SENDER_EMAIL_ADDRESS", "SENDER_SMTP_ADDRESS")
    address_line = " ".join(
        filter(None, (f'"{name}"' if name else "", f"<{address}>" if address else ""))
    )
    return address_line if address else strings.line(message, "SENT_REPRESENTING_NAME") or name


def _receivers(message: Any, strings: _Strings) -> str:
    people = []
    for person in message.recipients:
        name = strings.line(person, "DISPLAY_NAME")
        address = strings.line(person, "SMTP_ADDRESS", "EMAIL_ADDRESS")
        receiver = (
            f"{name} <{address}>" if name and address and name != address else name or address
        )
        people.append(receiver)
    return ", ".join(filter(None, people))


def _rtf_body(message: Any) -> str:
    compressed = message.properties.binary_prop_value(_RTF_COMPRESSED)
    return parse_rtf(decompress(compressed)).text if compressed else ""


def _attachment(part: Any, strings: _Strings, depth: int) -> Attachment:
    name = strings.line(part, "ATTACH_LONG_FILENAME", "ATTACH_FILENAME")
    storage = next(
        (candidate for candidate in part._storage.storages if candidate.name == _EMBEDDED), None
    )
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
