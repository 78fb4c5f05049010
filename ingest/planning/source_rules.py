"""The access rules and the roots' tags that an index was made with: they belong to it, not to one run.

A run that has lost some of them, because it did not find its configuration file, would open what was
restricted. It refuses, unless it is told to replace them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ingest.errors import MissingRulesError
from ingest.planning.source import Root, uri_of
from rag.document import Labels
from rag.readers import EVERYBODY
from rag.settings import Settings
from rag.settings.sources import AccessSettings

_MOST_NAMED = 3
_HINT = "Name the configuration file that has them: --config FILE. If they are meant to go: --replace-rules"


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The rules of the last run, the tags of each configured root, and which rules each root was read by.

    `applied`: a digest of the rules that the documents of a root were labelled by, by the root's uri.
    """

    access: AccessSettings = field(default_factory=AccessSettings)
    roots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    applied: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, unreachable: Collection[Path] = ()) -> Self:
        """The rules and roots of these settings, applied to nothing yet.

        Of the `unreachable` roots, absolute paths, nothing is asked: they may not answer.
        """
        paths = {root.path.absolute(): root.tags for root in settings.ingest.roots}
        roots = {
            uri_of(path if path in unreachable else path.resolve()): tags
            for path, tags in paths.items()
        }
        roots |= {source.uri: source.tags for source in settings.ingest.sources}
        return cls(settings.access, roots)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Self | None:
        """As `to_json` made it; None for an index that knows no rules because an older release wrote it."""
        if stored is None:
            return None
        roots = {uri: tuple(tags) for uri, tags in stored["roots"].items()}
        return cls(AccessSettings.model_validate(stored["access"]), roots, stored["applied"])

    def to_json(self) -> dict[str, Any]:
        """The shape in which the index keeps it."""
        return {
            "access": self.access.model_dump(mode="json"),
            "roots": {uri: list(tags) for uri, tags in self.roots.items()},
            "applied": dict(self.applied),
        }

    def digest(self, root: str) -> str:
        """A digest of what labels the documents of a root: the rules, and the root's tags."""
        labelled_by = [self.access.model_dump(mode="json"), self.roots.get(root, ())]
        return hashlib.sha256(json.dumps(labelled_by).encode()).hexdigest()[:16]

    def after(self, known: SourceRules | None, read: Sequence[Root], *, replace: bool) -> Self:
        """What the index knows after a run with these rules over the roots `read`.

        Roots that another run named stay known, unless this one replaces them.
        """
        roots = dict(self.roots) if replace or known is None else {**known.roots, **self.roots}
        applied = {} if known is None else dict(known.applied)
        whole = [root.uri for root in read if root.path == root.base]
        applied |= {uri: self.digest(uri) for uri in whole}
        return type(self)(self.access, roots, applied)


def check_rules(known: SourceRules | None, now: SourceRules, read: Sequence[Root]) -> None:
    """Raise MissingRulesError if a run over the roots `read` lacks rules or tags that the index knows.

    A rule with the same glob and other readers has been changed, and is not missing.
    """
    if known is None:
        return
    globs = {rule.glob for rule in now.access.rules}
    if lost := [rule.glob for rule in known.access.rules if rule.glob not in globs]:
        raise MissingRulesError(
            f"The index was made with access rules that these settings do not have: {_named(lost)}.",
            hint=_HINT,
        )
    if known.access.posix and not now.access.posix:
        raise MissingRulesError(
            "The index was made with access.posix = true, which these settings do not have.",
            hint=_HINT,
        )
    tagged = [uri for uri, tags in known.roots.items() if tags and uri not in now.roots]
    if lost := [uri for uri in tagged if any(_overlap(root.uri, uri) for root in read)]:
        raise MissingRulesError(
            "The index was made with tags for folders that these settings do not list as ingest.roots: "
            f"{_named(lost)}.",
            hint=_HINT,
        )


def check_opened(
    relabelled: Iterable[str],
    before: Mapping[str, Labels],
    after: Mapping[str, Labels],
    access: AccessSettings,
) -> None:
    """Raise MissingRulesError if a run without any rule would open documents that are restricted.

    So it is where a folder's files of readers have gone, or where an older release made the index.
    """
    if (
        access.rules
        or access.posix
        or any(labels.readers != (EVERYBODY,) for labels in after.values())
    ):
        return
    opened = sum(before[uri].readers != (EVERYBODY,) for uri in relabelled)
    if opened:
        raise MissingRulesError(
            f"There is no access rule, and the index holds restricted documents ({opened:,}) that "
            "everybody could read after this run.",
            hint=_HINT,
        )


def unlisted_roots(known: SourceRules | None, now: SourceRules) -> list[str]:
    """Roots that the index knows, and that the settings list no more."""
    if known is None or not now.roots:
        return []
    return sorted(uri for uri in known.roots if uri not in now.roots)


def describe_unapplied(
    stored: Mapping[str, Any] | None, documents: Mapping[str, int], settings: Settings
) -> str:
    """What of the settings' rules does not hold for the documents yet, in a sentence; "" if all does.

    `stored`: what the index keeps; `documents`: how many documents there are of each root.
    """
    known, now = SourceRules.from_json(stored), SourceRules.of(settings)
    if known is None:
        is_ruled = settings.access != AccessSettings()
        behind = list(documents) if is_ruled else []
    else:
        # Only the rules: a process without the roots' list says nothing of them.
        now = SourceRules(now.access, {**known.roots, **now.roots})
        behind = [uri for uri in documents if known.applied.get(uri) != now.digest(uri)]
    if not behind:
        return ""
    count = sum(documents[uri] for uri in behind)
    what = f"{count:,} documents still have" if count != 1 else "1 document still has"
    return f"{what} the readers and tags of earlier settings, below {_named(behind)}."


def _named(values: Sequence[str]) -> str:
    listed = ", ".join(values[:_MOST_NAMED])
    return (
        listed if len(values) <= _MOST_NAMED else f"{listed} and {len(values) - _MOST_NAMED:,} more"
    )


def _overlap(one: str, other: str) -> bool:
    first, second = Path(one), Path(other)
    return first.is_relative_to(second) or second.is_relative_to(first)
