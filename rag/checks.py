"""The result of looking at one part of an installation or a model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One part that was looked at: its name, whether it is in order, the details, and what to do if not."""

    name: str
    ok: bool
    detail: str
    hint: str = ""

    def to_json(self, hint_key: str = "hint") -> dict[str, str | bool]:
        """For programs; `inhouse doctor` calls the hint "remedy"."""
        return {"name": self.name, "ok": self.ok, "found": self.detail, hint_key: self.hint}
