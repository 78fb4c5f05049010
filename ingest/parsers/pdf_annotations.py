"""What is laid over a PDF's pages: values in forms, free text, stamps, signatures, comments."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ingest.parsers.pdf_frame import Frame
from ingest.parsers.pdf_lines import RawLine
from ingest.unread import Unread

_MAX_ANNOTATIONS = 5_000
"""Of a page; what is beyond that is counted as not read."""
_MAX_CHARS = 20_000
_CHARS = 2
"""Bytes of a UTF-16 character."""


def prepare_forms(document: Any) -> None:
    """Let PDFium draw the values of a document's form; to be called before a page is loaded."""
    import pypdfium2.raw as pdfium

    # XFA forms hold a plain form as well; PDFium would need a script engine for the other one.
    if pdfium.FPDF_GetFormType(document.raw) != pdfium.FORMTYPE_NONE:
        document.init_forms()


def flatten(page: Any) -> bool:
    """Make what is laid over a page part of it; True if the page has to be loaded again to see it."""
    import pypdfium2.raw as pdfium

    if not _Annotations(page, None).has_appearance():
        return False
    return bool(
        pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS
    )


def notes(document: Any, page: Any, frame: Frame) -> list[RawLine]:
    """What of a page's annotations is not drawn on it: comments, and values of fields without a picture."""
    return list(_Annotations(page, document.formenv).lines(frame))


def list_missing_values(lines: Sequence[RawLine], notes: Sequence[RawLine]) -> list[RawLine]:
    """The notes that do not stand on the page already."""
    written = "".join("".join(line.text.split()) for line in lines)
    return [note for note in notes if "".join(note.text.rpartition(": ")[2].split()) not in written]


def list_attached_files(document: Any) -> Counter[Unread]:
    """How many files are attached to the document."""
    import pypdfium2.raw as pdfium

    count = max(0, pdfium.FPDFDoc_GetAttachmentCount(document.raw))
    return Counter({Unread.ATTACHMENT: count} if count else {})


class _Annotations:
    """Reads a page's annotations."""

    def __init__(self, page: Any, forms: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = page
        self._forms = forms

    def _each(self) -> Iterator[tuple[Any, int]]:
        pdfium = self._pdfium
        count = pdfium.FPDFPage_GetAnnotCount(self._page.raw)
        for index in range(min(max(count, 0), _MAX_ANNOTATIONS)):
            annotation = pdfium.FPDFPage_GetAnnot(self._page.raw, index)
            if annotation:
                try:
                    yield annotation, pdfium.FPDFAnnot_GetSubtype(annotation)
                finally:
                    pdfium.FPDFPage_CloseAnnot(annotation)

    def has_appearance(self) -> bool:
        """Whether anything but links and marks is drawn over the page."""
        pdfium = self._pdfium
        drawn = {
            pdfium.FPDF_ANNOT_FREETEXT,
            pdfium.FPDF_ANNOT_STAMP,
            pdfium.FPDF_ANNOT_WIDGET,
            pdfium.FPDF_ANNOT_WATERMARK,
        }
        return any(subtype in drawn for _, subtype in self._each())

    def lines(self, frame: Frame) -> Iterator[RawLine]:
        pdfium = self._pdfium
        for annotation, subtype in self._each():
            text = ""
            if subtype == pdfium.FPDF_ANNOT_WIDGET:
                text = self._field(annotation)
            elif subtype == pdfium.FPDF_ANNOT_FREETEXT:
                text = self._string(annotation, b"Contents")
            elif subtype in (pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT):
                text = self._comment(annotation)
            if text:
                yield self._line(annotation, " ".join(text.split()), frame)

    def _comment(self, annotation: Any) -> str:
        comment = self._string(annotation, b"Contents")
        author = self._string(annotation, b"T")
        return comment and f"Comment{f' by {author}' if author else ''}: {comment}"

    def _field(self, annotation: Any) -> str:
        pdfium = self._pdfium
        if self._forms is None:
            return ""
        kind = pdfium.FPDFAnnot_GetFormFieldType(self._forms.raw, annotation)
        if kind not in (
            pdfium.FPDF_FORMFIELD_TEXTFIELD,
            pdfium.FPDF_FORMFIELD_COMBOBOX,
            pdfium.FPDF_FORMFIELD_LISTBOX,
        ):
            return ""
        value = self._read(
            lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(
                self._forms.raw, annotation, buffer, size
            )
        )
        name = self._read(
            lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldName(
                self._forms.raw, annotation, buffer, size
            )
        )
        return value and (f"{name}: {value}" if name else value)

    def _string(self, annotation: Any, key: bytes) -> str:
        get = self._pdfium.FPDFAnnot_GetStringValue
        return self._read(lambda buffer, size: get(annotation, key, buffer, size))

    def _read(self, get: Callable[[Any, int], int]) -> str:
        size = min(get(None, 0), _MAX_CHARS * _CHARS)
        if size <= _CHARS:
            return ""
        buffer = (ctypes.c_ushort * (size // _CHARS + 1))()
        get(buffer, size)
        text = ctypes.string_at(buffer, size).decode("utf-16-le", "replace")
        return text.partition("\0")[0].strip()

    def _line(self, annotation: Any, text: str, frame: Frame) -> RawLine:
        rect = self._pdfium.FS_RECTF()
        self._pdfium.FPDFAnnot_GetRect(annotation, rect)
        edges = frame.place(rect.left, rect.top, rect.right, rect.bottom)
        return RawLine(text, *edges, 0.0)
