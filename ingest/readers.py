"""Which parsers read a format: the first, and those that are tried where it fails or finds too little.

A second reader is one more line under the format in `READERS`, with a `name` for the ledger:

    DOCX: (Reader("docx", "parse_docx"), Reader("other", "parse_docx", name="other")),

The next one is tried where a reader raises DamagedFileError or an error that nobody foresaw, takes its
process down, sets `LoadedDocument.doubt`, or gives text that is no text (`find_doubt`). Of the results the
first counts, unless a later one has clearly more words. What the file itself forbids (a password, its size)
is final.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from types import MappingProxyType

from ingest.errors import DamagedFileError, ParserCrashError, UnreadableFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import (
    ASCIIDOC,
    CSV,
    DOC,
    DOCX,
    EMAIL,
    EPUB,
    HTML,
    JSON,
    MARKDOWN,
    MBOX,
    MHTML,
    MSG,
    NOTEBOOK,
    ODP,
    ODS,
    ODT,
    ORG,
    PDF,
    PICTURES,
    PLAIN_TEXT,
    PPT,
    PPTX,
    RST,
    RTF,
    TSV,
    XLS,
    XLSB,
    XLSX,
    XML,
)
from ingest.parsers.context import ParserContext
from ingest.parsers.installed import (
    MEDIA_TYPE_PREFIX,
    ExtendedMapping,
    find_distribution_version,
    find_installed_parsers,
)

_WORD = re.compile(r"[^\W_]+")
_NO_TEXT = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f]")
_MAX_NO_TEXT = (
    0.02  # share of the characters; a page in a font without a character map has most of them
)
_CLEARLY_MORE = 1.1  # times as many words: less is hyphens and page numbers


@dataclass(frozen=True, slots=True)
class Reader:
    """A function of a module in `ingest.parsers`, which is imported when it is called.

    `name` is what the ledger calls a second reader; the first has none. `with_context`: the function also
    takes a ParserContext. `installed`: the function is that of another distribution, and may return Markdown.
    """

    module: str
    function: str
    name: str = ""
    with_context: bool = False
    installed: EntryPoint | None = None

    def read(self, data: bytes, context: ParserContext) -> LoadedDocument:
        """Read the file; raises UnreadableFileError, and for a hostile file whatever its libraries raise."""
        if self.installed is not None:
            return _read_installed(self.installed, data)
        parse: Callable[..., LoadedDocument] = getattr(
            importlib.import_module(f"ingest.parsers.{self.module}"), self.function
        )
        document = parse(data, context) if self.with_context else parse(data)
        return replace(document, reader=self.name)


_CALAMINE = Reader("calamine_workbook", "parse_workbook", name="calamine")

_BUILT_IN: Mapping[str, tuple[Reader, ...]] = MappingProxyType(
    {
        PLAIN_TEXT: (Reader("plain_text", "parse_plain_text"),),
        MARKDOWN: (Reader("plain_text", "parse_markdown"),),
        RST: (Reader("plain_text", "parse_restructured_text"),),
        ASCIIDOC: (Reader("plain_text", "parse_asciidoc"),),
        ORG: (Reader("plain_text", "parse_org"),),
        HTML: (Reader("html", "parse_html"),),
        MHTML: (Reader("mhtml", "parse_mhtml"),),
        XML: (Reader("xml_data", "parse_xml"),),
        JSON: (Reader("json_data", "parse_json"),),
        NOTEBOOK: (Reader("notebook", "parse_notebook"),),
        DOCX: (
            Reader("docx", "parse_docx", with_context=True),
            Reader("office_binary", "parse_docx", name="office-oxide"),
        ),
        PPTX: (
            Reader("pptx", "parse_pptx"),
            Reader("office_binary", "parse_pptx", name="office-oxide"),
        ),
        XLSX: (Reader("xlsx", "parse_xlsx"), _CALAMINE),
        XLSB: (Reader("xlsb", "parse_xlsb"),),
        XLS: (Reader("xls", "parse_xls"), _CALAMINE),
        CSV: (Reader("spreadsheet", "parse_csv"),),
        TSV: (Reader("spreadsheet", "parse_tsv"),),
        DOC: (
            Reader("office_binary", "parse_doc"),
            Reader("doc_pieces", "parse_doc_pieces", name="piece table"),
        ),
        PPT: (Reader("ppt", "parse_ppt"),),
        ODT: (Reader("opendocument", "parse_odt"),),
        ODS: (Reader("opendocument", "parse_ods"),),
        ODP: (Reader("opendocument", "parse_odp"),),
        RTF: (Reader("rtf", "parse_rtf"),),
        EPUB: (Reader("epub", "parse_epub"),),
        PDF: (Reader("pdf", "parse_pdf", with_context=True),),
        EMAIL: (Reader("email_message", "parse_email", with_context=True),),
        MBOX: (Reader("email_message", "parse_mbox", with_context=True),),
        MSG: (Reader("msg", "parse_msg", with_context=True),),
        **dict.fromkeys(PICTURES, (Reader("picture", "parse_picture", with_context=True),)),
    }
)
READERS = ExtendedMapping(
    _BUILT_IN,
    lambda: {
        media_type: (Reader("", "", installed=point),)
        for media_type, point in find_installed_parsers().items()
    },
)
"""Media type to its readers, in the order in which they are tried."""

PARSER_VERSIONS = ExtendedMapping[str, int | str](
    {
        **dict.fromkeys(_BUILT_IN, 1),
        **dict.fromkeys((DOCX, EMAIL, EPUB, HTML, MBOX, MHTML, MSG, PDF, XML, NOTEBOOK), 2),
        MARKDOWN: 4,
    },
    lambda: {
        media_type: find_distribution_version(point)
        for media_type, point in find_installed_parsers().items()
    },
)
"""How often what is read of a format has changed. Whoever changes what comes out of a file of the format
raises its number: the next ingest then reads such files again. `tests/ingest/planning/test_recipe.py` fails
where the fixtures read differently under the same number."""


def read_with(readers: Sequence[Reader], data: bytes, context: ParserContext) -> LoadedDocument:
    """The best result of these readers. Raises the first one's UnreadableFileError if none has a result."""
    best: LoadedDocument | None = None
    failure: UnreadableFileError | None = None
    for position, reader in enumerate(readers):
        try:
            document = reader.read(data, context)
        except DamagedFileError as exc:
            failure = failure or exc
            continue
        except (UnreadableFileError, MemoryError, RecursionError):
            if best is None and failure is None:
                raise
            continue
        # A parser may raise anything for a file that it does not foresee; the next one may.
        except Exception as exc:
            if position + 1 == len(readers) and best is None and failure is None:
                raise
            failure = failure or _crash(exc)
            continue
        if best is None or count_words_in(document) > count_words_in(best) * _CLEARLY_MORE:
            best = document
        if not find_doubt(best):
            return best
    if best is not None:
        return best
    raise failure or DamagedFileError


