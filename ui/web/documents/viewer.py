"""Opening a document at a quote, for a person: what they see, or the sentence that says why not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ingest.errors import FileAccessError, FileChangedError, UnreadableFileError
from ingest.media_type import MARKDOWN, PDF, PPTX
from ingest.page_pictures import PagePicture, PagePictures
from rag.document import SECTION_SEPARATOR
from rag.index import DocumentView
from rag.index.views.documents import StoredDocument
from ui.errors import NotThereError
from ui.messages.page import Words
from ui.view import source as view
from ui.view.links import check_of
from ui.web.assistant_service import AssistantService
from ui.web.identity import Person

_AROUND = 6_000  # characters of text shown on each side of a quote
_WHOLE = 24_000  # a document up to this long is shown whole
_LEAD = 400  # characters before a quote that help to find it on its page
_LONGEST_QUOTE = 8_000  # characters; a passage is a few chunks long
_COMPARED = 20_000_000  # characters of candidates, until a quote that moved counts as gone
_SEARCHED = 2_000_000  # characters of a document in which a quote that moved is looked for
_WIDTHS = (900, 1_400, 2_000)
_WORD = re.compile(r"(?<!\w)\w|(?<=\s)\S|\A\S")
_HEADER = re.compile(r"^\|.*\|\n\|[ |:-]+\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class QuoteSpan:
    """Characters `start` to `end` of a document, whose text had the check sum `check`.

    Without a check sum it is a place, whatever stands there.
    """

    start: int = 0
    end: int = 0
    check: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """An open document, and where the quote stands in it now; `mark` is None if it stands nowhere."""

    reading: DocumentView
    document: StoredDocument
    place: QuoteSpan
    mark: tuple[int, int] | None
    author: str

    @property
    def position(self) -> int:
        return self.mark[0] if self.mark else min(self.place.start, self.document.characters)


class Opener:
    """Opens documents. `originals`: whether people may download the files themselves.

    `on_open` is told who opens which document.
    """

    def __init__(
        self,
        service: AssistantService,
        pictures: PagePictures,
        words: Words,
        *,
        originals: bool = False,
        on_open: Callable[[Person, str], None] | None = None,
    ) -> None:
        self._on_open = on_open
        self._service, self._pictures, self._words = service, pictures, words
        self._originals = originals

    def show(
        self,
        person: Person,
        name: str,
        span: QuoteSpan,
        *,
        page: int | None = None,
        as_text: bool = False,
        width: int = _WIDTHS[1],
    ) -> str:
        """The document at the place, or at the top of a page, as HTML.

        Raises NotThereError for what is not in the index, or not for this person.
        """
        located = self._find(person, name, span)
        if located.document.media_type == PDF and not as_text:
            try:
                return self._show_page(located, name, page, width)
            except UnreadableFileError as exc:
                note = self._words.file_notes.get(exc.code) or self._words.file_notes["unreadable"]
                return self._show_text(located, name, page, (note,), has_picture=False)
        return self._show_text(
            located, name, page, (), has_picture=located.document.media_type == PDF
        )

    def more(
        self, person: Person, name: str, *, before: int | None = None, after: int | None = None
    ) -> str:
        """The text before or after a character. Raises NotThereError."""
        located = self._find(person, name, QuoteSpan())
        whole = located.document.characters
        if before is not None:
            until = min(before, whole)
            stretch = _stretch(located, until - 2 * _AROUND, until, ends=False)
        else:
            start = min(after or 0, whole)
            stretch = _stretch(located, start, start + 2 * _AROUND, begins=False)
        opened = self._opened(located, name, "", ())
        return view.render_more_text(opened, stretch, whole, self._words, before=before is not None)

    def picture(self, person: Person, name: str, page: int, width: int) -> tuple[bytes, str]:
        """The page as a PNG, and a tag that changes with it. Raises NotThereError, UnreadableFileError."""
        document = self._find(person, name, QuoteSpan()).document
        if document.media_type != PDF:
            raise NotThereError(self._words.not_there)
        width = _step(width)
        drawn = self._pictures.draw(Path(document.uri), document.source_sha256, page, width)
        return drawn.png, f'"{document.source_sha256[:32]}-{page}-{width}"'

    def original(self, person: Person, name: str) -> tuple[Path, bytes]:
        """The file's name and bytes, if it is what was read in. Raises NotThereError."""
        import hashlib

        from ingest.loader import open_file

        if not self._originals:
            raise NotThereError(self._words.no_originals)
        document = self._find(person, name, QuoteSpan()).document
        path = Path(document.uri)
        try:
            with os.fdopen(open_file(path), "rb") as file:
                data = file.read()
        except (FileAccessError, OSError) as exc:
            raise NotThereError(self._words.file_notes["access"]) from exc
        if hashlib.sha256(data).hexdigest() != document.source_sha256:
            raise NotThereError(self._words.file_notes[FileChangedError.code])
        return path, data

    def _find(self, person: Person, name: str, span: QuoteSpan) -> _Found:
        reading = self._service.assistant_for(person).reading()
        document = reading.named(name)
        if document is None:
            raise NotThereError(self._words.not_there)
        if self._on_open is not None:
            self._on_open(person, document.uri)
        shelf = self._service.file_list(person)
        row = shelf.file(document.uri) if shelf else None
        mark = locate_quote(reading, document, span)
        return _Found(reading, document, span, mark, row.author if row else "")

    def _show_page(self, located: _Found, name: str, page: int | None, width: int) -> str:
        document, width = located.document, _step(width)
        quote, before = "", ""
        here, _ = located.reading.place(document, located.position)
        if located.mark and page in (None, here, (here or 0) + 1):
            start, end = located.mark
            quote = located.reading.text(document, start, end)
            before = located.reading.text(document, start - _LEAD, start)
        page_number = page or here or 1
        path, sha256 = Path(document.uri), document.source_sha256
        drawn = self._pictures.draw(path, sha256, page_number, width, quote=quote, before=before)
        if page and drawn.page != page:  # the quote runs over, but this page was asked for
            drawn = self._pictures.draw(path, sha256, page, width)
        opened = self._opened(located, name, self._part(located, drawn.page), (), drawn)
        address = f"{opened.address}/pages/{drawn.page}.png?width={width}"
        size = (drawn.width, drawn.height)
        return view.render_picture(opened, address, size, drawn.boxes, drawn.lines, self._words)

    def _show_text(
        self,
        located: _Found,
        name: str,
        page: int | None,
        notes: tuple[str, ...],
        *,
        has_picture: bool,
    ) -> str:
        whole, position = located.document.characters, located.position
        if page is not None:
            begins = located.reading.page_start(located.document, page)
            position = position if begins is None else begins
        if whole <= _WHOLE:
            stretch = _stretch(located, 0, whole)
        else:
            # Without a mark to scroll to, the place comes first.
            lead = _AROUND if located.mark else 0
            stretch = _stretch(located, position - lead, position + 2 * _AROUND)
        if page is None:
            page, _ = located.reading.place(located.document, position)
        opened = self._opened(
            located, name, self._part(located, page), notes, has_picture=has_picture
        )
        return view.render_text(opened, stretch, whole, self._words)

    def _part(self, located: _Found, page: int | None) -> str:
        """Which page or slide, and which section, in words."""
        words, document = self._words, located.document
        here, section = located.reading.place(document, located.position)
        slide = words.slide if document.media_type == PPTX else words.page
        parts = [slide.format(page=page)] if page is not None else []
        if section and page in (None, here):
            path = section.split(SECTION_SEPARATOR)
            path = path[1:] if path[0].strip() == document.title.strip() else path
            parts += [" › ".join(path)] if path else []
        return " · ".join(parts)

    def _opened(
        self,
        located: _Found,
        name: str,
        part: str,
        notes: tuple[str, ...],
        drawn: PagePicture | None = None,
        *,
        has_picture: bool = True,
    ) -> view.Opened:
        document, span = located.document, located.place
        if span.check and not located.mark:
            notes = (self._words.quote_gone, *notes)
        return view.Opened(
            title=document.title or Path(document.uri).name,
            uri=document.uri,
            part=part,
            address=f"/sources/{name}",
            anchor=f"#source/{name}/{span.start}-{span.end}-{span.check}",
            page=drawn.page if drawn else None,
            pages=drawn.pages if drawn else 0,
            notes=notes,
            original=self._originals,
            has_picture=has_picture and document.media_type == PDF,
            author=located.author,
        )


