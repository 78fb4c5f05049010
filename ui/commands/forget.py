"""`inhouse forget`: remove documents, or a person, for good."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, require_folder, with_settings
from rag.errors import StorageError, UsageError

if TYPE_CHECKING:
    from rag.settings import Settings

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,30}:")
"""How a uri begins that is no path; a file with such a name is named as ./NAME."""


@click.command()
@click.argument("documents", nargs=-1, metavar="[DOCUMENT…]")
@click.option("--person", metavar="NAME", help="Forget this person instead of documents.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask whether that is meant.")
@as_json_option
@with_settings
def command(
    settings: Settings, documents: tuple[str, ...], person: str | None, yes: bool, as_json: bool
) -> None:
    """Remove each DOCUMENT for good, and prove it: no file of the data folder holds its words any more.

    A DOCUMENT is the path of a file that was read and is gone now, or the uri of what a source or a program
    had. It goes from every state of the index,
    so one cannot go back to earlier states; from what people were answered with it, and what they said of
    that; and from evaluations. Backups are not searched: make new ones, and delete those that you have.

    With --person NAME all that is kept of somebody: account, conversations, feedback, uploads' records.
    See it before with: inhouse user export NAME
    """
    if bool(documents) == (person is not None):
        raise click.UsageError("Name one DOCUMENT or more, or --person NAME.")
    if documents:
        require_folder(
            settings,
            "Delete the files and run inhouse ingest; then, with index.keep_generations = 1 and "
            "index.keep_days = 0, inhouse vacuum.",
        )
    what = f"all that is kept of {person}" if person else ", ".join(documents)
    if not yes:
        click.confirm(f"Forget {what} for good?", abort=True)
    done = _forget_person(settings, person) if person else _forget_documents(settings, documents)
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, indent=2))
        return
    counts = ", ".join(f"{count:,} {name}" for name, count in done.items() if count)
    click.echo(f"Forgotten: {counts or 'nothing was kept'}. No file holds any of it.")


def _forget_documents(settings: Settings, documents: Sequence[str]) -> dict[str, Any]:
    from ingest.sources.kinds import forget_copies
    from rag.evaluation import store as evaluations
    from rag.index.maintenance.forget import forget
    from ui.web.userdata import erasure
    from ui.web.userdata.opening import has_people, open_people

    uris = [_uri(document) for document in documents]
    forgotten = forget(settings.data, uris)
    forget_copies(settings.data, uris)
    erased = erasure.Erased()
    if has_people(settings):
        store = open_people(settings)
        erased = erasure.forget_documents(store, uris)
        store.close()
    measured = evaluations.forget(settings.data, uris)
    _prove(settings, forgotten.samples)
    counts = {"documents": forgotten.documents, "chunks": forgotten.chunks}
    return counts | asdict(erased) | {"evaluations": measured}


def _forget_person(settings: Settings, name: str) -> dict[str, Any]:
    from ui.web.userdata import erasure
    from ui.web.userdata.opening import has_people, open_people

    if not has_people(settings):
        raise UsageError("Nothing is kept of anybody here.", hint="Check --data and web.people.")
    store = open_people(settings)
    erased, samples = erasure.forget_person(store, name)
    store.close()
    _prove(settings, samples, index=False)
    return asdict(erased)


def _prove(settings: Settings, samples: Sequence[bytes], *, index: bool = True) -> None:
    """Search the bytes of every file. Raises StorageError, which names those that hold something still."""
    from rag.index.maintenance.forget import find_bytes
    from ui.web.userdata.database import locate_people_file

    people = locate_people_file(settings)
    paths = [people.with_name(people.name + suffix) for suffix in ("", "-wal", "-shm")]
    paths = [path for path in paths if path.exists()]
    left = find_bytes([*([settings.data] if index else []), *paths], samples)
    if left:
        raise StorageError(
            f"Some of it still stands in {', '.join(sorted({str(path) for path in left}))}.",
            hint="A page that is open may hold the file: stop inhouse web, and run this again.",
        )


def _uri(document: str) -> str:
    """The name under which the index knows a file, which is gone: its folder may be there."""
    from ingest.planning.source import uri_of

    if _SCHEME.match(document):
        return document
    path = Path(document)
    return uri_of(path.parent.resolve() / path.name)
