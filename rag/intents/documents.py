"""How many documents there are, and which: by folder, tag, type, date, and who may read them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rag.computed import Cell, Row, Table
from rag.index.search.analysis import plain_words
from rag.index.views.inventory import DocumentRecord
from rag.intents.intent import Intent, IntentKind
from rag.intents.result import IntentResult
from rag.intents.wording import Wording, find_wording
from rag.intents.workspace import Workspace, find_cell

SHOWN_ROWS = 500
"""A longer list is for the documents page, which sorts and filters."""
_TYPES = {
    "pdf": ("application/pdf",),
    "word": ("wordprocessingml", "msword", "opendocument.text"),
    "spreadsheet": ("spreadsheetml", "ms-excel", "opendocument.spreadsheet"),
    "presentation": ("presentationml", "ms-powerpoint", "opendocument.presentation"),
    "mail": ("message/rfc822", "vnd.ms-outlook"),
    "html": ("text/html", "xhtml"),
    "text": ("text/plain",),
    "markdown": ("text/markdown",),
    "csv": ("text/csv",),
}
"""Parts of media types, by the name of a type in the languages' files."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"((?:19|20)\d\d)-(\d{1,2})(?:-(\d{1,2}))?|(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)"
)
_RESTRICTED_FOLDER = frozenset(
    ["restricted", "confidential", "vertraulich", "confidentiel", "confidencial", "secret"]
)
"""Words in a folder's name that say that what lies in it is not for everybody."""


