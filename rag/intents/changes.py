"""What changed from one version of a document to the next, section by section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from rag.computed import Cell, Change, Row, Table
from rag.index.search.analysis import plain_words
from rag.index.views.inventory import ChunkPositions, DocumentRecord
from rag.intents.intent import Intent, IntentKind
from rag.intents.resolve import (
    Reference,
    editions,
    find_documents,
    find_newer_versions,
    read_reference,
)
from rag.intents.result import IntentResult
from rag.intents.sections import DocumentSection, is_drawn, read_sentences, split_sections
from rag.intents.wording import Wording, find_wording
from rag.intents.workspace import Workspace, extract_of, place_cell

SHOWN_ROWS = 200
SHOWN_EXTRACTS = 12
SAME_SENTENCE = 0.5
"""Likeness of words (2 × shared in order / all) from which two sentences are one that was changed."""
CONTAINED = 0.8
"""Share of the shorter sentence's words that the longer one has, from which the two are the same one."""
_FEWEST_WORDS = 5
SAME_SECTION = 0.4
"""Share of words from which two sections under other headings are the same section."""
RELATED = 0.3
"""Share of the shorter text's words from which two documents can be versions of one another."""
_MOST_PAIRS = 10_000
"""Sentences × sentences that are compared one by one where a passage was rewritten."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
_ORDINAL = re.compile(r"^[\d.]+\s+|\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two versions, read."""

    record: DocumentRecord
    text: str
    positions: ChunkPositions
    sections: Sequence[DocumentSection]

    def cell(self, span: tuple[int, int] | None) -> Cell:
        """What stands at a span; an empty cell for none."""
        if span is None:
            return Cell()
        return place_cell(self.record, self.positions, self.text[slice(*span)], *span)

    def heading(self, section: DocumentSection | None) -> Cell:
        """The heading of a section, which leads to where it stands."""
        if section is None:
            return Cell()
        start = section.start
        return place_cell(self.record, self.positions, section.heading, start, start)

    def words(self, span: tuple[int, int]) -> tuple[str, ...]:
        """The words and signs of a span, in lower case."""
        return tuple(_TOKEN.findall(self.text[slice(*span)].casefold()))


def answer_changes(intent: Intent, workspace: Workspace) -> IntentResult | None:
    """The differences of the two versions that the question means; None if it names no two versions."""
    wording = find_wording(intent.language)
    pair = find_versions(intent, workspace, wording)
    if pair is None:
        return None
    old, new = (read_version(record, workspace) for record in pair)
    if not are_related(old.text, new.text):
        return None
    rows = list(diff_versions(old, new))
    extracts = (row.cells[2] if row.cells[2].text else row.cells[1] for row in rows)
    return IntentResult(
        kind=IntentKind.CHANGES,
        language=wording.code,
        text=wording.counted(
            "changes",
            len(rows),
            old=wording.quoted(old.record.title),
            new=wording.quoted(new.record.title),
        ),
        notes=(wording.reply("first_rows", count=SHOWN_ROWS),) if len(rows) > SHOWN_ROWS else (),
        table=Table(
            columns=(wording.columns["section"], old.record.title, new.record.title),
            rows=tuple(rows[:SHOWN_ROWS]),
            total=len(rows),
        ),
        extracts=tuple(
            extract_of(cell, rank)
            for rank, (cell, _) in enumerate(zip(extracts, range(SHOWN_EXTRACTS), strict=False), 1)
        ),
        generation=workspace.snapshot.generation.id,
        asks_model=bool(rows),
    )


def find_versions(
    intent: Intent, workspace: Workspace, wording: Wording
) -> tuple[DocumentRecord, DocumentRecord] | None:
    """The older and the newer document that the question means."""
    one = read_reference(intent.slot("one"), wording)
    years = [intent.slot(name) for name in ("since", "until")]
    if any(years):
        references = [replace(one, tags=frozenset({year})) for year in years if year]
        if len(references) == 1:
            references.append(replace(one, is_newer=True))
    elif intent.slot("other"):
        references = _completed(one, read_reference(intent.slot("other"), wording))
    else:
        references = [replace(one, is_older=True, tags=frozenset()), replace(one, is_newer=True)]
    documents = [_choose(reference, workspace) for reference in references]
    first, second = documents
    if first is None or second is None or first == second:
        return None
    newer = find_newer_versions([first, second], workspace)
    return (second, first) if second.document_id in newer else (first, second)


