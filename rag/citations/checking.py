"""Checking an answer against the passages: nothing rests on what the model says it used.

A sentence that stands in a passage word for word is `verbatim`. Any other is measured against the passages
(`rag.citations.features`), and a small fitted model makes a probability of that (`rag.citations.scoring`).
It is supported where the probability is high and nothing contradicts it: no figure, date, name, unit or
denial. An error in the check never breaks an answer: its sentence is then `unchecked`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from rag.answer import Citation, Grade, Sentence, Status
from rag.citations.features import measure
from rag.citations.markers import strip_markers
from rag.citations.plain_claim import has_frame, strip_claim
from rag.citations.relevance import SURE_ENOUGH, Bearing
from rag.citations.scoring import Scoring, load_default_scoring
from rag.citations.statements import Evidence, PassageSentences, is_question
from rag.citations.support import find_support
from rag.citations.unsaid import has_unsaid_word
from rag.citations.verbatim import has_tokens, join_tokens, stands_in, tokens_of
from rag.hit import Hit
from rag.language import sentences
from rag.language.claims import Claim
from rag.profile import REFUSAL

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from rag.citations.entailment import Entailment
    from rag.citations.judge import Judge
    from rag.embedder import Embedder

T = TypeVar("T")
_log = logging.getLogger(__name__)
_CLAIM_WORDS = 4
"""Content words from which a sentence beside a refusal is a claim of its own, and no word of regret."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer's sentences with the citations that support them.

    `sentences` cover the text in order. `corrected` and `dropped` count the passage numbers that the model
    wrote itself: those that named another passage than the one that supports the sentence, and those of
    sentences that nothing supports.
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    cited: frozenset[int]
    status: Status
    corrected: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class SentenceCheck:
    """What the check found of one sentence: its grade, and the stretches of the passages it rests on."""

    grade: Grade
    score: float | None = None
    supported: bool = False
    evidence: tuple[Evidence, ...] = ()
    is_beside_the_point: bool = False
    is_doubtful: bool = False
    """A paraphrase whose score is too low for support, and that nothing contradicts."""


UNCHECKED = SentenceCheck(Grade.UNCHECKED)
_LONGEST = 120
"""Words of a sentence that is compared word by word; a longer one is no sentence, and the comparison of its
clauses takes seconds. It may still stand in a passage word for word."""
_MOST_SECONDS = 5.0
"""Then the sentences that are left are `unchecked`: an answer made to take long keeps nobody waiting. One
sentence takes some 20 ms."""


def check(
    text: str,
    passages: Sequence[Hit],
    refusal: str = REFUSAL,
    bearing: Bearing | None = None,
    *,
    embedder: Embedder | None = None,
    entailment: Entailment | None = None,
    judge: Judge | None = None,
    source: PassageSentences | None = None,
    scoring: Scoring | None = None,
    question: str = "",
    before: str = "",
    unsent: Sequence[Hit] = (),
    known: dict[str, SentenceCheck] | None = None,
) -> Checked:
    """Check each sentence of `text` against the passages that were in the prompt. Never raises.

    `question` is what was asked: what a sentence adds to it has to stand in the sentence that it rests on.

    `unsent` are passages that were found and not sent to the model: what stands there word for word stands
    in the documents, though the model did not read it there.

    `refusal` is the sentence that says that they do not hold the answer. `bearing` tells which sentences of
    the passages answer the question; what rests on others is labelled as beside the point, and so is what
    only repeats `before`, what was said in the turn that the question goes on from. With an `embedder`,
    meaning counts; with `entailment`, a paraphrase that does not follow from its evidence is not supported.
    A `judge` is asked about a paraphrase that nothing contradicts and the score alone does not support.
    Sentences that are left when the time for the check is over are unchecked.
    `source` are the passages' sentences, where they have been read already. `known` are the verdicts on
    sentences that were checked with the same arguments while the model was writing; new ones are added.
    """
    plain, markers = strip_markers(text)
    spans = list(sentences.spans(plain))
    refused = _refusals(plain, refusal)
    is_refusal = [
        any(start < last and first < end for first, last in refused) for start, end in spans
    ]
    if source is None:
        source = (
            bearing.source if bearing else _safely(lambda: PassageSentences(passages), passages)
        )
    texts = [plain[start:end] for start, end in spans]
    verdicts = [UNCHECKED] * len(texts)
    known = {} if known is None else known
    if source is not None:
        checker = _Checker(
            [text for text in texts if text not in known],
            passages,
            unsent,
            source,
            embedder,
            scoring or load_default_scoring(),
            bearing,
            question,
            before,
        )
        for n, (sentence, refuses) in enumerate(zip(texts, is_refusal, strict=True)):
            if refuses:
                continue
            verdicts[n] = known.get(sentence) or checker.verdict(sentence)
            if verdicts[n] is not UNCHECKED:
                known[sentence] = verdicts[n]
        if judge:
            verdicts = _judged(texts, verdicts, source, judge, passages)
        if entailment:
            verdicts = _entailed(texts, verdicts, source, entailment, passages)
    return _assembled(plain, spans, verdicts, is_refusal, markers, (*passages, *unsent))


