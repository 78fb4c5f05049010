"""Mail as it is sent (RFC 5322), and mailboxes of such messages (mbox)."""

from __future__ import annotations

import email
import email.policy
import mimetypes
import re
from collections.abc import Iterator
from email.headerregistry import (
    ContentDispositionHeader,
    ContentTransferEncodingHeader,
    ContentTypeHeader,
    HeaderRegistry,
)
from email.message import EmailMessage, Message
from functools import cache
from typing import Any

from ingest.encoding import decode, detect_wide_encoding
from ingest.errors import DamagedFileError, MislabelledFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import EMAIL, MBOX
from ingest.parsers.context import ParserContext
from ingest.parsers.html import parse_html
from ingest.parsers.mail import Attachment, Mail, MailWriter, refuse_if_nothing_else

_SHOWN = ("From", "To", "Cc", "Date")
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_ENCRYPTED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
_C1 = re.compile("[\x80-\x9f]")
_SOFT_BREAK = re.compile(r"(?<!^--) \n(?!>)", re.MULTILINE)  # "-- " begins a signature
_FOLDED = re.compile(r"\r?\n[ \t]")
_EVENT = re.compile(
    r"^(SUMMARY|DTSTART|DTEND|LOCATION|DESCRIPTION|ORGANIZER)(?:;[^:\n]*)?:(.*)$", re.MULTILINE
)
_SIGNED = "signed-data"
_SAMPLE = 64 * 1024
_NAMELESS = "unnamed"
_HTML_NEEDED = re.compile(r"\bhtml\b", re.IGNORECASE)
_MAX_STUB_WORDS = 40
_STUB_SHARE = (
    3  # a page has a few more words than its plain version; a stub says a small part of it
)
# The email package meets hostile headers with any of these.
_FAULTS = (ValueError, LookupError, TypeError, AttributeError, IndexError, AssertionError)


def parse_email(data: bytes, context: ParserContext) -> LoadedDocument:
    if detect_wide_encoding(data[:_SAMPLE]) or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = decode(data).encode()
    mail = _mail(data)
    if not mail.headers and not mail.subject:
        raise DamagedFileError("has none of the headers of a mail message")
    refuse_if_nothing_else(mail)
    writer = MailWriter(context)
    writer.write(mail)
    return writer.document(EMAIL, mail.subject or None)


def parse_mbox(data: bytes, context: ParserContext) -> LoadedDocument:
    if not data.lstrip().startswith(b"From "):
        raise MislabelledFileError('is no mailbox: it does not begin with a line "From "')
    writer = MailWriter(context)
    for source in _messages(data.lstrip()):
        writer.write(_mail(source))
    return writer.document(MBOX)


def _messages(data: bytes) -> Iterator[bytes]:
    """The messages of a mailbox: each begins after an empty line with a line "From "."""
    start = 0
    while start < len(data):
        end = data.find(b"\nFrom ", start)
        while end > 0 and data[max(0, end - 2) : end].strip(b"\r") not in (b"\n", b""):
            if data[end - 1 : end] == b"\n":
                break
            end = data.find(b"\nFrom ", end + 1)
        end = len(data) if end < 0 else end + 1
        first_line = data.find(b"\n", start, end)
        if first_line >= 0:
            yield _ESCAPED_FROM.sub(rb"\1", data[first_line + 1 : end])
        start = end


def _mail(data: bytes) -> Mail:
    try:
        message = email.message_from_bytes(data, policy=_policy())
        subject = _header(message, "Subject")
        headers = [(name, text) for name in _SHOWN if (text := _header(message, name))]
        mail = Mail(subject, headers)
        _fill(mail, message)
    except _FAULTS as exc:
        raise DamagedFileError from exc
    return mail


@cache
def _policy() -> email.policy.EmailPolicy[EmailMessage]:
    """Addresses are only shown: taking them apart costs the square of their number."""
    registry = HeaderRegistry(use_default_map=False)
    kinds: dict[str, Any] = {
        "content-type": ContentTypeHeader,
        "content-disposition": ContentDispositionHeader,
        "content-transfer-encoding": ContentTransferEncodingHeader,
    }
    for name, kind in kinds.items():
        registry.map_to_type(name, kind)
    return email.policy.default.clone(header_factory=registry)


