"""English and German: the same texts, the same places to fill in, and the right one for everybody."""

from __future__ import annotations

import ast
import dataclasses
import re
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
from ui.messages import page_german
from ui.messages.languages import LANGUAGES, choose_language
from ui.messages.page import ENGLISH, Words
from ui.messages.page_german import GERMAN
from ui.messages.report_terms import describe_fault, describe_metric, describe_part
from ui.view.forms import type_name

SAME_IN_BOTH = {
    *("product", "stop", "seconds", "generation", "rooms.name", "rooms.version"),
    *("rooms.types.text/plain", "rooms.months.3", "rooms.months.7", "rooms.months.8"),
    *("rooms.months.10", "rooms.embedder"),
    *("report.index", "report.embedder", "report.seconds"),
}
"""Words that are spelled alike."""


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the path to it."""
    if isinstance(value, str):
        yield path, value
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


def test_every_text_exists_in_both_languages_with_the_same_places_to_fill_in() -> None:
    english, german = dict(texts(ENGLISH)), dict(texts(GERMAN))
    assert english.keys() == german.keys()
    for path, text in english.items():
        assert german[path].strip(), path
        assert set(re.findall(r"{\w*}", text)) == set(re.findall(r"{\w*}", german[path])), path


def test_no_text_was_left_in_english() -> None:
    """Each field of the German words is written down, and says something else than the English one."""
    english, german = dict(texts(ENGLISH)), dict(texts(GERMAN))
    alike = {path for path in english if english[path] == german[path]}
    assert alike <= SAME_IN_BOTH, sorted(alike - SAME_IN_BOTH)
    given = {
        call.func.id: {position.arg for position in call.keywords}
        for file in Path(page_german.__file__).parent.glob("*_german.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    for kind in (type(ENGLISH), type(ENGLISH.rooms), type(ENGLISH.report)):
        translated_fields = {field.name for field in dataclasses.fields(kind)} - SAME_IN_BOTH
        assert translated_fields <= given[kind.__name__], sorted(
            translated_fields - given[kind.__name__]
        )


def test_every_metric_and_every_fault_of_a_report_is_said_in_german() -> None:
    names = Names(k=8, budget=1_500)
    for metric in metrics(names).values():
        german = describe_metric(metric, names, GERMAN)
        assert german != describe_metric(metric, names, ENGLISH) == metric.meaning
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
                    assert describe_fault(text, GERMAN) != text
                    assert re.findall(r"\d+", describe_fault(text, GERMAN)) == re.findall(
                        r"\d+", text
                    )
    assert all(describe_part(name, GERMAN) != name for name in PARTS)


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "de-CH,de;q=0.9,en;q=0.8", "de"),
        (None, "en;q=0.5, de;q=0.7", "de"),
        (None, "fr-FR,fr;q=0.9", "en"),
        (None, "fr,de;q=0.2,en;q=0.1", "de"),
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


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_each_language_names_itself(words: Words) -> None:
    assert LANGUAGES[words.language] is words


@pytest.mark.parametrize("words", [ENGLISH, GERMAN], ids=["English", "German"])
def test_every_format_that_is_read_has_a_name_of_its_own(words: Words) -> None:
    names = {media_type: type_name(media_type, words) for media_type in set(SUPPORTED.values())}
    assert len(set(names.values())) == len(names)
    assert not [name for name in names.values() if "." in name and not name.endswith(")")]
    assert not [name for name in names.values() if name.isupper() and len(name) > 4]
