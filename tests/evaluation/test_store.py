"""Evaluations kept beside the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import StorageError
from rag.evaluation import store
from tests.evaluation.world import hostile_evaluation


def test_the_last_one_is_read_back(tmp_path: Path) -> None:
    assert store.load_last_evaluation(tmp_path) is None
    first = hostile_evaluation("first")
    second = first.model_copy(update={"made_at": first.made_at + 1, "seconds": 2.0})
    store.keep(tmp_path, second)
    store.keep(tmp_path, first)
    assert store.load_last_evaluation(tmp_path) == second
    assert len(list((tmp_path / store.FOLDER).iterdir())) == 2, "nothing else is left there"


def test_of_two_in_one_second_the_later_is_the_last(tmp_path: Path) -> None:
    """Tried five times: by a random part of the name, one of them would be wrong."""
    first = hostile_evaluation("first")
    for n in range(5):
        later = first.model_copy(update={"made_at": first.made_at + 0.1 * (n + 1)})
        store.keep(tmp_path, later)
        assert store.load_last_evaluation(tmp_path) == later


def test_old_ones_go(tmp_path: Path) -> None:
    evaluation = hostile_evaluation("x")
    for n in range(store.KEPT + 3):
        store.keep(tmp_path, evaluation.model_copy(update={"made_at": evaluation.made_at + n}))
    assert len(store.list_evaluations(tmp_path)) == store.KEPT
    oldest = store.list_evaluations(tmp_path)[-1].name
    assert oldest.startswith("20260101T000003.000000Z-"), oldest


def test_much_that_is_kept_goes_sooner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of three fit; the newest stays even where it alone is too much."""
    evaluation = hostile_evaluation("x")
    size = store.keep(tmp_path, evaluation).stat().st_size
    monkeypatch.setattr(store, "KEPT_BYTES", 2 * size)
    for n in (1, 2):
        store.keep(tmp_path, evaluation.model_copy(update={"made_at": evaluation.made_at + n}))
    assert len(store.list_evaluations(tmp_path)) == 2
    monkeypatch.setattr(store, "KEPT_BYTES", 1)
    store.keep(tmp_path, evaluation.model_copy(update={"made_at": evaluation.made_at + 3}))
    (left,) = store.list_evaluations(tmp_path)
    assert left.name.startswith("20260101T000003.000000Z-")


def test_one_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    """Half a file, or one of a later format: the one before it is shown."""
    evaluation = hostile_evaluation("x")
    store.keep(tmp_path, evaluation)
    (tmp_path / store.FOLDER / "29990101T000000Z-0000.json").write_text('{"format": 99}')
    (tmp_path / store.FOLDER / "29980101T000000Z-0000.json").write_text('{"for')
    assert store.load_last_evaluation(tmp_path) == evaluation


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / store.FOLDER).write_text("a file stands in the way")
    with pytest.raises(StorageError, match=r"was not kept: .* cannot be written"):
        store.keep(tmp_path, hostile_evaluation("x"))
