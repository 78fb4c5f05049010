"""A question on its way through the search: what is searched for, and what was retrieved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TypeVar

from rag.answer import Extract, RetrievalEvent
from rag.computed import Computed
from rag.hit import Hit

Ranked = TypeVar("Ranked", Hit, Extract)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question, and the `text` that is searched for.

    The text is the question itself, resolved against the conversation if it `is_followup`, with the
    synonyms of the profile's glossary behind it. `parts`: what is searched for in its place where it holds
    several questions, one text for each. `focus`: what the extracts have to answer, where that is not the
    text: of a follow-up both questions without the answer between them, or the follow-up alone where it asks
    for something else. `spelled`: the question with its misspelt words corrected; the question itself where
    it is empty.
    """

    question: str
    text: str
    is_followup: bool = False
    parts: tuple[str, ...] = ()
    focus: str = ""
    spelled: str = ""

    @property
    def is_leaning(self) -> bool:
        """Whether it is one question that leans on the conversation."""
        return self.is_followup and not self.parts

    @property
    def corrected(self) -> str:
        """The question as the model is asked: without misspelt words."""
        return self.spelled or self.question


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the search brought for a query in one generation of the index.

    `fence` is the generation's random token, which marks passages as data in the prompt. `extracts` are
    the passages' sentences, rows and list items that answer best; `confidence` is the probability that the
    documents hold an answer: 0…1. `is_readable`: the asker may read at least one document.
    `computed` is what was done without a model; then the model is asked only if there are hits.
    `translate_into`: the documents' language, ISO 639-1, where it is worth while to translate the question.
    `also_searched`: what the model searched for by itself. `is_preview`: the extracts are yet to be selected.
    """

    query: SearchQuery
    hits: tuple[Hit, ...]
    generation: int
    fence: str = ""
    extracts: tuple[Extract, ...] = ()
    confidence: float = 0.0
    is_readable: bool = True
    computed: Computed | None = None
    translate_into: str = ""
    also_searched: tuple[str, ...] = ()
    is_preview: bool = False

    @property
    def searched(self) -> str:
        """Everything that was searched for, as a reader is shown it."""
        return " · ".join((self.query.text, *self.also_searched))

    def event(self, *, is_final: bool = True) -> RetrievalEvent:
        """The event that tells of it."""
        return RetrievalEvent(
            hits=self.hits,
            generation=self.generation,
            searched=self.searched,
            extracts=self.extracts,
            computed=self.computed,
            confidence=self.confidence,
            is_final=is_final,
        )


def alternate(lists: Sequence[Sequence[Ranked]], most: int) -> list[Ranked]:
    """The first of each list, then the second of each, and so on, ranked anew; each place once.

    Several questions in one are so answered in their order. One list is left as it is.
    """
    if len(lists) == 1:
        return list(lists[0][:most])
    places: dict[tuple[str, int], Ranked] = {}
    for hit in chain.from_iterable(zip_longest(*lists)):
        if hit is not None:
            places.setdefault((hit.uri, hit.start), hit)
    return rank_anew(list(places.values())[:most])


def rank_anew(best: Sequence[Ranked]) -> list[Ranked]:
    """The same in their order, ranked from 1.

    Scores of several searches are not comparable; they fall from rank to rank all the same.
    """
    lowest = 1.0
    ranked = []
    for rank, hit in enumerate(best, 1):
        lowest = min(lowest, hit.score) if rank > 1 else hit.score
        ranked.append(hit.model_copy(update={"rank": rank, "score": lowest}))
    return ranked
