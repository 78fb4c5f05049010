"""Of how many something is said: of all, of most, of some, of two of five, of these only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rag.language.claims import Claim, Token, count_overlap
from rag.language.logic_words import ALSO, QUANTIFIERS

_REACH = 2
"""Content words behind a quantity that say what it is a quantity of."""
_PART = frozenset({"of", "der", "des", "von", "de", "aus"})


def differs(wanted: Claim, said: Claim) -> bool:
    """Whether both say of how many, and not of as many."""
    theirs = list(_quantities(said))
    are_exclusive = [words for quantity, words in theirs if quantity == "only"]
    for quantity, words in _quantities(wanted):
        if (
            quantity == "all"
            and are_exclusive
            and not any(
                other == "all" and (not words or count_overlap(words, their))
                for other, their in theirs
            )
        ):
            return True
        if quantity == "all" and not theirs and _is_narrower(words, wanted, said):
            return True
        if quantity == "also" and any(count_overlap(words, only) for only in are_exclusive):
            return True
        same_thing = {other for other, their in theirs if count_overlap(words, their)} & _SHARES
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
    for place, word in enumerate(claim.order):
        following = claim.order[place + 1].low if place + 1 < len(claim.order) else ""
        quantity = QUANTIFIERS.get(word.low, "")
        if word.low == "any" and following == "time":
            quantity = "all"
        token = next((each for each in claim.tokens if each.place == place), None)
        if not quantity and token and token.is_number and not token.unit and following in _PART:
            quantity = "some"
        if word.low in ALSO:
            quantity = "also"
        if not quantity:
            continue
        nouns = [
            each
            for each in claim.tokens
            if each.place > place and each.clause == word.clause and not each.is_number
        ]
        if word.low in _PRONOUNS or word.low == "any":
            nouns = []
        elif quantity == "only" and not nouns:
            nouns = [each for each in claim.tokens if each.place < place][-_REACH:]
        yield quantity, _stems(nouns[:_REACH])


_PRONOUNS = frozenset({"everyone", "everybody", "anytime", "jederzeit"})


def _stems(tokens: list[Token]) -> frozenset[str]:
    return frozenset(each.stem for each in tokens)
