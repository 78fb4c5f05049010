"""What a question asks for that can be done without a language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class IntentKind(StrEnum):
    """What is to be done; in the order in which the kinds are tried."""

    GREETING = "greeting"
    IDENTITY = "identity"
    ABILITIES = "abilities"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    MENTIONS = "mentions"
    DOCUMENTS = "documents"
    CHANGES = "changes"
    SUMMARY = "summary"
    COMPARISON = "comparison"

    @property
    def is_about_the_assistant(self) -> bool:
        """Whether it is small talk, or a question about the assistant itself."""
        return self in _ABOUT


_ABOUT = frozenset(
    {
        IntentKind.GREETING,
        IntentKind.IDENTITY,
        IntentKind.ABILITIES,
        IntentKind.THANKS,
        IntentKind.GOODBYE,
    }
)


@dataclass(frozen=True, slots=True)
class Intent:
    """A recognised request.

    `language` is an ISO 639-1 code. `slots` are the parts of the question that say what it is about, as they
    were typed: `term`, `one` and `other`, `document`, `restricted`, `type`, `tail`.
    """

    kind: IntentKind
    language: str
    slots: Mapping[str, str] = field(default_factory=dict)

    def slot(self, name: str) -> str:
        """A part of the question; "" where it was not given."""
        return self.slots.get(name, "")