def _completed(one: Reference, other: Reference) -> list[Reference]:
    """Two references, of which one may say the version alone ("… of 2024 and 2026")."""
    if other.is_only_a_version:
        other = replace(other, words=one.words)
    elif one.is_only_a_version:
        one = replace(one, words=other.words)
    return [one, other]


def _choose(reference: Reference, workspace: Workspace) -> DocumentRecord | None:
    """The document of a reference: by its year or number, else the newest, or the one before that."""
    candidates = find_documents(reference, workspace)
    if not candidates or reference.tags:
        return candidates[0] if candidates else None
    newer = find_newer_versions(candidates, workspace)
    best = candidates[0].document_id
    newest = newer.get(best, best)
    if not reference.is_older:
        return workspace.records[newest]
    before = [record for record in candidates if newer.get(record.document_id) == newest]
    versions = editions(before, workspace)
    return max(
        before,
        key=lambda record: (versions[record.document_id].date, versions[record.document_id].number),
        default=None,
    )


def read_version(record: DocumentRecord, workspace: Workspace) -> Version:
    """A document with its text and sections."""
    text, positions = workspace.text(record), workspace.positions(record)
    return Version(record, text, positions, split_sections(text, positions))


def are_related(one: str, other: str) -> bool:
    """Whether two texts share so many words that one can be a version of the other."""
    first, second = set(plain_words(one)), set(plain_words(other))
    fewer = min(len(first), len(second))
    return bool(fewer) and len(first & second) >= RELATED * fewer


def diff_versions(old: Version, new: Version) -> Iterator[Row]:
    """A row for each sentence, list item or table row that was added, removed or changed.

    Cells: section, old, new. In the order of the new version; a section that is gone follows the one that it
    stood behind. What only moved to another section is no difference.
    """
    differences = list(_differences(old, new))
    moved = _moved(old, new, differences)
    for number, (section, before, after) in enumerate(differences):
        if number in moved.partners:
            continue
        first = moved.origin.get(number, before)
        if first and after and old.words(first) == new.words(after):
            continue
        left, right = old.cell(first), new.cell(after)
        change = Change.REMOVED if after is None else Change.ADDED
        if first and after:
            left, right = _marked(left, right)
            change = Change.CHANGED
        yield Row(cells=(section, left, right), change=change)


_Span = tuple[int, int]


def _differences(old: Version, new: Version) -> Iterator[tuple[Cell, _Span | None, _Span | None]]:
    """The heading, and the spans of either version, of what differs between sections that belong together."""
    for before, after in pair_sections(old, new):
        heading = new.heading(after) if after else old.heading(before)
        for first, second in _pair_sentences(old, before, new, after):
            yield heading, first, second


@dataclass(frozen=True, slots=True)
class _Moved:
    """Differences that are one sentence in two sections: by the number of the one that was added, the old
    span that it comes from; `partners` are the numbers of the removed ones."""

    origin: Mapping[int, _Span]
    partners: frozenset[int]


def _moved(
    old: Version,
    new: Version,
    differences: Sequence[tuple[Cell, _Span | None, _Span | None]],
) -> _Moved:
    """Which of the removed and added sentences belong together, whichever sections they stand in."""
    removed = [
        (n, difference[1])
        for n, difference in enumerate(differences)
        if difference[1] and not difference[2]
    ]
    added = [
        (n, difference[2])
        for n, difference in enumerate(differences)
        if difference[2] and not difference[1]
    ]
    pairs = _best_pairs(
        [old.words(span) for _, span in removed if span],
        [new.words(span) for _, span in added if span],
        in_order=False,
    )
    origin = {added[j][0]: span for i, j in pairs if (span := removed[i][1])}
    return _Moved(origin, frozenset(removed[i][0] for i, _ in pairs))


def pair_sections(
    old: Version, new: Version
) -> list[tuple[DocumentSection | None, DocumentSection | None]]:
    """Sections that belong together: by their headings, else by their words."""
    pairs: dict[int, int] = {}
    free = set(range(len(old.sections)))
    for right, section in enumerate(new.sections):
        same = [left for left in sorted(free) if _key(old.sections[left]) == _key(section)]
        if same:
            pairs[right] = same[0]
            free.discard(same[0])
    words_old = {left: set(old.words(_span(old.sections[left]))) for left in free}
    for right, section in enumerate(new.sections):
        if right in pairs or not free:
            continue
        words = set(new.words(_span(section)))
        best = max(sorted(free), key=lambda left: _overlap(words, words_old[left]))
        if _overlap(words, words_old[best]) >= SAME_SECTION:
            pairs[right] = best
            free.discard(best)
    ordered: list[tuple[DocumentSection | None, DocumentSection | None]] = []
    gone = sorted(free)
    for right, section in enumerate(new.sections):
        matched = pairs.get(right)
        if matched is not None:
            ordered += [(old.sections[left], None) for left in gone if left < matched]
            gone = [left for left in gone if left >= matched]
        ordered.append((None if matched is None else old.sections[matched], section))
    return ordered + [(old.sections[left], None) for left in gone]


