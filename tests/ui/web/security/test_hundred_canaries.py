"""A hundred hidden words in every field of documents: nothing that somebody else is given depends on them.

Two worlds are compared: one in which the hidden documents are, and one in which they were never read. To
whoever may not read them, both answer alike: hits, order, repaired spellings, counts, names, filters.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import ingest
from rag import Assistant
from rag.index import Filter
from rag.index.views.files import FileQuery
from rag.settings import Settings
from rag.testing import HashingEmbedder

VISIBLE = {
    "handbook/leave.md": "# Leave\n\nParental leave is 16 weeks. Ask your lead eight weeks before.\n",
    "handbook/travel.md": "# Travel\n\nTrains are booked in second class. Flights need approval.\n",
    "handbook/tariffs.csv": "tariff,price\nbasic,100\nlarge,250\n",
}
_SYLLABLES = ("zan", "qui", "vor", "tek", "lum", "pra", "xen", "dro", "fil", "gor")
_NEIGHBOURS = ("parentax", "leaves", "trainz", "booket", "approvel", "tarifs", "flighte", "weekz")
"""One letter from words of the documents that everybody reads: a repair of spelling could prefer them."""


def canaries() -> list[str]:
    words = random.Random(5)
    invented = {"".join(words.choices(_SYLLABLES, k=4)) for _ in range(400)}
    return [*sorted(invented)[: 100 - len(_NEIGHBOURS)], *_NEIGHBOURS]


def write_hidden(folder: Path, words: list[str]) -> None:
    """Each word in one field: folders, names, titles, headings, cells, text, numbers and tags."""
    for number, word in enumerate(words):
        match number % 5:
            case 0:
                path, text = f"{word}/note.md", f"# Note\n\nAbout leave in case {number}.\n"
            case 1:
                path, text = f"{word}.md", f"# Trains\n\nBooked in class {number}.\n"
            case 2:
                path, text = f"t{number}.md", f"# {word}\n\n## {word}\n\nParental leave {number}.\n"
            case 3:
                path, text = f"c{number}.csv", f"tariff,{word}\nbasic,9{number:03}\n{word},1\n"
            case _:
                about = f"---\nauthor: {word}\nkind: {word}\n{word}: {number}\n---\n"
                path = f"b{number}.md"
                text = f"{about}# Weeks\n\nThe {word} of {word} is 77{number}.\n"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def build(home: Path, words: list[str], *, with_hidden: bool) -> Assistant:
    """A world; what is hidden is for group:board."""
    for name, text in VISIBLE.items():
        (home / "open" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "open" / name).write_text(text)
    roots: list[dict[str, Any]] = [{"path": home / "open", "tags": ["handbook"]}]
    if with_hidden:
        (home / "shut").mkdir()
        write_hidden(home / "shut", words)
        roots.append({"path": home / "shut", "tags": words[:5]})
    rules = [
        {"glob": "**/open/", "readers": ["*"]},
        {"glob": "**/shut/", "readers": ["group:board"]},
    ]
    settings = Settings.model_validate({"ingest": {"roots": roots}, "access": {"rules": rules}})
    ingest(data_dir=home / "data", settings=settings, embedder=HashingEmbedder())
    opened = Assistant.open(home / "data", settings=settings, embedder=HashingEmbedder())
    assert opened.document_count == (103 if with_hidden else 3)
    return opened


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assistant, Assistant]:
    homes = [tmp_path_factory.mktemp(name) for name in ("with", "without")]
    words = canaries()
    return (
        build(homes[0], words, with_hidden=True),
        build(homes[1], words, with_hidden=False),
    )


@pytest.fixture(scope="module")
def narrow(worlds: tuple[Assistant, Assistant]) -> tuple[Assistant, Assistant]:
    """Both worlds as somebody sees them who may not read what is hidden."""
    with_hidden, without = (world.for_readers(["group:sales"]) for world in worlds)
    return with_hidden, without


def seen(assistant: Assistant, query: str) -> list[tuple[Any, ...]]:
    """The hits in their order, with why they were found; scores to within the average length of a passage."""
    return [
        (
            Path(hit.uri).name, hit.text, hit.start, round(hit.score, 2),
            hit.why and (hit.why.dense_rank, hit.why.lexical_rank, hit.why.matched),
        )
        for hit in assistant.search(query, k=10, explain=True)
    ]  # fmt: skip


def queries() -> Iterator[str]:
    for number, word in enumerate(canaries()):
        yield word
        yield f"leave {word[:-1]}{'x' if word[-1] != 'x' else 'y'}"  # what a repair could turn into it
        yield f'"{word}" 77{number}'
    yield from ("parentak leave", "trainx", "bookek in second class", "tarifx", "9003", "weekx")


def test_what_is_found_does_not_depend_on_what_is_hidden(
    narrow: tuple[Assistant, Assistant],
) -> None:
    """For each word alone, misspelt by a letter, and in quotation marks beside a number."""
    with_hidden, without = narrow
    for query in queries():
        assert seen(with_hidden, query) == seen(without, query), query


def test_what_is_counted_and_listed_does_not_depend_on_what_is_hidden(
    narrow: tuple[Assistant, Assistant],
) -> None:
    """Files, folders, kinds, tags and states, and what each word narrows them to."""
    with_hidden, without = narrow
    assert with_hidden.document_count == without.document_count == 3
    assert with_hidden.chunk_count == without.chunk_count
    assert with_hidden.shelf().choices() == without.shelf().choices()
    for word in canaries():
        for query in (FileQuery(text=word), FileQuery(folder=word), FileQuery(tag=word)):
            counts = [world.shelf().files(query)[1] for world in narrow]
            assert counts[0] == counts[1], word


ASKED = (
    "Which documents mention {word}?",
    "How many documents mention {word}?",
    "How often is {word} mentioned?",
    "List the documents in the folder {word}",
    "List the documents with the tag {word}",
    "Summarise {word}",
    "What changed in {word}?",
    "Compare leave and {word}",
    "How long is leave at {word}, and what does {word} cost?",
)


def answered(assistant: Assistant, question: str) -> dict[str, Any]:
    """All of an answer but how long it took, which generation it is of, and in which world its files are."""
    answer = assistant.ask(question, ask_model=False).model_dump(mode="json")
    del answer["timings_ms"], answer["generation"]
    home = str(assistant.data_dir.parent)
    rounded: dict[str, Any] = json.loads(
        json.dumps(answer).replace(home, ""), parse_float=lambda text: round(float(text), 2)
    )
    return rounded


def test_what_is_answered_does_not_depend_on_what_is_hidden(
    narrow: tuple[Assistant, Assistant],
) -> None:
    """Extracts, counts, lists, comparisons and outlines: every field, and every note beside them."""
    with_hidden, without = narrow
    questions = ["How many documents do you know?", "Which documents are restricted?"]
    for number, word in enumerate(canaries()):
        questions.append(ASKED[number % len(ASKED)].format(word=word))
    for question in questions:
        assert answered(with_hidden, question) == answered(without, question), question


def test_what_metadata_selects_does_not_depend_on_what_is_hidden(
    narrow: tuple[Assistant, Assistant],
) -> None:
    """Values and names of values: a condition that only hidden documents meet finds nothing."""
    for number, word in enumerate(canaries()):
        conditions = [{"kind": word}, {"author": word}, {word: number}, {word: {"from": 0}}]
        for metadata in conditions[number % 2 :: 2]:
            found = [
                [
                    Path(hit.uri).name
                    for hit in world.search("weeks", filter=Filter(metadata=metadata))
                ]
                for world in narrow
            ]
            assert found[0] == found[1] == []


def test_whoever_may_read_them_finds_every_one(worlds: tuple[Assistant, Assistant]) -> None:
    """Else the tests above say nothing."""
    reader = worlds[0].for_readers(["group:board"])
    shelf = reader.shelf()
    folders = " ".join(shelf.choices().folders)
    for word in canaries():
        is_a_name = word in folders or shelf.files(FileQuery(text=word))[1]
        assert is_a_name or any(
            word in f"{hit.uri} {hit.title} {hit.section} {hit.text}".casefold()
            for hit in reader.search(word, k=10)
        ), word
