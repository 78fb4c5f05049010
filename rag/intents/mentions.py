"""Which documents mention a word or a phrase, and how often: complete, and within the asker's rights.

The lexical index names the candidates; each is then counted in its own text, because the index folds accents
and does not know where words stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.computed import Cell, Row, Table
from rag.index.search.analysis import plain_words, stems
from rag.intents.intent import Intent, IntentKind
from rag.intents.result import IntentResult
from rag.intents.wording import Wording, find_wording
from rag.intents.workspace import Workspace, extract_of, find_cell, place_cell
from rag.language.sentences import spans

SHOWN_EXTRACTS = 8
"""Documents whose first mention is quoted: more are in the table."""
_QUOTED = re.compile(r'"([^"]+)"|“([^”“]+)[”“]|„([^“”„]+)[“”]|«([^»«]+)»|»([^«»]+)«')
_SAME = {"'": "['’‘]", "’": "['’‘]", "-": "[-‐‑–]", "–": "[-‐‑–]", '"': '["“”„]'}
"""Characters that are typed in one way and printed in another."""
_WORD = re.compile(r"\w+")
_SHORTEST_FORM = 4
"""Letters of a word whose other forms are looked for: short ones share their stem with too much."""
_MOST_FORMS = 4
_EXCERPT = 320
"""Characters of a sentence that are shown around a mention."""


@dataclass(slots=True)
class Found:
    """A document that mentions something: how often, and where first (characters of its text)."""

    count: int = 0
    start: int = 0
    end: int = 0
    terms: set[str] = field(default_factory=set)


def answer_mentions(intent: Intent, workspace: Workspace) -> IntentResult:
    """The documents that mention the intent's term, those with most mentions first."""
    wording = find_wording(intent.language)
    terms, joined = split_terms(intent.slot("term"), wording)
    mentions = count_mentions(workspace, terms, every=joined == "and")
    if not mentions and len(terms) == 1 and (parts := _parts(terms[0], wording)):
        terms, joined = parts
        mentions = count_mentions(workspace, terms, every=joined == "and")
    order = sorted(mentions, key=lambda document: (-mentions[document].count, document))
    cells = {
        document: _first_mention(workspace, document, mentions[document]) for document in order
    }
    times = sum(mention.count for mention in mentions.values())
    enumeration = _enumerated(terms, joined, wording)
    notes = [wording.reply("whole_words" if _is_word(terms) else "phrase_words")]
    if len(terms) > 1:
        notes.append(wording.reply("all_terms" if joined == "and" else "any_term"))
    elif _is_word(terms):
        notes += _other_forms(workspace, terms[0], mentions, wording)
    rows = tuple(
        Row(
            cells=(
                find_cell(workspace.records[document]),
                Cell(text=str(mentions[document].count)),
                cells[document],
            )
        )
        for document in order
    )
    columns = tuple(wording.columns[name] for name in ("document", "mentions", "first"))
    return IntentResult(
        kind=IntentKind.MENTIONS,
        language=wording.code,
        text=wording.counted(
            "mentions",
            len(order),
            term=enumeration,
            times=wording.reply("times_one")
            if times == 1
            else wording.reply("times_many", count=times),
        ),
        notes=tuple(notes),
        table=Table(columns=columns, rows=rows, total=len(rows)),
        extracts=tuple(
            extract_of(cells[document], rank)
            for rank, document in enumerate(order[:SHOWN_EXTRACTS], 1)
        ),
        generation=workspace.snapshot.generation.id,
    )


def count_mentions(
    workspace: Workspace, terms: Sequence[str], *, every: bool = False
) -> dict[int, Found]:
    """The documents that mention one of the terms (`every`: each of them), by id, with their counts.

    A term counts where it stands as whole words, in any letter case, with any white space between them.
    """
    patterns = {term: compile_pattern(term) for term in terms}
    candidates = _candidates(workspace, terms, every=every)
    mentions: dict[int, Found] = {}
    for document, text in workspace.snapshot.read_texts(candidates):
        here = Found()
        for term, pattern in patterns.items():
            matches = [match.span() for match in pattern.finditer(text)]
            if matches:
                here.terms.add(term)
                first = matches[0]
                if not here.count or first[0] < here.start:
                    here.start, here.end = first
                here.count += len(matches)
        if here.count and (not every or len(here.terms) == len(patterns)):
            mentions[document] = here
    return mentions


