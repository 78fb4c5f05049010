"""What supports a claim: the search for the sentence of a passage that carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.citations.contradiction.quantifiers import differs
from rag.citations.contradiction.roles import (
    fills_two_roles,
    order_of_events,
    swaps,
    swaps_neighbours,
)
from rag.citations.contradiction.slots import denies_a_part, find_part, mixes
from rag.citations.contradiction.substitution import (
    negates_word,
    replaces_name,
    replaces_object,
    replaces_unit,
    swaps_objects,
    takes_another_verb,
    turns_voice,
)
from rag.citations.contradiction.table_columns import misplaces
from rag.citations.statements import Evidence, PassageSentences, Statement
from rag.citations.verbatim import stands_in
from rag.language.claims import (
    Claim,
    Token,
    count_overlap,
    find_opposite,
    is_same_amount,
    units_agree,
)
from rag.language.logic_words import AFTER, BEFORE, BY_AS_MUCH, CHANGES, HEDGES, LOWER, UPPER
from rag.language.numerals import YEAR
from rag.language.quantities import is_in_one_list
from rag.language.tokens import BOUNDS

_VERBATIM = 2.0
"""The support of a sentence that holds the claim word for word."""
SUPPORT = 0.6
"""Share of a claim's content words that its source has to hold."""
_CORE_SHARE = 0.3
"""Share of them that has to stand in the one sentence that is quoted."""
_ROW_SHARE = 0.33
"""The same in a row of a table."""
_ROW_SUPPORT = 0.58
"""SUPPORT in a row of a table, which has words for its values and hardly any others."""
_CLAUSE_SHARE = 0.5
_AROUND = 0.75
"""What a word counts for that stands not in the sentence itself but around it."""
_LONGEST_QUOTE = 700
"""Characters: clauses that rest on sentences further apart get a citation each."""
_PART_SHARE = 0.75
"""SUPPORT for a clause by itself, which has fewer words to go by."""
_TIMES = Claim.of(" ".join(sorted(BEFORE | AFTER))).words
_CHANGES = Claim.of(" ".join(sorted(CHANGES))).words
_HEDGES = Claim.of(" ".join(sorted(HEDGES))).words


@dataclass(frozen=True, slots=True)
class Support:
    """What the rules find for a claim.

    `evidence`: the shortest of the best supporting stretches, one, or one for each clause; () if there is
    none. `share` of the claim's words that they hold, and the same of the sentence that most `denied` it.
    """

    evidence: tuple[Evidence, ...] = ()
    share: float = 0.0
    denied: float = 0.0


def find_support(sentence: str, source: PassageSentences) -> Support:
    """Look for the sentence of the passages, or one for each clause, that says what `sentence` says."""
    claim = Claim.of(sentence)
    if not claim.words and not claim.numbers:
        return Support()
    best = _best(claim, sentence, source)
    if best.evidence:
        return best
    parts = _parts(claim)
    supports = [_best(part, "", source, _PART_SHARE) for part in parts] if len(parts) > 1 else []
    denied = max((support.denied for support in [best, *supports]), default=0.0)
    if not supports or not all(support.evidence for support in supports):
        return Support(denied=denied)
    carriers = [support.evidence[0] for support in supports]
    subject = frozenset(token.stem for token in claim.tokens[:2])
    for statement in source.statements:
        if statement.evidence not in carriers:
            continue
        if _says_otherwise(claim, statement):
            return Support(denied=1.0)
        # What rests on another passage, or on another row, has to be about the same subject.
        is_elsewhere = statement.is_row or statement.evidence.hit != carriers[0].hit
        if is_elsewhere and not count_overlap(subject, statement.claim.words | statement.around):
            return Support(denied=denied)
    return Support(_joined(carriers), min(support.share for support in supports), denied)


