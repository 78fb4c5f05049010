"""Words of a sentence that its evidence does not have, and that share of words must not outweigh.

"The company pays for your taxi home" has four of its five words in "the company pays a trip home at the
weekend", and the one that is missing is what it is about. Such a word is told from another way of putting the
same by three things: no word of the evidence is close to it in meaning; it stands elsewhere in the passages
and not in the question, so that the model has put two sentences together; or it is a noun without which the
sentence would be closer to its evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag.citations.statements import Evidence, PassageSentences, Statement
from rag.language.claims import Claim, Token, count_overlap
from rag.language.logic_words import ARTICLES, DETERMINERS, PREPOSITIONS
from rag.language.numerals import number, read_unit

if TYPE_CHECKING:
    from rag.embedder import Embedder

_SAME_MEANING = 0.6
"""Cosine from which two words say the same: measured, "notebook" and "laptop" .73, "trip" and "taxi" .46."""
_FOREIGN = 0.03
"""What the cosine of a sentence with its evidence gains when a word that is foreign to it is left out.
Measured where the rules find support: 14 of 52 wrong sentences have such a noun, and 4 of 363 right ones."""
_LONGEST_PHRASE = 3
"""Words of a noun phrase behind its article or preposition that may be nouns; behind them a verb follows."""
_OPENS_NOUN_PHRASE = ARTICLES | PREPOSITIONS | DETERMINERS


def has_unsaid_word(
    claim: Claim,
    evidence: Sequence[Evidence],
    source: PassageSentences,
    embedder: Embedder,
    question: Claim | None = None,
) -> bool:
    """Whether the claim has a word that its evidence does not say, and that changes what it says."""
    statements = [
        statement
        for statement in source.statements
        if any(statement.evidence.overlaps(stretch) for stretch in evidence)
    ]
    missing = list(_missing(claim, statements))
    if not missing or not statements:
        return False
    # A noun of the question is what the answer is about: it does not come from the sentence behind.
    beside = frozenset[str]().union(
        *(statement.before if question else statement.around for statement in statements)
    )
    borrowed = [
        token
        for token in missing
        if question
        and source.vocabulary.forms(token.stem)
        and not count_overlap([token.stem], question.stems)
    ]
    nouns = [
        token
        for token in missing
        if token not in borrowed
        and not count_overlap([token.stem], beside)
        and _is_in_noun_phrase(token, claim)
    ]
    strange = _without_close_word([*borrowed, *nouns], claim, statements, embedder)
    if any(token in borrowed for token in strange):
        return True
    return bool(strange) and _are_foreign(strange, claim, statements, embedder)


def _missing(claim: Claim, statements: Sequence[Statement]) -> Iterator[Token]:
    """Words of the claim that stand neither in the statements nor in a heading above them."""
    stated = frozenset[str]().union(
        *(statement.claim.stems | statement.about for statement in statements)
    )
    for token in claim.tokens:
        if token.is_number or read_unit(claim.order[token.place].low):
            continue
        if not count_overlap([token.stem], stated):
            yield token


def _is_in_noun_phrase(token: Token, claim: Claim) -> bool:
    """Whether an article or a preposition opens the run of content words that it stands in.

    "The cutter costs 5 euros": what is followed by a number, and not the first of the run, is the verb.
    """
    content = {other.place for other in claim.tokens}
    order, position = claim.order, token.place
    following = order[position + 1].low if position + 1 < len(order) else ""
    for length in range(1, _LONGEST_PHRASE + 1):
        start = position - length
        if start < 0 or order[start].clause != order[position].clause:
            return False
        if order[start].low in _OPENS_NOUN_PHRASE:
            is_verb = length > 1 and bool(number(following) or read_unit(following))
            return not is_verb
        if start not in content:
            return False
    return False


def _without_close_word(
    tokens: Sequence[Token], claim: Claim, statements: Sequence[Statement], embedder: Embedder
) -> list[Token]:
    """Those of the words that no word of the statements comes close to in meaning.

    What the claim says as well does not count: that "immunology" is close to "antigens" says nothing of
    antigens where the claim speaks of both.
    """
    stated = sorted(
        {
            statement.claim.order[token.place].low
            for statement in statements
            for token in statement.claim.tokens
            if not token.is_number and not count_overlap([token.stem], claim.words)
        }
    )
    if not tokens or not stated:
        return list(tokens)
    words = [claim.order[token.place].low for token in tokens]
    vectors = embedder.embed_documents([*stated, *words])
    closest = (vectors[len(stated) :] @ vectors[: len(stated)].T).max(axis=1)
    return [token for token, cosine in zip(tokens, closest, strict=True) if cosine < _SAME_MEANING]


def _are_foreign(
    tokens: Sequence[Token], claim: Claim, statements: Sequence[Statement], embedder: Embedder
) -> bool:
    """Whether the claim without one of the words comes closer to a statement than with it."""
    words = [word.text for word in claim.order]
    texts = [
        " ".join(words),
        *(" ".join(words[: token.place] + words[token.place + 1 :]) for token in tokens),
    ]
    stated = embedder.embed_documents([statement.with_header for statement in statements])
    whole, *without = (embedder.embed_documents(texts) @ stated.T).max(axis=1)
    return bool(max(without) - whole >= _FOREIGN)
