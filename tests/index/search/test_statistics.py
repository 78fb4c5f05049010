"""What somebody finds by words, and how it is scored, depends only on what they may read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.index import Filter, Snapshot
from rag.index.search.lexical import LexicalIndex
from tests.index.world import SmallIndex, document

VOCABULARY = ["alpha", "bravo", "delta", "gamma", "kappa", "lambda", "omega", "sigma", "zeta"]
HIDDEN = ["zanzibar", "bonuses", "dismissal", "4711", "merger"]
LENGTH = 8
ASKER = Filter(readers=frozenset({"it"}))
QUERIES = [
    "alpha", "zeta omega", " ".join(VOCABULARY), "alpha zanzibar", "zanzibaz", "dismisal kappa",
    "4711 sigma", "merger", "kapppa", "unheard",
]  # fmt: skip


def passages(seed: int, count: int, words: list[str]) -> list[str]:
    """Random passages of LENGTH words each."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(words, LENGTH)) for _ in range(count)]


def snapshot_of(folder: Path, hidden: list[str], removed: list[str] = []) -> Snapshot:  # noqa: B006
    """40 passages that everybody may read, 20 for it, those for hr; `removed` stood there before."""
    folder.mkdir()
    world = SmallIndex(folder)
    if removed:
        world.publish(document("/hr/old.txt", removed, readers=("hr",)))
    world.publish(
        document("/public.txt", passages(1, 40, VOCABULARY)),
        document("/it.txt", passages(2, 20, VOCABULARY), readers=("it",)),
        *([document("/hr/old.txt", ["gone " * LENGTH], readers=("hr",))] if removed else []),
        *([document("/hr/secret.txt", hidden, readers=("hr",))] if hidden else []),
    )
    return world.snapshot()


def shown(snapshot: Snapshot, query: str, filter: Filter = ASKER) -> list[tuple[str, float]]:
    """Text and score of every passage that is found, in order."""
    candidates = snapshot.lexical(query, 100, filter)
    rows = snapshot.chunks(candidates.chunk_ids.tolist())
    return [
        (rows[chunk].text, score)
        for chunk, score in zip(
            candidates.chunk_ids.tolist(), candidates.scores.tolist(), strict=True
        )
    ]


@pytest.mark.parametrize("query", QUERIES)
def test_words_of_hidden_documents_change_neither_hits_nor_scores(
    tmp_path: Path, query: str
) -> None:
    """Neither rare words that only they have, nor frequent ones, nor words one letter off the query's."""
    alone = snapshot_of(tmp_path / "alone", [])
    rare = snapshot_of(tmp_path / "rare", passages(3, 30, HIDDEN))
    frequent = snapshot_of(tmp_path / "frequent", passages(4, 300, ["zeta", *HIDDEN]))
    expected = shown(alone, query)
    for other in (rare, frequent):
        actual = shown(other, query)
        assert [text for text, _ in actual] == [text for text, _ in expected]
        assert np.allclose([s for _, s in actual], [s for _, s in expected], atol=1e-4)


def test_words_of_deleted_documents_do_not_either(tmp_path: Path) -> None:
    """They stay in tantivy's counts until it merges its files."""
    alone = snapshot_of(tmp_path / "alone", ["gone " * LENGTH])
    after = snapshot_of(tmp_path / "after", [], removed=passages(5, 50, ["zeta", *HIDDEN]))
    for query in QUERIES:
        assert [text for text, _ in shown(after, query)] == [
            text for text, _ in shown(alone, query)
        ]


def test_a_hidden_word_is_no_reason_against_repairing_a_misspelt_one(tmp_path: Path) -> None:
    """ "lambdo" is one letter off a word that may be read, whether or not it stands in a hidden document."""
    for name, hidden in (("without", []), ("with", ["lambdo " * LENGTH])):
        assert shown(snapshot_of(tmp_path / name, hidden), "lambdo"), name


def test_who_may_read_everything_is_scored_by_everything(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path / "all", passages(3, 30, HIDDEN))
    everything = Filter(readers=frozenset({"it", "hr"}))
    assert shown(snapshot, "zeta zanzibar", everything) == shown(
        snapshot, "zeta zanzibar", Filter()
    )


def test_counts_are_kept_for_a_bounded_number_of_groups(tmp_path: Path) -> None:
    """A thousand people with a group each do not fill the memory."""
    snapshot = snapshot_of(tmp_path / "groups", [])
    index = LexicalIndex(snapshot._lexical.source)
    for number in range(200):
        index.search("alpha", 5, Filter(readers=frozenset({f"group:{number}"})))
    assert len(index._known_statistics) <= 64
