"""Mail messages (RFC 5322): subject as heading, sender, receivers and date, then the body."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import EMAIL
from ingest.parsers.html import parse_html
from ingest.text_builder import TextBuilder

_SHOWN = ("From", "To", "Cc", "Date")


def parse_email(data: bytes) -> LoadedDocument:
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        builder = TextBuilder()
        subject = str(message.get("Subject", "")).strip()
        builder.heading(subject, 1)
        headers = [f"{name}: {message[name]}" for name in _SHOWN if message.get(name)]
        if not headers and not subject:
            raise DamagedFileError("has none of the headers of a mail message")
        builder.paragraph("\n".join(headers))
        names = _body(builder, message)
    except (ValueError, LookupError, TypeError, AttributeError, IndexError) as exc:
        # The email package meets hostile headers with any of these.
        raise DamagedFileError from exc
    if names:
        builder.paragraph(f"Attachments: {', '.join(names)}")
    return LoadedDocument(
        builder.text(), EMAIL, title=subject or None, blocks=tuple(builder.blocks)
    )


def _body(builder: TextBuilder, message: EmailMessage) -> list[str]:
    """Write the readable body; the names of the attachments."""
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        content = body.get_content()
        if body.get_content_subtype() == "html":
            content = parse_html(content.encode()).text
        for paragraph in content.replace("\r\n", "\n").split("\n\n"):
            builder.paragraph(paragraph)
    return [name for part in message.iter_attachments() if (name := part.get_filename())]
