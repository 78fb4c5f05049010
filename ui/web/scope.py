"""The part of the documents that a conversation asks: some documents, folders and tags, or all of them."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any

from rag.errors import InhouseError
from rag.index import FileList, Filter
from rag.index.views.files import FileQuery, FileRow
from ui.errors import NotThereError
from ui.messages.page import Words
from ui.view.scope import DOCUMENT, FOLDER, TAG, ScopeItem, item_id
from ui.web.assistant_service import Answering, AssistantService
from ui.web.identity import Person

MAX_ITEMS = 20
_MAX_ID = 1_000  # characters; a folder's name may be long
_OFFERED = 8  # as many as stand above the box without scrolling
_GROUPS = 3  # folders and tags that are offered at most, each; documents take the rest
_LISTED = 40  # rows that are looked at: those without text are left out
_CACHED = 32  # lists of folders and tags, one for each set of rights and profile


def parse_scope(ids: str | Iterable[str] | None) -> tuple[str, ...]:
    """The ids of a scope, each once. `ids` may be a JSON list; what is no id is left out."""
    if isinstance(ids, str):
        try:
            ids = json.loads(ids or "[]")
        except ValueError:
            return ()
    if not isinstance(ids, Iterable):
        return ()
    kinds = (f"{DOCUMENT}:", f"{FOLDER}:", f"{TAG}:")
    valid = (i for i in ids if isinstance(i, str) and i.startswith(kinds) and len(i) <= _MAX_ID)
    return tuple(dict.fromkeys(valid))[:MAX_ITEMS]


def name_scope_items(ids: Sequence[str], assistant: Answering) -> list[ScopeItem]:
    """Each with its name; one that is not there, or not for whoever asks, says so."""
    reading, files = assistant.reading(), None
    items = []
    for id_ in ids:
        kind, _, name = id_.partition(":")
        if kind == DOCUMENT:
            document = reading.named(name)
            title = document.title or document.uri.rpartition("/")[2] if document else ""
            items.append(ScopeItem(id_, title, exists=document is not None))
            continue
        files = files or assistant.shelf()
        query = FileQuery(folder=name) if kind == FOLDER else FileQuery(tag=name)
        items.append(ScopeItem(id_, name, exists=files.has_text(query)))
    return items


def make_scope_filter(ids: Sequence[str], assistant: Answering, words: Words) -> Filter | None:
    """The filter of a search in any of them; None where all documents are asked.

    Raises NotThereError if one of them is gone.
    """
    if not ids:
        return None
    for item in name_scope_items(ids, assistant):
        if not item.exists:
            name = item.label or words.a_document
            raise NotThereError(words.scope_gone.format(name=name))
    named = {kind: [i[2:] for i in ids if i[0] == kind] for kind in (DOCUMENT, FOLDER, TAG)}
    reading = assistant.reading()
    documents = tuple(d.document_id for name in named[DOCUMENT] if (d := reading.named(name)))
    if not named[FOLDER] and not named[TAG]:
        return Filter(document_ids=documents)
    files = assistant.shelf()
    folders = tuple(path for label in named[FOLDER] for path in files.folders(label))
    tags = tuple(named[TAG])
    if not documents and not (folders and tags):
        return Filter(folders=folders, tags=tags)
    # A filter's conditions have to hold all at once; here any of them is enough.
    either = [Filter(folders=folders)] * bool(folders) + [Filter(tags=tags)] * bool(tags)
    found = (id_ for filter in either for id_ in files.document_ids(filter))
    return Filter(document_ids=tuple(dict.fromkeys((*documents, *found))))


class ScopeFinder:
    """Finds what one may restrict a question to, while somebody types."""

    def __init__(self, service: AssistantService) -> None:
        self._service = service
        self._lock = Lock()
        self._groups: OrderedDict[Any, list[ScopeItem]] = OrderedDict()

    def find(self, person: Person, profile: str, text: str) -> list[ScopeItem]:
        """The folders, tags and documents whose name holds `text`, as far as this person may read them."""
        text = text.strip()[:100]
        files = self._service.assistant_for(person, profile).shelf()
        fitting = [
            item
            for item in self._groups_of(files, person, profile)
            if text.casefold() in item.label.casefold()
        ]
        folders = [item for item in fitting if item.kind == FOLDER][:_GROUPS]
        tags = [item for item in fitting if item.kind == TAG][:_GROUPS]
        rows, _ = files.files(FileQuery(text=text, order="title"), limit=_LISTED)
        documents = [_document(row, files) for row in rows if row.document_id is not None]
        if text:  # what the name begins with stands first
            documents.sort(key=lambda item: not item.label.casefold().startswith(text.casefold()))
        return [*folders, *tags, *documents][:_OFFERED]

    def _groups_of(self, files: FileList, person: Person, profile: str) -> list[ScopeItem]:
        """All folders and tags; kept for as long as the index is the same."""
        key = files.generation.id, person.readers, profile
        with self._lock:
            if key in self._groups:
                self._groups.move_to_end(key)
                return self._groups[key]
        facets = files.choices()
        items = [
            ScopeItem(item_id(kind, name), name, str(count))
            for kind, names in ((FOLDER, facets.folders), (TAG, facets.tags))
            for name, count in names.items()
        ]
        with self._lock:
            self._groups[key] = items
            while len(self._groups) > _CACHED:
                self._groups.popitem(last=False)
        return items


def shown_scope(ids: Sequence[str], service: AssistantService, person: Person) -> list[ScopeItem]:
    """The same as `name_scope_items` where the index cannot be opened: nothing is there."""
    if not ids:
        return []
    try:
        return name_scope_items(ids, service.assistant_for(person))
    except InhouseError:
        return [ScopeItem(i, "" if i[0] == DOCUMENT else i[2:], exists=False) for i in ids]


def scope_names(
    ids: Sequence[str], service: AssistantService, person: Person, words: Words
) -> tuple[str, ...]:
    """What a question asked, by the names that this person may see now; none: all. Raises nothing."""
    kinds = {DOCUMENT: words.a_document, FOLDER: words.rooms.folder, TAG: words.rooms.tag}
    items = shown_scope(ids, service, person)
    return tuple(item.label if item.exists else kinds[item.kind] for item in items)


def _document(row: FileRow, files: FileList) -> ScopeItem:
    name = row.title or row.uri.rpartition("/")[2]
    return ScopeItem(item_id(DOCUMENT, files.name(row.uri)), name, row.folder)
