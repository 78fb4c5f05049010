"""From a question to what answers it: the search query, the passages, and their sentences that answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from rag.answer import CLEAR, Extract, Turn
from rag.answering import followup, translation
from rag.answering.abstention import AbstentionPolicy
from rag.answering.model_connection import ModelConnection
from rag.answering.query import Retrieved, SearchQuery, alternate, rank_anew
from rag.embedder import Embedder
from rag.errors import ModelServerError
from rag.hit import Hit
from rag.index import Filter, Snapshot, StoreReader
from rag.language.identification import guess_question_language
from rag.profile import DEFAULT, Profile
from rag.question import MAX_QUESTION_CHARACTERS, validate_question
from rag.readers import narrow_asker
from rag.retrieval.expansion import expand
from rag.retrieval.reranker import Reranker
from rag.retrieval.retriever import Part, retrieve
from rag.retrieval.spelling import correct_spelling
from rag.tracing import span

if TYPE_CHECKING:
    from rag.intents import IntentResult

# What answers without a model (`rag.extracts`, `rag.intents`) is imported where it is called: a search from
# the command line is spared the time.

UNCLEAR = 0.4
"""Confidence, at most, where the calibration says that the documents do not answer: below `verdict.CLEAR`."""
SEARCHED_PASSAGES = 16
"""Passages that the extracts are selected from, at least; the model reads fewer. Of 320 new questions the
answer stands among 8 passages for 88 %, among 16 for 93 %, among 24 for 94 %."""
EXTRACTS = 3
"""Extracts of an answer: three hold what was asked for nearly as often as five; see docs/answers.md."""


@dataclass(frozen=True)
class FoundPassages:
    """The passages for each search of a query, with what its sentences have to answer, before these are
    selected. `filter` is that of the search and of whoever asks; `most` passages are shown.
    """

    query: SearchQuery
    snapshot: Snapshot
    filter: Filter
    searches: Sequence[tuple[str, Sequence[Hit]]]
    most: int

    def preview(self) -> Retrieved:
        """The passages alone, for a reader to look at meanwhile."""
        hits = alternate([hits for _, hits in self.searches], self.most)
        generation = self.snapshot.generation
        return Retrieved(self.query, tuple(hits), generation.id, generation.token, is_preview=True)


@dataclass(frozen=True)
class QuestionSearch:
    """Searches one index for somebody with these reader tokens, within a profile.

    `readers` None: for somebody who may read everything. `passages` is how many of them are read to the
    model. The `connection` is used only to rewrite a follow-up and to translate a question.
    """

    reader: StoreReader
    embedder: Embedder
    reranker: Reranker | None
    passages: int
    profile: Profile
    abstention: AbstentionPolicy
    connection: ModelConnection
    readers: frozenset[str] | None = None

    def snapshot(self) -> Snapshot:
        """The newest generation, which may have got another embedder since the last question."""
        snapshot = self.reader.snapshot()
        snapshot.check_embedder(self.embedder.identity.to_json())
        return snapshot

    def narrow(self, filter: Filter | None) -> Filter:
        """The filter, for the readers whom this search is for, and for what its profile looks at."""
        filter = (filter or Filter()).narrowed(self.profile.filter)
        if self.readers is None:
            return filter
        readers = (
            self.readers if filter.readers is None else narrow_asker(filter.readers, self.readers)
        )
        return replace(filter, readers=readers)

    def find_passages(
        self,
        query: str,
        *,
        k: int,
        filter: Filter | None = None,
        without: Collection[Part] = (),
        history: Sequence[Turn] = (),
        explain: bool = False,
        fold: bool = False,
    ) -> list[Hit]:
        """The k best passages; see `Assistant.search`."""
        with span("search", k=k) as current:
            text = self._resolve(self._correct_spelling(validate_question(query)), history)
            hits = retrieve(
                self.snapshot(), self.embedder, text, k, self.narrow(filter), without,
                explain=explain, fold=fold, reranker=self.reranker,
            )  # fmt: skip
            current.note(hits=len(hits))
        return hits

    def search_query(self, question: str, history: Sequence[Turn] = ()) -> SearchQuery:
        """What is searched for; see `Assistant.search_query`."""
        question = validate_question(question)
        spelled = self._correct_spelling(question)
        is_followup = followup.is_followup(spelled, history)
        return SearchQuery(
            question,
            self._resolve(spelled, history),
            is_followup=is_followup,
            parts=tuple(self._parts(spelled, history)),
            focus=self._focus(spelled, history) if is_followup else "",
            spelled=spelled,
        )

    def retrieve(
        self, query: SearchQuery, filter: Filter | None, *, extracts: int = EXTRACTS
    ) -> Retrieved:
        """What needs no model is answered; else the passages, and their sentences that answer."""
        return self.compute(query, filter) or self.find(query, filter, extracts=extracts)

    def find(
        self, query: SearchQuery, filter: Filter | None, *, extracts: int = EXTRACTS
    ) -> Retrieved:
        """Search for a query, and select the sentences of the passages that answer it."""
        return self.select(self.find_hits(query, filter), extracts=extracts)

    def find_hits(self, query: SearchQuery, filter: Filter | None) -> FoundPassages:
        """The passages that the sentences which answer a query are to be selected from."""
        snapshot, narrowed = self.snapshot(), self.narrow(filter)
        most = max(self.passages, SEARCHED_PASSAGES)
        with span("search", k=most) as current:
            searches = [
                (
                    text if query.parts else query.focus or text,
                    self._retrieve_folded(snapshot, text, narrowed, most),
                )
                for text in query.parts or (query.text,)
            ]
            current.note(hits=sum(len(hits) for _, hits in searches))
        return FoundPassages(query, snapshot, narrowed, searches, self.passages)

    def select(self, passages: FoundPassages, *, extracts: int = EXTRACTS) -> Retrieved:
        """What was found, with the sentences of the passages that answer it."""
        from rag.extracts import select_extracts

        query, snapshot, narrowed = passages.query, passages.snapshot, passages.filter
        searches = []
        for focus, hits in passages.searches:
            with span("extracts", hits=len(hits)):
                selection = select_extracts(focus, hits, self.embedder, extracts)
            searches.append((keep_quoted(hits, selection.extracts, self.passages), selection))
        many = max(extracts, len(searches))
        hits = alternate([hits for hits, _ in searches], self.passages)
        confidence = self._limit_confidence(
            query.text,
            sum(selection.confidence for _, selection in searches) / len(searches),
            snapshot,
            narrowed,
        )
        return Retrieved(
            query,
            tuple(hits),
            snapshot.generation.id,
            snapshot.generation.token,
            tuple(alternate([selection.extracts for _, selection in searches], many)),
            confidence,
            translate_into=""
            if confidence >= CLEAR or query.is_followup or query.parts
            else self._other_language(query, snapshot, narrowed),
            is_readable=bool(hits)
            or not snapshot.generation.documents
            or snapshot.count(Filter(readers=narrowed.readers)).documents > 0,
        )

    def retrieve_again(
        self, retrieved: Retrieved, history: Sequence[Turn], filter: Filter | None
    ) -> Retrieved:
        """What is found with the model's help.

        A follow-up is rewritten, a question in another language translated; where the answer is still not
        clear, a model that can searches by itself.
        """
        if language := retrieved.translate_into:
            retrieved = self._retrieve_translated(language, retrieved, filter)
        elif retrieved.query.is_leaning and retrieved.computed is None:
            query = self.rewrite(retrieved.query, history)
            retrieved = retrieved if query == retrieved.query else self.retrieve(query, filter)
        return self._retrieve_by_agent(retrieved, filter) if _is_unclear(retrieved) else retrieved

    def needs_model(self, retrieved: Retrieved) -> bool:
        """Whether `retrieve_again` has anything to ask the model."""
        is_leaning = retrieved.query.is_leaning and retrieved.computed is None
        may_search = _is_unclear(retrieved) and self.connection.may_search
        return is_leaning or bool(retrieved.translate_into) or may_search

    def _retrieve_by_agent(self, retrieved: Retrieved, filter: Filter | None) -> Retrieved:
        """What the model finds where the search brought no clear answer; the same where it finds nothing."""
        from rag.answering.search_agent import PassageFinder, find_passages
        from rag.extracts import select_extracts
        from rag.intents.workspace import Workspace

        model = self.connection.searching_model()
        if model is None:
            return retrieved
        snapshot = self.snapshot()

        def search(text: str, k: int, own: Filter) -> list[Hit]:
            return self._retrieve_folded(snapshot, text, own, k)

        narrowed = self.narrow(filter)
        finder = PassageFinder(Workspace(snapshot, narrowed, self.embedder), search)
        query = retrieved.query
        try:
            with self.connection.queue.wait_turn():
                hits = find_passages(query.corrected, retrieved.hits, finder, model, self.passages)
        except ModelServerError:  # too many ask at once: the answer itself waits, and says so
            return retrieved
        if not hits:
            return retrieved
        selection = select_extracts(query.focus or query.text, hits, self.embedder, EXTRACTS)
        return replace(
            retrieved,
            hits=tuple(hits),
            generation=snapshot.generation.id,
            fence=snapshot.generation.token,
            extracts=selection.extracts,
            confidence=self._limit_confidence(query.text, selection.confidence, snapshot, narrowed),
            also_searched=tuple(dict.fromkeys(finder.searches)),
        )

    def _retrieve_translated(
        self, language: str, retrieved: Retrieved, filter: Filter | None
    ) -> Retrieved:
        """What is found for the question as the model translates it, if that is a clearer answer."""
        question = retrieved.query.corrected
        reply = self.connection.rewrite(translation.build_translation_request(question, language))
        text = translation.read_translated_question(reply, question, language)
        if not text:
            return retrieved
        query = replace(retrieved.query, text=self._expand(text))
        again = self.find(query, filter)
        return again if again.confidence > retrieved.confidence else retrieved

    def rewrite(self, query: SearchQuery, history: Sequence[Turn]) -> SearchQuery:
        """A follow-up as the model rewrites it; unchanged where it is away or loses the subject."""
        text = self._expand(
            followup.resolve_question(query.corrected, history, self.connection.rewrite)
        )
        return query if text == query.text else replace(query, text=text, focus="")

    def compute(self, query: SearchQuery, filter: Filter | None) -> Retrieved | None:
        """What a question that needs no model comes to; None for every other question."""
        from rag.intents import answer_without_model

        if query.is_followup and followup.points(query.corrected):
            return None  # "Which documents mention it?"
        snapshot, narrowed = self.snapshot(), self.narrow(filter)
        result = answer_without_model(
            query.corrected,
            snapshot=snapshot,
            filter=narrowed,
            embedder=self.embedder,
            profile="" if self.profile.name == DEFAULT else self.profile.name,
            model=self.connection.name,
        )
        if result is None:
            return None
        return Retrieved(
            query,
            tuple(self._summary_passages(result, query, snapshot, narrowed)),
            result.generation,
            snapshot.generation.token,
            result.extracts,
            confidence=1.0,
            computed=result.computed,
        )

    def _summary_passages(
        self, result: IntentResult, query: SearchQuery, snapshot: Snapshot, narrowed: Filter
    ) -> list[Hit]:
        """Passages of the documents that a result names, for the model to add a summary."""
        if not result.asks_model:
            return []
        uris = result.computed.uris
        records = snapshot.list_records(narrowed)
        ids = tuple(record.document_id for record in records if record.uri in uris)
        own = narrowed.narrowed(Filter(document_ids=ids))
        return self._retrieve_folded(snapshot, query.text, own, self.passages)

    def _retrieve_folded(
        self, snapshot: Snapshot, text: str, narrowed: Filter, k: int
    ) -> list[Hit]:
        """The k best passages for a text, what several documents say alike once."""
        return retrieve(
            snapshot, self.embedder, text, k, narrowed, fold=True, reranker=self.reranker
        )

    def _limit_confidence(
        self, text: str, confidence: float, snapshot: Snapshot, narrowed: Filter
    ) -> float:
        """The confidence, and no clear one where the calibration of this index says so."""
        if self.abstention.permits(snapshot, self.embedder, text, narrowed):
            return confidence
        return min(confidence, UNCLEAR)

    def _other_language(self, query: SearchQuery, snapshot: Snapshot, narrowed: Filter) -> str:
        """The language of most documents that may be read, if the question is in another; else ""."""
        if not guess_question_language(query.corrected):
            return ""
        records = snapshot.list_records(Filter(readers=narrowed.readers))
        return translation.choose_target_language(
            query.corrected, (record.language for record in records)
        )

    def _parts(self, question: str, history: Sequence[Turn]) -> Iterator[str]:
        """What is searched for where a question holds several, each resolved against those before it."""
        from rag.intents import recognise, split_questions

        parts = split_questions(question)
        if len(parts) == 1 or any(map(recognise, parts)):
            return
        turns = list(history)
        for part in parts:
            yield self._resolve(part, turns)
            turns.append(Turn(question=part, answer=""))

    def _focus(self, question: str, history: Sequence[Turn]) -> str:
        """What the extracts of a follow-up have to answer.

        Who, where, why and how ask for something else than the earlier question, unless they point at it.
        """
        from rag.extracts.question_type import AnswerType, answer_type

        own = answer_type(question)
        others = {AnswerType.PERSON, AnswerType.PLACE, AnswerType.REASON, AnswerType.STEPS}
        is_another = own in others and own is not answer_type(history[-1].question)
        if is_another and not followup.points(question):
            return question
        return followup.join_questions(question, history, with_answer=False)

    def _resolve(self, question: str, history: Sequence[Turn]) -> str:
        """What is searched for: the question with what it leans on, and the glossary's other names."""
        return self._expand(followup.resolve_question(question, history))

    def _expand(self, text: str) -> str:
        names = (term.names for term in self.profile.terms_in(text))
        return expand(text, names)[:MAX_QUESTION_CHARACTERS]

    def _correct_spelling(self, question: str) -> str:
        """The question without misspelt words, as far as whoever asks may know the documents' words."""
        words = self.reader.snapshot().known_words(self.narrow(None))
        return correct_spelling(question, words)


def _is_unclear(retrieved: Retrieved) -> bool:
    """Whether passages were found for one question, and none answers it clearly."""
    is_one = bool(retrieved.hits) and retrieved.computed is None and not retrieved.query.parts
    return is_one and retrieved.confidence < CLEAR


def keep_quoted(hits: Sequence[Hit], extracts: Sequence[Extract], k: int) -> list[Hit]:
    """The k best passages; one that an extract stands in takes the place of the last that has none."""
    places = [(extract.uri, extract.start) for extract in extracts]
    quoted = [
        any(hit.uri == uri and hit.start <= start < hit.end for uri, start in places)
        for hit in hits
    ]
    free = max(0, k - sum(quoted))
    kept = [
        hit
        for hit, is_quoted, others in zip(
            hits, quoted, accumulate(not q for q in quoted), strict=True
        )
        if is_quoted or others <= free
    ][:k]
    return rank_anew(kept)
