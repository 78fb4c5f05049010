"""What is laid over a PDF's pages: values in forms, free text, stamps, signatures, comments."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.parsers.pdf_frame import Frame
from ingest.parsers.pdf_lines import RawLine
from ingest.unread import Unread

_MAX_ANNOTATIONS = 5_000
"""Of a page; what is beyond that is counted as not read."""
_MAX_CHARS = 20_000
_CHARS = 2
"""Bytes of a UTF-16 character."""
_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5
"""Flags of an annotation that is not shown on a screen."""
_COMB = 1 << 24
"""Flag of a field whose value is drawn with one character in each of its boxes."""
_TICKED = "☑"
_COMMENT = "Comment"


@dataclass(frozen=True, slots=True)
class Annotation:
    """Words of an annotation, and its left, top, right and bottom in PDFium's coordinates.

    `value` is what of the words would stand on the page if it were drawn there.
    """

    text: str
    value: str
    edges: tuple[float, float, float, float]
    is_in_boxes: bool = False

    def place(self, frame: Frame) -> RawLine:
        return RawLine(self.text, *frame.place(*self.edges), 0.0)


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


def read_annotations(document: Any, page: Any) -> list[Annotation]:
    """A page's comments, notes and values of fields; to be called before they are made part of the page."""
    return list(_Annotations(page, document.formenv).texts())


def add_missing_values(
    lines: list[RawLine], annotations: Sequence[Annotation], frame: Frame
) -> None:
    """Add the annotations that do not stand on the page already.

    Values come beside their names, comments behind everything.
    """
    whole = " ".join(line.text for line in lines)
    written = "".join(whole.split())
    for annotation in annotations:
        line = annotation.place(frame)
        if annotation.value == _TICKED:
            is_drawn = any(_is_within(other, line) for other in lines)
        elif annotation.is_in_boxes:
            is_drawn = annotation.value in whole
        else:
            is_drawn = "".join(annotation.value.split()) in written
        if not is_drawn and annotation.text.startswith(_COMMENT):
            lines.append(line)
        elif not is_drawn:
            _insert(lines, line)


def _insert(lines: list[RawLine], value: RawLine) -> None:
    """Put a value behind what stands to its left on its height, or before what stands to its right."""
    middle = (value.top + value.bottom) / 2
    beside = [at for at, line in enumerate(lines) if line.top <= middle <= line.bottom]
    before = [at for at in beside if lines[at].left < value.left]
    if not beside:
        lines.append(value)
        return
    neighbour = before[-1] if before else beside[0]
    placed = replace(value, line=lines[neighbour].line)
    lines.insert(neighbour + bool(before), placed)


def _is_within(line: RawLine, box: RawLine) -> bool:
    x, y = (line.left + line.right) / 2, (line.top + line.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def count_attached_to_page(page: Any) -> int:
    """How many files hang on a mark on the page."""
    import pypdfium2.raw as pdfium

    kinds = (subtype for _, subtype in _Annotations(page, None).shown())
    return sum(subtype == pdfium.FPDF_ANNOT_FILEATTACHMENT for subtype in kinds)


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

    def shown(self) -> Iterator[tuple[Any, int]]:
        """The annotations that a screen shows, with their kinds."""
        pdfium = self._pdfium
        count = pdfium.FPDFPage_GetAnnotCount(self._page.raw)
        for index in range(min(max(count, 0), _MAX_ANNOTATIONS)):
            annotation = pdfium.FPDFPage_GetAnnot(self._page.raw, index)
            if annotation:
                try:
                    if not pdfium.FPDFAnnot_GetFlags(annotation) & (_HIDDEN | _NO_VIEW):
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
        return any(subtype in drawn for _, subtype in self.shown())

    def texts(self) -> Iterator[Annotation]:
        pdfium = self._pdfium
        commented = {
            pdfium.FPDF_ANNOT_TEXT,
            pdfium.FPDF_ANNOT_HIGHLIGHT,
            pdfium.FPDF_ANNOT_UNDERLINE,
            pdfium.FPDF_ANNOT_SQUIGGLY,
            pdfium.FPDF_ANNOT_STRIKEOUT,
            pdfium.FPDF_ANNOT_CARET,
            pdfium.FPDF_ANNOT_LINE,
            pdfium.FPDF_ANNOT_SQUARE,
            pdfium.FPDF_ANNOT_CIRCLE,
            pdfium.FPDF_ANNOT_POLYGON,
            pdfium.FPDF_ANNOT_POLYLINE,
            pdfium.FPDF_ANNOT_INK,
        }
        for annotation, subtype in self.shown():
            prefix = value = ""
            is_in_boxes = False
            if subtype == pdfium.FPDF_ANNOT_WIDGET and self._forms is not None:
                prefix, value = self._field(annotation)
                flags = pdfium.FPDFAnnot_GetFormFieldFlags(self._forms.raw, annotation)
                is_in_boxes = bool(flags & _COMB)
            elif subtype == pdfium.FPDF_ANNOT_FREETEXT:
                value = self._string(annotation, b"Contents")
            elif subtype in commented:
                value = self._string(annotation, b"Contents")
                author = self._string(annotation, b"T")
                prefix = f"{_COMMENT}{f' by {author}' if author else ''}: "
            value = " ".join(value.split())
            if value:
                edges = self._edges(annotation)
                yield Annotation(f"{prefix}{value}", value, edges, is_in_boxes)

    def _field(self, annotation: Any) -> tuple[str, str]:
        """What comes before a field's value, and the value; empty for what is neither written nor ticked."""
        pdfium = self._pdfium
        kind = pdfium.FPDFAnnot_GetFormFieldType(self._forms.raw, annotation)
        if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
            is_ticked = pdfium.FPDFAnnot_IsChecked(self._forms.raw, annotation)
            return "", _TICKED if is_ticked else ""
        if kind not in (
            pdfium.FPDF_FORMFIELD_TEXTFIELD,
            pdfium.FPDF_FORMFIELD_COMBOBOX,
            pdfium.FPDF_FORMFIELD_LISTBOX,
        ):
            return "", ""
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
        return f"{name}: " if name else "", value

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

    def _edges(self, annotation: Any) -> tuple[float, float, float, float]:
        rect = self._pdfium.FS_RECTF()
        self._pdfium.FPDFAnnot_GetRect(annotation, rect)
        return rect.left, rect.top, rect.right, rect.bottom