def compile_pattern(term: str) -> re.Pattern[str]:
    """What matches a term in a text: whole words, any letter case, any white space between words."""
    words = term.split()
    body = r"\s+".join("".join(_SAME.get(c, re.escape(c)) for c in word) for word in words)
    before = r"(?<!\w)" if _WORD.match(term[:1]) else ""
    after = r"(?!\w)" if _WORD.match(term[-1:]) else ""
    return re.compile(f"{before}{body}{after}", re.IGNORECASE)


def split_terms(term: str, wording: Wording) -> tuple[tuple[str, ...], str]:
    """The terms that are asked for, and whether they are joined by "and" or "or" ("" for one term).

    What stands in quotation marks is a term as it is, whatever is in it.
    """
    quoted = tuple("".join(groups).strip() for groups in _QUOTED.findall(term))
    if quoted:
        rest = _QUOTED.sub(" ", term)
        every = re.search(wording.words["and"], f"{rest} ") and len(quoted) > 1
        return quoted, ("and" if every else "or") if len(quoted) > 1 else ""
    return (_bare(term, wording),), ""


def _parts(term: str, wording: Wording) -> tuple[tuple[str, ...], str] | None:
    """A phrase that no document has, taken apart at its "or" or its "and"."""
    for joined in ("or", "and"):
        parts = [_bare(part, wording) for part in re.split(wording.words[joined], term)]
        if len(parts) > 1 and all(parts):
            return tuple(dict.fromkeys(parts)), joined
    return None


def _bare(term: str, wording: Wording) -> str:
    """The term without an article, and without what only says that it is a word."""
    term = re.sub(rf"^{wording.words['term_before']}", "", term.strip(), flags=re.IGNORECASE)
    bare = re.sub(rf"^{wording.words['articles']}[ ]+", "", term, flags=re.IGNORECASE)
    return (bare or term).strip(" ,.;:")


def _candidates(workspace: Workspace, terms: Sequence[str], *, every: bool) -> frozenset[int]:
    """Documents that may mention them, by the lexical index."""
    documents: frozenset[int] | None = None
    for term in terms:
        words = plain_words(term)
        # A term without a word, such as "§", is in no index: each document is looked into.
        holders = (
            workspace.snapshot.documents_with_words(words, workspace.filter)
            if words
            else frozenset(workspace.records)
        )
        documents = (
            holders
            if documents is None
            else (documents & holders if every else documents | holders)
        )
    return documents or frozenset()


def _is_word(terms: Iterable[str]) -> bool:
    return all(_WORD.fullmatch(term) for term in terms)


def _other_forms(
    workspace: Workspace, word: str, known: Iterable[int], wording: Wording
) -> list[str]:
    """How many more documents have other forms of the word, and which forms these are."""
    if len(word) < _SHORTEST_FORM or not word.isalpha():
        return []
    others = workspace.snapshot.documents_with_stem(word, workspace.filter) - set(known)
    forms: Counter[str] = Counter()
    documents = set()
    for document, text in workspace.snapshot.read_texts(others):
        language = workspace.records[document].language
        word_stems = set(stems(word, language))
        # Each different word once: stemming a whole text word by word takes long.
        words = {form.casefold() for form in _WORD.findall(text)} if word_stems else set()
        same = {form for form in words if word_stems == set(stems(form, language))}
        if same:
            documents.add(document)
            forms.update(same)
    if not documents:
        return []
    names = ", ".join(sorted(form for form, _ in forms.most_common(_MOST_FORMS)))
    name = "other_forms_one" if len(documents) == 1 else "other_forms_many"
    return [wording.reply(name, count=len(documents), forms=names)]


def _first_mention(workspace: Workspace, document: int, mention: Found) -> Cell:
    """The sentence in which a document mentions it first."""
    record = workspace.records[document]
    low = max(0, mention.start - 2 * _EXCERPT)
    excerpt = workspace.snapshot.slice(document, low, mention.end + 2 * _EXCERPT)
    start, end = mention.start, mention.end
    for first, last in spans(excerpt):
        if low + first <= mention.start < low + last:
            start, end = low + first, max(mention.end, low + last)
            break
    if end - start > _EXCERPT:
        start = max(start, mention.start - _EXCERPT // 2)
        end = min(end, max(mention.end, start + _EXCERPT))
    text = excerpt[start - low : end - low]
    return place_cell(record, workspace.positions(record), text, start, end)


def _enumerated(terms: Sequence[str], joined: str, wording: Wording) -> str:
    """The terms in quotation marks."""
    quoted = [wording.quoted(term) for term in terms]
    return f" {wording.reply('joined_' + joined)} ".join(quoted) if joined else quoted[0]
