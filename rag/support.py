"""What supports a claim: the search for the sentence of a passage that carries it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from rag import sentences
from rag.claims import Claim, Token, opposite_of, shared
from rag.hit import Hit

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
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|ignorier\w*|vergiss|ignorez|oubliez|ignora|olvida)\b.{0,40}"
    r"\b(?:above|instructions?|prompts?|previous (?:text|messages?)|everything|obig\w*|anweisung\w*"
    r"|ci-dessus|consignes?|instrucciones|anterior\w*)\b",
    re.IGNORECASE | re.DOTALL,
)
"""A sentence that is addressed to a model. It states nothing, and so it supports nothing."""
_LOWERCASE = re.compile(r"\b[^\W\d_A-ZÄÖÜ]\w+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a passage: hit number (from 0) and characters of its text."""

    hit: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Statement:
    """A sentence of a passage, and the words around it."""

    evidence: Evidence
    claim: Claim
    text: str
    about: frozenset[str]
    around: frozenset[str]
    is_row: bool


class Source:
    """The passages that a model has read, sentence by sentence."""

    def __init__(self, passages: Sequence[Hit]) -> None:
        self.statements = [
            each for number, hit in enumerate(passages) for each in _statements(number, hit)
        ]
        self.plain_words = frozenset(
            word.removesuffix("s") for hit in passages for word in _LOWERCASE.findall(hit.text)
        )
        """Words that stand somewhere in lower case, and so are no names."""


def _statements(number: int, hit: Hit) -> Iterator[_Statement]:
    spans = [
        (start, end)
        for start, end in sentences.spans(hit.text)
        if not _ORDER.search(hit.text[start:end])
    ]
    claims = [Claim.of(hit.text[start:end]) for start, end in spans]
    rows = [
        hit.text[start:end].startswith("|") or " | " in hit.text[start:end] for start, end in spans
    ]
    # A file's name says what it is about as well, and often better than its first heading.
    named = re.sub(r"[-_]", " ", f"{hit.title} {PurePosixPath(hit.uri).stem}")
    about = Claim.of(f"{hit.title}. {named}. {hit.section or ''}").words
    header: frozenset[str] = frozenset()
    heading: frozenset[str] = frozenset()
    for place, ((start, end), claim) in enumerate(zip(spans, claims, strict=True)):
        if not rows[place]:
            header = frozenset()
        elif "---" in hit.text[end : spans[place + 1][0] if place + 1 < len(spans) else end]:
            header = claim.words
        around = about | heading
        if rows[place]:
            around |= header
        else:
            for beside in (place - 1, place + 1):
                if not 0 <= beside < len(spans) or rows[beside]:
                    continue
                # A question is about the sentence that follows it, and about no other.
                if beside < place or not _is_question(hit.text, spans[beside]):
                    around |= claims[beside].words
        if _is_question(hit.text, (start, end)):
            continue
        if (
            not rows[place]
            and len(claim.tokens) <= 6
            and not hit.text[start:end].endswith((".", "!", "?"))
        ):
            heading = claim.words
        yield _Statement(
            Evidence(number, start, end),
            claim,
            hit.text[start:end],
            about | heading,
            around,
            rows[place],
        )


def _is_question(text: str, span: tuple[int, int]) -> bool:
    """A question states nothing."""
    return text[slice(*span)].rstrip("\"'”’»)*_ ").endswith("?")


def find_evidence(sentence: str, source: Source) -> tuple[Evidence, ...]:
    """The shortest of the best supporting stretches: one, or one for each clause; () if there is none."""
    wanted = Claim.of(sentence)
    if not wanted.words and not wanted.numbers:
        return ()
    best = _best(wanted, sentence, source)
    if best is not None:
        return (best,)
    parts = _parts(wanted)
    found = [_best(part, "", source, _PART_SHARE) for part in parts] if len(parts) > 1 else []
    if not found or any(each is None for each in found):
        return ()
    return _joined([each for each in found if each is not None])


def _best(wanted: Claim, sentence: str, source: Source, least: float = SUPPORT) -> Evidence | None:
    best: tuple[float, int, int] | None = None
    chosen = None
    denied = 0.0
    contested: frozenset[str] = frozenset()
    plain = _plain(sentence)
    for statement in source.statements:
        support = _support(wanted, statement, plain, source)
        if support < (min(least, _ROW_SUPPORT) if statement.is_row else least):
            if (denial := _denial(wanted, statement)) > denied:
                denied, contested = denial, _denied_words(wanted, statement.claim)
            continue
        evidence = statement.evidence
        key = (support, evidence.start - evidence.end, -evidence.hit)
        if best is None or key > best:
            best, chosen, words = key, evidence, statement.claim.words
    if best is None or best[0] < denied:
        return None
    # As strong a denial wins, unless what is denied there is what is said here.
    return chosen if best[0] > denied or contested <= words else None


