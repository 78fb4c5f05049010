"""RTF: control words to text, with the styles, lists and tables that Word and LibreOffice write.

Not through a library: striprtf and kreuzberg 4.10 give the words, but no headings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.errors import DamagedFileError, UnreadableFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import RTF
from ingest.parsers.office.raised_text import subscript, superscript
from ingest.parsers.rtf_paragraphs import (
    NO_LEVEL,
    CellForm,
    ParagraphFormat,
    RtfWriter,
    read_level_of_style,
)
from ingest.unread import Unread

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)"
)
_MAX_DEPTH = 1000
_SKIPPED = frozenset(
    "colortbl pict objdata objclass objname themedata colorschememapping datastore latentstyles sp"  # noqa: SIM905
    " listtable listoverridetable revtbl rsidtbl generator bkmkstart bkmkend xe tc private"
    " nonshppict filetbl atnid atnref atndate atnparent atntime annotationstart annotationend"
    " ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn upr".split()
)
_KEPT_THOUGH_STARRED = frozenset("shptxt shpinst pntext cs ud fldinst annotation atnauthor".split())  # noqa: SIM905
_HEADERS = frozenset({"header", "headerl", "headerr", "headerf"})
_FOOTERS = frozenset({"footer", "footerl", "footerr", "footerf"})
_CAUGHT = (
    _HEADERS
    | _FOOTERS
    | frozenset(
        "fonttbl stylesheet info title author listtext pntext footnote annotation atnauthor fldinst".split()  # noqa: SIM905
    )
)
_COUNTED = {
    "pict": Unread.PICTURE,
    "objdata": Unread.EMBEDDED_FILE,
    "moMath": Unread.EQUATION,
}
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_WORDS = {
    "tab": "\t",
    "line": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": " ",
    "enspace": " ",
}
_SYMBOLS = {"~": "\u00a0", "_": "-", "\n": "\n", "\\": "\\", "{": "{", "}": "}"}
_CODEPAGE_OF_CHARSET = {
    77: "mac-roman", 128: "cp932", 129: "cp949", 134: "cp936", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437",
}  # fmt: skip


@dataclass(slots=True)
class _Group:
    """What `{` saves and `}` brings back."""

    destination: str = ""
    skipped: bool = False
    unicode_bytes: int = 1
    font: int = -1
    style: int = -1
    deleted: bool = False
    hidden: bool = False
    raised: str = ""


def parse_rtf(data: bytes) -> LoadedDocument:
    reader = _RtfReader(data.rstrip(b"\x00 \t\r\n"))
    reader.read()
    author = reader.info.get("author", "").strip()
    return reader.writer.builder.document(
        RTF, title=reader.info.get("title", "").strip(), unread=reader.unread, author=author
    )


class _RtfReader:
    def __init__(self, data: bytes) -> None:
        self._source = data.decode("latin-1")
        self.writer = RtfWriter()
        self.info: dict[str, str] = {}
        self.unread: Counter[Unread] = Counter()
        self._furniture: dict[
            str, str
        ] = {}  # what stands at the head or foot of pages, and its label
        self._comment_author = ""
        self._is_page_field = False
        self._was_raised = False
        self._cell_form = CellForm()
        self._row: list[CellForm] = []
        self._group = _Group()
        self._stack: list[_Group] = []
        self._codepage = "cp1252"
        self._fonts: dict[int, str] = {}
        self._bytes = bytearray()
        self._caught: list[str] = []
        self._to_skip = 0
        self._is_starred = False
        self._format = ParagraphFormat()
        self._style_levels: dict[int, int] = {}

    def read(self) -> None:
        for token in self._tokens():
            word, number, code, symbol, brace, plain = token.groups()
            if code is not None and not self._to_skip:
                self._bytes.append(int(code, 16))
                continue
            self._flush_bytes()
            if brace == "{":
                self._open()
            elif brace == "}":
                self._close()
            elif word is not None:
                self._control(word, int(number) if number else None)
            elif symbol == "*":
                self._is_starred = True
            elif plain is not None:
                skip = min(self._to_skip, len(plain))
                self._to_skip -= skip
                self._write(plain[skip:])
            elif self._to_skip:
                self._to_skip -= 1
            elif symbol is not None:
                self._write(_SYMBOLS.get(symbol, ""))
        if self._stack:
            raise DamagedFileError("is truncated: its end is missing")
        self.writer.end()
        for text, label in self._furniture.items():
            self.writer.builder.paragraph(f"{label}: {text}")

    def _tokens(self) -> Iterator[re.Match[str]]:
        position = 0
        opened = False
        while match := _TOKEN.search(self._source, position):
            position = match.end()
            if match[1] == "bin" and match[2]:
                position += max(0, int(match[2]))
                continue
            yield match
            opened = opened or bool(self._stack)
            if opened and not self._stack:
                return  # what follows the last brace is not part of the document

    def _open(self) -> None:
        if len(self._stack) >= _MAX_DEPTH:
            raise UnreadableFileError("is nested too deeply")
        self._to_skip = 0
        self._is_starred = False
        self._stack.append(replace(self._group))

    def _close(self) -> None:
        if not self._stack:
            raise DamagedFileError
        self._to_skip = 0
        ended, self._group = self._group, self._stack.pop()
        if ended.destination == "stylesheet":
            self._end_style()
        if ended.destination != self._group.destination:
            self._end_destination(ended.destination, self._text_caught())

    def _end_destination(self, destination: str, text: str) -> None:
        """Take what was caught since the destination began."""
        if destination in ("title", "author"):
            self.info[destination] = text
        elif destination in ("listtext", "pntext"):
            self._format.marker = text
        elif destination == "footnote":
            self.writer.note(text)
        elif destination == "fldinst":
            self._is_page_field = bool(_PAGE_FIELD.match(text))
        elif destination == "atnauthor":
            self._comment_author = text.strip()
        elif destination == "annotation":
            author = f" by {self._comment_author}" if self._comment_author else ""
            self.writer.note(f"Comment{author}: {text.strip()}" if text.strip() else "")
        elif destination in _HEADERS | _FOOTERS:
            line = " ".join(text.split())
            if sum(any(char.isalpha() for char in word) for word in line.split()) > 1:
                label = "Header" if destination in _HEADERS else "Footer"
                self._furniture.setdefault(line, label)

    def _control(self, word: str, number: int | None) -> None:
        if self._to_skip:
            self._to_skip -= 1
            return
        starred, self._is_starred = self._is_starred, False
        group = self._group
        if word in _COUNTED and not group.skipped:
            self.unread[_COUNTED[word]] += 1
        if word in _SKIPPED or (starred and word not in _KEPT_THOUGH_STARRED | {"stylesheet"}):
            group.skipped = True
        elif word in ("shptxt", "ud"):
            group.skipped = False
        elif group.skipped:
            return
        elif word in _CAUGHT:
            self._text_caught()
            group.destination = word
        elif word == "u" and number is not None:
            self._write(chr(number % 0x10000))
            self._to_skip = group.unicode_bytes
        elif word == "uc":
            group.unicode_bytes = min(max(number or 0, 0), 10)
        elif word in _WORDS:
            self._write(_WORDS[word])
        elif word in ("deleted", "mvf"):  # also what was moved away
            group.deleted = number != 0
        elif word == "v":
            group.hidden = number != 0
        elif word in ("super", "sub", "nosupersub", "plain", "up", "dn"):
            self._raise(word, number)
        elif word == "fldrslt":
            group.skipped = self._is_page_field
            self._is_page_field = False
        elif word in ("f", "fcharset", "ansicpg", "mac", "pc"):
            self._encoding(word, number or 0)
        elif group.destination in ("", "stylesheet"):
            self._paragraph_word(word, number)

    def _raise(self, word: str, number: int | None) -> None:
        group = self._group
        if word == "plain":
            group.hidden = False
        is_raised = word in ("super", "up") and number != 0
        is_lowered = word in ("sub", "dn") and number != 0
        group.raised = "super" if is_raised else "sub" if is_lowered else ""

    def _encoding(self, word: str, number: int) -> None:
        if word == "f":
            self._group.font = number
        elif word == "fcharset":
            if number in _CODEPAGE_OF_CHARSET:
                self._fonts[self._group.font] = _CODEPAGE_OF_CHARSET[number]
        else:
            self._codepage = {"mac": "mac-roman", "pc": "cp437"}.get(word, f"cp{number}")

    def _paragraph_word(self, word: str, number: int | None) -> None:
        form = self._format
        if word == "s":
            self._group.style = form.style = number or 0
        elif word == "outlinelevel":
            form.level = (number or 0) + 1 if (number or 0) < 9 else NO_LEVEL
        elif self._group.destination == "stylesheet":
            return
        elif word == "pard":
            self._format = ParagraphFormat(marker=form.marker)
        elif word == "intbl":
            form.in_table = True
        elif word == "ls":
            form.is_list = bool(number)
        elif word == "ilvl":
            form.depth = min(max(number or 0, 0), 8)
        elif word in ("par", "sect", "page"):
            if form.level == NO_LEVEL:
                form.level = self._style_levels.get(form.style, NO_LEVEL)
            self.writer.end_paragraph(form)
            form.marker = ""
        elif word in ("cell", "nestcell"):
            self.writer.end_cell(is_nested=word == "nestcell")
        elif word == "row":
            self.writer.end_row(self._row)
        else:
            self._row_word(word, number)

    def _row_word(self, word: str, number: int | None) -> None:
        """How the cells of a row are drawn; a definition holds until the next one."""
        if word == "trowd":
            self._row, self._cell_form = [], CellForm()
        elif word == "clmrg":
            self._cell_form = replace(self._cell_form, continues_left=True)
        elif word == "clvmrg":
            self._cell_form = replace(self._cell_form, continues_above=True)
        elif word == "cellx":
            self._row.append(replace(self._cell_form, edge=number or 0))
            self._cell_form = CellForm()

    def _end_style(self) -> None:
        """Remember the level of the style whose definition has just been read."""
        name = self._text_caught().strip(" ;")
        form, self._format = self._format, ParagraphFormat()
        level = form.level if form.level != NO_LEVEL else read_level_of_style(name)
        if form.style >= 0 and level != NO_LEVEL:
            self._style_levels[form.style] = level

    def _flush_bytes(self) -> None:
        if self._bytes:
            encoding = self._fonts.get(self._group.font, self._codepage)
            try:
                text = self._bytes.decode(encoding, "replace")
            except LookupError:
                text = self._bytes.decode("cp1252", "replace")
            self._bytes.clear()
            self._write(text)

    def _write(self, text: str) -> None:
        group = self._group
        if group.skipped or group.deleted or not text:
            return
        if group.hidden:
            self.unread[Unread.HIDDEN_TEXT] += 1
            return
        if group.raised and not self._was_raised:
            before = "".join(self._caught[-3:]) if group.destination else self.writer.last_words
            text = (superscript if group.raised == "super" else subscript)(before, text)
        self._was_raised = bool(group.raised)
        if group.destination:
            self._caught.append(text)
        else:
            self.writer.write(text)

    def _text_caught(self) -> str:
        text = "".join(self._caught)
        self._caught.clear()
        return text
