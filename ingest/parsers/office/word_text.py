"""The words of a Word paragraph: what is seen of its final version, and what hangs on it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingest.parsers.office.math_text import M, write_equation
from ingest.parsers.office.package import MC, W, alternative
from ingest.parsers.office.raised_text import subscript, superscript
from ingest.parsers.office.symbol_fonts import symbol, without_private_characters
from ingest.parsers.office.word_styles import WordStyles, is_on, read_value
from ingest.unread import Unread

_WRAPPERS = frozenset(
    W + name
    for name in ("hyperlink", "smartTag", "customXml", "ins", "moveTo", "dir", "bdo", "sdtContent")
)
_REMOVED = frozenset({f"{W}del", f"{W}moveFrom"})
_HANGING = frozenset({f"{W}drawing", f"{W}pict", f"{W}object"})
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_MAX_DEPTH = 60


@dataclass(slots=True)
class Paragraph:
    """A paragraph's words, and what was met among them: drawings, and identifiers of notes and comments."""

    text: str = ""
    hanging: list[Any] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    endnotes: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Field:
    """A field that has begun: what it computes, and whether its result has begun."""

    instruction: str = ""
    in_result: bool = False


class ParagraphReader:
    """Reads paragraphs in document order; a field may begin in one and end in another."""

    def __init__(self, styles: WordStyles, unread: Counter[Unread]) -> None:
        self._styles = styles
        self._unread = unread
        self._fields: list[_Field] = []
        self._paragraph = Paragraph()
        self._parts: list[str] = []
        self._style: str | None = None
        self._behind_equation = -1

    def read(self, element: Any) -> Paragraph:
        """The content of a `w:p`."""
        outer = self._paragraph, self._parts, self._style
        self._paragraph, self._parts = Paragraph(), []
        self._behind_equation = -1
        self._style = read_value(element.find(f"{W}pPr"), "pStyle") or None
        self._inline(element, 0)
        for open_field in self._fields:
            open_field.in_result = True  # what a field computes ends with its paragraph
        paragraph = self._paragraph
        paragraph.text = "".join(self._parts)
        self._paragraph, self._parts, self._style = outer
        return paragraph

    def _inline(self, container: Any, depth: int) -> None:
        for child in container if depth < _MAX_DEPTH else ():
            tag = child.tag
            if tag == f"{W}r":
                self._run(child)
            elif tag in _WRAPPERS:
                self._inline(child, depth + 1)
            elif tag in _REMOVED:
                self._unread[Unread.DELETED_TEXT] += 1
            elif tag == f"{W}sdt":
                if not is_placeholder(child):
                    self._inline(child, depth + 1)
            elif tag == f"{W}fldSimple":
                if not _PAGE_FIELD.match(child.get(f"{W}instr") or ""):
                    self._inline(child, depth + 1)
            elif tag in (f"{M}oMath", f"{M}oMathPara"):
                self._equation(write_equation(child))
            elif tag == f"{MC}AlternateContent":
                self._inline(alternative(child), depth + 1)

    def _equation(self, text: str) -> None:
        if not text:
            self._unread[Unread.EQUATION] += 1
        elif self._is_shown():
            self._parts.append(f"{_gap(self._parts)}{text}")
            self._behind_equation = len(self._parts)

    def _is_shown(self) -> bool:
        return all(f.in_result and not _PAGE_FIELD.match(f.instruction) for f in self._fields)

    def _run(self, run: Any) -> None:
        properties = run.find(f"{W}rPr")
        style = read_value(properties, "rStyle") or None
        if self._is_hidden(properties, style):
            self._unread[Unread.HIDDEN_TEXT] += run.find(f"{W}t") is not None
            return
        position = (
            read_value(properties, "vertAlign")
            or self._styles.raised(style)
            or _position(properties)
        )
        before = len(self._parts)
        for child in run:
            self._run_content(child, properties)
        if position in ("superscript", "subscript") and len(self._parts) > before:
            text = "".join(self._parts[before:])
            apart = superscript if position == "superscript" else subscript
            self._parts[before:] = [apart("".join(self._parts[max(before - 3, 0) : before]), text)]

    def _is_hidden(self, properties: Any, style: str | None) -> bool:
        direct = is_on(properties, "vanish")
        if direct is not None:
            return direct
        return self._styles.run_setting(style, "vanish") or self._styles.run_setting(
            self._style, "vanish"
        )

    def _run_content(self, child: Any, properties: Any) -> None:
        tag = child.tag
        if tag == f"{W}fldChar":
            self._field(child)
        elif tag == f"{W}instrText":
            if self._fields and not self._fields[-1].in_result:
                self._fields[-1].instruction += child.text or ""
        elif tag in _HANGING:
            self._paragraph.hanging.append(child)
        elif tag == f"{MC}AlternateContent":
            for inner in alternative(child):
                self._run_content(inner, properties)
        elif not self._is_shown():
            return
        elif tag == f"{W}footnoteReference":
            self._paragraph.footnotes.append(child.get(f"{W}id") or "")
        elif tag == f"{W}endnoteReference":
            self._paragraph.endnotes.append(child.get(f"{W}id") or "")
        elif tag == f"{W}commentReference":
            self._paragraph.comments.append(child.get(f"{W}id") or "")
        elif tag == f"{W}ruby":
            self._ruby(child)
        else:
            self._parts.append(self._characters(child, properties))

    def _characters(self, child: Any, properties: Any) -> str:
        tag = child.tag
        if tag == f"{W}t":
            font = _font(properties)
            text, unknown = without_private_characters(child.text or "", font)
            if unknown:
                self._unread[Unread.CHARACTER] += unknown
            text = text.replace("\u00ad", "")
            is_apart = len(self._parts) != self._behind_equation or not text[:1].isalnum()
            return text if is_apart else f" {text}"
        if tag in (f"{W}tab", f"{W}ptab"):
            return "\t"
        if tag in (f"{W}br", f"{W}cr"):
            return "\n"
        if tag == f"{W}noBreakHyphen":
            return "-"
        if tag == f"{W}sym":
            try:
                code = int(child.get(f"{W}char") or "", 16)
            except ValueError:
                code = 0xFFFF
            known = symbol(code, child.get(f"{W}font") or "")
            self._unread[Unread.CHARACTER] += known is None
            return known or ""
        return ""

    def _ruby(self, element: Any) -> None:
        """Write the characters with their reading in parentheses behind them."""
        for name, form in (("rubyBase", "{}"), ("rt", "({})")):
            part = element.find(W + name)
            text = "".join(t.text or "" for t in part.iter(f"{W}t")) if part is not None else ""
            self._parts.append(form.format(text) if text else "")

    def _field(self, mark: Any) -> None:
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            self._fields.append(_Field())
            self._parts.append(_form_field(mark))
        elif kind == "separate" and self._fields:
            self._fields[-1].in_result = True
        elif kind == "end" and self._fields:
            self._fields.pop()


