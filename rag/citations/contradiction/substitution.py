"""One word in the place of another: "booked through the office" and "booked through the front desk".

Both sentences are laid side by side. Where the same verb and the same preposition lead to different words, or
a time or an amount is counted in another unit, the one does not say what the other says.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from rag.citations.contradiction.roles import is_preposition
from rag.language.claims import Claim, Token, same_word_form
from rag.language.logic_words import ARTICLES, AUXILIARIES, BY, PERIODS, QUANTIFIERS
from rag.language.numerals import kind, read_unit

_LONGEST = 40
"""Words of a sentence that are laid side by side, at most."""


def replaces_object(claim: Claim, statement: Claim) -> bool:
    """Whether a word missing from `statement` depends on a verb and preposition with another one there."""
    others = {key for key, _ in _objects(statement)}
    return any(
        key in others and not _have_common_form(words, statement.words)
        for key, words in _objects(_in_forms_of(claim, statement))
    )


def replaces_unit(claim: Claim, statement: Claim) -> bool:
    """Whether something is counted in minutes here and in months there, at the same position."""
    own, others = _stems(_in_forms_of(claim, statement)), _stems(statement)
    if max(len(own), len(others)) > _LONGEST:
        return False
    for tag, a, b, c, d in SequenceMatcher(a=own, b=others, autojunk=False).get_opcodes():
        if tag != "replace" or b - a != 1 or d - c != 1:
            continue
        unit, other = read_unit(own[a]), read_unit(others[c])
        if unit in PERIODS and other in PERIODS and unit != other and unit not in others:
            return kind(unit) == kind(other) or {unit, other} <= PERIODS
    return False


def takes_another_verb(claim: Claim, statement: Claim) -> bool:
    """Whether the word behind an auxiliary gives way to one that stands elsewhere in the statement.

    "Bolts are loosened each time they are loosened" for "bolts are renewed each time they are loosened".
    Where more than that has changed, as in another of two parallel clauses, nothing is said.
    """
    own, others = _in_forms_of(claim, statement), _items(statement)
    if max(len(own), len(others)) > _LONGEST:
        return False
    known, other_known = (
        {item for item, _, content in items if content} for items in (own, others)
    )
    replaced = [
        (own[a][0], others[c][0], own[a - 1][1])
        for tag, a, b, c, d in SequenceMatcher(
            a=[item for _, item, _ in own], b=[item for _, item, _ in others], autojunk=False
        ).get_opcodes()
        if tag == "replace" and b - a == 1 and d - c == 1 and a and own[a][2] and others[c][2]
    ]
    changed = [
        auxiliary
        for word, other, auxiliary in replaced
        if word in other_known and other not in known
    ]
    return len(changed) == 1 and changed[0] in AUXILIARIES


def swaps_objects(claim: Claim, statement: Claim) -> bool:
    """Whether what depends on one verb there depends on another here: "cast in A and polished in B"."""
    statement_objects = list(_objects(statement))
    for (word, preposition), words in _objects(_in_forms_of(claim, statement)):
        own = [others for key, others in statement_objects if key == (word, preposition)]
        elsewhere = [
            others
            for (verb, other), others in statement_objects
            if verb != word and other == preposition and _have_common_form(words, others)
        ]
        if (
            len(own) == 1
            and elsewhere
            and not _have_common_form(words, own[0])
            and _have_common_form(own[0], claim.words)
        ):
            return True
    return False


def turns_voice(claim: Claim, statement: Claim) -> bool:
    """Whether one does what is done to it there: "sides supporting an army", "sides supported by an army"."""
    return any(
        _is_done_by(passive, verb)
        and not _is_done_by(active, other)
        and _has_object(active, other)
        and before.stem == other_before.stem
        and verb.stem != other.stem
        and same_word_form(verb.stem, other.stem)
        for passive, active in ((claim, statement), (statement, claim))
        for before, verb in pairwise(passive.tokens)
        for other_before, other in pairwise(active.tokens)
    )


def _is_done_by(claim: Claim, verb: Token) -> bool:
    return _read_low(claim, verb.place + 1) in BY


def _has_object(claim: Claim, verb: Token) -> bool:
    """Whether a verb in "-ing" has an object right behind it, with its article or without."""
    if not claim.order[verb.place].low.endswith("ing"):
        return False
    position = verb.place + 1 + (_read_low(claim, verb.place + 1) in ARTICLES)
    return any(token.place == position and not token.is_number for token in claim.tokens)


def _read_low(claim: Claim, position: int) -> str:
    return claim.order[position].low if position < len(claim.order) else ""


def replaces_name(claim: Claim, statement: Claim) -> bool:
    """Whether another name stands before the same two: "John Manuel Santos" for "Juan Manuel Santos"."""
    return any(
        (second.stem, third.stem) == (other_second.stem, other_third.stem)
        and first.stem != other_first.stem
        and other_first.stem not in claim.words
        for first, second, third in _named_triples(claim)
        for other_first, other_second, other_third in _named_triples(statement)
    )


def _named_triples(claim: Claim) -> Iterator[tuple[Token, Token, Token]]:
    """Three names that stand side by side."""
    for names in _triples(claim):
        if all(name.is_name or name.stem == claim.opener for name in names):
            yield names


def _triples(claim: Claim) -> Iterator[tuple[Token, Token, Token]]:
    """Three content words or numbers that stand side by side in one clause."""
    for first, second, third in zip(claim.tokens, claim.tokens[1:], claim.tokens[2:], strict=False):
        if third.place - first.place == 2 and first.clause == third.clause:
            yield first, second, third


_NEGATING_PREFIXES = (
    "un",
    "in",
    "im",
    "il",
    "ir",
    "non",
    "non-",
    "dis",
    "mis",
    "nicht",
    "nicht-",
    "anti",
)
_SHORTEST = 5
"""Characters of a word that may be turned by a prefix: "press" and "impress" have nothing in common."""


def negates_word(claim: Claim, statement: Claim) -> bool:
    """Whether one has the word, and the other in its place that word with a prefix that negates it."""
    own, theirs = _affirmed(claim), _affirmed(statement)
    return any(
        one.removeprefix(prefix) == other
        for prefix in _NEGATING_PREFIXES
        for ones, others in ((own, theirs), (theirs, own))
        for one in ones - others
        if one.startswith(prefix) and len(one) - len(prefix) >= _SHORTEST
        for other in others - ones
    )


def _affirmed(claim: Claim) -> frozenset[str]:
    """Its words, but for those that are denied: "without a signed form" says unsigned."""
    return frozenset(
        token.stem for token in claim.tokens if not token.is_number and not token.denied
    )


def _stems(words: list[tuple[str, str, bool]] | Claim) -> list[str]:
    items = words if isinstance(words, list) else _items(words)
    return [word for word, _, is_content in items if is_content]


@lru_cache(maxsize=512)
def _items(claim: Claim) -> list[tuple[str, str, bool]]:
    """Each content word and preposition: what it is compared by, as it stands, whether it is content."""
    tokens = {token.place: token for token in claim.tokens}
    items = []
    for position, word in enumerate(claim.order):
        if position and word.clause != claim.order[position - 1].clause:
            items.append(("", "", False))
        if token := tokens.get(position):
            low = word.low if read_unit(word.low) else token.stem
            items.append((low, word.low, True))
        elif is_preposition(claim.order, position):
            items.append((word.low, word.low, False))
        elif word.low not in ARTICLES and word.low not in QUANTIFIERS:
            items.append(("", word.low, False))
    return items


def _in_forms_of(claim: Claim, other: Claim) -> list[tuple[str, str, bool]]:
    """The items of a claim, token_text word in the form that the other has it in."""
    stems = [item for item, _, is_content in _items(other) if is_content]
    return [
        (
            next((stem for stem in stems if stem == item or same_word_form(stem, item)), item)
            if is_content
            else item,
            low,
            is_content,
        )
        for item, low, is_content in _items(claim)
    ]


def _objects(
    items: list[tuple[str, str, bool]] | Claim,
) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    """What depends on a preposition right behind a word: (word, preposition) and the words that follow."""
    items = items if isinstance(items, list) else _items(items)
    for position in range(len(items) - 2):
        (word, _, is_content), (preposition, _, other) = items[position], items[position + 1]
        # "Hard to find" has no object, and a number no verb.
        if not is_content or other or preposition in {"", "to"} or word[-1].isdigit():
            continue
        words = []
        for item, _, follows in items[position + 2 :]:
            if not follows:
                break
            words.append(item)
        if words and not any(
            character.isdigit() for token_text in words for character in token_text
        ):
            yield (word, preposition), frozenset(words)


def _have_common_form(words: frozenset[str], others: frozenset[str]) -> bool:
    return any(a == b or same_word_form(a, b) for a in words for b in others)
