"""Which request a question is, by its words alone.

A question is one only if the whole of it matches a pattern: "How many documents do I need for a visa?" is an
ordinary question. Whether the documents that it names exist is looked up later, where it is answered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from rag.intents.intent import Intent, IntentKind
from rag.intents.wording import Wording, list_wordings

DEFAULT = "en"
"""Language of what is said alike in several ("Hi")."""
LONGEST = 300
"""Characters; who writes more asks something of their own."""
_SPACE = re.compile(r"\s+")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})
_OUTER = " \t?!.…¿¡:;,"
_EMPTY_TERM = re.compile(r"[\W_]*")


def recognise(question: str, language: str = "") -> Intent | None:
    """The request that this question is; None: it is an ordinary question.

    `language` (ISO 639-1) is tried first; a word like "Hallo" belongs to one language only, so the others are
    tried as well.
    """
    text = _SPACE.sub(" ", unicodedata.normalize("NFC", question).translate(_APOSTROPHES)).strip()
    if not text or len(text) > LONGEST:
        return None
    order = (language, DEFAULT)
    for wording in sorted(
        list_wordings(), key=lambda wording: [wording.code != code for code in order]
    ):
        if intent := _recognise(text, wording):
            return intent
    return None


def _recognise(text: str, wording: Wording) -> Intent | None:
    candidates = list(dict.fromkeys(_without_politeness(text, wording)))
    for kind in IntentKind:
        for candidate in candidates:
            for pattern in wording.patterns.get(kind, ()):
                match = pattern.fullmatch(candidate)
                if match and (slots := _slots(match, wording)) is not None:
                    return Intent(kind, wording.code, slots)
    return None


def _without_politeness(text: str, wording: Wording) -> Iterator[str]:
    """The question as it stands, and without the words around it that only make it polite."""
    bare = text.strip(_OUTER)
    yield bare
    if before := wording.before.match(bare):
        bare = bare[before.end() :]
    yield wording.after.sub("", bare).strip(_OUTER)


def _slots(match: re.Match[str], wording: Wording) -> Mapping[str, str] | None:
    """The named parts; None if one that was to say something says nothing, or what follows a list's noun is
    neither a place, a tag nor a time ("the documents that I need for a visa")."""
    slots = {name: part.strip(" ,:") for name, part in match.groupdict().items() if part}
    if any(_EMPTY_TERM.fullmatch(part) for part in slots.values()):
        return None
    tail = slots.get("tail")
    tails = (pattern for patterns in wording.tails.values() for pattern in patterns)
    if tail and not any(pattern.fullmatch(tail) for pattern in tails):
        return None
    return slots
