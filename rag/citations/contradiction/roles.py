"""Who does it to whom, and what comes first: the same words in another order may say the contrary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, groupby, pairwise

from rag.language.claims import Claim, Token, count_overlap, same_word_form
from rag.language.logic_words import (
    AFTER,
    ARTICLES,
    AUXILIARIES,
    BEFORE,
    BY,
    CONTRACTIONS,
    LATER,
    PREPOSITIONS,
    QUANTIFIERS,
    SUCCEEDING,
    THEN,
)
from rag.language.numerals import read_unit
from rag.language.tokens import Word


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word stands, and the preposition that it depends on.

    `is_framed`: an article or a preposition is right before it. `subject`: the word right before it, as
    before a verb, if that depends on no preposition. `is_passive`: an auxiliary is right before it.
    `has_object`: an article or a quantity is next.
    """

    place: int
    marker: str
    is_framed: bool
    subject: str = ""
    is_passive: bool = False
    has_object: bool = False


def swaps(claim: Claim, statement: Claim) -> bool:
    """Whether two words change places about a third, and what each depends on with them.

    "A reports to B" and "B reports to A"; not "B is led by A", nor "on Friday the team meets".
    """
    statement_clauses = list(_clauses(statement))
    return any(
        _swap(own, other)
        or _changes_voice(own, other)
        or _changes_voice(other, own)
        or _acts_instead(own, other)
        for own in _clauses(claim)
        for other in statement_clauses
    )


def _swap(own_places: dict[str, _Place], other_places: dict[str, _Place]) -> bool:
    pairs = [
        (position, other)
        for stem, position in own_places.items()
        if (other := _find(stem, other_places)) is not None
    ]
    for first, (x, source_x) in enumerate(pairs):
        for second in range(first + 2, len(pairs)):
            y, source_y = pairs[second]
            if x.marker or source_y.marker or y.marker != source_x.marker:
                continue
            if any(
                source_y.place < middle.place < source_x.place
                and not (pivot.is_framed or middle.is_framed)
                for pivot, middle in pairs[first + 1 : second]
            ):
                return True
    return False


def _changes_voice(active: dict[str, _Place], passive: dict[str, _Place]) -> bool:
    """ "A replaced B" and "A was replaced by B"."""
    doers = [stem for stem, position in passive.items() if position.marker in BY]
    for verb, where in active.items():
        other = _find(verb, passive)
        if other is None or not where.subject or not other.is_passive:
            continue
        is_object = where.subject in passive and passive[where.subject].place < other.place
        if is_object and any(
            stem in active and active[stem].place > where.place and not active[stem].marker
            for stem in doers
        ):
            return True
    return False


def _acts_instead(own_places: dict[str, _Place], other_places: dict[str, _Place]) -> bool:
    """ "The guard reports a card" where a card is reported to the guard, or by another one to him."""
    for verb, where in own_places.items():
        other = _find(verb, other_places)
        if other is None or not where.subject or not where.has_object or other.is_framed:
            continue
        there = other_places.get(where.subject)
        if there and there.place > other.place and there.marker and there.marker not in BY:
            return True
    return False


def swaps_neighbours(claim: Claim, statement: Claim) -> bool:
    """Whether two words have changed their neighbours: "A writes, and B reads" for "B writes, A reads".

    What stands right before a word, auxiliaries and articles aside, does it or says which one it is; so does
    what follows "by".
    """
    own, others = _neighbours(claim), _neighbours(statement)
    common = [
        (before, others[word])
        for word, before in own.items()
        if word in others and not count_overlap(before, others[word])
    ]
    return any(
        count_overlap(first, second_there) and count_overlap(second, first_there)
        for (first, first_there), (second, second_there) in combinations(common, 2)
    )


def _neighbours(claim: Claim) -> dict[str, frozenset[str]]:
    """For each word those that stand right before it in its clause, or behind the "by" that follows it."""
    tokens = {token.place: token for token in claim.tokens}
    neighbours: dict[str, set[str]] = {}
    last: Token | None = None
    for index, word in enumerate(claim.order):
        token = tokens.get(index)
        if token is None:
            if word.low in BY and last and word.clause == last.clause:
                agents = [tokens[n].stem for n in range(index + 1, index + 4) if n in tokens]
                neighbours.setdefault(last.stem, set()).update(agents)
                last = None
            elif word.low not in AUXILIARIES and word.low not in ARTICLES:
                last = None
            continue
        if token.is_number or token.unit:
            last = None
            continue
        if last and last.clause == token.clause:
            neighbours.setdefault(token.stem, set()).add(last.stem)
        last = token
    return {word: frozenset(before) for word, before in neighbours.items()}


def _find(stem: str, places: dict[str, _Place]) -> _Place | None:
    """Where the word stands there, in this form or another."""
    if stem in places:
        return places[stem]
    return next(
        (position for other, position in places.items() if same_word_form(stem, other)), None
    )


