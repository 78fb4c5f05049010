"""Finding sentences in the documents that a question could be asked about."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.evaluation.wording import words
from rag.index import Snapshot
from rag.index.views.documents import ListedDocument
from rag.language import sentences

_SHORTEST, _LONGEST = 40, 300  # characters of a sentence
_FEWEST_WORDS = 6
_ENDS = (".", "!")
_MARKUP = re.compile(r"[|<>{}\[\]\n\t=*#_`]|https?:")
_NO_UNITS = (
    "a|about|after|ago|and|are|as|at|away|be|been|before|but|by|can|each|every|for|from|had|has|have|he|in"
    "|into|is|it|may|must|no|not|of|on|one|or|our|per|she|since|so|than|that|the|then|there|they|this|to"
    "|under|until|up|was|we|were|when|which|who|will|with|you"
    "|ab|als|am|auf|bei|bis|das|dem|den|der|die|ein|eine|für|im|ist|mit|oder|sie|sind|und|von|vor|wird|zu"
    "|au|avec|dans|de|du|en|est|et|la|le|les|ou|par|pour|que|qui|sur|un|une|y|con|del|el|es|los|por"
)
"""Words after a number that do not say what it counts."""
_COUNTED = rf"(?!(?:{_NO_UNITS})\b)[^\W\d_]+"
_NUMBER = re.compile(
    r"(?<![\w.,+-])(?:[€$£]\s?)?\d[\d.,:/]*(?<![.,:/])(?!\w)"
    rf"(?:\s?[%°]C?|\s?[€$£]|[-\s](?:(?:working|calendar|full|extra|business)\s)?{_COUNTED}(?!\w))?"
)
_CODE = re.compile(r"(?<![\w-])[A-Z]{1,5}-?\d[\w-]*(?!\w)")
_NAME = re.compile(r"(?<!^)(?<=\s)[^\W\d_a-z][\w'’-]+(?:\s[^\W\d_a-z][\w'’-]+)+")
_SECTION = re.compile(r"(?:section|chapter|page|step|figure|table|annex)\s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picked:
    """A sentence of a document, and the number or name in it that a question could ask for.

    `sentence[start:end] == answer`. `filename` names the document in this index, and no other.
    """

    filename: str
    title: str
    page: int | None
    sentence: str
    start: int
    end: int

    @property
    def answer(self) -> str:
        return self.sentence[self.start : self.end]


def pick(snapshot: Snapshot, count: int) -> list[Picked]:
    """Up to `count` sentences, spread evenly over the documents; the same each time."""
    documents = snapshot.list_documents()
    names = _filenames(documents)
    candidates = {
        document.document_id: sorted(
            _candidates(snapshot.text(document.document_id)), key=_scattered
        )
        for document in documents
    }
    repeated = Counter(sentence for sentences in candidates.values() for _, sentence in sentences)
    picked: list[Picked] = []
    rounds = max((len(sentences) for sentences in candidates.values()), default=0)
    for turn in range(rounds):
        for document in documents:
            if len(picked) == count:
                return picked
            if turn >= len(candidates[document.document_id]):
                continue
            position, sentence = candidates[document.document_id][turn]
            span = answer_in(sentence)
            if span is None or repeated[sentence] > 1:
                continue
            page = snapshot.page_at(document.document_id, position)
            picked.append(
                Picked(names[document.document_id], document.title, page, sentence, *span)
            )
    return picked


def answer_in(sentence: str) -> tuple[int, int] | None:
    """Where a number with its unit stands in the sentence, or a code, or a name of several words.

    None where there is none. It stands there once: a question for it has one answer. A number that only
    counts sections is none.
    """
    for pattern in (_NUMBER, _CODE, _NAME):
        for match in pattern.finditer(sentence):
            counts_sections = _SECTION.search(sentence, 0, match.start())
            if not counts_sections and sentence.count(match[0]) == 1:
                return match.span()
    return None


def _candidates(text: str) -> Iterator[tuple[int, str]]:
    """Plain sentences with something to ask for: (place in the document, sentence)."""
    for start, end in sentences.spans(text):
        sentence = text[start:end]
        if (
            _SHORTEST <= len(sentence) <= _LONGEST
            and sentence[0].isupper()
            and sentence.endswith(_ENDS)
            and not _MARKUP.search(sentence)
            and len(words(sentence)) >= _FEWEST_WORDS
            and answer_in(sentence)
        ):
            yield start, sentence


def _scattered(candidate: tuple[int, str]) -> bytes:
    """An order that has nothing to do with where a sentence stands, the same each time."""
    return hashlib.sha256(candidate[1].encode("utf-8", "replace")).digest()


def _filenames(documents: Sequence[ListedDocument]) -> dict[int, str]:
    """The shortest name that tells each document from the others: stem, file name, whole path."""
    stems = Counter(_stem(document.uri) for document in documents)
    files = Counter(posixpath.basename(document.uri) for document in documents)
    names = {}
    for document in documents:
        stem, file = _stem(document.uri), posixpath.basename(document.uri)
        names[document.document_id] = (
            stem if stems[stem] == 1 else file if files[file] == 1 else document.uri
        )
    return names


def _stem(uri: str) -> str:
    return posixpath.splitext(posixpath.basename(uri))[0]
