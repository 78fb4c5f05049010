"""What a sentence sets against each other: "if it is red, wait; if it is green, go", "one 30, the other 15".

Such a sentence has parts that say the same of different things. Two of them are laid side by side: what is
the same in both holds them together, and what stands between is a slot that each fills in its own way. Who
takes one slot from the first and another from the second has mixed them up, though every word is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from rag.citations.contradiction.parallel_parts import (
    FRAME,
    Item,
    Part,
    align_items,
    is_parallel,
    is_same,
    only_denies,
    split_parallel_parts,
)
from rag.language.claims import Claim, Token, count_overlap
from rag.language.logic_words import EXCEPTIONS, PERSONAL_PRONOUNS, WITHOUT


@dataclass(frozen=True, slots=True)
class _Slot:
    """What the one part says here, and what the other; and `replaced`, what the other says it instead of."""

    first: frozenset[str]
    second: frozenset[str]
    replaced: frozenset[str]

    @classmethod
    def of(cls, first: Sequence[str], second: Sequence[str]) -> _Slot:
        # What it has no counterpart for, the second takes from the first.
        many = len(second) or len(first)
        return cls(frozenset(first), frozenset(second), frozenset(first[:many]))


def mixes(claim: Claim, statement: Claim) -> bool:
    """Whether what is wanted takes something from one part of what is said, and something from another."""
    parts = split_parallel_parts(statement)
    if len(parts) < 2 or any(word.low in EXCEPTIONS for word in claim.order):
        return False
    readings = [_all_readings(part) for part in parts]
    units = [
        unit
        for part in split_parallel_parts(claim, allow_gaps=False)
        # What says only what one part says, or all that they say, mixes nothing.
        if not any((unit := _all_readings(part)) <= their for their in readings)
    ]
    return any(
        _is_mixed(unit, first, second, slots)
        for (n, first), (m, second) in combinations(enumerate(parts), 2)
        if is_parallel(first.items, second.items) or (m == n + 1 and _follows(first, second))
        if not first.is_date
        if (slots := _slots(_without_subject(first, second, statement), second))
        for unit in units
    )


def _without_subject(first: Part, second: Part, statement: Claim) -> Part:
    """The first part without its subject, where a pronoun takes that up in the second."""
    if statement.order[second.start].low not in PERSONAL_PRONOUNS:
        return first
    subject = next((n for n, item in enumerate(first.items) if item.sort == "word"), None)
    if subject is None:
        return first
    return replace(first, items=(*first.items[:subject], *first.items[subject + 1 :]))


def _follows(first: Part, second: Part) -> bool:
    """Whether the one behind is an alternative though they have no word in common: "if …; if …"."""
    is_condition = all(
        any(item.sort == "condition" for item in part.items) for part in (first, second)
    )
    return second.is_else or second.is_short or is_condition


def _all_readings(part: Part) -> frozenset[str]:
    return frozenset(key for item in part.items for key in _readings(item))


def _readings(item: Item) -> Iterator[str]:
    """What it may stand for in another sentence: a number with a bound for itself, one without for any."""
    if item.key in WITHOUT:
        yield "not"
    if item.sort in FRAME:
        return
    yield item.key
    if item.sort.startswith("number"):
        bare = item.key.rstrip("<>")
        yield from [bare] if bare != item.key else [f"{bare}<", f"{bare}>"]


def find_part(token: Token, statement: Claim) -> int:
    """The number, from 0, of the part that a word of the sentence stands in."""
    return sum(part.start <= token.place for part in split_parallel_parts(statement)[1:])


def denies_a_part(statement: Claim) -> bool:
    """Whether a part of the sentence does nothing but deny what another one affirms."""
    parts = split_parallel_parts(statement)
    return len(parts) > 1 and any(only_denies(part.items) for part in parts[1:])


def _is_mixed(unit: frozenset[str], first: Part, second: Part, slots: Sequence[_Slot]) -> bool:
    if _all_readings(first) | _all_readings(second) <= unit:
        return False
    filled = {_filled_from(unit, slot) for slot in slots}
    if first.denies != second.denies:
        filled.add(1 if first.denies == ("not" in unit) else 2)
    if only_denies(second.items) and not first.denies and "not" not in unit:
        return any(count_overlap(slot.second, unit) for slot in slots)
    return filled >= {1, 2}


def _filled_from(unit: frozenset[str], slot: _Slot) -> int:
    """1 or 2 for the part that a slot is filled from; 0 for neither and for both."""
    second = count_overlap(slot.second, unit) / max(len(slot.second), 1)
    if not second:
        return int(bool(count_overlap(slot.replaced, unit)))
    first = count_overlap(slot.first, unit) / max(len(slot.first), 1)
    return 0 if first == second else 1 if first > second else 2


def _slots(one: Part, other: Part) -> list[_Slot]:
    """What stands between what is the same in both.

    What only the first says holds for the second as well, which leaves it out; unless the second holds
    otherwise. What only the second says is its own, but for its end, which both may share.
    """
    first, second = one.items, other.items
    slots = []
    if other.is_else:
        condition, first = _condition(first)
        slots.append(_Slot.of(condition, ()))
    own_keys, other_keys = {item.key for item in first}, {item.key for item in second}
    together = align_items(first, second)
    if not any(is_same(first[a], second[b]) for a, b in together):
        mine_here, theirs_here = _own(first, other_keys), _own(second, own_keys)
        if len(theirs_here) < 2:
            return [*slots, _Slot.of(mine_here, theirs_here)]
        # Of "damaged tools go into the red box, undamaged ones back" the beginnings and the ends.
        first_words = 1 if len(theirs_here) > 2 else -1
        return [
            *slots,
            _Slot.of(mine_here[:first_words], theirs_here[:first_words]),
            _Slot.of(mine_here[-1:], theirs_here[-1:]),
        ]
    is_short_of_subject = bool(second) and second[0].sort.startswith("number")
    pairs = [(-1, -1), *together, (len(first), len(second))]
    for (a, b), (next_a, next_b) in pairwise(pairs):
        if a >= 0 and first[a].key != second[b].key and first[a].sort not in FRAME:
            slots.append(_Slot.of([first[a].key], [second[b].key]))
        run = first[a + 1 : next_a]
        if slots and not slots[-1].first and (phrase := _phrase(run)):
            # "files of up to 2 GB" and "larger files"
            slots[-1] = _Slot.of(_own(phrase, other_keys), sorted(slots[-1].second))
            run = run[len(phrase) :]
        mine_here, theirs_here = _own(run, other_keys), _own(second[b + 1 : next_b], own_keys)
        # "The warranty is 2 years, and 3 years for pumps": its end is all that sets the second apart.
        is_apart = next_b == len(second) and bool(slots) and is_short_of_subject
        is_noun = a >= 0 and first[a].sort == second[b].sort == "word"
        if is_noun and len(mine_here) > 1 and len(theirs_here) > 1:
            # "le bassin extérieur est évacué, le bassin couvert reste ouvert": which one, and what of it
            slots.append(_Slot.of(mine_here[:1], theirs_here[:1]))
            mine_here, theirs_here = mine_here[1:], theirs_here[1:]
        if theirs_here and (mine_here or next_b < len(second) or is_apart):
            slots.append(_Slot.of(mine_here, theirs_here))
    return slots


def _condition(items: Sequence[Item]) -> tuple[list[str], tuple[Item, ...]]:
    """The words of the part's condition, and the items of the rest."""
    start = next((n for n, item in enumerate(items) if item.sort == "condition"), len(items))
    end = next((n for n in range(start, len(items)) if items[n].sort == "comma"), len(items))
    return _own(items[start:end], set()), (*items[:start], *items[end:])


def _phrase(items: Sequence[Item]) -> Sequence[Item]:
    """The preposition at the beginning with what depends on it, to its first number or word; or nothing."""
    if not items or items[0].sort not in {"preposition", "direction"}:
        return ()
    end = next(
        (
            n
            for n, item in enumerate(items)
            if item.sort == "word" or item.sort.startswith("number")
        ),
        -1,
    )
    end += end + 1 < len(items) and items[end + 1].sort == "unit"
    return items[: end + 1]


def _own(items: Sequence[Item], elsewhere: set[str]) -> list[str]:
    return [
        item.key
        for item in items
        if item.sort not in FRAME and item.key not in elsewhere | {"not", "only"}
    ]
