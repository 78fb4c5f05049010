"""Every language has the same texts with the same places to fill in, and everybody gets the right one."""

from __future__ import annotations

import ast
import dataclasses
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.media_type import SUPPORTED
from rag.answer import Status
from rag.evaluation.ablation import PARTS
from rag.evaluation.faults import find_faults
from rag.evaluation.metrics import Names, Share, metrics
from rag.evaluation.questions import Question
from ui.messages import languages
from ui.messages.formats import NARROW_SPACE, Formats
from ui.messages.languages import LANGUAGES, choose_language
from ui.messages.numbers import count, day, number, size
from ui.messages.page import ENGLISH, Words
from ui.messages.report_terms import TERMS, describe_fault, describe_metric, describe_part
from ui.messages.sign_in import SIGN_IN
from ui.messages.typography import set_french_spacing
from ui.view.forms import type_name

OTHERS = {code: words for code, words in LANGUAGES.items() if words is not ENGLISH}
NAMES = {"de": "german", "es": "spanish", "fr": "french"}
"""How the files of a language are called."""

SAME_EVERYWHERE = {"product", "seconds", "report.seconds"}
SAME = {
    "de": {
        *("stop", "generation", "rooms.name", "rooms.version", "rooms.embedder"),
        *("rooms.types.text/plain", "report.index", "report.embedder"),
        "sign_in.first_label",
    },
    "es": {"rooms.no", "rooms.tokens"},
    "fr": {
        *("document_count.1", "passage_count.1", "question_count.1", "rooms.licence"),
        *("sources", "source", "page", "rooms.menu", "rooms.documents", "rooms.pages"),
        *("admin.index_size", "admin.kept_conversations", "admin.kept_sessions"),
        *("rooms.section", "scope_document"),
        *("rooms.type", "rooms.score", "rooms.version", "rooms.versions", "rooms.tokens"),
        *("report.questions", "report.index", "report.citations", "report.number_of_questions"),
    },
}
"""Words that are spelled as in English."""
each_language = pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
each_other = pytest.mark.parametrize("code", OTHERS)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Formats):
        return  # how numbers and dates are written, which may well be the same
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))
    elif isinstance(value, Mapping):
        for key, field in value.items():
            yield from texts(field, f"{path}.{getattr(key, 'value', key)}")
    elif isinstance(value, tuple):
        for item, field in enumerate(value):
            yield from texts(field, f"{path}.{item}")
    else:
        raise AssertionError(f"{path} is a {type(value).__name__}")


def texts_of(code: str) -> dict[str, str]:
    return {
        **dict(texts(LANGUAGES[code])),
        **{f"sign_in.{name}": text for name, text in texts(SIGN_IN[code])},
    }


@each_other
def test_every_text_exists_with_the_same_places_to_fill_in(code: str) -> None:
    """The singular of a count may say its number or leave it out."""
    english, other = texts_of("en"), texts_of(code)
    assert english.keys() == other.keys()
    for path, text in english.items():
        assert other[path].strip(), path
        optional = {"{n}"} if "_count." in path else set()
        places, given = (set(re.findall(r"{\w*}", phrase)) for phrase in (text, other[path]))
        assert places - optional == given - optional, path


