"""A source that a test installs as a distribution of its own, and a home with an index beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest import IngestReport, ingest
from ingest.running.dry_run import Forecast, dry_run
from rag.index.views.next_run import IndexState, read_index_state
from rag.settings import Settings
from rag.testing import HashingEmbedder

WORLD_SOURCE = '''
import json, pathlib
from ingest.errors import FileAccessError
from ingest.sources import SourceError, SourceObject
from ingest.sources.contract import Secret


class World:
    """A JSON file: its objects, and what goes wrong."""

    def __init__(self, options, context):
        self.context = context
        self.file = pathlib.Path(options["file"])
        self.secret = Secret.model_validate(options["secret"]) if "secret" in options else None
        self.reads = 0

    def list(self):
        self.world = json.loads(self.file.read_text())
        secret = self.context.read_secret(self.secret)
        for number, entry in enumerate(self.world["objects"]):
            if number == self.world.get("breaks_at"):
                raise SourceError(f"lost the connection as {secret or 'nobody'}")
            if number == self.world.get("crashes_at"):
                raise RuntimeError("no such thing")
            yield SourceObject(**{key: value for key, value in entry.items() if key != "text"})

    def read(self, listed):
        self.reads += 1
        if self.world.get("reads") == self.reads:
            raise SourceError("asks to wait (a rate limit)")
        (text,) = [entry["text"] for entry in self.world["objects"] if entry["path"] == listed.path]
        if text is None:
            raise FileAccessError("needs a permission that this account has not")
        with self.file.with_suffix(".log").open("a") as log:
            log.write(listed.path + "\\n")
        return text.encode()

    def close(self):
        self.file.with_suffix(".closed").touch()
'''


def install(folder: Path, name: str, module: str, entry_points: str) -> None:
    """Put a distribution into a folder as pip would: a module, and what its metadata says of it."""
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    (folder / f"{name}.py").write_text(module, "utf-8")
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    (information / "METADATA").write_text(metadata, "utf-8")
    (information / "entry_points.txt").write_text(entry_points, "utf-8")


class SourceHome:
    """`settings` are those of one source under `ingest.sources`; runs read it into an index."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home, self.data = home, home / "data"
        self.settings = settings
        self.others: dict[str, Any] = {}
        self.ingest_settings: dict[str, Any] = {}

    def all_settings(self) -> Settings:
        sources = {"sources": [self.settings]}
        return Settings.model_validate({**self.others, "ingest": sources | self.ingest_settings})

    def ingest(self, *paths: str, **options: Any) -> IngestReport:
        return ingest(
            paths, data_dir=self.data, settings=self.all_settings(), embedder=HashingEmbedder(), **options
        )  # fmt: skip

    def dry_run(self) -> Forecast:
        return dry_run(data_dir=self.data, settings=self.all_settings())

    def index(self) -> IndexState:
        state = read_index_state(self.data)
        assert state is not None
        return state

    def readers(self) -> dict[str, tuple[str, ...]]:
        """Who may read each document, by its uri without the source's name."""
        return {
            uri.partition("://")[2].partition("/")[2]: labels.readers
            for uri, labels in self.index().labels.items()
        }

    def states(self) -> dict[str, str]:
        """The ledger's word for each object."""
        return {
            file.uri.partition("://")[2].partition("/")[2]: file.state.value
            for file in self.index().files
        }


class WorldHome(SourceHome):
    """A home whose source is the JSON file `world`."""

    def __init__(self, home: Path) -> None:
        self.file = home / "world.json"
        super().__init__(home, kind="world", name="w", file=str(self.file), readers=["*"])
        self.objects: dict[str, dict[str, Any]] = {}

    def put(self, path: str, text: str | None, revision: str = "1", **about: Any) -> None:
        self.objects[path] = {"path": path, "revision": revision, "text": text, **about}

    def save(self, **faults: int) -> None:
        world = {"objects": list(self.objects.values()), **faults}
        self.file.write_text(json.dumps(world), "utf-8")

    def read_paths(self) -> list[str]:
        """Which objects were read since this was last asked."""
        log = self.file.with_suffix(".log")
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(lines)


MakeText = Callable[[int], str]


def page(number: int) -> str:
    """A short document that no other one is equal to."""
    return (
        f"# Page {number}\n\nThe drawer {number} holds {number * 13} spare parts for the press.\n"
    )