def _denial(wanted: Claim, statement: _Statement) -> float:
    """Share of the wanted words in and around a statement that says the contrary."""
    if not wanted.words or not _denied_words(wanted, statement.claim):
        return 0.0
    inside = shared(wanted.words, statement.claim.words)
    anywhere = shared(wanted.words, statement.claim.words | statement.around)
    return (inside + _AROUND * (anywhere - inside)) / len(wanted.words) if inside else 0.0


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _support(wanted: Claim, statement: _Statement, plain: str, source: Source) -> float:
    """Share of the wanted words in the statement and around it; 0 where it says something else.

    2 where the statement holds the sentence word for word.
    """
    said = statement.claim
    if _contradicts(wanted, said):
        return 0.0
    if plain and plain in _plain(statement.text):
        return 2.0
    if not _names_agree(wanted, statement, source):
        return 0.0
    if not all(_number_agrees(number, wanted, said) for number in wanted.numbers):
        return 0.0
    if not wanted.words:
        return 1.0
    inside = shared(wanted.words, said.words)
    count = len(wanted.words)
    if inside < (_ROW_SHARE if statement.is_row else _CORE_SHARE) * count:
        return 0.0
    anywhere = shared(wanted.words, said.words | statement.around)
    known = said.words | statement.around | {number.stem for number in said.numbers}
    for clause in wanted.clauses():
        if shared(clause, known) < _CLAUSE_SHARE * len(clause):
            return 0.0
    return (inside + _AROUND * (anywhere - inside)) / count


def _names_agree(wanted: Claim, statement: _Statement, source: Source) -> bool:
    said = statement.claim
    missing = frozenset(name for name in wanted.names if not shared([name], said.words))
    if any(not shared([name], statement.around) for name in missing):
        return False
    if missing - statement.about and said.names - wanted.words:
        return False  # the sentence is about somebody else
    opener = wanted.opener
    if opener and opener not in source.plain_words | said.words | statement.around:
        # "Paris has 20 desks" must not rest on "Berlin has 20 desks".
        return not (said.names | {said.opener}) - wanted.words - {""}
    return True


def _denied_words(wanted: Claim, said: Claim) -> frozenset[str]:
    """Words that one denies and the other affirms."""
    affirmed, denied = (
        {token.stem for token in said.tokens if not token.is_number and token.denied is is_denied}
        for is_denied in (False, True)
    )
    return frozenset(
        token.stem
        for token in wanted.tokens
        if token.stem in (affirmed - denied if token.denied else denied - affirmed)
    )


def _contradicts(wanted: Claim, said: Claim) -> bool:
    """Whether one denies what the other says, or says the opposite."""
    if _denied_words(wanted, said):
        return True
    if wanted.negated != said.negated and _speaks_of_what_is_denied(wanted, said):
        return True
    return any(opposite_of(word) & said.opposites for word in wanted.opposites - said.opposites)


def _speaks_of_what_is_denied(wanted: Claim, said: Claim) -> bool:
    """Where one of two is denied: whether the other speaks of the same, in whatever words for the verb."""
    if wanted.negated:
        return True
    matched = [token for token in said.tokens if shared([token.stem], wanted.words)]
    denied = [token for token in matched if token.clause in said.denied_clauses]
    return bool(matched) and 2 * len(denied) >= len(matched)


def _number_agrees(number: Token, wanted: Claim, said: Claim) -> bool:
    """Whether the sentence has this number, with this unit and bound, and for the same thing."""
    same = [
        each
        for each in said.numbers
        if each.stem == number.stem
        and (not each.unit or not number.unit or each.unit == number.unit)
        and each.bound * number.bound >= 0
    ]
    if not same:
        return False
    rivals = [
        each
        for each in said.numbers
        if each.stem != number.stem
        and each.unit == same[0].unit
        and (each.unit or len(said.numbers) > 2)
    ]
    return not rivals or any(_is_nearest(number, each, rivals, wanted, said) for each in same)


def _is_nearest(
    number: Token, place: Token, rivals: Sequence[Token], wanted: Claim, said: Claim
) -> bool:
    """Whether the words about the number stand nearer to it than to other numbers of its kind."""

    def nearness(where: Token) -> float:
        total = 0.0
        for token in wanted.tokens:
            if token.is_number:
                continue
            places = [each.place for each in said.tokens if each.stem == token.stem]
            if places:
                weight = 1 / (1 + abs(token.place - number.place))
                total += weight / (1 + min(abs(each - where.place) for each in places))
        return total

    return nearness(place) >= 0.8 * max(nearness(rival) for rival in rivals)


def _parts(wanted: Claim) -> list[Claim]:
    """The claim's clauses as claims of their own; short ones stay with the one before."""
    groups: list[list[Token]] = []
    clause = None
    for token in wanted.tokens:
        if token.clause != clause and (not groups or len(groups[-1]) > 1):
            groups.append([])
        clause = token.clause
        groups[-1].append(token)
    if len(groups) > 1 and len(groups[-1]) < 2:
        last = groups.pop()
        groups[-1] += last
    return [
        replace(
            wanted,
            tokens=tuple(group),
            words=frozenset(token.stem for token in group if not token.is_number),
            opener=wanted.opener if group[0] is wanted.tokens[0] else "",
            negated=any(token.denied for token in group),
        )
        for group in groups
    ]


def _joined(found: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """One stretch where all lie close together in one passage, else each by itself."""
    first, last = min(e.start for e in found), max(e.end for e in found)
    if len({e.hit for e in found}) == 1 and last - first <= _LONGEST_QUOTE:
        return (Evidence(found[0].hit, first, last),)
    return tuple(dict.fromkeys(found))