def find_doubt(document: LoadedDocument) -> str:
    """Why the text may not be what the file says, phrased to follow the file's name; empty: no doubt."""
    if document.doubt:
        return document.doubt
    if document.is_empty:
        return "" if document.pages else "holds no text"
    strange = len(_NO_TEXT.findall(document.text))
    if strange > len(document.text) * _MAX_NO_TEXT:
        return f"holds {strange:,} characters without a meaning"
    return ""


def count_words_in(document: LoadedDocument) -> int:
    """How many words of letters and digits the text has; none of private-use or control characters."""
    return sum(1 for _ in _WORD.finditer(document.text))


def _read_installed(point: EntryPoint, data: bytes) -> LoadedDocument:
    """What the parser of another distribution makes of a file."""
    from ingest.parsers.plain_text import parse_markdown

    document = point.load()(data)
    if isinstance(document, str):
        document = parse_markdown(document.encode("utf-8", "replace"))
    if not isinstance(document, LoadedDocument):
        raise TypeError(f"{point.value} returned {type(document).__name__}, no Markdown")
    return replace(document, media_type=MEDIA_TYPE_PREFIX + point.name)


def _crash(error: Exception) -> ParserCrashError:
    return ParserCrashError(f"crashed the parser ({type(error).__name__}: {error})"[:300])
