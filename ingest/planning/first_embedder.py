"""The embedder of a new index, by the languages of the files that it begins with."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ingest.language import detect_language
from ingest.loaded import LoadedDocument
from ingest.planning.source import SourceFile
from ingest.sandbox import Sandbox
from rag.embedder import AUTO, DEFAULT_EMBEDDER, Embedder, open_embedder
from rag.errors import ModelNotFoundError
from rag.index import IndexStore
from rag.language.names import name_language
from rag.models import ModelCard, get_card, resolve_model
from rag.models.recommend import TELLING_SHARE, choose_embedders
from rag.settings import Settings

_AT_LEAST, _AT_MOST = 12, 24
"""Files that are looked at: the first number where the default embedder is made for all of them. Where a
third of the files are in other languages, 12 of them miss that in one of 130 cases."""
_LARGEST = 4 * 2**20
"""Bytes of a file that is looked at: what is larger takes seconds to read."""
_SHARE = 0.25
"""Share of the files in other languages from which on an embedder is taken that takes four times as long."""

_log = logging.getLogger(__name__)


def open_ingest_embedder(
    settings: Settings, store: IndexStore, list_files: Callable[[], Sequence[SourceFile]]
) -> Embedder:
    """The embedder of the settings, else that of the index, else the one for the files' languages.

    `list_files` is called for a new index only, and only where no embedder is named. Which one is taken, and
    why, is said in the log. Raises as `open_embedder`.
    """
    if settings.embedder.model != AUTO:
        return open_embedder(settings)
    built_with = store.read_embedder()
    if built_with is not None:
        return open_embedder(settings, built_with)
    name, why = choose_embedder(sample_languages(list_files(), settings), settings)
    if why:
        _log.info("%s", why)
    return open_embedder(settings, {"name": name})


def sample_languages(files: Sequence[SourceFile], settings: Settings) -> Counter[str]:
    """How many of some files are in each language (ISO 639-1); a file without a clear one counts nowhere."""
    files = [file for file in files if 0 < file.size <= _LARGEST]
    # In no order of folders or names, and the same ones every time.
    chosen = sorted(files, key=lambda file: hashlib.sha256(file.uri.encode()).digest())[:_AT_MOST]
    counts: Counter[str] = Counter()
    limits, default = settings.ingest, get_card(DEFAULT_EMBEDDER)
    with Sandbox(
        timeout_s=limits.timeout_s,
        memory_mb=limits.memory_mb,
        max_text_mb=limits.max_text_mb,
        needs_barriers=limits.sandbox == "required",
    ) as sandbox:
        for part in (chosen[:_AT_LEAST], chosen[_AT_LEAST:]):
            identities = {file.path: file.identity for file in part}
            for _, outcome in sandbox.map(identities, identities):
                if isinstance(outcome, LoadedDocument):
                    counts[outcome.language or detect_language(outcome.text)] += 1
            del counts[""]
            if default is not None and all(map(default.covers, counts)):
                break
    return counts


def choose_embedder(
    documents: Mapping[str, int], settings: Settings, *, least: float = _SHARE
) -> tuple[str, str]:
    """The name of the embedder for documents in these languages, and a sentence that says why.

    The first one of the catalogue that is made for them and that can be had, where `least` of them or more
    are in languages that the default is not made for. `documents` counts them by language; without any, it is
    the default, and there is nothing to say.
    """
    documents = {code: count for code, count in documents.items() if code}
    default, total = get_card(DEFAULT_EMBEDDER), sum(documents.values())
    if default is None or not total:
        return DEFAULT_EMBEDDER, ""
    others = {code: count for code, count in documents.items() if not default.covers(code)}
    share = sum(others.values()) / total
    finding = f"{share:.0%} of the documents looked at are in {_list_languages(others)}"
    if share < least:
        why = (
            f": {finding}"
            if others
            else ", the quickest one, which is made for the documents' language"
        )
        return DEFAULT_EMBEDDER, f"The embedder is {DEFAULT_EMBEDDER}{why}."
    needed = [code for code, count in documents.items() if count >= TELLING_SHARE * total]
    needed = needed or list(documents)
    for card in choose_embedders(needed):
        if sum(map(card.covers, needed)) <= sum(map(default.covers, needed)):
            break
        if _can_be_had(card, settings):
            return card.name, (
                f"The embedder is {card.name}, because {finding}, for which {DEFAULT_EMBEDDER} is not made "
                "(embedder.model names another)."
            )
    return DEFAULT_EMBEDDER, (
        f"The embedder is {DEFAULT_EMBEDDER}, although {finding}: none that is made for "
        "them could be fetched."
    )


def _can_be_had(card: ModelCard, settings: Settings) -> bool:
    try:
        resolve_model(card.name, kind="embedder", cache=settings.cache)
    except ModelNotFoundError as exc:
        _log.debug("%s", exc)
        return False
    return True


def _list_languages(counts: Mapping[str, int]) -> str:
    """ "German, French and others": the most frequent first."""
    names = [name_language(code) for code in sorted(counts, key=lambda code: -counts[code])]
    if len(names) > 3:
        names = [*names[:2], "other languages"]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