def _best(claim: Claim, sentence: str, source: PassageSentences, least: float = SUPPORT) -> Support:
    best: tuple[float, int, int] | None = None
    chosen = None
    denied = 0.0
    contested: frozenset[str] = frozenset()
    # One without words is measured by its numbers.
    forms = [source.vocabulary.forms(word) for word in claim.words] if claim.words - _HEDGES else []
    known = frozenset[str]().union(*forms)
    for statement in source.statements:
        if forms and known.isdisjoint(statement.claim.words):
            continue
        support = _support(claim, statement, sentence, source)
        if support < (min(least, _ROW_SUPPORT) if statement.is_row else least):
            if (denial := _denial(claim, statement)) > denied:
                denied, contested = denial, _denied_words(claim, statement.claim)
            continue
        if support < _VERBATIM and _says_otherwise(claim, statement):
            denied, contested = max(denied, support), frozenset()
            continue
        evidence = statement.evidence
        key = (support, evidence.start - evidence.end, -evidence.hit)
        if best is None or key > best:
            best, chosen, words = key, evidence, statement.claim.words
    if best is None or chosen is None or best[0] < denied:
        return Support(denied=min(denied, 1.0))
    # As strong a denial wins, unless what is denied there is what is said here.
    if best[0] > denied or contested <= words:
        return Support((chosen,), min(best[0], 1.0), min(denied, 1.0))
    return Support(denied=min(denied, 1.0))


def _says_otherwise(claim: Claim, statement: Statement) -> bool:
    """Whether a sentence that has the words puts them together in another way."""
    other = statement.claim
    if statement.is_row and " | " in statement.text.strip("| "):
        return bool(statement.header) and misplaces(claim, statement.text, statement.header)
    return (
        order_of_events(claim, other) < 0
        or mixes(claim, other)
        or swaps(claim, other)
        or replaces_object(claim, other)
        or replaces_unit(claim, other)
        or negates_word(claim, other)
        or takes_another_verb(claim, other)
        or swaps_objects(claim, other)
        or swaps_neighbours(claim, other)
        or replaces_name(claim, other)
        or turns_voice(claim, other)
        or fills_two_roles(claim, other)
        or differs(claim, other)
    )


def _denial(claim: Claim, statement: Statement) -> float:
    """Share of the wanted words in and around a statement that says the contrary."""
    other = statement.claim
    if not claim.words or not (_denied_words(claim, other) or order_of_events(claim, other) < 0):
        return 0.0
    inside = count_overlap(claim.words, statement.claim.words)
    anywhere = count_overlap(claim.words, statement.claim.words | statement.around)
    return (inside + _AROUND * (anywhere - inside)) / len(claim.words) if inside else 0.0


def _support(claim: Claim, statement: Statement, sentence: str, source: PassageSentences) -> float:
    """Share of the wanted words in the statement and around it; 0 where it says something else.

    2 where the statement holds the sentence word for word.
    """
    other = statement.claim
    if sentence and stands_in(sentence, statement.text):
        return 0.0 if _contradicts(claim, other) else _VERBATIM
    share = _share_of_words(claim, statement)
    if not share or _contradicts(claim, other) or _adds_change(claim, statement):
        return 0.0
    if not _names_agree(claim, statement, source):
        return 0.0
    for number in claim.numbers:
        if (claim.named_by(number), number.stem) in statement.designations:
            continue
        is_year = (
            bool(YEAR.fullmatch(number.stem))
            and number.stem in statement.around
            and not any(number_.kind == "year" for number_ in other.numbers)
        )
        if is_year or _is_any(number, claim, other):
            continue
        if not _number_agrees(number, claim, other):
            return 0.0
    if not claim.words:
        return 1.0
    if not statement.is_row and claim.numbers and _speaks_for_another(claim, statement, source):
        return 0.0
    if statement.is_row and (
        _fits_another_row(claim, statement) or _leaves_row_open(claim, statement)
    ):
        return 0.0
    # A word that another row of the table has, and this one has not: the claim mixes two rows.
    if statement.is_row and any(
        count_overlap([word], row.words)
        for word in claim.words - _HEDGES
        if not count_overlap([word], other.words | statement.around)
        for row in statement.rows
    ):
        return 0.0
    return share


