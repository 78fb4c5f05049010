"""Which words of a question stand in which unit and around it; rare words count for more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rag.extracts.units import Unit
from rag.extracts.words import find_content_words, find_surface_words, match_weights, question_words
from rag.hit import Hit

if TYPE_CHECKING:
    import numpy.typing as npt

    from rag.embedder import Embedder

Float64: TypeAlias = "npt.NDArray[np.float64]"

_DIGIT = re.compile(r"\d")
_NAME = re.compile(r"(?<!^)(?<![.!?:] )\b[A-ZÀ-Þ][\w-]*|\b\w*\d\w*(?:-\w+)*\b")
_SOFT_FLOOR = 0.25
"""How near a word has to come in meaning to count, where the mean of all words is 0 and the same word 1."""


class WordOverlap:
    """Shares of the question's words, one number for each unit; see `features.WORDING_NAMES`."""

    def __init__(
        self,
        question: str,
        hits: Sequence[Hit],
        units: Sequence[Unit],
        embedder: Embedder,
    ) -> None:
        query_words = question_words(question)
        self.wanted = list(dict.fromkeys(query_words))
        self._count = len(units)
        self._texts = [find_content_words(unit.text) for unit in units]
        lead_ins = [find_content_words(_lead_in(unit)) for unit in units]
        headings = [find_content_words(" ".join(unit.headings)) for unit in units]
        titles = [find_content_words(hit.names) for hit in hits]
        vocabulary: set[str] = set()
        for words in (*self._texts, *lead_ins, *headings, *titles):
            vocabulary.update(words)
        self._forms = match_weights(self.wanted, vocabulary)
        own = self._matrix(self._texts)
        lead_in, heading = self._matrix(lead_ins), self._matrix(headings)
        title = self._matrix(titles)[[unit.hit for unit in units]]
        weights = self._rarity(own)
        total = max(float(weights.sum()), 1e-9)
        near = np.zeros_like(own)
        for number, unit in enumerate(units):
            for beside in (number - 1, number + 1):
                if 0 <= beside < self._count and units[beside].hit == unit.hit:
                    near[number] = np.maximum(near[number], own[beside])
        self.own = own @ weights / total
        introduced = np.maximum(own, lead_in)
        self.introduced = introduced @ weights / total
        self.headed = np.maximum(introduced, heading) @ weights / total
        self.titled = np.maximum(introduced, title) @ weights / total
        self.near = near @ weights / total
        everything = np.maximum.reduce([introduced, heading, title])
        self.covered = np.maximum(everything, near * 0.5) @ weights / total
        self.in_headings = np.maximum(heading, title) @ weights / total
        pairs = (own[:, :-1] > 0) & (own[:, 1:] > 0)
        self.pairs = pairs.mean(axis=1) if pairs.shape[1] else np.zeros(self._count)
        soft = self._soft_forms(question, hits, units, vocabulary, embedder)
        self._measure_meaning(
            units, soft, (own, lead_in, heading, title), (lead_ins, headings, titles)
        )
        self._measure_keys(question, units, own, everything)

    def _measure_meaning(
        self,
        units: Sequence[Unit],
        soft: dict[str, Float64],
        exact: tuple[Float64, Float64, Float64, Float64],
        texts: tuple[Sequence[Sequence[str]], Sequence[Sequence[str]], Sequence[Sequence[str]]],
    ) -> None:
        """The same shares with words that come near a wanted one in meaning."""
        own, lead_in, heading, title = exact
        lead_ins, headings, titles = texts
        weights = self._rarity(own)
        total = max(float(weights.sum()), 1e-9)
        soft_own = np.maximum(own, _best_of(soft, self._texts))
        soft_lead = np.maximum(lead_in, _best_of(soft, lead_ins))
        soft_heading = np.maximum(heading, _best_of(soft, headings))
        soft_title = np.maximum(title, _best_of(soft, titles)[[unit.hit for unit in units]])
        soft_near = np.zeros_like(own)
        for number, unit in enumerate(units):
            if number and units[number - 1].hit == unit.hit:
                soft_near[number] = soft_own[number - 1]
        self.soft_own = soft_own @ weights / total
        soft_introduced = np.maximum(soft_own, soft_lead)
        self.soft_introduced = soft_introduced @ weights / total
        self.soft_covered = (
            np.maximum.reduce([soft_introduced, soft_heading, soft_title, 0.7 * soft_near])
            @ weights
            / total
        )
        self.soft_near = soft_near @ weights / total

    def _measure_keys(
        self, question: str, units: Sequence[Unit], own: Float64, everything: Float64
    ) -> None:
        """The shares of names and numbers, what a row or line begins with, and what is new."""
        weights = self._rarity(own)
        is_key = self._keys(question)
        labels = [find_content_words(unit.cells[0] if unit.cells else "") for unit in units]
        label = self._matrix(labels)
        sizes = np.array([max(1, len(set(words))) for words in labels])
        self.label_asked = np.minimum(label.sum(axis=1) / sizes, 1.0)
        starts = self._matrix([words[:2] for words in self._texts])
        self.begins_with_key = starts @ is_key
        key_weights = weights * is_key
        key_total = max(float(key_weights.sum()), 1e-9)
        self.keys = own @ key_weights / key_total
        self.keys_covered = everything @ key_weights / key_total
        known = {form for forms in self._forms.values() for form in forms}
        fresh = [len({word for word in words if word not in known}) for words in self._texts]
        self.new_words = np.minimum(np.array(fresh), 10) / 10
        asked_set = set(self.wanted)
        self.new_numbers = np.array(
            [
                any(word[0].isdigit() and word not in asked_set for word in words)
                for words in self._texts
            ],
            dtype=np.float64,
        )

    def count_noun(self, noun: Sequence[str]) -> Float64:
        """1 where a number stands before the noun that the question counts, 0.5 where the noun stands."""
        counted = np.zeros(self._count)
        if not noun:
            return counted
        forms = match_weights(noun[:1], {word for words in self._texts for word in words})[noun[0]]
        for number, words in enumerate(self._texts):
            for index, word in enumerate(words):
                if word in forms:
                    before = words[max(0, index - 2) : index]
                    has_number = any(_DIGIT.search(word) for word in before)
                    counted[number] = max(counted[number], 1.0 if has_number else 0.5)
        return counted

    def _soft_forms(
        self,
        question: str,
        hits: Sequence[Hit],
        units: Sequence[Unit],
        vocabulary: set[str],
        embedder: Embedder,
    ) -> dict[str, Float64]:
        """How near each word of the passages comes to each wanted word in meaning: {stem: (n_wanted,)}."""
        surface_of = find_surface_words(question)
        surfaces: dict[str, str] = {}
        for text in dict.fromkeys(
            (
                *(unit.text for unit in units),
                *(unit.context for unit in units),
                *(hit.title for hit in hits),
            )
        ):
            for stem, word in find_surface_words(text).items():
                surfaces.setdefault(stem, word)
        known = [stem for stem in surfaces if stem in vocabulary]
        columns = [column for column, word in enumerate(self.wanted) if word in surface_of]
        if not known or not columns:
            return {}
        vectors = embedder.embed_documents(
            [surfaces[stem] for stem in known]
            + [surface_of[self.wanted[column]] for column in columns]
        )
        # Not @: for so many rows OpenBLAS wakes a second thread, which then spins for longer than this takes.
        near = np.einsum("nd,kd->nk", vectors[: len(known)], vectors[len(known) :])
        mean = near.mean(axis=0)
        scaled = np.clip(
            ((near - mean) / np.maximum(1 - mean, 1e-6) - _SOFT_FLOOR) / (1 - _SOFT_FLOOR), 0, 1
        )
        full = np.zeros((len(known), len(self.wanted)))
        full[:, columns] = scaled
        return dict(zip(known, full, strict=True))

    def _matrix(self, texts: Sequence[Sequence[str]]) -> Float64:
        """(n_texts, n_wanted): how far each text holds each wanted word."""
        matrix = np.zeros((len(texts), len(self.wanted)))
        columns: dict[str, list[tuple[int, float]]] = {}
        for number, word in enumerate(self.wanted):
            for form, weight in self._forms[word].items():
                columns.setdefault(form, []).append((number, weight))
        for row, words in enumerate(texts):
            for word in words:
                for number, weight in columns.get(word, ()):
                    matrix[row, number] = max(matrix[row, number], weight)
        return matrix

    def _rarity(self, own: Float64) -> Float64:
        count = (own > 0).sum(axis=0)
        rarity: Float64 = np.log(1 + self._count / (count + 0.5))
        return rarity

    def _keys(self, question: str) -> Float64:
        """1 for names, codes and numbers among the wanted words."""
        keys = {word for match in _NAME.findall(question) for word in find_content_words(match)}
        return np.array([float(word in keys) for word in self.wanted])


def _best_of(soft: dict[str, Float64], texts: Sequence[Sequence[str]]) -> Float64:
    """(n_texts, n_wanted): of each text the word that comes nearest to each wanted word."""
    size = len(next(iter(soft.values()))) if soft else 0
    best = np.zeros((len(texts), size)) if size else np.zeros((len(texts), 1))
    for row, words in enumerate(texts):
        if near := [soft[word] for word in words if word in soft]:
            best[row] = np.max(near, axis=0)
    return best


def _lead_in(unit: Unit) -> str:
    """What introduces a unit; a row is introduced by its table's columns."""
    columns = " ".join(unit.table.columns) if unit.table else ""
    return f"{unit.lead_in} {columns}"