class _Checker:
    """The check of one answer's sentences, each by itself."""

    def __init__(
        self,
        texts: Sequence[str],
        passages: Sequence[Hit],
        unsent: Sequence[Hit],
        source: PassageSentences,
        embedder: Embedder | None,
        scoring: Scoring,
        bearing: Bearing | None,
        question: str,
        before: str,
    ) -> None:
        self._texts = texts
        self._verbatim_in: dict[str, list[Evidence]] = {}
        self._passages, self._unsent = passages, unsent
        self._source, self._embedder = source, embedder
        self._scoring, self._bearing, self._before = scoring, bearing, before
        self._question = Claim.of(question) if question else None
        self._deadline = time.monotonic() + _MOST_SECONDS

    @cached_property
    def _vectors(self) -> dict[str, npt.NDArray[np.float32]]:
        """The vectors of the sentences that have to be measured, computed in one batch."""
        if self._embedder is None:
            return {}
        texts = [
            text
            for text in dict.fromkeys(map(strip_claim, self._texts))
            if 0 < len(Claim.of(text).order) <= _LONGEST and not self._stands(text)
        ]
        return dict(zip(texts, self._embedder.embed_documents(texts), strict=True)) if texts else {}

    def verdict(self, sentence: str) -> SentenceCheck:
        """The verdict on a sentence; `unchecked` where it claims nothing, or the check fails."""
        verdict_or_none = _safely(lambda: self._verdict(sentence), self._passages, sentence)
        return verdict_or_none or UNCHECKED

    def _verdict(self, text: str) -> SentenceCheck:
        sentence = strip_claim(text)
        claim = Claim.of(sentence)
        if (not claim.words and not claim.numbers) or is_question(sentence):
            return UNCHECKED
        if has_frame(text) and not claim.words:
            # "The answer is 7": a bare number stands in many places, and none of them is this answer.
            verdict = self._measured(sentence, claim)
            return self._related(sentence, replace(verdict, supported=False))
        if verbatim := self._verbatim(sentence):
            return self._related(sentence, verbatim)
        verdict = self._measured(sentence, claim)
        if not verdict.supported and (verbatim := self._verbatim_unsent(sentence, claim)):
            verdict = verbatim
        return self._related(sentence, verdict)

    def _measured(self, sentence: str, claim: Claim) -> SentenceCheck:
        """The verdict on a sentence that stands in no passage word for word, by the fitted score."""
        if not self._source.statements:
            return SentenceCheck(Grade.NOT_FOUND, 0.0)
        if len(claim.order) > _LONGEST or time.monotonic() > self._deadline:
            return UNCHECKED
        support = find_support(sentence, self._source)
        measured = measure(
            sentence,
            claim,
            self._source,
            rules=support.share,
            denied=support.denied,
            embedder=self._embedder,
            vector=self._vectors.get(sentence),
        )
        score = self._scoring.probability(measured)
        if score < self._scoring.alone and self._source.is_in_another_language(sentence):
            return UNCHECKED  # its words cannot be found, whatever it says
        grade = self._scoring.grade(score, measured)
        supported = self._scoring.supports(score, measured, by_rules=bool(support.evidence))
        if supported and self._embedder and support.evidence:
            supported = not has_unsaid_word(
                claim, support.evidence, self._source, self._embedder, self._question
            )
            grade = Grade.PARAPHRASE
        elif supported:
            grade = Grade.PARAPHRASE
        elif measured.contradicts_figure:
            grade, score = Grade.NOT_FOUND, min(score, self._scoring.contradicted)
        evidence = support.evidence or (measured.nearest,)
        return SentenceCheck(
            grade,
            round(score, 3),
            supported,
            evidence if grade is Grade.PARAPHRASE else (),
            is_doubtful=grade is Grade.PARAPHRASE
            and not supported
            and measured.is_uncontradicted
            and not measured.contradicts_figure,
        )

    def _verbatim(self, sentence: str) -> SentenceCheck | None:
        return self._quoted(self._stands(sentence))

    def _verbatim_unsent(self, sentence: str, claim: Claim) -> SentenceCheck | None:
        """The same in the passages that were not sent; a few words may stand there by chance."""
        if len(claim.words) < _CLAIM_WORDS:
            return None
        return self._quoted(
            [
                replace(statement.evidence, hit=number)
                for number, hit in enumerate(self._unsent, len(self._passages))
                if has_tokens(sentence, hit.text)
                for statement in PassageSentences([hit]).statements
                if stands_in(sentence, statement.text)
            ]
        )

    def _quoted(self, places: Sequence[Evidence]) -> SentenceCheck | None:
        """The verdict on a sentence that stands word for word in these places."""
        if not places:
            return None
        shortest = min(places, key=lambda evidence: (evidence.end - evidence.start, evidence.hit))
        return SentenceCheck(
            Grade.VERBATIM, self._scoring.verbatim, supported=True, evidence=(shortest,)
        )

    def _stands(self, sentence: str) -> list[Evidence]:
        """Where the sentence stands word for word; looked for once."""
        if sentence not in self._verbatim_in:
            joined = join_tokens(tokens_of(sentence))
            is_there = any(joined in tokens for tokens in self._source.passage_tokens)
            self._verbatim_in[sentence] = [
                statement.evidence
                for statement in (self._source.statements if is_there else ())
                if stands_in(sentence, statement.text)
            ]
        return self._verbatim_in[sentence]

    def _related(self, sentence: str, verdict: SentenceCheck) -> SentenceCheck:
        """The verdict, labelled where what the sentence rests on does not answer the question."""
        if not self._bearing or not verdict.evidence:
            return verdict
        answers = max(map(self._bearing.of, verdict.evidence)) >= SURE_ENOUGH
        repeats = bool(self._before) and not (
            Claim.of(sentence).stems - Claim.of(self._before).stems
        )
        return replace(verdict, is_beside_the_point=repeats or not answers)