def _step(width: int) -> int:
    """The next of the few widths that are drawn, so that pictures can be kept."""
    return next((step for step in _WIDTHS if step >= width), _WIDTHS[-1])


def _stretch(
    located: _Found, start: int, end: int, *, begins: bool = True, ends: bool = True
) -> view.Stretch:
    """Characters `start` to `end`, widened to whole lines; `begins` and `ends`: which side may grow."""
    reading, document = located.reading, located.document
    whole = document.characters
    start, end = max(0, start), min(end, whole)
    if begins and start > 0:
        start -= len(reading.text(document, start - 2_000, start).rpartition("\n")[2])
    if ends and end < whole:
        end += len(reading.text(document, end, end + 2_000).partition("\n")[0])
    text = reading.text(document, start, end)
    mark = None
    if located.mark and start < located.mark[1] and located.mark[0] < end:
        mark = (located.mark[0] - start, located.mark[1] - start)
    header = ""
    if start > 0 and text.startswith("|"):
        above = _HEADER.findall(reading.text(document, start - 200_000, start))
        header = above[-1] if above else ""
    markdown = document.media_type == MARKDOWN
    return view.Stretch(text, start, end, mark, header, markdown)


def locate_quote(
    reading: DocumentView, document: StoredDocument, span: QuoteSpan
) -> tuple[int, int] | None:
    """Where the quote stands now: where it was, or where the same words stand since the document changed."""
    start, end = span.start, span.end
    if not span.check or not 0 < end - start <= _LONGEST_QUOTE:
        return None
    if check_of(reading.text(document, start, end)) == span.check:
        return start, end
    length = end - start
    text = reading.text(document, 0, min(document.characters, _SEARCHED))
    for match in islice(_WORD.finditer(text), _COMPARED // length):
        at = match.start()
        if check_of(text[at : at + length]) == span.check:
            return at, at + length
    return None
