"""Damage of what is derived from the catalogue is found before the first answer, and mended.

The oracle is what the undamaged index answers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.index.maintenance.verify import verify
from rag.index.search import derived
from tests.faults.indexes import IndexSet, answers, find_folder, flip, grow, without_scores
from tests.index.world import SmallIndex, document

STRUCTURES = ("vectors", "lexical")
FILE_DAMAGE = ("missing", "empty", "truncated", "bit-flipped", "swapped", "older")


def check_mended(data: Path, shelf: IndexSet) -> None:
    """Right at the first answer, whole on disk afterwards, and right after the next run."""
    assert answers(data) == shelf.said
    assert verify(data, full=True).repaired == ()
    world = SmallIndex(data)
    grow(world)
    assert verify(data, full=True).ok


def damage(kind: str, file: Path, other: Path, old: Path) -> None:
    """`other`: the same file of another index, `old`: the one of the generation before."""
    match kind:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "truncated":
            file.write_bytes(file.read_bytes()[:-1])
        case "bit-flipped":
            flip(file)
        case "swapped":
            shutil.copyfile(other, file)
        case "older":
            shutil.copyfile(old, file)


def same_file(file: Path, folder: Path) -> Path:
    """The file of another folder that plays this one's part: tantivy's names are random."""
    same_name = folder / file.name
    if same_name.exists():
        return same_name
    return next(
        candidate for candidate in sorted(folder.iterdir()) if candidate.suffix == file.suffix
    )


@pytest.mark.parametrize("kind", FILE_DAMAGE)
@pytest.mark.parametrize("name", STRUCTURES)
def test_a_damaged_derived_file_never_answers(
    name: str, kind: str, shelf: IndexSet, tmp_path: Path
) -> None:
    """Each file of the structure in turn (or some of them), its stamp too; and the next run goes well."""
    (source,) = derived.find(shelf.whole, name)
    every = 1 if kind in ("missing", "bit-flipped") else 4
    names = [*list(source.stamp.files)[::every], derived.STAMP]
    for number, file_name in enumerate(names):
        data = Path(shutil.copytree(shelf.whole, tmp_path / f"data{number}"))
        file = find_folder(data, name) / file_name
        others = [find_folder(folder, name) for folder in (shelf.other, shelf.old)]
        before = file.read_bytes()
        damage(kind, file, *(same_file(file, folder) for folder in others))
        if file.exists() and file.read_bytes() == before:
            continue  # an empty file, or the same in every index
        if number % 2:
            check_mended(data, shelf)
        else:
            assert answers(data) == shelf.said, file_name


@pytest.mark.parametrize("kind", ["fast", "store"])
def test_a_writer_does_not_hand_damage_on(kind: str, data: Path) -> None:
    """A run that comes before any reader, and merges tantivy's segments, would give it new checksums."""
    small_runs(data, range(7))
    whole = Path(shutil.copytree(data, data.with_name("whole")))
    for file in sorted(find_folder(data, "lexical").glob(f"*.{kind}")):
        for fraction in (0.1, 0.3, 0.5, 0.7):
            flip(file, fraction)
    for fraction in (data, whole):
        small_runs(fraction, range(7, 10))
    assert without_scores(data) == without_scores(whole)
    assert verify(data, full=True).repaired == ()


def small_runs(data: Path, numbers: Iterable[int]) -> None:
    for number in numbers:
        SmallIndex(data).publish(document(f"/small/{number}.txt", [f"alpha small {number}"]))


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("kind", ["missing", "other", "older", "foreign stamp", "wrong layout"])
def test_a_damaged_derived_folder_never_answers(
    name: str, kind: str, data: Path, shelf: IndexSet
) -> None:
    folder = find_folder(data, name)
    match kind:
        case "missing":
            shutil.rmtree(folder)
        case "other" | "older":
            shutil.rmtree(folder)
            source = find_folder(shelf.other if kind == "other" else shelf.old, name)
            shutil.copytree(source, data / source.name)
        case "foreign stamp":
            (folder / derived.STAMP).write_text('{"made_by": "another program"}')
        case "wrong layout":
            (source,) = derived.find(data, name)
            derived.write_stamp(folder, replace(source.stamp, layout=source.stamp.layout + 1))
    if kind == "older":  # it is brought up to date: see `shelf`
        assert without_scores(data) == without_scores(shelf.whole)
    else:
        check_mended(data, shelf)


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_stamp_of_another_index_or_state_is_not_believed(
    name: str, data: Path, shelf: IndexSet
) -> None:
    """Well-formed, but of another index, another state of the same number, or with other rows."""
    (source,) = derived.find(data, name)
    (foreign,) = derived.find(shelf.other, name)
    stamp, origin = source.stamp, source.stamp.origin
    for wrong in (
        replace(stamp, origin=foreign.stamp.origin),
        replace(stamp, origin=replace(origin, token="00" * 8)),
        replace(stamp, rows=stamp.rows + 1),
        foreign.stamp,
    ):
        copy = Path(shutil.copytree(data, data.with_name("copy")))
        derived.write_stamp(find_folder(copy, name), wrong)
        assert answers(copy) == shelf.said
        shutil.rmtree(copy)
