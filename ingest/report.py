"""What an ingest run did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that is not in the index, and why: "`uri` `reason`" reads as a sentence.

    `is_known`: an earlier run found the same, and the file has not been read again.
    """

    uri: str
    reason: str
    is_known: bool = field(default=False, compare=False)

    def to_json(self) -> dict[str, str]:
        return {"uri": self.uri, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class RootOutcome:
    """What became of one root: how many files were listed there, and why it was left alone, or "".

    `exit_code`: 0; 1 if it could not be read, or too much of it was gone; 3 if some of its files failed.
    """

    uri: str
    exit_code: int
    files: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The account of one run; every file that was listed is counted once.

    `updated` counts files whose content, readers or tags changed, `moved` those that stand elsewhere with
    the same content, `deleted` documents whose files are gone. `generation` is the published one after the
    run. `readable_by_nobody` counts the listed documents that no reader token opens. `roots`: what became
    of each. `unlisted_roots` are still searched, although the settings no longer list them. `stopped` is
    "signal" or "deadline" for a run that did not do everything, else "".
    """

    generation: int
    added: int
    updated: int
    unchanged: int
    moved: int
    deleted: int
    failed: tuple[Problem, ...]
    skipped: tuple[Problem, ...]
    chunks_embedded: int
    chunks_reused: int
    seconds: float
    readable_by_nobody: int = 0
    roots: tuple[RootOutcome, ...] = ()
    unlisted_roots: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def exit_code(self) -> int:
        """0 if every file that can be read was read, 3 if some failed, 1 if a root or the time did."""
        if self.stopped == "deadline" or any(root.exit_code == 1 for root in self.roots):
            return 1
        return 3 if self.failed else 0

    @property
    def file_counts(self) -> dict[str, int]:
        """How many files there are in each state, by the keys of the JSON shape."""
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "moved": self.moved,
            "deleted": self.deleted,
            "failed": len(self.failed),
            "skipped": len(self.skipped),
        }

    @property
    def changes(self) -> int:
        """How many documents are other than before."""
        return self.added + self.updated + self.moved + self.deleted

    def account(self, run_id: str, started_at: float, *, stopped: bool) -> dict[str, Any]:
        """What is kept of a run: counts alone, and when it was (seconds since the epoch)."""
        counts = {key: value for key, value in self.to_json().items() if isinstance(value, int)}
        del counts["generation"]
        return {
            "run": run_id,
            "started_at": started_at,
            "seconds": self.seconds,
            "stopped": stopped,
            **counts,
            "exit_code": self.exit_code,
            "failed": len(self.failed),
            "skipped": len(self.skipped),
        }

    def to_json(self) -> dict[str, Any]:
        """The promised JSON shape of `inhouse ingest --json`."""
        return asdict(self) | {
            "failed": [problem.to_json() for problem in self.failed],
            "skipped": [problem.to_json() for problem in self.skipped],
            "stopped": self.stopped or None,
        }
