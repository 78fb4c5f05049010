"""A page of Confluence in its storage format, as HTML: with its macros' words, without their machinery."""

from __future__ import annotations

import html
from html.parser import HTMLParser

from ingest.errors import FileTooLargeError

_LONGEST_PAGE = 5_000_000
"""Characters: it is read outside of the sandbox, by Python's own parser, in a time linear in them."""
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_KEPT = frozenset(
    "a b blockquote br caption code col colgroup del div em h1 h2 h3 h4 h5 h6 hr i li ol p pre s section"  # noqa: SIM905 - a list would be thirty lines
    " small span strong sub sup table tbody td tfoot th thead tr u ul".split()
)
_KEPT_ATTRIBUTES = frozenset({"colspan", "rowspan", "start"})
_EMPTY = frozenset({"br", "col", "hr"})
_RENAMED = {
    "ac:task-list": "ul",
    "ac:task": "li",
    "ac:layout-section": "div",
    "ac:layout-cell": "div",
    "ac:rich-text-body": "div",
    "ac:link-body": "span",
    "ac:plain-text-link-body": "span",
    "ac:plain-text-body": "pre",
    "ac:adf-content": "div",
}
_SHOWN_PARAMETERS = {
    "title": frozenset({"code", "noformat", "panel", "info", "note", "tip", "warning", "expand", "status"}),
    "key": frozenset({"jira"}),
    "name": frozenset({"view-file", "viewpdf", "viewdoc", "viewxls"}),
}  # fmt: skip
_INLINE_MACROS = frozenset({"status", "jira"})
_DROPPED = frozenset(
    {"ac:task-id", "ac:task-uuid", "ac:placeholder", "ac:adf-attribute", "ac:adf-fallback"}
)
_LINK_TARGETS = {"ri:page": "ri:content-title", "ri:attachment": "ri:filename"}
_LINK_BODIES = frozenset({"ac:link-body", "ac:plain-text-link-body"})


def storage_to_html(storage: str, title: str) -> str:
    """The page as a document of HTML. Macros that only arrange other pages leave nothing.

    Raises FileTooLargeError.
    """
    if len(storage) > _LONGEST_PAGE:
        raise FileTooLargeError(
            f"has {len(storage):,} characters, more than {_LONGEST_PAGE:,} in a page of Confluence"
        )
    reader = _StorageReader()
    reader.feed(_escape_cdata(storage))
    reader.finish()
    name = html.escape(title)
    body = "".join(reader.pieces)
    heading = f"<h1>{name}</h1>" if body.strip() else ""
    head = f"<head><meta charset=utf-8><title>{name}</title></head>"
    return f"<!doctype html><html>{head}<body>{heading}{body}</body></html>"


def _escape_cdata(storage: str) -> str:
    """CDATA as text in which nothing is markup; one that does not end goes to the end."""
    pieces, position = list[str](), 0
    while (start := storage.find(_CDATA, position)) >= 0:
        end = storage.find(_CDATA_END, start)
        end = len(storage) if end < 0 else end
        pieces += [storage[position:start], html.escape(storage[start + len(_CDATA) : end])]
        position = end + len(_CDATA_END)
    return "".join([*pieces, storage[position:]])


class _StorageReader(HTMLParser):
    """Copies what HTML knows, and puts words in the place of what only Confluence knows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._macros: list[str] = []
        self._dropped = 0
        self._parameter: str | None = None
        self._is_task_done = ""
        self._link_words = ""
        self._link_has_body = False

    def finish(self) -> None:
        """Take what is left as text: a tag that does not end. `close` would look at it again and again."""
        rest, self.rawdata = self.rawdata, ""
        if rest:
            self.handle_data(html.unescape(rest))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self._dropped or tag in _DROPPED:
            self._dropped += 1
        elif tag == "ac:structured-macro":
            self._macros.append(values.get("ac:name", ""))
        elif tag == "ac:parameter":
            self._parameter = ""
            macro = self._macros[-1] if self._macros else ""
            if macro not in _SHOWN_PARAMETERS.get(values.get("ac:name", ""), ()):
                self._parameter = None
                self._dropped += 1
        elif tag == "ac:task-status":
            self._is_task_done = "?"
        elif tag == "ac:link":
            self._link_words, self._link_has_body = "", False
        elif tag in _LINK_TARGETS:
            self._link_words = values.get(_LINK_TARGETS[tag], "")
        elif tag == "ac:image":
            self._write(f" {values.get('ac:alt', '')} ")
        elif tag == "time" and values.get("datetime"):
            self._write(values["datetime"])
        else:
            self._link_has_body |= tag in _LINK_BODIES
            self._open(tag, values)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropped:
            return
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._dropped:
            self._dropped -= 1
        elif tag == "ac:structured-macro" and self._macros:
            self._macros.pop()
        elif tag == "ac:parameter":
            self._show_parameter()
        elif tag == "ac:link" and not self._link_has_body:
            self._write(self._link_words)
        elif tag not in _EMPTY and (name := self._name(tag)):
            self.pieces.append(f"</{name}>")

    def handle_data(self, data: str) -> None:
        if self._dropped:
            return
        if self._parameter is not None:
            self._parameter += data
        elif self._is_task_done:
            self._write("[x] " if data.strip() == "complete" else "[ ] ")
            self._is_task_done = ""
        else:
            self._write(data)

    def _name(self, tag: str) -> str:
        return tag if tag in _KEPT else _RENAMED.get(tag, "")

    def _open(self, tag: str, values: dict[str, str]) -> None:
        name = self._name(tag)
        if name:
            kept = {key: value for key, value in values.items() if key in _KEPT_ATTRIBUTES}
            attributes = "".join(f' {key}="{html.escape(value)}"' for key, value in kept.items())
            self.pieces.append(f"<{name}{attributes}>")

    def _show_parameter(self) -> None:
        words, self._parameter = (self._parameter or "").strip(), None
        is_inline = bool(self._macros) and self._macros[-1] in _INLINE_MACROS
        if words and is_inline:
            self._write(f" {words} ")
        elif words:
            self.pieces.append(f"<p>{html.escape(words)}</p>")

    def _write(self, text: str) -> None:
        self.pieces.append(html.escape(text, quote=False))
