"""How requests are worded in each language, read from `languages/*.toml`.

Another language is another file there; nothing in the code names one.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from rag.intents.intent import IntentKind

_FRAGMENT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """One language: compiled patterns, words and the sentences of answers.

    `patterns` have to match the whole question, `tails` a part of what follows a list's noun. `words` are
    fragments of patterns, or words with a space between two; `replies` and `columns` are templates.
    """

    code: str
    before: re.Pattern[str]
    after: re.Pattern[str]
    patterns: Mapping[IntentKind, Sequence[re.Pattern[str]]]
    tails: Mapping[str, Sequence[re.Pattern[str]]]
    months: Sequence[re.Pattern[str]]
    types: Mapping[str, re.Pattern[str]]
    words: Mapping[str, str]
    replies: Mapping[str, str]
    columns: Mapping[str, str]

    def reply(self, name: str, /, **values: object) -> str:
        """A sentence of an answer."""
        return self.replies[name].format(**values)

    def counted(self, name: str, count: int, /, **values: object) -> str:
        """The sentence for none, one or many."""
        form = ("none", "one")[count] if count < 2 else "many"
        return self.reply(f"{name}_{form}", count=count, **values)

    def quoted(self, value: str) -> str:
        """A name or a term in this language's quotation marks."""
        return self.reply("quoted", value=value)

    def set_of(self, name: str) -> frozenset[str]:
        """The words under this name."""
        return frozenset(self.words[name].split())


@functools.cache
def list_wordings() -> tuple[Wording, ...]:
    """All languages, in order of their codes."""
    folder = resources.files("rag.intents") / "languages"
    files = sorted((entry for entry in folder.iterdir()), key=lambda entry: entry.name)
    return tuple(_read(entry.read_text("utf-8")) for entry in files if entry.name.endswith(".toml"))


def find_wording(code: str) -> Wording:
    """The wording of a language by its code; English for one that has no file."""
    known = {wording.code: wording for wording in list_wordings()}
    return known.get(code, known["en"])


def _read(text: str) -> Wording:
    raw = tomllib.loads(text)
    fragments: dict[str, str] = raw["fragments"]

    def expand(pattern: str) -> str:
        while _FRAGMENT.search(pattern):
            pattern = _FRAGMENT.sub(lambda match: fragments[match[1]], pattern)
        return pattern

    def compile_all(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(expand(pattern), re.IGNORECASE) for pattern in patterns)

    def one_of(patterns: Sequence[str]) -> str:
        return "|".join(f"(?:{expand(pattern)})" for pattern in patterns)

    polite = raw["polite"]
    return Wording(
        code=raw["code"],
        before=re.compile(rf"(?:(?:{one_of(polite['before'])})\b[ ,:!.]*)+", re.IGNORECASE),
        after=re.compile(rf"(?:[ ,]+(?:{one_of(polite['after'])}))+$", re.IGNORECASE),
        patterns={
            IntentKind(kind): compile_all(patterns) for kind, patterns in raw["patterns"].items()
        },
        tails={name: compile_all(patterns) for name, patterns in raw["tails"].items()},
        months=compile_all([f"(?:{month})" for month in raw["months"]["names"]]),
        types={
            name: re.compile(expand(pattern), re.IGNORECASE)
            for name, pattern in raw["types"].items()
        },
        words={name: expand(pattern) for name, pattern in raw["words"].items()},
        replies=raw["replies"],
        columns=raw["columns"],
    )
