"""A domain profile: what turns the same model and the same index into somebody who knows the field.

It is a TOML file. Several profiles share one index and one model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from rag.errors import ProfileError
from rag.index import Filter
from rag.settings.base import Section
from rag.validation import describe_first_problem, known_keys

DEFAULT = "default"
"""Name of the profile of somebody who asked for none."""
REFUSAL = "The documents do not say."
"""What is answered where the documents hold no answer, unless the profile has its own sentence."""
MAX_FILE_BYTES = 1 << 20
SUFFIX = ".toml"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SPACE = re.compile(r"\s+")


def _line(text: str) -> str:
    """One printable line, with single spaces."""
    text = _SPACE.sub(" ", text).strip()
    if not text:
        raise ValueError("it is empty")
    if not text.isprintable():
        raise ValueError("it holds control characters")
    return text


def _optional_line(text: str) -> str:
    return _line(text) if text.strip() else ""


def _text(text: str) -> str:
    """Text of several lines, which a model is told."""
    text = text.strip()
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise ValueError("it holds control characters")
    return text


def _colour(text: str) -> str:
    if text and not _COLOUR.fullmatch(text):
        raise ValueError('a colour is written as in "#1d5fa8"')
    return text.lower()


Line = Annotated[str, Field(max_length=300), AfterValidator(_line)]
OptionalLine = Annotated[str, Field(max_length=300), AfterValidator(_optional_line)]
Text = Annotated[str, Field(max_length=4000), AfterValidator(_text)]


class Term(Section):
    """A word of the house: what it means, and what else it is called."""

    term: Line
    meaning: OptionalLine = ""
    synonyms: tuple[Line, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The term and its synonyms."""
        return (self.term, *self.synonyms)


class Example(Section):
    """A question and a good answer to it, with the passage that it was answered from if that helps."""

    question: Line
    answer: Line
    passage: Text = ""


class Filters(Section):
    """What the profile looks at: documents of these folders, and with one of these tags."""

    folders: tuple[Line, ...] = ()
    tags: tuple[Line, ...] = ()


class Branding(Section):
    """How the page looks. `accent` is #rrggbb, `logo` a few letters."""

    product: OptionalLine = ""
    accent: Annotated[str, AfterValidator(_colour)] = ""
    logo: Annotated[OptionalLine, Field(max_length=12)] = ""


class Profile(Section):
    """What is customized: what the model is told, what it may look at, and how the page looks.

    Folders in `filters` are absolute once it was read from a file, where they count from the file's folder.
    """

    name: Annotated[Line, Field(max_length=60)] = DEFAULT
    description: OptionalLine = ""
    instructions: Text = ""
    tone: OptionalLine = ""
    glossary: tuple[Term, ...] = Field((), max_length=2000)
    examples: tuple[Example, ...] = Field((), max_length=8)
    refusal: Line = REFUSAL
    starters: tuple[Line, ...] = Field((), max_length=12)
    filters: Filters = Filters()
    branding: Branding = Branding()

    @property
    def filter(self) -> Filter:
        """What the profile looks at, for a search."""
        return Filter(folders=self.filters.folders, tags=self.filters.tags)

    def terms_in(self, text: str) -> tuple[Term, ...]:
        """The glossary's terms that stand in `text` by one of their names, as whole words, in any case."""
        words = f" {_plain(text)} "
        return tuple(
            term
            for term in self.glossary
            if any(f" {_plain(name)} " in words for name in term.names)
        )


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def read_profile(path: Path) -> Profile:
    """Read a profile. Raises ProfileError, which names the file, the key and what is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise ProfileError(f"The profile {path} is larger than {MAX_FILE_BYTES:,} bytes.")
        raw = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as exc:
        raise ProfileError(f"The profile {path} cannot be read: {exc.strerror or exc}.") from exc
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as exc:
        raise ProfileError(f"The profile {path} is no TOML: {exc}.") from exc
    raw.setdefault("name", path.stem)
    try:
        profile = Profile.model_validate(raw)
    except ValidationError as exc:
        raise _error(path, exc) from exc
    _check_names(path, profile.glossary)
    folders = tuple(_folder(path, folder) for folder in profile.filters.folders)
    filters = profile.filters.model_copy(update={"folders": folders})
    return profile.model_copy(update={"filters": filters})


def find_profile(name: str, folder: Path) -> Profile:
    """The profile in the file `name`, or of that name in the folder of profiles.

    Raises ProfileError, which names those that are there.
    """
    if name == DEFAULT:
        return Profile()
    path = Path(name)
    if path.suffix == SUFFIX or len(path.parts) > 1:
        return read_profile(path)
    profiles = {file.stem: file for file in list_profile_files(folder)}
    if name in profiles:
        return read_profile(profiles[name])
    known = ", ".join(profiles) or "none"
    raise ProfileError(
        f"There is no profile {name} in {folder}; there is {known}.",
        hint="Name its file, or set the folder of profiles with INHOUSE_PROFILES.",
    )


def list_profile_files(folder: Path) -> list[Path]:
    """The profiles of a folder, in order of name; none where there is no such folder."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file())


def read_profiles(folder: Path) -> list[Profile]:
    """All profiles of a folder. Raises ProfileError for the first that cannot be read."""
    return [read_profile(path) for path in list_profile_files(folder)]


def _folder(path: Path, folder: str) -> str:
    return (path.absolute().parent / folder).resolve().as_posix()


def _check_names(path: Path, terms: Iterable[Term]) -> None:
    """One name may not mean two things."""
    seen: dict[str, str] = {}
    for term in terms:
        for name in dict.fromkeys(map(_plain, term.names)):
            if name in seen:
                raise ProfileError(
                    f"The profile {path} has {name!r} twice in its glossary, "
                    f"for {seen[name]!r} and for {term.term!r}."
                )
            seen[name] = term.term


def _error(path: Path, exc: ValidationError) -> ProfileError:
    problem = describe_first_problem(exc)
    if problem.kind == "unknown":
        known = ", ".join(known_keys(Profile, problem.location[:-1]))
        return ProfileError(
            f"The profile {path} has an unknown key {problem.key}.", hint=f"Known here: {known}."
        )
    if problem.kind == "missing":
        return ProfileError(f"The profile {path} has no {problem.key}.")
    return ProfileError(
        f"The profile {path}: {problem.key} is {_shortened(problem.value)}: {problem.reason}."
    )


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