def _adds_change(claim: Claim, statement: Statement) -> bool:
    """Whether it says that something rose or fell by so much, of a sentence that speaks of no change.

    "Vacation is reduced by 10 days per child" is not "10 days per child": the figure is there, and the verb
    makes it another one.
    """
    known = statement.claim.stems | statement.around
    return any(
        word.low in CHANGES - BOUNDS
        and claim.order[index + 1].low in BY_AS_MUCH
        and any(number.place in {index + 2, index + 3} for number in claim.numbers)
        for index, word in enumerate(claim.order[:-1])
    ) and not (known & _CHANGES)


def _share_of_words(claim: Claim, statement: Statement) -> float:
    """Share of the wanted words in the statement and around it; 0 where too few are, or a clause has none."""
    if not claim.words:
        return 1.0
    other = statement.claim
    # A row has no verbs: what a column is of says as much. A unit is no verb, and has to stand somewhere.
    hedged = claim.words & _HEDGES if statement.is_row else frozenset()
    inside = count_overlap(claim.words, other.words)
    count = len(claim.words) - len(hedged - other.words)
    if not count:  # "It is 62 Nm": the numbers, which agree, are all that it says
        return 1.0
    if inside < (_ROW_SHARE if statement.is_row else _CORE_SHARE) * count:
        return 0.0
    anywhere = count_overlap(claim.words, other.words | statement.around)
    known = other.words | statement.around | {number.stem for number in other.numbers}
    for clause in claim.clauses():
        clause = clause - (hedged - known)
        if count_overlap(clause, known) < _CLAUSE_SHARE * len(clause):
            return 0.0
    return (inside + _AROUND * (anywhere - inside)) / count


def _speaks_for_another(claim: Claim, statement: Statement, source: PassageSentences) -> bool:
    """Whether what is spoken of first is named elsewhere, with other numbers of the kind, and not here."""
    first = next(token.stem for token in claim.tokens if not token.is_number)
    if count_overlap([first], statement.claim.words | statement.about):
        return False
    return any(
        count_overlap([first], other.claim.words)
        and 2 * count_overlap(claim.words, other.claim.words | other.around) >= len(claim.words)
        and not {number.stem for number in claim.numbers}
        & {number.stem for number in other.claim.numbers}
        and any(
            units_agree(own_number.unit, other_number.unit)
            for own_number in claim.numbers
            for other_number in other.claim.numbers
        )
        for other in source.statements
    )


def _fits_another_row(claim: Claim, statement: Statement) -> bool:
    """Whether another row of its table has all that is wanted of this one's words, and more of them."""
    own = {word for word in claim.words if count_overlap([word], statement.claim.words)}
    return any(
        own < {word for word in claim.words if count_overlap([word], row.words)}
        for row in statement.rows
    )


def _leaves_row_open(claim: Claim, statement: Statement) -> bool:
    """Whether all that the claim says of its row is true of another one, which has another figure.

    "A Skua 900 S costs 768 EUR", where that is the price of one of its many parts. A claim that says nothing
    of its row is about the one that was asked for.
    """
    label = Claim.of(statement.text.strip("| ").partition("|")[0])
    designations = claim.designations & statement.claim.designations
    naming = label.stems | {number for _, number in designations}
    figures = [
        number
        for number in claim.numbers
        if number.stem not in naming
        and any(is_same_amount(number, other) for other in statement.claim.numbers)
    ]
    telling = {word for word in claim.words if count_overlap([word], statement.claim.words)} | {
        number.stem for number in claim.numbers if number.stem in label.stems
    }
    return bool(telling and figures) and any(
        count_overlap(telling, row.stems) == len(telling)
        and designations <= row.designations
        and not any(is_same_amount(figure, other) for figure in figures for other in row.numbers)
        and any(units_agree(figure.unit, other.unit) for figure in figures for other in row.numbers)
        for row in statement.rows
    )


