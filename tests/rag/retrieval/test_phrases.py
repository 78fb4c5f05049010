"""What a question puts in quotation marks is wanted word for word."""

from __future__ import annotations

import pytest

from rag import Assistant
from rag.retrieval.boosts import find_quoted_phrases
from tests.rag.houses import open_house

WORDS = "red light above the door"
SENTENCES = {
    "scattered.txt": "The door is red. A light, a light, a light hangs above it: above the red door, red.",
    "exact.txt": "Nobody enters while the red\nlight, above the door, is on; this holds for guests too.",
    "other.txt": "The canteen opens at noon.",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return open_house(tmp_path_factory.mktemp("phrases"), SENTENCES)


def first(assistant: Assistant, query: str) -> str:
    return assistant.search(query, k=3)[0].title


def test_a_quoted_phrase_is_found_word_for_word(assistant: Assistant) -> None:
    """Whatever the quotation marks, the letters and the line breaks; without them, words alone count."""
    assert first(assistant, f"What about {WORDS}?") == "scattered"
    for left, right in ("““", "“”", "„“", "«»", "»«", '""'):
        assert first(assistant, f"What about {left}{WORDS.upper()}{right}?") == "exact"
    assert first(assistant, f'What about "{WORDS} of gold"?') == "scattered", "not in the documents"


def test_what_is_a_phrase() -> None:
    """Two words or more, in marks that are closed; an apostrophe is none."""
    assert find_quoted_phrases('the "lead time", and "E17" and "a  b."') == {" lead time ", " a b "}
    assert find_quoted_phrases("the user's and the owner's") == frozenset()
    assert find_quoted_phrases('an open "mark that never ends') == frozenset()
    assert find_quoted_phrases('""  "   "') == frozenset()