def _safely(attempt: Callable[[], T], passages: Sequence[Hit], sentence: str = "") -> T | None:
    """What the attempt returns; None, with a line in the log to reproduce it by, where it fails."""
    try:
        return attempt()
    except Exception:  # whatever is wrong in the check, a reader gets the answer
        read = ", ".join(f"{hit.uri}[{hit.start}:{hit.end}]" for hit in passages)
        _log.exception(
            "The check of a sentence failed; it is shown as unchecked. "
            "Reproduce it with rag.citations.check(%r, …) on the passages %s.", sentence, read,
        )  # fmt: skip
        return None


def _judged(
    sentences: Sequence[str],
    verdicts: Sequence[SentenceCheck],
    source: PassageSentences,
    judge: Judge,
    passages: Sequence[Hit],
) -> list[SentenceCheck]:
    """The verdicts, with support for each doubtful paraphrase that the judge confirms.

    It may be slow, and a reader waits: it is asked no more when the time for a check is over.
    """
    judged = list(verdicts)
    deadline = time.monotonic() + _MOST_SECONDS
    for n, (sentence, verdict) in enumerate(zip(sentences, verdicts, strict=True)):
        if not verdict.is_doubtful or time.monotonic() > deadline:
            continue
        read = [
            source.as_read(Evidence(e.hit, 0, len(passages[e.hit].text))) for e in verdict.evidence
        ]
        vote = _safely(partial(judge.confirms, "\n".join(dict.fromkeys(read)), sentence), passages)
        if vote:
            judged[n] = replace(verdict, supported=True)
    return judged