def _clauses(claim: Claim) -> Iterator[dict[str, _Place]]:
    """The words and bare numbers that stand in each clause once, by stem, in order."""
    tokens = {token.place: token for token in claim.tokens}
    for _, words in groupby(enumerate(claim.order), lambda numbered: numbered[1].clause):
        clause_places: dict[str, _Place] = {}
        repeated = set()
        marker = before = ""
        for index, word in words:
            token = tokens.get(index)
            if is_preposition(claim.order, index) or word.low in QUANTIFIERS:
                marker = CONTRACTIONS.get(word.low, word.low)
            elif word.low in ARTICLES and not token:
                marker = marker if before in PREPOSITIONS or before == "a" else ""
            elif token is None:
                marker = ""
            if token and not token.unit and not read_unit(word.low):
                if token.stem in clause_places:
                    repeated.add(token.stem)
                is_framed = before in ARTICLES or before in PREPOSITIONS or token.is_number
                following = claim.order[index + 1].low if index + 1 < len(claim.order) else ""
                clause_places[token.stem] = _Place(
                    index,
                    marker,
                    is_framed,
                    subject=next(
                        (
                            stem
                            for stem, position in clause_places.items()
                            if position.place == index - 1 and not position.marker
                        ),
                        "",
                    ),
                    is_passive=before in AUXILIARIES,
                    has_object=following in ARTICLES or following in QUANTIFIERS,
                )
            before = word.low
        yield {stem: position for stem, position in clause_places.items() if stem not in repeated}


def is_preposition(order: Sequence[Word], index: int) -> bool:
    """Whether a word is one; Spanish "a" is one before an article."""
    following = order[index + 1].low if index + 1 < len(order) else ""
    return order[index].low in PREPOSITIONS or (order[index].low == "a" and following in ARTICLES)


def order_of_events(claim: Claim, statement: Claim) -> int:
    """1 where both say of the same things that one comes before the other, -1 where they differ, else 0."""
    for first, second in _events(claim):
        for other_first, other_second in _events(statement):
            straight = count_overlap(first, other_first), count_overlap(second, other_second)
            crossed = count_overlap(first, other_second), count_overlap(second, other_first)
            if all(crossed) and sum(crossed) > sum(straight):
                return -1
            if all(straight) and sum(straight) > sum(crossed):
                return 1
    return 0


_Event = tuple[frozenset[str], frozenset[str]]


@lru_cache(maxsize=2048)  # the sentences of an answer are each compared with the same statements
def _events(claim: Claim) -> tuple[_Event, ...]:
    """What comes first and what comes second, for each "before", "after" and "then"."""
    return tuple(_read_events(claim))


def _read_events(claim: Claim) -> Iterator[_Event]:
    for index, word in enumerate(claim.order):
        if word.low not in BEFORE | AFTER | THEN | LATER | SUCCEEDING:
            continue
        if word.low in LATER:
            own = [token for token in claim.tokens if token.clause == word.clause]
            earlier = _last_clause([token for token in claim.tokens if token.clause < word.clause])
            first, second = _stems(earlier), _stems(own)
            if first - second and second - first:
                yield first - second, second - first
            continue
        behind = [token for token in claim.tokens if token.place > index]
        ahead = [token for token in claim.tokens if token.place < index]
        named = _first_clause(behind)
        if word.low in SUCCEEDING:
            earlier, later = named, _last_clause(ahead)
        elif word.low in THEN:
            earlier, later = _last_clause(ahead), named
        else:
            opens = not ahead or ahead[-1].clause != word.clause
            rest = [token for token in behind if token not in named] if opens else ahead
            other = _first_clause(rest) if opens else _last_clause(rest)
            earlier, later = (other, named) if word.low in BEFORE else (named, other)
        first, second = _stems(earlier), _stems(later)
        if first - second and second - first:
            yield first - second, second - first


def _first_clause(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.clause == tokens[0].clause] if tokens else []


def _last_clause(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.clause == tokens[-1].clause] if tokens else []


def _stems(tokens: Iterable[Token]) -> frozenset[str]:
    return frozenset(token.stem for token in tokens)


def fills_two_roles(claim: Claim, statement: Claim) -> bool:
    """Whether two words that stand side by side once in the statement do so twice here, in two roles.

    "The managing director approves the claims of the managing director."
    """
    pairs, other_pairs = _pairs(claim), _pairs(statement)
    return any(pairs.count(pair) > 1 and other_pairs.count(pair) == 1 for pair in set(pairs))


def _pairs(claim: Claim) -> list[tuple[str, str]]:
    return [
        (first.stem, second.stem)
        for first, second in pairwise(claim.tokens)
        if second.place == first.place + 1 and not (first.is_number or second.is_number)
    ]