@each_other
def test_no_text_was_left_in_english(code: str) -> None:
    """Each field is written down, and says something else than in English."""
    english, other, same = texts_of("en"), texts_of(code), SAME_EVERYWHERE | SAME[code]
    alike = {path for path in english if english[path] == other[path]}
    assert alike <= same, sorted(alike - same)
    given = {
        call.func.id: {position.arg for position in call.keywords}
        for file in Path(languages.__file__).parent.glob(f"*_{NAMES[code]}.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    kinds = {type(value) for value in words_in(ENGLISH)}
    assert len(kinds) > 2
    for kind in kinds:
        fields = {field.name for field in dataclasses.fields(kind)} - same
        assert fields <= given[kind.__name__], sorted(fields - given[kind.__name__])


def words_in(words: Any) -> Iterator[Any]:
    """The words of the page and of each of its parts."""
    yield words
    for field in dataclasses.fields(words):
        value = getattr(words, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, Formats):
            yield from words_in(value)


@each_other
def test_every_metric_and_every_fault_of_a_report_is_said_in_each_language(code: str) -> None:
    names, words = Names(k=8, budget=1_500), LANGUAGES[code]
    for metric in metrics(names).values():
        described = describe_metric(metric, names, words)
        assert described != describe_metric(metric, names, ENGLISH) == metric.meaning
        assert not re.search(r"[{}]", described)
    wrong = Share(0, 1)
    scores = dict.fromkeys((*metrics(names), names.recall, names.coverage), wrong)
    whole = {names.recall: Share(1, 2)}
    for unanswerable in (True, False):
        right = {"unanswerable": True} if unanswerable else {"answers": ("yes",)}
        question = Question.model_validate({"id": "1", "question": "?", **right})
        for status in Status:
            for measured in (scores, whole):
                for text in find_faults(question, measured, status, names):
                    assert describe_fault(text, ENGLISH) == text
                    described = describe_fault(text, words)
                    assert described != text
                    assert digits(described) == digits(text)
    assert all(describe_part(name, words) != name for name in PARTS)


def digits(text: str) -> list[str]:
    return re.findall(r"\d", text)


def test_the_terms_of_a_report_are_the_same_in_every_language() -> None:
    assert TERMS.keys() == OTHERS.keys()
    for part in ("meanings", "faults", "parts"):
        assert len({tuple(sorted(getattr(terms, part))) for terms in TERMS.values()}) == 1


def test_french_has_its_narrow_spaces_and_spanish_its_opening_marks() -> None:
    """Nothing can break before ; : ! ? or inside « », and none of them stands without its space."""
    french = [*texts_of("fr").values(), *(text for _, text in texts(TERMS["fr"]))]
    assert any(f"{NARROW_SPACE}?" in text for text in french)
    for text in french:
        assert not re.search(r" [;:!?»%]|« |«\w|\w[;!?»%]|\w:(?!\w)", text), text
    spanish = [*texts_of("es").values(), *(text for _, text in texts(TERMS["es"]))]
    for text in spanish:
        assert text == "?" or text.count("¿") == text.count("?"), text
        assert text.count("¡") == text.count("!"), text


def test_french_spacing_reaches_every_text_and_changes_no_other() -> None:
    spaced = set_french_spacing({"a": ("Quoi ?", "« a » ; b"), "b": "12:30, https://x.example/?a"})
    assert spaced["a"] == ("Quoi\u202f?", "«\u202fa\u202f»\u202f; b")
    assert spaced["b"] == "12:30, https://x.example/?a"


@pytest.mark.parametrize(
    ("code", "figures", "octets", "date"),
    [
        ("en", "1,234.5 12,345 0 documents 1 document", "1.5 GB", "1 March 2026"),
        ("de", "1.234,5 12.345 0 Dokumente 1 Dokument", "1,5 GB", "1. März 2026"),
        ("fr", "1\u202f234,5 12\u202f345 0 document 1 document", "1,5 Go", "1er mars 2026"),
        ("es", "1234,5 12.345 0 documentos 1 documento", "1,5 GB", "1 de marzo de 2026"),
    ],
)
def test_numbers_counts_sizes_and_dates_are_written_as_in_the_language(
    code: str, figures: str, octets: str, date: str
) -> None:
    words = LANGUAGES[code]
    counts = [count(words.document_count, n, words) for n in (0, 1)]
    written = [number(1234.5, words, 1), number(12_345, words), *counts]
    assert " ".join(written) == figures
    assert size(1_500_000_000, words) == octets
    first_of_march = time.mktime((2026, 3, 1, 12, 0, 0, 0, 0, -1))
    assert day(first_of_march, words) == date
    assert len(set(words.formats.months)) == 12


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "de-CH,de;q=0.9,en;q=0.8", "de"),
        (None, "en;q=0.5, de;q=0.7", "de"),
        (None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        (None, "es-419,es;q=0.9", "es"),
        (None, "it-IT,it;q=0.9", "en"),
        (None, "it,de;q=0.2,en;q=0.1", "de"),
        (None, "de;q=0, en;q=0.1", "en"),
        (None, "de;q=nonsense", "en"),
        ("de", "en", "de"),
        ("en", "de", "en"),
        ("xx", "de", "de"),
        ("../../etc", "", "en"),
    ],
)
def test_the_choice_counts_first_then_what_the_browser_likes(
    chosen: str | None, accepted: str, expected: str
) -> None:
    assert choose_language(chosen, accepted).language == expected


@each_language
def test_each_language_names_itself(words: Words) -> None:
    assert LANGUAGES[words.language] is words
    named = [other.rooms.own_language for other in LANGUAGES.values()]
    assert named.count(words.rooms.own_language) == 1
    assert words.language in words.rooms.languages


@each_language
def test_every_format_that_is_read_has_a_name_of_its_own(words: Words) -> None:
    names = {media_type: type_name(media_type, words) for media_type in set(SUPPORTED.values())}
    assert len(set(names.values())) == len(names)
    assert not [name for name in names.values() if "." in name and not name.endswith(")")]
    assert not [name for name in names.values() if name.isupper() and len(name) > 4]