def _position(properties: Any) -> str:
    """ "superscript" or "subscript" for type that is moved up or down by points and is small as well."""
    moved = read_value(properties, "position")
    if not moved.lstrip("-").isdecimal() or int(moved) == 0 or not read_value(properties, "sz"):
        return ""
    return "subscript" if moved.startswith("-") else "superscript"


def _gap(parts: list[str]) -> str:
    last = parts[-1][-1:] if parts else ""
    return " " if last.isalnum() else ""


def _font(properties: Any) -> str:
    fonts = None if properties is None else properties.find(f"{W}rFonts")
    return "" if fonts is None else fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or ""


def _form_field(mark: Any) -> str:
    """What a form of before Word 2007 shows at a check box or a list of choices."""
    box = mark.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        ticked = is_on(box, "checked")
        return "☒" if (is_on(box, "default") if ticked is None else ticked) else "☐"
    choices = mark.find(f"{W}ffData/{W}ddList")
    if choices is not None:
        entries = [entry.get(f"{W}val") or "" for entry in choices.findall(f"{W}listEntry")]
        chosen = read_value(choices, "result") or read_value(choices, "default") or "0"
        if chosen.isdecimal() and int(chosen) < len(entries):
            return entries[int(chosen)]
    return ""


def is_placeholder(control: Any) -> bool:
    """Whether a content control shows nothing but its prompt ("Click here to enter text")."""
    properties = control.find(f"{W}sdtPr")
    is_prompt = is_on(properties, "showingPlcHdr")
    # Ticking a box leaves the mark of an unfilled control behind.
    return bool(is_prompt) and properties.find(f"{_W14}checkbox") is None
