"""Finds the forms of a word among many words, without comparing it with each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rag.language.claims import same_word_form

_PREFIX = 4
"""Forms of a word begin with the same letters, and the parts of a compound end with the same."""


class Vocabulary:
    """Words, to be asked for the forms of others: "install" for "installed", "Urlaub" for "Resturlaub"."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        self._by_beginning: defaultdict[str, list[str]] = defaultdict(list)
        self._by_end: defaultdict[str, list[str]] = defaultdict(list)
        for word in self.words:
            if len(word) >= _PREFIX:
                self._by_beginning[word[:_PREFIX]].append(word)
                self._by_end[word[-_PREFIX:]].append(word)
        self._known: dict[str, frozenset[str]] = {}

    def forms(self, word: str) -> frozenset[str]:
        """Those of the words that are `word`, or a form of it, or a compound with it."""
        if word not in self._known:
            alike = {*self._by_beginning[word[:_PREFIX]], *self._by_end[word[-_PREFIX:]]}
            same_forms = {other for other in alike if same_word_form(word, other)}
            self._known[word] = frozenset(same_forms | ({word} & self.words))
        return self._known[word]
