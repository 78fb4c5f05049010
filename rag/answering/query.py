"""A question on its way through the search: what is searched for, and what was retrieved."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answer import Extract, RetrievalEvent
from rag.hit import Hit


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question, and the `text` that is searched for.

    The text is the question itself, resolved against the conversation if it `is_followup`, with the
    synonyms of the profile's glossary behind it.
    """

    question: str
    text: str
    is_followup: bool = False


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the search brought for a query in one generation of the index.

    `fence` is the generation's random token, which marks passages as data in the prompt. `extracts` are
    the passages' sentences, rows and list items that answer best; `confidence` is the probability that the
    documents hold an answer: 0…1. `is_readable`: the asker may read at least one document.
    """

    query: SearchQuery
    hits: tuple[Hit, ...]
    generation: int
    fence: str = ""
    extracts: tuple[Extract, ...] = ()
    confidence: float = 0.0
    is_readable: bool = True

    def event(self, *, is_final: bool = True) -> RetrievalEvent:
        """The event that tells of it."""
        return RetrievalEvent(
            hits=self.hits,
            generation=self.generation,
            searched=self.query.text,
            extracts=self.extracts,
            confidence=self.confidence,
            is_final=is_final,
        )