def _entailed(
    sentences: Sequence[str],
    verdicts: Sequence[SentenceCheck],
    source: PassageSentences,
    entailment: Entailment,
    passages: Sequence[Hit],
) -> list[SentenceCheck]:
    """The verdicts, with support taken from each paraphrase that does not follow from its evidence.

    What stands around a quote is read with it, as far as a reader has it too: a row says nothing without its
    header, "it lasts 16 weeks" nothing without its title.
    """
    places = [n for n, verdict in enumerate(verdicts) if verdict.grade is Grade.PARAPHRASE]
    pairs = [("\n".join(map(source.as_read, verdicts[n].evidence)), sentences[n]) for n in places]
    follows = _safely(lambda: entailment.holds(pairs), passages)
    if follows is None:
        return [UNCHECKED if n in places else verdict for n, verdict in enumerate(verdicts)]
    holds = dict(zip(places, follows, strict=True))
    return [
        SentenceCheck(Grade.NOT_FOUND, verdict.score) if holds.get(n) is False else verdict
        for n, verdict in enumerate(verdicts)
    ]


def _assembled(
    plain: str,
    spans: Sequence[tuple[int, int]],
    verdicts: Sequence[SentenceCheck],
    is_refusal: Sequence[bool],
    markers: Sequence[tuple[int, int]],
    passages: Sequence[Hit],
) -> Checked:
    numbered: dict[Evidence, int] = {}
    checked: list[Sentence] = []
    corrected = dropped = 0
    for index, ((start, end), verdict) in enumerate(zip(spans, verdicts, strict=True)):
        following = spans[index + 1][0] if index + 1 < len(spans) else len(plain) + 1
        evidence = verdict.evidence
        checked.append(
            Sentence(
                text=plain[start:end],
                supported=verdict.supported,
                citations=tuple(
                    numbered.setdefault(quote, len(numbered) + 1) for quote in evidence
                ),
                grade=verdict.grade,
                score=verdict.score,
                is_beside_the_point=verdict.is_beside_the_point,
            )
        )
        # A marker belongs to the sentence that it stands in or behind.
        named = [number for position, number in markers if start < position <= following]
        right = {quote.hit + 1 for quote in evidence}
        dropped += 0 if evidence else len(named)
        corrected += sum(number not in right for number in named) if evidence else 0
    return Checked(
        tuple(checked),
        tuple(cite(number, quote, passages) for quote, number in numbered.items()),
        frozenset(quote.hit for quote in numbered),
        _status(checked, is_refusal),
        corrected,
        dropped,
    )


def _status(checked: Sequence[Sentence], is_refusal: Sequence[bool]) -> Status:
    answers = [
        sentence for sentence, refuses in zip(checked, is_refusal, strict=True) if not refuses
    ]
    if any(is_refusal) and not any(map(_claims, answers)):
        return Status.NOT_IN_DOCUMENTS
    if not any(sentence.supported for sentence in checked):
        return Status.UNSUPPORTED
    claims = [
        sentence
        for sentence in answers
        if sentence.grade is not Grade.UNCHECKED or _claims(sentence)
    ]
    return Status.GROUNDED if all(sentence.supported for sentence in claims) else Status.PARTIAL


def _claims(sentence: Sentence) -> bool:
    """Whether a sentence says something of the matter, and not only that it is a pity."""
    claim = Claim.of(sentence.text)
    return sentence.supported or bool(claim.numbers) or len(claim.words) >= _CLAIM_WORDS


def _refusals(text: str, refusal: str) -> list[tuple[int, int]]:
    """Where the text says that the passages do not hold the answer."""
    phrases = {phrase.rstrip(".!").strip() for phrase in (refusal, REFUSAL)} - {""}
    return [
        match.span()
        for phrase in sorted(phrases)
        for match in re.finditer(re.escape(phrase), text, re.IGNORECASE)
    ]


def cite(number: int, evidence: Evidence, passages: Sequence[Hit]) -> Citation:
    """The citation of a stretch; its span counts the document's characters."""
    hit = passages[evidence.hit]
    return Citation(
        n=number,
        uri=hit.uri,
        title=hit.title,
        page=hit.page,
        section=hit.section,
        quote=hit.text[evidence.start : evidence.end],
        start=hit.start + evidence.start,
        end=hit.start + evidence.end,
        boxes=hit.boxes,
        metadata=hit.metadata,
    )
