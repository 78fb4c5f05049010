"""The parts of a sentence that say the same of different things, and how two of them lie side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.language.claims import Claim, Token, find_opposite, same_word_form
from rag.language.logic_words import (
    ALTERNATIVES,
    ARTICLES,
    AUXILIARIES,
    CONDITIONS,
    ELSE,
    INVERTING,
    NEGATIONS,
    ONE,
    PREPOSITIONS,
    QUANTIFIERS,
    RANGE_JOINTS,
    UNIT_SIGNS,
    WITHOUT,
)
from rag.language.numerals import read_unit
from rag.language.tokens import Word

_LONGEST = 40
"""Items of a part, at most."""
_SHORT = 8
"""The same for one that has nothing but its articles and prepositions in common with the other."""
_ELLIPSIS = 3
"""The same for one that only denies: "users may not"."""
_GAPPED = 4
"""Words and numbers, at most, of one that leaves out its verb."""
_ADVERBS = frozenset(
    {"not", "never", "cannot", "nicht", "nie", "niemals", "ne", "pas", "jamais", "nunca"}
)
_INDEFINITE = ONE | {"a", "an"}
FRAME = frozenset({"article", "preposition", "comma", "condition", "unit"})
"""What holds a sentence together and says nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A word, number, preposition, article or comma; `key` is what it is compared by, `sort` what with."""

    key: str
    sort: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sentence; `start` is the place of its first word.

    `is_else`: it holds otherwise. `is_short`: it leaves out words that the part before it has said.
    """

    items: tuple[Item, ...]
    start: int
    is_else: bool
    is_short: bool

    @property
    def denies(self) -> bool:
        return any(item.key == "not" for item in self.items)

    @property
    def is_date(self) -> bool:
        """Whether it says no more than when, and so belongs to the part behind: "As of 31 March 2023"."""
        says = [item for item in self.items if item.sort not in FRAME]
        return all(item.sort in {"number date", "number year"} for item in says)


@lru_cache(maxsize=1024)
def split_parallel_parts(claim: Claim, *, allow_gaps: bool = True) -> tuple[Part, ...]:
    """The sentence in parts that are parallel to one another; itself where it has none."""
    parts: list[Part] = []
    current: list[Item] = []
    is_else, is_short, start = False, False, 0
    runs = list(_runs(claim))
    for number, (run, opener, sign, index) in enumerate(runs):
        if sign == "," and _is_apposition(
            run, [item for earlier in runs[:number] for item in earlier[0]]
        ):
            continue
        end = runs[number + 1][3] if number + 1 < len(runs) else len(claim.order)
        has_verb = any(word.low in AUXILIARIES for word in claim.order[index:end])
        is_apart = opener in ALTERNATIVES or sign == ";"
        shortens = only_denies(run) or (
            allow_gaps and sign == "," and _is_gapped(current, run, has_verb=has_verb)
        )
        if current and (
            is_apart or (not _awaits(current) and (shortens or is_parallel(current, run)))
        ):
            parts.append(Part(tuple(current), start, is_else, is_short))
            current, is_else, is_short, start = [], opener in ELSE, shortens, index
        elif current:
            current.append(Item(",", "comma"))
        current += run
    return (*parts, Part(tuple(current), start, is_else, is_short))


def _runs(claim: Claim) -> Iterator[tuple[list[Item], str, str, int]]:
    """The items between two commas or conjunctions, the word that opens them, the sign before, the place."""
    tokens = {token.place: token for token in claim.tokens}
    run: list[Item] = []
    opener = sign = ""
    clause = start = 0
    for index, word in enumerate(claim.order):
        is_joint = word.low in RANGE_JOINTS
        if (
            is_joint
            and not word.sign
            and _is_range(run, tokens.get(index + 1) or tokens.get(index + 2))
        ):
            clause = word.clause
            continue
        # "In 1809 a flood": Spanish and French ranges have the word that is an English article.
        is_joint &= word.low not in ARTICLES
        is_joint &= bool(run) and run[-1].sort.startswith(("number", "unit"))
        if run and (word.clause != clause or word.low in ALTERNATIVES or is_joint):
            yield run, opener, sign, start
            run, opener, sign, start = [], word.low, word.sign, index
        elif not run:
            opener, sign = (opener if opener in ALTERNATIVES else word.low), sign or word.sign
        clause = word.clause
        run += _items(word, tokens.get(index), run)
    if run:
        yield run, opener, sign, start


