"""Who does it to whom, and what comes first: the same words in another order may say the contrary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

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
from rag.language.numerals import unit_of
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


def swaps(wanted: Claim, said: Claim) -> bool:
    """Whether two words change places about a third, and what each depends on with them.

    "A reports to B" and "B reports to A"; not "B is led by A", nor "on Friday the team meets".
    """
    theirs = list(_clauses(said))
    return any(
        _swap(mine, other)
        or _changes_voice(mine, other)
        or _changes_voice(other, mine)
        or _acts_instead(mine, other)
        for mine in _clauses(wanted)
        for other in theirs
    )


def _swap(mine: dict[str, _Place], theirs: dict[str, _Place]) -> bool:
    pairs = [
        (place, other) for stem, place in mine.items() if (other := _find(stem, theirs)) is not None
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
    doers = [stem for stem, place in passive.items() if place.marker in BY]
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


def _acts_instead(mine: dict[str, _Place], theirs: dict[str, _Place]) -> bool:
    """ "The guard reports a card" where a card is reported to the guard, or by another one to him."""
    for verb, where in mine.items():
        other = _find(verb, theirs)
        if other is None or not where.subject or not where.has_object or other.is_framed:
            continue
        there = theirs.get(where.subject)
        if there and there.place > other.place and there.marker and there.marker not in BY:
            return True
    return False


def swaps_neighbours(wanted: Claim, said: Claim) -> bool:
    """Whether two words have changed their neighbours: "A writes, and B reads" for "B writes, A reads".

    What stands right before a word, auxiliaries and articles aside, does it or says which one it is; so does
    what follows "by".
    """
    mine, theirs = _neighbours(wanted), _neighbours(said)
    common = [
        (before, theirs[word])
        for word, before in mine.items()
        if word in theirs and not count_overlap(before, theirs[word])
    ]
    return any(
        count_overlap(first, second_there) and count_overlap(second, first_there)
        for (first, first_there), (second, second_there) in combinations(common, 2)
    )


def _neighbours(claim: Claim) -> dict[str, frozenset[str]]:
    """For each word those that stand right before it in its clause, or behind the "by" that follows it."""
    tokens = {token.place: token for token in claim.tokens}
    found: dict[str, set[str]] = {}
    last: Token | None = None
    for place, word in enumerate(claim.order):
        token = tokens.get(place)
        if token is None:
            if word.low in BY and last and word.clause == last.clause:
                agents = [tokens[n].stem for n in range(place + 1, place + 4) if n in tokens]
                found.setdefault(last.stem, set()).update(agents)
                last = None
            elif word.low not in AUXILIARIES and word.low not in ARTICLES:
                last = None
            continue
        if token.is_number or token.unit:
            last = None
            continue
        if last and last.clause == token.clause:
            found.setdefault(token.stem, set()).add(last.stem)
        last = token
    return {word: frozenset(before) for word, before in found.items()}


def _find(stem: str, places: dict[str, _Place]) -> _Place | None:
    """Where the word stands there, in this form or another."""
    if stem in places:
        return places[stem]
    return next((place for other, place in places.items() if same_word_form(stem, other)), None)


def _clauses(claim: Claim) -> Iterator[dict[str, _Place]]:
    """The words and bare numbers that stand in each clause once, by stem, in order."""
    tokens = {token.place: token for token in claim.tokens}
    for _, words in groupby(enumerate(claim.order), lambda each: each[1].clause):
        found: dict[str, _Place] = {}
        repeated = set()
        marker = before = ""
        for place, word in words:
            token = tokens.get(place)
            if is_preposition(claim.order, place) or word.low in QUANTIFIERS:
                marker = CONTRACTIONS.get(word.low, word.low)
            elif word.low in ARTICLES and not token:
                marker = marker if before in PREPOSITIONS or before == "a" else ""
            elif token is None:
                marker = ""
            if token and not token.unit and not unit_of(word.low):
                if token.stem in found:
                    repeated.add(token.stem)
                is_framed = before in ARTICLES or before in PREPOSITIONS or token.is_number
                following = claim.order[place + 1].low if place + 1 < len(claim.order) else ""
                found[token.stem] = _Place(
                    place,
                    marker,
                    is_framed,
                    subject=next(
                        (
                            stem
                            for stem, each in found.items()
                            if each.place == place - 1 and not each.marker
                        ),
                        "",
                    ),
                    is_passive=before in AUXILIARIES,
                    has_object=following in ARTICLES or following in QUANTIFIERS,
                )
            before = word.low
        yield {stem: place for stem, place in found.items() if stem not in repeated}


def is_preposition(order: Sequence[Word], place: int) -> bool:
    """Whether a word is one; Spanish "a" is one before an article."""
    following = order[place + 1].low if place + 1 < len(order) else ""
    return order[place].low in PREPOSITIONS or (order[place].low == "a" and following in ARTICLES)


def order_of_events(wanted: Claim, said: Claim) -> int:
    """1 where both say of the same things that one comes before the other, -1 where they differ, else 0."""
    for first, second in _events(wanted):
        for other_first, other_second in _events(said):
            straight = count_overlap(first, other_first), count_overlap(second, other_second)
            crossed = count_overlap(first, other_second), count_overlap(second, other_first)
            if all(crossed) and sum(crossed) > sum(straight):
                return -1
            if all(straight) and sum(straight) > sum(crossed):
                return 1
    return 0


def _events(claim: Claim) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """What comes first and what comes second, for each "before", "after" and "then"."""
    for place, word in enumerate(claim.order):
        if word.low not in BEFORE | AFTER | THEN | LATER | SUCCEEDING:
            continue
        if word.low in LATER:
            own = [each for each in claim.tokens if each.clause == word.clause]
            earlier = _last_clause([each for each in claim.tokens if each.clause < word.clause])
            first, second = _stems(earlier), _stems(own)
            if first - second and second - first:
                yield first - second, second - first
            continue
        behind = [each for each in claim.tokens if each.place > place]
        ahead = [each for each in claim.tokens if each.place < place]
        named = _first_clause(behind)
        if word.low in SUCCEEDING:
            earlier, later = named, _last_clause(ahead)
        elif word.low in THEN:
            earlier, later = _last_clause(ahead), named
        else:
            opens = not ahead or ahead[-1].clause != word.clause
            rest = [each for each in behind if each not in named] if opens else ahead
            other = _first_clause(rest) if opens else _last_clause(rest)
            earlier, later = (other, named) if word.low in BEFORE else (named, other)
        first, second = _stems(earlier), _stems(later)
        if first - second and second - first:
            yield first - second, second - first


def _first_clause(tokens: list[Token]) -> list[Token]:
    return [each for each in tokens if each.clause == tokens[0].clause] if tokens else []


def _last_clause(tokens: list[Token]) -> list[Token]:
    return [each for each in tokens if each.clause == tokens[-1].clause] if tokens else []


def _stems(tokens: Iterable[Token]) -> frozenset[str]:
    return frozenset(each.stem for each in tokens)