def _names_agree(claim: Claim, statement: Statement, source: PassageSentences) -> bool:
    other = statement.claim
    missing = frozenset(
        name
        for name in claim.names
        if not count_overlap([name], other.words) and not _is_given_name(name, claim, other, source)
    )
    if any(not count_overlap([name], statement.around) for name in missing):
        return False
    if missing - statement.about and other.names - claim.words:
        return False  # the sentence is about somebody else
    opener = claim.opener
    if opener and _is_given_name(opener, claim, other, source):
        return True
    if opener and opener not in source.plain_words | other.words | statement.around:
        # "Paris has 20 desks" must not rest on "Berlin has 20 desks".
        return not (other.names | {other.opener}) - claim.words - {""}
    return True


def _is_given_name(name: str, claim: Claim, said: Claim, source: PassageSentences) -> bool:
    """Whether it stands before a name of the sentence, as elsewhere in the passages: "Ann" of "Ann Ray"."""
    following = [
        after.stem
        for before, after in pairwise(claim.tokens)
        if before.stem == name and after.place == before.place + 1 and after.is_name
    ]
    return any(
        after in said.names
        and any(
            (before.stem, other.stem) == (name, after)
            for statement in source.statements
            for before, other in pairwise(statement.claim.tokens)
        )
        for after in following
    )


def _denied_words(claim: Claim, other: Claim) -> frozenset[str]:
    """Words that one denies and the other affirms."""
    affirmed, denied = other.affirmed, other.denied
    if not denied and not claim.denied:
        return frozenset()
    return frozenset(
        token.stem
        for token in claim.tokens
        if count_overlap([token.stem], affirmed if token.denied else denied)
        and not count_overlap([token.stem], denied if token.denied else affirmed)
    )


def _contradicts(claim: Claim, other_claim: Claim) -> bool:
    """Whether one denies what the other says, or says the opposite."""
    # Whether the part that denies is the one that is spoken of is looked at by itself.
    is_divided = bool(other_claim.denied_clauses) and denies_a_part(other_claim)
    if not is_divided and _denied_words(claim, other_claim):
        return True
    if claim.periods and other_claim.periods and not claim.periods & other_claim.periods:
        return True
    if (
        claim.negated != other_claim.negated
        and not is_divided
        and _speaks_of_what_is_denied(claim, other_claim)
    ):
        return True
    order = order_of_events(claim, other_claim)
    return order < 0 or any(
        find_opposite(word) & other_claim.opposites
        and not any(find_opposite(word) & find_opposite(other) for other in other_claim.opposites)
        for word in claim.opposites - other_claim.opposites
        if not (order and word in _TIMES)
    )


def _speaks_of_what_is_denied(claim: Claim, other: Claim) -> bool:
    """Where one of two is denied: whether the other speaks of the same, in whatever words for the verb."""
    if claim.negated:
        return True
    matched = [token for token in other.tokens if count_overlap([token.stem], claim.words)]
    denied = [token for token in matched if token.clause in other.denied_clauses]
    return bool(matched) and 2 * len(denied) >= len(matched)


def _number_agrees(number: Token, claim: Claim, other_claim: Claim) -> bool:
    """Whether the sentence has this number, with this unit and bound, and for the same thing."""
    same = [
        figure
        for figure in other_claim.numbers
        if is_same_amount(number, figure)
        and (figure.bound * number.bound >= 0 or _leaves_open(other_claim, figure, number.bound))
        and (not figure.end or not number.end or figure.end == number.end)
        and (
            figure.unit
            or not number.unit
            or not any(number.kind == other.kind for other in other_claim.numbers)
        )
    ]
    if _is_share(number, claim):
        same = [
            figure
            for figure in same
            if _is_share(figure, other_claim) or not _is_whole(figure, other_claim)
        ]
    same = [figure for figure in same if _year_agrees(figure, claim, other_claim)]
    if not same:
        return False
    if number.end and any(figure.end == number.end for figure in same):
        return True
    rivals = [
        figure
        for figure in other_claim.numbers
        if figure not in same
        and figure.kind == same[0].kind
        and (figure.unit or len(other_claim.numbers) > 2)
        and not any(is_in_one_list(other_claim.order, figure.place, other.place) for other in same)
        and not (_is_whole(figure, other_claim) and _is_share(number, claim))
    ]
    return not rivals or any(
        _is_nearest(number, figure, rivals, claim, other_claim) for figure in same
    )


