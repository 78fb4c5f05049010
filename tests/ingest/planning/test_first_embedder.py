"""The embedder of a new index: by the languages of its files, unless one is named."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest import ingest
from ingest.planning.first_embedder import choose_embedder
from rag import Assistant
from rag.embedder import embedder_model
from rag.index import FolderStore
from rag.models.cache import publish
from rag.models.convert import convert
from rag.models.recommend import TELLING_SHARE
from rag.settings import EmbedderSettings, Settings
from tests.packed_model import packed_model

ENGLISH, MANY = "all-minilm-l6-v2", "multilingual-e5-small"
GERMAN = (
    "Der Urlaub wird mit dem Vorgesetzten abgestimmt und ist bis zum Ende des Jahres zu nehmen."
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of fetched models with a tiny one in the place of the multilingual embedder."""
    cache = tmp_path_factory.mktemp("cache")
    prepared = cache / "prepared"
    packed_model(cache / "e5.bin")
    convert(cache / "e5.bin", "e5", prepared, progress=False)
    publish(prepared, cache / MANY, name=MANY, source="a test")
    return cache


@pytest.mark.parametrize(
    ("documents", "name", "reason"),
    [
        ({}, ENGLISH, ""),
        ({"": 9}, ENGLISH, ""),
        ({"en": 20}, ENGLISH, "made for the documents' language"),
        ({"en": 8, "de": 2}, ENGLISH, "20% of the documents looked at are in German"),
        (
            {"en": 5, "de": 3, "fr": 1},
            MANY,
            "44% of the documents looked at are in German and French",
        ),
        ({"zh": 1}, MANY, "100% of the documents looked at are in Chinese"),
        ({"tr": 1, "de": 4, "ja": 3, "es": 2}, MANY, "in German, Japanese and other languages"),
    ],
)
def test_chosen_by_languages(
    documents: Mapping[str, int], name: str, reason: str, cache: Path
) -> None:
    """A quarter of other languages decides; one sentence says which embedder it is, and why."""
    chosen, why = choose_embedder(documents, Settings(cache=cache))
    assert chosen == name
    assert reason in why
    assert ". " not in why


def test_an_index_is_changed_for_less(cache: Path) -> None:
    """`inhouse reembed` goes by the share from which on `inhouse status` recommends it."""
    documents = {"en": 8, "de": 2}
    assert choose_embedder(documents, Settings(cache=cache), least=TELLING_SHARE)[0] == MANY


def test_what_cannot_be_fetched_is_not_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a hub, a package index and a cache, the index begins with the default, and that is said."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    chosen, why = choose_embedder({"de": 3}, Settings(cache=tmp_path))
    assert chosen == ENGLISH
    assert "although 100% of the documents looked at are in German" in why


def test_an_index_keeps_its_embedder(
    cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first run chooses and says so; later ones, and whoever searches, take the index's own."""
    folder, data = tmp_path / "files", tmp_path / "data"
    folder.mkdir()
    (folder / "urlaub.md").write_text(f"# Urlaub\n\n{GERMAN}\n", encoding="utf-8")
    settings = Settings(
        cache=cache, embedder=EmbedderSettings(backend="sentence-transformers", threads=1)
    )
    with caplog.at_level(logging.INFO, "ingest"):
        assert ingest([folder], data_dir=data, settings=settings).added == 1
        for number in range(3):
            (folder / f"{number}.md").write_text(
                "The leave is agreed with the manager of the team."
            )
        assert ingest([folder], data_dir=data, settings=settings).added == 3
    assert [record.message[:37] for record in caplog.records] == [f"The embedder is {MANY}"]
    built_with = FolderStore(data).read_embedder()
    assert built_with is not None
    assert built_with["name"] == MANY
    assert Assistant.open(data, settings=settings).search("Urlaub")
    assert embedder_model(Settings(), built_with) == MANY
    named = Settings(embedder=EmbedderSettings(model=ENGLISH))
    assert embedder_model(named, built_with) == ENGLISH