def _header(message: EmailMessage, name: str) -> str:
    """A header on one line, also where its bytes stand in it as they are, without being encoded."""
    for key, raw in message.raw_items():
        if key.lower() == name.lower() and not raw.isascii():
            data = raw.encode("ascii", "surrogateescape")
            return _one_line(decode(data, message.get_content_charset()))
    text = _one_line(message.get(name, ""))
    # An encoded word of iso-8859-1 is one of cp1252, as everywhere.
    return _C1.sub(lambda match: match[0].encode("latin-1").decode("cp1252", "replace"), text)


def _one_line(header: object) -> str:
    return " ".join(str(header).split())


def _fill(mail: Mail, message: EmailMessage) -> None:
    if message.get_content_maintype() == "multipart" and not message.is_multipart():
        mail.plain = _text(message)  # it does not say where its parts end
        return
    plain = message.get_body(preferencelist=("plain",))
    html = message.get_body(preferencelist=("html",))
    mail.plain = _text(plain) if plain is not None else ""
    if plain is not None and html is not None and not _are_alternatives(message, html):
        html = None  # a text of its own, below the plain one
    if html is not None:
        rich = _text(html)
        if not mail.plain.strip() or _is_stub(mail.plain, rich):
            mail.plain, mail.html = "", rich
    bodies = {id(plain), id(html)}
    mail.is_encrypted = any(_is_encrypted(part) for part in message.walk())
    further = [part for part in _leaves(message) if id(part) not in bodies]
    texts = [part for part in further if _is_text_of_the_mail(part)]
    # An invitation stands in a mail twice, as a part of it and as a file.
    shown_below = {_text(part): part.get_content_type() == "text/html" for part in texts}
    mail.further = list(shown_below.items())
    mail.attachments = [
        attachment
        for part in further
        if part not in texts and (attachment := _attachment(part)) is not None
    ]


def _are_alternatives(message: Message, html: Message) -> bool:
    """Whether the page stands in a group of parts that say the same."""
    groups = (p for p in message.walk() if p.get_content_type() == "multipart/alternative")
    return any(part is html for group in groups for part in group.walk())


def _is_stub(plain: str, html: str) -> bool:
    """Whether the plain text only says that there is a page: few words, far fewer than the page has."""
    words = len(plain.split())
    if words > _MAX_STUB_WORDS:
        return False
    seen = len(parse_html(html.encode()).text.split())
    return seen > _STUB_SHARE * words or (_HTML_NEEDED.search(plain) is not None and seen > 0)


def _is_text_of_the_mail(part: Message) -> bool:
    """Whether a part is shown below the body: a second text, the footer of a list."""
    is_text = part.get_content_type() in ("text/plain", "text/html", "text/calendar")
    is_file = part.get_filename() or part.get_content_disposition() == "attachment"
    return is_text and (not is_file or part.get_content_type() == "text/calendar")


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something themselves; a mail within the mail is one of them."""
    if message.get_content_type() == "message/rfc822":
        yield message
    elif message.is_multipart():
        for part in message.iter_parts() if isinstance(message, EmailMessage) else ():
            yield from _leaves(part)
    else:
        yield message


def _attachment(part: Message) -> Attachment | None:
    """The part as a file; None for what is only there to make the body look well, or is no file."""
    name = part.get_filename()
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        inner = inner[0] if isinstance(inner, list) and inner else None
        if not isinstance(inner, Message):
            return None
        return Attachment(
            name or f"{_one_line(inner.get('Subject', 'message'))}.eml", inner.as_bytes()
        )
    is_decoration = part.get_content_maintype() == "image" and (
        part.get("Content-ID") or part.get_content_disposition() == "inline"
    )
    if is_decoration or _is_encrypted(part):
        return None
    suffix = mimetypes.guess_extension(part.get_content_type()) or ""
    return Attachment(_one_line(name or f"{_NAMELESS}{suffix}"), _bytes(part))


def _is_encrypted(part: Message) -> bool:
    return part.get_content_type() in _ENCRYPTED and part.get_param("smime-type") != _SIGNED


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message) -> str:
    text = decode(_bytes(part), part.get_content_charset())
    if str(part.get_param("format", "")).lower() == "flowed":
        blank = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
        text = _SOFT_BREAK.sub(blank, text)
    return _event(text) if part.get_content_type() == "text/calendar" else text


def _event(calendar: str) -> str:
    """What an invitation says: when, where and what, one a line."""
    lines = _EVENT.findall(_FOLDED.sub("", calendar))
    text = "\n".join(f"{name.capitalize()}: {value.strip()}" for name, value in lines)
    return re.sub(r"\\([nN,;\\])", lambda m: "\n" if m[1] in "nN" else m[1], text)
