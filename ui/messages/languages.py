"""Which languages the page speaks, and which one somebody wants."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ui.messages.page import ENGLISH, Words
from ui.messages.page_french import FRENCH
from ui.messages.page_german import GERMAN
from ui.messages.page_spanish import SPANISH

LANGUAGES: Mapping[str, Words] = MappingProxyType(
    {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH}
)
"""By code, in the order in which the page offers them."""
_LONGEST = 500  # characters of an Accept-Language header that are looked at


def choose_language(chosen: str | None, accepted: str) -> Words:
    """The words in the language that was chosen, or that the header Accept-Language likes best."""
    if chosen is not None and chosen in LANGUAGES:
        return LANGUAGES[chosen]
    liked: list[tuple[float, int, str]] = []
    for position, part in enumerate(accepted[:_LONGEST].split(",")):
        tag, _, parameter = part.strip().partition(";")
        quality = _quality(parameter)
        code = tag.strip().partition("-")[0].lower()
        if code in LANGUAGES and quality > 0:
            liked.append((-quality, position, code))
    return LANGUAGES[min(liked)[2]] if liked else ENGLISH


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