def _pair_sentences(
    old: Version, before: DocumentSection | None, new: Version, after: DocumentSection | None
) -> Iterator[tuple[tuple[int, int] | None, tuple[int, int] | None]]:
    """What differs between two sections: (old span, new span), either None."""
    left = _sentences(old, before)
    right = _sentences(new, after)
    said_before, said_after = (
        [old.words(span) for span in left],
        [new.words(span) for span in right],
    )
    matcher = SequenceMatcher(None, said_before, said_after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = _best_pairs(said_before[i1:i2], said_after[j1:j2])
        matched = {j: i for i, j in pairs}
        gone = [i for i in range(i2 - i1) if i not in matched.values()]
        for j in range(j2 - j1):
            i = matched.get(j)
            if i is not None:
                yield from ((left[i1 + k], None) for k in gone if k < i)
                gone = [k for k in gone if k > i]
            yield (None if i is None else left[i1 + i]), right[j1 + j]
        yield from ((left[i1 + k], None) for k in gone)


def _best_pairs(
    before: Sequence[tuple[str, ...]], after: Sequence[tuple[str, ...]], *, in_order: bool = True
) -> list[tuple[int, int]]:
    """Sentences that are one another's changed form, the likest first; `in_order`: none crossing another."""
    if not before or not after or len(before) * len(after) > _MOST_PAIRS:
        return []
    likeness = []
    for j, words in enumerate(after):
        matcher = SequenceMatcher(None, autojunk=False)
        matcher.set_seq2(words)
        for i, other in enumerate(before):
            matcher.set_seq1(other)
            if (alike := _likeness(matcher, len(other), len(words))) >= SAME_SENTENCE:
                likeness.append((alike, i, j))
    pairs: list[tuple[int, int]] = []
    for _, i, j in sorted(likeness, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if all(i != k and j != m and (not in_order or (i < k) == (j < m)) for k, m in pairs):
            pairs.append((i, j))
    return pairs


def _likeness(matcher: SequenceMatcher[str], one: int, other: int) -> float:
    """0…1; a sentence that was shortened or continued is like the whole one, too."""
    if matcher.quick_ratio() < SAME_SENTENCE / 2:
        return 0.0
    shared = sum(block.size for block in matcher.get_matching_blocks())
    shorter = min(one, other)
    contained = shared / shorter if shorter >= _FEWEST_WORDS else 0.0
    ratio = 2 * shared / (one + other)
    return max(ratio, contained * SAME_SENTENCE / CONTAINED if contained >= CONTAINED else 0.0)


def _marked(left: Cell, right: Cell) -> tuple[Cell, Cell]:
    """The two sides of a changed sentence, with the words that differ marked."""
    first, second = list(_TOKEN.finditer(left.text)), list(_TOKEN.finditer(right.text))
    matcher = SequenceMatcher(
        None, [word[0] for word in first], [word[0] for word in second], autojunk=False
    )
    marks: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        for side, tokens, low, high in ((0, first, i1, i2), (1, second, j1, j2)):
            if low < high:
                marks[side].append((tokens[low].start(), tokens[high - 1].end()))
    return (
        left.model_copy(update={"marks": tuple(marks[0])}),
        right.model_copy(update={"marks": tuple(marks[1])}),
    )


def _sentences(version: Version, section: DocumentSection | None) -> list[tuple[int, int]]:
    if section is None:
        return []
    spans = read_sentences(version.text, section)
    return [span for span in spans if not is_drawn(version.text[slice(*span)])]


def _key(section: DocumentSection) -> str:
    """A heading without its number and year, which change from version to version."""
    return " ".join(plain_words(_ORDINAL.sub("", section.heading)))


def _span(section: DocumentSection) -> tuple[int, int]:
    return section.start, section.end


def _overlap(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / max(1, len(one) + len(other))
