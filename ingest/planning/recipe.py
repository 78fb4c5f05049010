"""Recipes: what a file was read and cut with. A file whose recipe is no longer current is read again.

A recipe is one line in the ledger, `4/254 application/pdf:1 message/rfc822:1 +ocr:eng`: the version of the
chunker and the longest chunk in tokens, the version of each parser that took part (a mail is also read by
the parsers of its attachments), and, where the file has pictures of text, in which languages they were read,
or that they were not. So a parser that reads differently costs a reading of its own formats only, and
tesseract one of the files that need it. The version of an installed parser or chunker is its distribution's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ingest.chunking.chunker import CHUNKER_VERSION
from ingest.chunking.installed import read_chunker_version
from ingest.loaded import NO_OCR
from ingest.media_type import SUPPORTED
from ingest.ocr import tesseract
from ingest.parsers.sniffing import list_formats_like
from ingest.readers import PARSER_VERSIONS
from rag.settings import IngestSettings, Settings

_OCR = " +ocr:"
_CURRENT = frozenset(f"{name}:{number}" for name, number in PARSER_VERSIONS.built_in.items())


def describe_chunking(settings: Settings, embedder_max_tokens: int) -> tuple[int, str]:
    """The longest chunk in tokens, and how files are cut: the beginning of every recipe."""
    # Two special tokens come on top of what the embedder reads of a chunk.
    max_tokens = min(settings.chunker.max_tokens, embedder_max_tokens - 2)
    name = settings.chunker.name
    own = f"+{name}={read_chunker_version(name)}" if name else ""
    return max_tokens, f"{CHUNKER_VERSION}/{max_tokens}{own}"


def name_recipe(chunking: str, formats: Iterable[str], ocr: str = "") -> str:
    """The recipe of a file that was read by the parsers of these media types; `ocr`: see LoadedDocument."""
    parsers = (f"{name}:{PARSER_VERSIONS[name]}" for name in sorted(formats))
    return " ".join((chunking, *parsers)) + (f"{_OCR}{ocr}" if ocr else "")


def list_formats_of_name(suffix: str) -> frozenset[str]:
    """The media types that a file with this suffix may turn out to have."""
    media_type = SUPPORTED.get(suffix.lower())
    return list_formats_like(media_type) if media_type else frozenset()


def is_current(recipe: str, chunking: str, settings: IngestSettings) -> bool:
    """Whether a file with this recipe would be read and cut alike now."""
    rest, _, ocr = recipe.partition(_OCR)
    recorded, *parsers = rest.split(" ")
    if recorded != chunking or not all(map(_is_current_parser, parsers)):
        return False
    languages = settings.ocr_languages if settings.ocr == "auto" and tesseract() else NO_OCR
    # What was read stays, also when tesseract is gone.
    return not ocr or languages in (ocr, NO_OCR)


def _is_current_parser(parser: str) -> bool:
    name, _, version = parser.partition(":")
    return parser in _CURRENT or version == str(PARSER_VERSIONS.get(name, ""))


def count_outdated(recipes: Mapping[str, int], settings: Settings, embedder_max_tokens: int) -> int:
    """How many of the files that were read in these ways the next ingest reads again for that alone."""
    _, chunking = describe_chunking(settings, embedder_max_tokens)
    return sum(
        count
        for recipe, count in recipes.items()
        if not is_current(recipe, chunking, settings.ingest)
    )
