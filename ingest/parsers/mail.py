"""A mail message as text: subject as heading, sender, receivers and date, the body, what is attached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from ingest.errors import (
    EncryptedFileError,
    OcrMissingError,
    UnreadableFileError,
    UnsupportedFileError,
)
from ingest.loaded import ATTACHMENT, LoadedDocument
from ingest.media_type import MSG
from ingest.parsers.context import ParserContext
from ingest.parsers.html import parse_html
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_MAX_PARTS = 200
_SIGNATURES = frozenset({".p7s", ".asc", ".sig", ".pgp"})
"""What proves who wrote a message, and says nothing else."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, or a message that was taken apart; `reason` says why its content cannot be had, if so."""

    name: str
    data: bytes = b""
    reason: str = ""
    mail: Mail | None = None


@dataclass(slots=True)
class Mail:
    """`headers` are what is shown of them, in order; `html` counts where `plain` has no words.

    `further` are texts below the body, and whether each is HTML.
    """

    subject: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    plain: str = ""
    html: str | bytes = ""
    further: Sequence[tuple[str, bool]] = ()
    attachments: Sequence[Attachment] = ()
    is_encrypted: bool = False


class MailWriter:
    """Writes messages; `builder`, `gaps` and `unread` are the result."""

    def __init__(self, context: ParserContext) -> None:
        self.builder = TextBuilder()
        self.gaps: list[str] = []
        self.unread: Counter[Unread] = Counter()
        self._context = context

    def write(self, mail: Mail) -> None:
        self.builder.heading(mail.subject or "(no subject)", 1)
        self.builder.paragraph("\n".join(f"{name}: {value}" for name, value in mail.headers))
        self._body(mail)
        for text, is_html in mail.further:
            self._body(Mail("", html=text) if is_html else Mail("", plain=text))
        if mail.is_encrypted:
            self.gaps.append(f"holds an encrypted message ({mail.subject or 'no subject'})")
        for number, part in enumerate(mail.attachments):
            if number < _MAX_PARTS:
                self._attachment(part)
            else:
                self.builder.paragraph(f"Attachment: {part.name}")
                self.unread[Unread.ATTACHMENT] += 1

    def document(self, media_type: str, title: str | None = None) -> LoadedDocument:
        return self.builder.document(
            media_type, title=title, gaps=tuple(dict.fromkeys(self.gaps)), unread=self.unread
        )

    def _body(self, mail: Mail) -> None:
        if mail.plain.strip() or not mail.html:
            for paragraph in mail.plain.replace("\r\n", "\n").split("\n\n"):
                self.builder.paragraph(paragraph)
            return
        html = mail.html if isinstance(mail.html, bytes) else mail.html.encode()
        self.builder.include(parse_html(html), below=1)

    def _attachment(self, part: Attachment) -> None:
        """The attached file's own text under a heading with its name, or its name alone."""
        reason = part.reason
        if not reason:
            try:
                document = self._read(part)
            except OcrMissingError:
                self.unread[Unread.PICTURE] += 1
            except UnsupportedFileError:
                is_signature = PurePath(part.name).suffix.lower() in _SIGNATURES
                self.unread[Unread.ATTACHMENT] += not is_signature
            except UnreadableFileError as exc:
                reason = exc.reason
            else:
                self.builder.heading(f"{ATTACHMENT}{part.name}", 2)
                self.builder.include(document, below=2)
                if document.shortfall:
                    self.gaps.append(f"has an attachment {part.name!r} that {document.shortfall}")
                return
        self.builder.paragraph(f"Attachment: {part.name}")
        if reason:
            self.gaps.append(f"has an attachment {part.name!r} that {reason}")

    def _read(self, part: Attachment) -> LoadedDocument:
        if part.mail is None:
            return self._context.read(part.data, part.name)
        inner = MailWriter(self._context)
        inner.write(part.mail)
        return inner.document(MSG)


def refuse_if_nothing_else(mail: Mail) -> None:
    """Raise EncryptedFileError for a message whose whole content is encrypted."""
    if mail.is_encrypted and not (mail.plain.strip() or mail.html or mail.attachments):
        raise EncryptedFileError("is an encrypted message", hint="Save it from the mail program.")
