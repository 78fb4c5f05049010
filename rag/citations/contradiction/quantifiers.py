"""Quantifiers: whether a sentence speaks of all, most, some, two of five, or of these only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rag.language.claims import Claim, Token, count_overlap
from rag.language.logic_words import ALSO, QUANTIFIERS

_REACH = 2
"""Content words behind a quantity that say what it is a quantity of."""
_PART = frozenset({"of", "der", "des", "von", "de", "aus"})


def differs(claim: Claim, statement: Claim) -> bool:
    """Whether both say of how many, and not of as many."""
    statement_quantities = list(_quantities(statement))
    are_exclusive = [words for quantity, words in statement_quantities if quantity == "only"]
    for quantity, words in _quantities(claim):
        if (
            quantity == "all"
            and are_exclusive
            and not any(
                other == "all" and (not words or count_overlap(words, their))
                for other, their in statement_quantities
            )
        ):
            return True
        if quantity == "all" and not statement_quantities and _is_narrower(words, claim, statement):
            return True
        if quantity == "also" and any(count_overlap(words, only) for only in are_exclusive):
            return True
        same_thing = {
            other for other, their in statement_quantities if count_overlap(words, their)
        } & _SHARES
        if quantity in _SHARES and same_thing and quantity not in same_thing:
            return True
    return False


def _is_narrower(words: frozenset[str], claim: Claim, statement: Claim) -> bool:
    """Whether it is statement of some kind of them alone: of guide dogs, where all dogs are claim."""
    return any(
        noun.stem in words
        and kind_of.place == noun.place - 1
        and not (kind_of.is_number or count_overlap([kind_of.stem], claim.words))
        for kind_of, noun in pairwise(statement.tokens)
    )


_SHARES = frozenset({"all", "most", "some"})


def _quantities(claim: Claim) -> Iterator[tuple[str, frozenset[str]]]:
    for index, word in enumerate(claim.order):
        following = claim.order[index + 1].low if index + 1 < len(claim.order) else ""
        quantity = QUANTIFIERS.get(word.low, "")
        if word.low == "any" and following == "time":
            quantity = "all"
        token = next((candidate for candidate in claim.tokens if candidate.place == index), None)
        if not quantity and token and token.is_number and not token.unit and following in _PART:
            quantity = "some"
        if word.low in ALSO:
            quantity = "also"
        if not quantity:
            continue
        nouns = [
            candidate
            for candidate in claim.tokens
            if candidate.place > index
            and candidate.clause == word.clause
            and not candidate.is_number
        ]
        if word.low in _PRONOUNS or word.low == "any":
            nouns = []
        elif quantity == "only" and not nouns:
            nouns = [candidate for candidate in claim.tokens if candidate.place < index][-_REACH:]
        yield quantity, _stems(nouns[:_REACH])


_PRONOUNS = frozenset({"everyone", "everybody", "anytime", "jederzeit"})


def _stems(tokens: list[Token]) -> frozenset[str]:
    return frozenset(token.stem for token in tokens)