def _items(word: Word, token: Token | None, before: Sequence[Item]) -> Iterator[Item]:
    """What a word is here; nothing for one that says nothing."""
    low = word.low
    if token and token.is_number:
        yield Item(token.stem + ("", ">", "<")[token.bound], f"number {token.kind}")
    elif low in QUANTIFIERS:
        yield Item(QUANTIFIERS[low], "quantity")
    elif (low in NEGATIONS and low not in WITHOUT) or low.endswith("n't"):
        yield Item("not", "denial" if low in _ADVERBS or low.endswith("n't") else "quantity")
    elif low in CONDITIONS or (low in INVERTING and not before):
        yield Item(low, "condition")
    elif low in PREPOSITIONS:
        is_direction = token and find_opposite(token.stem)
        yield (
            Item(token.stem, "direction") if token and is_direction else Item(low, "preposition")
        )
    elif low in UNIT_SIGNS:
        yield Item(low, "unit")
    elif low in ARTICLES and not token:
        yield Item(low, "article")
    elif read_unit(low) and before and before[-1].sort.startswith("number"):
        yield Item(low, "unit")
    elif (
        token and low not in ALTERNATIVES and low != "ones"
    ):  # it stands for a noun of the other part
        yield Item(token.stem, "word")


def _is_range(run: Sequence[Item], following: Token | None) -> bool:
    """Whether a number of the same kind stands on either side: "between 2 and 4"."""
    if following is None or not following.is_number:
        return False
    return any(item.sort == f"number {following.kind}" for item in run[-2:])


def _awaits(items: Sequence[Item]) -> bool:
    """Whether a condition has been said, and not yet what follows from it."""
    sorts = [item.sort for item in items]
    return "condition" in sorts and "comma" not in sorts[sorts.index("condition") :]


def _is_apposition(run: Sequence[Item], before: Sequence[Item]) -> bool:
    """Whether it adds a figure of another kind to all that stands before it: ", a decrease of 5.7 %"."""
    kinds = {item.sort for item in run if item.sort.startswith("number")}
    return (
        bool(kinds)
        and run[0].key in _INDEFINITE
        and any(item.sort.startswith("number") for item in before)
        and kinds.isdisjoint(item.sort for item in before)
    )


def _is_gapped(first: Sequence[Item], second: Sequence[Item], *, has_verb: bool) -> bool:
    """Whether the second leaves out the verb of the first: "interns monthly, day labourers weekly"."""
    words = [item for item in second if item.sort not in FRAME]
    if len(words) == 2 and words[0].sort == "quantity" and words[1].key.endswith(("<", ">")):
        return False  # ", at most 85,000 euros" is a limit of what stands before it
    return (
        not has_verb
        and 1 < len(words) <= _GAPPED
        and len([item for item in first if item.sort not in FRAME]) > 1
    )


def only_denies(run: Sequence[Item]) -> bool:
    """ "Employees do not", "users may not", "none in the same month"."""
    words = [item for item in run if item.sort not in FRAME]
    if len(words) < 2 or len(words) > _ELLIPSIS:
        return len(words) > 1 and words[-1].key == "not"
    return words[-1].key == "not" or (words[0].key == "not" and words[0].sort == "quantity")


def is_parallel(first: Sequence[Item], second: Sequence[Item]) -> bool:
    """Whether both have a word or a kind of number in common, or the same articles and prepositions."""
    if len(first) > _LONGEST or len(second) > _LONGEST:
        return False
    if not any(item.sort not in FRAME for item in second):
        return False
    frames = 0
    for a, b in align_items(first, second):
        own_item, other = first[a], second[b]
        if is_same(own_item, other) and (
            own_item.key == other.key
            or own_item.sort != "word"
            or not same_word_form(own_item.key, other.key)
        ):
            return True
        frames += own_item.sort in FRAME | {"quantity"}
    return frames > 2 and len(second) <= _SHORT


def is_same(a: Item, b: Item) -> bool:
    """The same word in another form, its opposite, or a number of the same kind."""
    if a.sort != b.sort:
        return False
    if a.sort.startswith("number"):
        return True
    return a.sort in {"word", "direction"} and (
        a.key == b.key or same_word_form(a.key, b.key) or b.key in find_opposite(a.key)
    )


def _weight(a: Item, b: Item) -> float:
    if is_same(a, b):
        return 3.5 if a.key == b.key else 3.0
    if a.sort != b.sort or a.sort not in FRAME | {"quantity"}:
        return 0.0
    return 0.6 if a.key == b.key else 0.4


def align_items(first: Sequence[Item], second: Sequence[Item]) -> list[tuple[int, int]]:
    """The places that belong together, in order: the heaviest common subsequence, later ones first."""
    weights = [[_weight(a, b) for b in second] for a in first]
    best = [[0.0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, row in enumerate(weights, 1):
        for j, weight in enumerate(row, 1):
            best[i][j] = max(best[i - 1][j], best[i][j - 1], best[i - 1][j - 1] + weight)
    pairs = []
    i, j = len(first), len(second)
    while i and j:
        weight = weights[i - 1][j - 1]
        if weight and best[i][j] == best[i - 1][j - 1] + weight:
            pairs.append((i - 1, j - 1))
            i, j = i - 1, j - 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i -= 1
    return pairs[::-1]
