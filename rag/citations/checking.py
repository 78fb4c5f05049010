"""Checking an answer against the passages: nothing rests on what the model says it used.

Each clause of a sentence has to rest on one sentence of a passage that holds its numbers with their units,
its names and most of its content words, denies what it denies, and says nothing to the contrary. What the
sentence of the passage is about may stand around it: in its title, its section, the sentences beside it.
The shortest such stretch is the quote. Where there is an entailment model, it has to find the sentence in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import Citation, Sentence, Status
from rag.citations.entailment import Entailment
from rag.citations.relevance import SURE_ENOUGH, Bearing
from rag.citations.statements import Evidence, PassageSentences
from rag.citations.support import find_evidence
from rag.hit import Hit
from rag.language import sentences
from rag.language.claims import Claim
from rag.profile import REFUSAL

_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer's sentences with the citations that carry them.

    `corrected` and `dropped` count the passage numbers that the model wrote itself: those that named another
    passage than the one that carries the sentence, and those of sentences that nothing carries. `quotation`
    is the last of the sentences where it is none of the model's.
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    cited: frozenset[int]
    status: Status
    corrected: int = 0
    dropped: int = 0
    quotation: str = ""


def check(
    text: str,
    passages: Sequence[Hit],
    refusal: str = REFUSAL,
    bearing: Bearing | None = None,
    *,
    entailment: Entailment | None = None,
    quote: bool = False,
    before: str = "",
) -> Checked:
    """Check each sentence of `text` against the passages that were in the prompt.

    `refusal` is the sentence that says that they do not hold the answer. With `bearing`, what stands in them
    beside the question supports nothing; with `entailment`, nor does what a sentence does not follow from. To
    `quote` means to add the sentence that answers the question, as a quotation, where nothing else is
    supported. `before` is what was said in the turn that the question goes on from: who only says that again
    has not answered.
    """
    plain, markers = _without_markers(text)
    if not plain.strip() or _refuses(plain, refusal):
        said = (Sentence(text=plain.strip(), supported=False),) if plain.strip() else ()
        status = Status.NOT_IN_DOCUMENTS if plain.strip() else Status.UNSUPPORTED
        return Checked(said, (), frozenset(), status, dropped=len(markers))
    numbered: dict[Evidence, int] = {}
    checked: list[Sentence] = []
    corrected = dropped = 0
    source = bearing.source if bearing else PassageSentences(passages)
    spans = list(sentences.spans(plain))
    carried = [find_evidence(plain[start:end], source) for start, end in spans]
    if bearing:
        carried = [
            found if _answers(plain[start:end], found, bearing, before) else ()
            for (start, end), found in zip(spans, carried, strict=True)
        ]
    if entailment:
        carried = _entailed([plain[start:end] for start, end in spans], carried, source, entailment)
    for place, ((start, end), found) in enumerate(zip(spans, carried, strict=True)):
        following = spans[place + 1][0] if place + 1 < len(spans) else len(plain) + 1
        numbers = tuple(numbered.setdefault(each, len(numbered) + 1) for each in found)
        checked.append(Sentence(text=plain[start:end], supported=bool(found), citations=numbers))
        # A marker belongs to the sentence that it stands in or behind.
        named = [number for position, number in markers if start < position <= following]
        right = {each.hit + 1 for each in found}
        dropped += 0 if found else len(named)
        corrected += sum(number not in right for number in named) if found else 0
    quotation = ""
    if quote and bearing and not numbered and (best := bearing.best):
        quotation = _quotation(passages[best.hit].text[best.start : best.end])
        numbered[best] = 1
        checked.append(Sentence(text=quotation, supported=True, citations=(1,)))
    supported = sum(sentence.supported for sentence in checked)
    return Checked(
        tuple(checked),
        tuple(cite(number, each, passages) for each, number in numbered.items()),
        frozenset(each.hit for each in numbered),
        _status(supported, len(checked)),
        corrected,
        dropped,
        quotation,
    )


def _entailed(
    said: Sequence[str],
    carried: Sequence[tuple[Evidence, ...]],
    source: PassageSentences,
    entailment: Entailment,
) -> list[tuple[Evidence, ...]]:
    """What carries each sentence, () where the sentence does not follow from it.

    What stands around a quote is read with it, as far as a reader has it too: a row says nothing without its
    header, "it lasts 16 weeks" nothing without its title.
    """
    places = [place for place, found in enumerate(carried) if found]
    pairs = [("\n".join(map(source.as_read, carried[place])), said[place]) for place in places]
    holds = dict(zip(places, entailment.holds(pairs), strict=True))
    return [found if holds.get(place) else () for place, found in enumerate(carried)]


def _answers(sentence: str, found: Sequence[Evidence], bearing: Bearing, before: str) -> bool:
    if max(map(bearing.of, found), default=0.0) < SURE_ENOUGH:
        return False
    return not before or bool(Claim.of(sentence).stems - Claim.of(before).stems)


def _quotation(text: str) -> str:
    """The words of a document, marked as such; of a table's row without its outer lines."""
    return f"“{' '.join(text.split()).strip('| ')}”"


def _status(supported: int, sentences: int) -> Status:
    if not supported:
        return Status.UNSUPPORTED
    return Status.GROUNDED if supported == sentences else Status.PARTIAL


def _without_markers(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without "[1, 2]", and each number with the place in that text where it stood."""
    plain, markers, end = "", [], 0
    for match in _MARKER.finditer(text):
        plain += text[end : match.start()]
        markers += [(len(plain), int(number)) for number in re.findall(r"\d+", match[0])]
        end = match.end()
    return plain + text[end:], markers


def _refuses(text: str, refusal: str) -> bool:
    said = text.casefold()
    return any(each.rstrip(".!").casefold() in said for each in (refusal, REFUSAL))


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
    )
