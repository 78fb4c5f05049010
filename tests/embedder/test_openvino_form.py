"""A model is converted once, proved, and refused for good if its vectors come out different."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from rag.embedder import (
    OpenVinoEmbedder,
    SentenceTransformerEmbedder,
    open_embedder,
    openvino_export,
    reference,
)
from rag.embedder.openvino import RECEIPT, OpenVinoForm, import_openvino
from rag.embedder.openvino_form import NoFormError, identify_cpu, prepare_openvino_form
from rag.embedder.reference import embed_probes, read_reference, write_reference
from rag.errors import ModelRefusedError, StorageError
from rag.models import ModelFolder
from rag.settings import EmbedderSettings, Settings
from tests.embedder.helpers import MadeByTwo, MakeModel, cosines, output_of, start_python

pytestmark = pytest.mark.slow

TEXTS = ["What is the refund period?", "", "naïve 合同", "word " * 400]


def forms_in(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if "-openvino-" in path.name]


def embedder_of(model: ModelFolder, cache: Path) -> OpenVinoEmbedder:
    form = prepare_openvino_form(model, cache, progress=False)
    return OpenVinoEmbedder(model.path, model.name, model.sha256, form)


def original_of(model: ModelFolder) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(model.path, model.name, model.sha256)


@pytest.fixture
def cache(tiny_cache: Path, tmp_path: Path) -> Path:
    """A copy of a cache with one form: other times, another place, the same contents."""
    return Path(shutil.copytree(tiny_cache, tmp_path / "cache", copy_function=shutil.copy))


def test_a_form_agrees_with_the_original_and_says_how_well(
    tiny: ModelFolder, tiny_cache: Path
) -> None:
    vectors = embedder_of(tiny, tiny_cache).embed_documents(TEXTS)

    assert cosines(vectors, original_of(tiny).embed_documents(TEXTS)).min() >= 0.9999
    (folder,) = forms_in(tiny_cache)
    proof = json.loads((folder / RECEIPT).read_text())["proof"]
    assert proof["probes"] > 60
    assert 0.9999 <= proof["min"] <= proof["mean"]


def test_of_the_formats_that_the_cpu_has_the_one_that_was_fastest_here_is_chosen(
    tiny_cache: Path,
) -> None:
    (folder,) = forms_in(tiny_cache)
    receipt = json.loads((folder / RECEIPT).read_text())
    capabilities = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")

    seconds = receipt["seconds"]
    assert seconds.keys() <= {"bf16", "f32"}
    assert "f32" in seconds
    assert "BF16" in capabilities or "bf16" not in seconds
    assert receipt["form"]["precision"] == min(seconds, key=seconds.__getitem__)


def test_another_kind_of_cpu_has_a_form_of_its_own(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"

    def kind(**changed: str) -> str:
        lines = {"vendor_id": "Maker", "model": "143", "cpu MHz": "2300.1", "flags": "fpu amx_bf16"}
        text = "\n".join(f"{name}\t: {value}" for name, value in (lines | changed).items())
        cpuinfo.write_text(f"{text}\n\nprocessor\t: 1\n{text}\n")
        return identify_cpu(cpuinfo)

    assert kind() == kind(**{"cpu MHz": "3100.0"})
    assert len({kind(), kind(flags="fpu"), kind(model="207"), kind(vendor_id="Other")}) == 4
    assert len(identify_cpu(tmp_path / "none")) == 8


def test_prompts_are_put_in_front_as_sentence_transformers_does(
    tiny: ModelFolder, tiny_cache: Path
) -> None:
    original, embedder = original_of(tiny), embedder_of(tiny, tiny_cache)

    query, document = embedder.embed_query("refund"), embedder.embed_documents(["refund"])[0]

    assert cosines(query, original.embed_query("refund")) >= 0.9999
    assert cosines(document, original.embed_documents(["refund"])[0]) >= 0.9999
    assert cosines(query, document) < 0.999


def test_the_same_weights_pooled_otherwise_are_another_form(
    make_model: MakeModel, tiny: ModelFolder, cache: Path
) -> None:
    model = make_model("cls")
    assert model.sha256 == tiny.sha256

    vectors = embedder_of(model, cache).embed_documents(TEXTS)

    assert len(forms_in(cache)) == 2
    assert cosines(vectors, original_of(model).embed_documents(TEXTS)).min() >= 0.9999
    assert cosines(vectors, embedder_of(tiny, cache).embed_documents(TEXTS)).max() < 0.9999


def test_a_model_whose_vectors_are_known_is_made_without_torch(
    tiny: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its weights alone, prompts included, and proved against vectors that were kept."""
    references = tmp_path / "references"
    references.mkdir()
    monkeypatch.setattr(reference, "REFERENCES", references)
    write_reference(tiny.path)
    form_folder = tmp_path / "form"
    form_folder.mkdir()
    program = f"""
import sys
from pathlib import Path
for name in ("torch", "transformers", "sentence_transformers"):
    sys.modules[name] = None
from rag.embedder import openvino_export, reference
reference.REFERENCES = Path({str(references)!r})
openvino_export.main(Path({str(tiny.path)!r}), Path({str(form_folder)!r}))
"""

    output_of(start_python(program))

    receipt = json.loads((form_folder / RECEIPT).read_text())
    assert receipt["proof"]["min"] >= 0.9999
    form = OpenVinoForm(folder=form_folder, **receipt["form"])
    embedder = OpenVinoEmbedder(tiny.path, tiny.name, tiny.sha256, form)
    original = original_of(tiny)
    assert cosines(embedder.embed_documents(TEXTS), original.embed_documents(TEXTS)).min() >= 0.9999
    assert cosines(embedder.embed_query("refund"), original.embed_query("refund")) >= 0.9999