@dataclass(slots=True)
class Scope:
    """Which documents are meant. `said` are the parts of a sentence that say so."""

    conditions: list[Callable[[DocumentRecord], bool]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    is_restricted: bool = False

    def holds(self, record: DocumentRecord) -> bool:
        """Whether a document is meant."""
        return all(condition(record) for condition in self.conditions)


def answer_documents(intent: Intent, workspace: Workspace) -> IntentResult | None:
    """The documents that are meant, and their number; None if the question names what is no folder, tag,
    type or date here, so that it may be about something else."""
    wording = find_wording(intent.language)
    scope = read_scope(intent, workspace, wording)
    if scope is None:
        return None
    meant = [record for record in workspace.records.values() if scope.holds(record)]
    scope_words = "".join(scope.said)
    notes: list[str] = []
    if scope.is_restricted:
        records = [record for record in meant if record.is_restricted]
        text = (
            wording.counted("restricted", len(records), scope=scope_words)
            if records
            else wording.reply("restricted_none", count=len(meant))
        )
        if not records and (
            records := [record for record in meant if _in_restricted_folder(record)]
        ):
            notes.append(wording.reply("restricted_folder"))
    else:
        records = meant
        text = wording.counted("documents", len(records), scope=scope_words)
    if len(records) > SHOWN_ROWS:
        notes.append(wording.reply("first_rows", count=SHOWN_ROWS))
    return IntentResult(
        kind=IntentKind.DOCUMENTS,
        language=wording.code,
        text=text,
        notes=tuple(notes),
        table=_table(records, wording),
        generation=workspace.snapshot.generation.id,
    )


def _table(records: Sequence[DocumentRecord], wording: Wording) -> Table:
    columns = tuple(wording.columns[name] for name in ("document", "folder", "type", "changed"))
    rows = tuple(
        Row(
            cells=(
                find_cell(record),
                Cell(text=record.folder),
                Cell(text=record.uri.rpartition(".")[2].upper() if "." in record.uri else ""),
                Cell(text=_day(record.modified_at)),
            )
        )
        for record in records[:SHOWN_ROWS]
    )
    return Table(columns=columns, rows=rows, total=len(records))


def read_scope(intent: Intent, workspace: Workspace, wording: Wording) -> Scope | None:
    """Which documents the question means; None if it names what is no folder, tag, type or date here."""
    scope = Scope(is_restricted=bool(intent.slot("restricted")))
    if typed := intent.slot("type"):
        kind = next((name for name, form in wording.types.items() if form.fullmatch(typed)), "")
        parts = _TYPES.get(kind, ())
        scope.conditions.append(lambda record: any(part in record.media_type for part in parts))
        scope.said.append(wording.reply("scope_type", value=typed))
    if tail := intent.slot("tail"):
        return scope if _read_tail(tail, scope, workspace, wording) else None
    return scope


def _read_tail(tail: str, scope: Scope, workspace: Workspace, wording: Wording) -> bool:
    """Take in what follows the noun; False if it is not understood as a whole."""
    for name, patterns in wording.tails.items():
        for pattern in patterns:
            match = pattern.fullmatch(tail)
            if match is None:
                continue
            if name in ("nothing", "restricted"):
                scope.is_restricted |= name == "restricted"
                return True
            value = match["value"].strip()
            if condition := _condition(name, value, workspace, wording):
                scope.conditions.append(condition)
                scope.said.append(wording.reply(f"scope_{name}", value=value))
                return True
    return False


def _condition(
    name: str, value: str, workspace: Workspace, wording: Wording
) -> Callable[[DocumentRecord], bool] | None:
    """Whether a document lies in that folder, has that tag, or was changed then; None: there is no such."""
    if name == "folder":
        return _folder_condition(value, workspace)
    if name == "tag":
        known = {tag for record in workspace.records.values() for tag in record.tags}
        tags = {tag for tag in known if tag.casefold() == value.strip("\"'“”").casefold()}
        return (lambda record: not tags.isdisjoint(record.tags)) if tags else None
    period = read_period(value, wording)
    if period is None:
        return None
    first, last = period
    if name == "since":
        return lambda record: record.modified_at is not None and record.modified_at >= first
    if name == "before":
        return lambda record: record.modified_at is not None and record.modified_at < first
    return lambda record: record.modified_at is not None and first <= record.modified_at < last


def _folder_condition(value: str, workspace: Workspace) -> Callable[[DocumentRecord], bool] | None:
    folder_name = value.strip("\"'“”/ ").casefold()
    folders = {record.folder for record in workspace.records.values()}
    below = {folder for folder in folders if f"/{folder_name}/" in f"/{folder.casefold()}/"}
    return (lambda record: record.folder in below) if folder_name and below else None


def read_period(value: str, wording: Wording) -> tuple[float, float] | None:
    """The first moment of a day, month or year, and the first after it: seconds since the epoch, UTC."""
    value = value.strip().casefold()
    if date := _DATE.fullmatch(value):
        year = int(date[1] or date[6])
        month, day = int(date[2] or date[5]), int(date[3] or date[4] or 0)
        return _period(year, month, day)
    year_found = _YEAR.search(value)
    if not year_found:
        return None
    rest = (value[: year_found.start()] + value[year_found.end() :]).strip(" ,.")
    if not rest:
        return _period(int(year_found[0]), 0, 0)
    for number, month_name in enumerate(wording.months, 1):
        digits = r"(\d{1,2})(?:\.|st|nd|rd|th)?"  # "5.", "5th", "5 de"
        written = (
            rf"(?:{digits} ?(?:of |de )?)?{month_name.pattern}\.?(?: (?:of|de))?(?: {digits})?"
        )
        if match := re.fullmatch(written, rest):
            days = [int(group) for group in match.groups() if group]
            return _period(int(year_found[0]), number, days[0] if days else 0)
    return None


def _period(year: int, month: int, day: int) -> tuple[float, float] | None:
    try:
        first = dt.datetime(year, month or 1, day or 1, tzinfo=dt.UTC)
        if day:
            last = first + dt.timedelta(days=1)
        elif month:
            last = first.replace(year=year + month // 12, month=month % 12 + 1)
        else:
            last = first.replace(year=year + 1)
    except ValueError:
        return None
    return first.timestamp(), last.timestamp()


def _in_restricted_folder(record: DocumentRecord) -> bool:
    return not _RESTRICTED_FOLDER.isdisjoint(plain_words(record.folder))


def _day(moment: float | None) -> str:
    """A day as ISO 8601 writes it, so that it reads the same in every language."""
    if moment is None:
        return ""
    try:
        return dt.datetime.fromtimestamp(moment, dt.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
