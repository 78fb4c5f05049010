"""The guard against a share that is not mounted: too much gone at once is rather a fault than a wish."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.errors import MassDeletionError
from ingest.planning.plan import Plan, find_moved_object, group_by_content, hash_content
from ingest.planning.source import Root

_HINT = "Is the folder mounted? If they are meant to go: --max-delete 1"


def find_moves(plan: Plan) -> dict[str, str]:
    """Where documents that are gone stand now, by content: the old uri and the new one.

    Reads those new files that are as large as one that is gone; of a source the revisions tell, or nothing.
    """
    gone = group_by_content(record for record in plan.gone if record.uri in plan.documents)
    sizes = {record.size for record in plan.gone}
    moved: dict[str, str] = {}
    objects = {record.uri: record for record in plan.gone if record.uri in plan.documents}
    for file in plan.read:
        if file.uri in plan.documents:
            continue
        if file.fetched:
            if same := find_moved_object(file, objects.values()):
                del objects[same.uri]
                moved[same.uri] = file.uri
        elif file.size in sizes:
            waiting = gone.get(hash_content(file.path, file.identity) or "")
            if waiting:
                moved[waiting.pop()] = file.uri
    return moved


def check_deletions(plan: Plan, roots: Sequence[Root], max_share: float) -> None:
    """Leave alone each root of which more than this share of the documents are gone, not only moved.

    Raises MassDeletionError if no other root is left.
    """
    gone = {record.uri for record in plan.gone} & plan.documents
    if not gone:
        return
    moved: dict[str, str] | None = None
    guarded: list[tuple[Root, str]] = []
    for root in roots:
        before = sum(root.holds(uri) for uri in plan.documents)
        missing = {uri for uri in gone if root.holds(uri)}
        if len(missing) <= max_share * before:
            continue
        moved = find_moves(plan) if moved is None else moved
        missing -= moved.keys()
        if len(missing) > max_share * before:
            guarded.append((root, _told(root.uri, len(missing), before, max_share)))
    readable = [root for root in roots if not root.fault]
    if guarded and len(guarded) >= len(readable):
        raise MassDeletionError(" ".join(told for _, told in guarded), hint=_HINT)
    for root, told in guarded:
        plan.leave_alone(root, f"{told} {_HINT}")


def _told(folder: str, missing: int, before: int, max_share: float) -> str:
    if missing == before:
        what = (
            f"All {before:,} documents below {folder} are"
            if before > 1
            else (f"The only document below {folder} is")
        )
    else:
        what = f"{missing:,} of the {before:,} documents below {folder} are"
    return (
        f"{what} gone, more than the share of {max_share:g} that one run may delete "
        "(ingest.max_delete); nothing was deleted or changed."
    )
