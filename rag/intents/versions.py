"""The versions of one document, and what differs between two of them, for a page that shows them."""

from __future__ import annotations

from rag.computed import Table
from rag.index.views.inventory import DocumentRecord
from rag.intents.changes import SHOWN_ROWS, are_related, diff_versions, read_version
from rag.intents.resolve import editions, find_newer_versions
from rag.intents.workspace import Workspace


class DocumentVersions:
    """What somebody may read of it: the workspace's filter holds their rights."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._by_uri = {record.uri: record for record in workspace.records.values()}

    def find(self, uri: str) -> list[DocumentRecord]:
        """The other versions of this document, the newest first; none where it has no other, or is not there.

        Versions stand in one folder; which they are is told by their names and beginnings, as in a search.
        """
        document = self._by_uri.get(uri)
        if document is None:
            return []
        folder = uri.rpartition("/")[0]
        beside = [
            record for record in self._by_uri.values() if record.uri.rpartition("/")[0] == folder
        ]
        newest = find_newer_versions(beside, self._workspace)
        own = newest.get(document.document_id, document.document_id)
        others = [
            record
            for record in beside
            if record is not document and newest.get(record.document_id, record.document_id) == own
        ]
        known = editions(others, self._workspace)
        others.sort(
            key=lambda record: (
                record.document_id == own,
                known[record.document_id].date,
                known[record.document_id].number,
            ),
            reverse=True,
        )
        return others

    def compare(self, uri: str, other: str) -> Table | None:
        """The differences, section by section: older and newer side by side.

        None if they are not there, or no versions of one another.
        """
        documents = [self._by_uri.get(uri), self._by_uri.get(other)]
        first, second = documents
        if first is None or second is None or second not in self.find(uri):
            return None
        newer = find_newer_versions([first, second], self._workspace)
        older, newest = (second, first) if second.document_id in newer else (first, second)
        old, new = read_version(older, self._workspace), read_version(newest, self._workspace)
        if not are_related(old.text, new.text):
            return None
        rows = list(diff_versions(old, new))
        columns = ("", older.title, newest.title)
        return Table(columns=columns, rows=tuple(rows[:SHOWN_ROWS]), total=len(rows))