def _is_any(number: Token, claim: Claim, other: Claim) -> bool:
    """Whether a "one" counts nothing: "9 days on one charge", where no number of things is said."""
    return (
        number.stem == "1"
        and not number.unit
        and claim.order[number.place].low.isalpha()
        and len(claim.numbers) > 1
        and not any(figure.kind == number.kind for figure in other.numbers)
    )


def _year_agrees(number: Token, claim: Claim, other: Claim) -> bool:
    """Whether a number of the sentence is wanted for its year: that of its clause, or right before it."""
    years = {token.stem for token in claim.numbers if token.kind == "year"}
    its_years = {
        token.stem
        for token in other.numbers
        if token.kind == "year"
        and (
            token.clause == number.clause
            or (
                token.place < number.place <= token.place + 2
                and other.order[token.place + 1].sign == ":"
            )
        )
    }
    return number.kind == "year" or not years or not its_years or bool(years & its_years)


def _is_share(number: Token, claim: Claim) -> bool:
    """Whether it is a number out of more: "four of its eleven locks"."""
    following = claim.order[number.place + 1].low if number.place + 1 < len(claim.order) else ""
    return not number.unit and following in {"of", "der", "des", "von", "de"}


def _is_whole(number: Token, claim: Claim) -> bool:
    """Whether it is the number of which there is a share."""
    return any(
        _is_share(share, claim) and share.place < number.place <= share.place + 3
        for share in claim.numbers
        if share is not number
    )


def _leaves_open(claim: Claim, limit: Token, bound: int) -> bool:
    """Whether it goes on beyond a limit: "up to 2 GB by mail, larger ones on disk"."""
    beyond = LOWER if bound > 0 else UPPER
    return any(
        word.low in beyond
        and word.clause != limit.clause
        and not any(index < number.place < index + 4 for number in claim.numbers)
        for index, word in enumerate(claim.order)
    )


def _is_nearest(
    number: Token, figure: Token, rivals: Sequence[Token], claim: Claim, other: Claim
) -> bool:
    """Whether the words about the number stand nearer to it than to other numbers of its kind."""

    # Which of two alternatives it belongs to is looked at by itself, but for one that was rounded.
    is_rounded = figure.stem != number.stem and figure.amount != number.amount
    if not is_rounded:
        here = find_part(figure, other)
        rivals = [rival for rival in rivals if find_part(rival, other) == here]

    def nearness(where: Token) -> float:
        total = 0.0
        for token in claim.tokens:
            if token is number or (token.is_number and token.kind == number.kind):
                continue
            if is_rounded and token.stem == number.unit:
                continue
            places = [position.place for position in other.tokens if position.stem == token.stem]
            if places:
                weight = 1 / (1 + abs(token.place - number.place))
                total += weight / (1 + min(abs(position - where.place) for position in places))
        return total

    return nearness(figure) >= 0.8 * max(map(nearness, rivals), default=0.0)


def _parts(claim: Claim) -> list[Claim]:
    """The claim's clauses as claims of their own; short ones stay with the one before."""
    groups: list[list[Token]] = []
    clause = None
    for token in claim.tokens:
        if token.clause != clause and (not groups or len(groups[-1]) > 1):
            groups.append([])
        clause = token.clause
        groups[-1].append(token)
    if len(groups) > 1 and len(groups[-1]) < 2:
        last = groups.pop()
        groups[-1] += last
    return [
        replace(
            claim,
            tokens=tuple(group),
            words=frozenset(token.stem for token in group if not token.is_number),
            opener=claim.opener if group[0] is claim.tokens[0] else "",
            negated=any(token.denied for token in group),
        )
        for group in groups
    ]


def _joined(quotes: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """One stretch where all lie close together in one passage, else each by itself."""
    first, last = min(e.start for e in quotes), max(e.end for e in quotes)
    if len({e.hit for e in quotes}) == 1 and last - first <= _LONGEST_QUOTE:
        return (Evidence(quotes[0].hit, first, last),)
    return tuple(dict.fromkeys(quotes))