def test_weights_with_other_vectors_than_the_known_ones_are_converted_from_torch(
    make_model: MakeModel, tiny: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same weights without prompts: what was kept of the one proves nothing of the other."""
    monkeypatch.setattr(reference, "REFERENCES", tmp_path)
    write_reference(tiny.path)
    model = make_model(prompts={})
    assert read_reference(model.path) is not None
    form_folder = tmp_path / "form"
    form_folder.mkdir()

    openvino_export.main(model.path, form_folder)

    receipt = json.loads((form_folder / RECEIPT).read_text())
    embedder = OpenVinoEmbedder(
        model.path, model.name, model.sha256, OpenVinoForm(folder=form_folder, **receipt["form"])
    )
    vectors = original_of(model).embed_documents(TEXTS)
    assert cosines(embedder.embed_documents(TEXTS), vectors).min() >= 0.9999


def test_the_known_vectors_are_those_of_sentence_transformers(model: ModelFolder) -> None:
    """What the package carries of the default model is what is computed here."""
    expected = read_reference(model.path)
    assert expected is not None
    assert cosines(expected, embed_probes(original_of(model))).min() >= 0.9999


def test_a_pooling_that_is_not_known_is_refused(make_model: MakeModel, tmp_path: Path) -> None:
    openvino_export.main(make_model("weightedmean").path, tmp_path)

    receipt = json.loads((tmp_path / RECEIPT).read_text())
    assert receipt == {"refused": "its pooling is weightedmean"}


def test_a_refusal_is_logged_once_and_remembered(
    make_model: MakeModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, reason = make_model(spread=30.0), "has a cosine of"
    cache = tmp_path / "cache"

    with caplog.at_level(logging.INFO):
        for _ in range(2):
            with pytest.raises(NoFormError, match=reason):
                prepare_openvino_form(model, cache, progress=False)

    warnings = [record for record in caplog.records if reason in record.message]
    assert [record.levelname for record in warnings] == ["WARNING"]
    assert sum("Preparing" in record.message for record in caplog.records) == 1
    (folder,) = forms_in(cache)
    assert [path.name for path in folder.iterdir()] == [RECEIPT]

    settings = EmbedderSettings(model=str(model.path))
    embedder = open_embedder(Settings(cache=cache, embedder=settings), progress=False)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    insisting = settings.model_copy(update={"backend": "openvino"})
    with pytest.raises(ModelRefusedError, match=reason):
        open_embedder(Settings(cache=cache, embedder=insisting), progress=False)


def test_a_copied_cache_is_good_as_it_is(
    tiny: ModelFolder, tiny_cache: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    expected = embedder_of(tiny, tiny_cache).embed_documents(TEXTS)

    with caplog.at_level(logging.INFO):
        vectors = embedder_of(tiny, cache).embed_documents(TEXTS)

    assert cosines(vectors, expected).min() >= 0.99999
    assert not caplog.records


def test_damage_is_seen_and_made_good(tiny: ModelFolder, tiny_cache: Path, cache: Path) -> None:
    expected = embedder_of(tiny, tiny_cache).embed_documents(TEXTS)
    (folder,) = forms_in(cache)
    weights = folder / "model.bin"
    before = weights.read_bytes()
    middle = len(before) // 2
    weights.write_bytes(before[:middle] + bytes([before[middle] ^ 0x40]) + before[middle + 1 :])

    vectors = embedder_of(tiny, cache).embed_documents(TEXTS)

    assert cosines(vectors, expected).min() >= 0.99999
    assert weights.read_bytes() == before


def test_a_missing_file_is_seen(tiny: ModelFolder, cache: Path) -> None:
    """Here where there is no room for another form, which ends the attempt before the model is loaded."""
    shutil.rmtree(cache / ".work")
    (cache / ".work").write_text("a file where a folder has to be")
    prepare_openvino_form(tiny, cache, progress=False)
    (folder,) = forms_in(cache)
    (folder / "model.bin").unlink()

    with pytest.raises(StorageError):
        prepare_openvino_form(tiny, cache, progress=False)


def test_two_processes_at_once_make_one_form(made_by_two: MadeByTwo) -> None:
    results = [output.strip().splitlines()[-1] for output in made_by_two.outputs]
    assert results[0] == results[1]
    assert results[0].startswith("OpenVinoEmbedder ")
    assert "".join(made_by_two.outputs).count("Preparing") == 1
    (folder,) = forms_in(made_by_two.cache)
    assert {path.name for path in folder.iterdir()} == {
        RECEIPT, "model.xml", "model.bin", "tokenizer.json"
    }  # fmt: skip
    assert not list(made_by_two.cache.glob(".work/*/new-*"))
    # What OpenVINO's telemetry would have left behind.
    assert not (made_by_two.home / "intel").exists()
