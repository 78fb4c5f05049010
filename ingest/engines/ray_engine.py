"""Parsing and embedding on the nodes of a Ray cluster; the run itself, with its one writer, stays here.

A task takes bytes and returns bytes (`ingest.engines.ray_tasks`). Ray does the tasks of a node that is lost
again on another one. As many tasks are under way as there are threads that wait for them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.embedding import PART_CHUNKS
from ingest.engines.contract import IngestEngine, list_parser_limits
from ingest.engines.ray_tasks import VECTORS, embed_texts, list_parser_versions, parse_file
from ingest.errors import (
    EngineError,
    FileAccessError,
    ParserCrashError,
    RunStoppedError,
    UnreadableFileError,
    make_unreadable_file_error,
)
from ingest.loaded import LoadedDocument
from ingest.loader import open_file
from ingest.media_type import guess_media_type
from ingest.opening import Identity
from ingest.sandbox import FileReaders, Outcome, check_file_size, check_outcome
from rag.embedder import (
    Embedder,
    EmbedderIdentity,
    Float32,
    OpenVinoEmbedder,
    SentenceTransformerEmbedder,
)
from rag.errors import ConfigurationError, EmbeddingError
from rag.extras import require_extra
from rag.settings import IngestSettings, Settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_RETRIES = 5  # of a task whose process or node was lost
_MOST_THREADS = 4  # of an embedding task: more texts at once are worth more than more cores for one
_MOST_UNDER_WAY = 64  # tasks of a kind
_POLL_S = 1.0


@contextlib.contextmanager
def open_ray_engine(
    settings: Settings, embedder: Embedder, stopped: Callable[[], bool]
) -> Iterator[IngestEngine]:
    """The cluster at RAY_ADDRESS as an engine.

    An embedder that was given as an object embeds here: the nodes could not open it.
    """
    with _connect() as ray:
        cluster = RayCluster(ray, settings.ingest.timeout_s, stopped)
        cpus, gpus = cluster.count("CPU"), cluster.count("GPU")
        limits = settings.ingest
        readers = RayReaders(cluster, limits, min(_MOST_UNDER_WAY, max(4, 2 * cpus)))
        if not isinstance(embedder, OpenVinoEmbedder | SentenceTransformerEmbedder):
            yield IngestEngine(readers, embedder)
            return
        threads = settings.embedder.threads or min(_MOST_THREADS, cluster.find_smallest_node())
        options: dict[str, float] = {"num_gpus": 1} if gpus else {"num_cpus": threads}
        slots = gpus or cpus // threads
        under_way = min(_MOST_UNDER_WAY, 2 * max(1, slots))
        window = max(1024, PART_CHUNKS[1] * under_way)
        yield IngestEngine(
            readers,
            RayEmbedder(cluster, embedder, settings, threads, options),
            under_way,
            window,
        )


class RayCluster:
    """Runs functions on the nodes, and waits for them as long as there are nodes."""

    def __init__(self, ray: Any, patience_s: float, stopped: Callable[[], bool]) -> None:
        """`patience_s`: how long it may have no node."""
        self._ray, self._patience_s, self._stopped = ray, patience_s, stopped
        self._closed = threading.Event()
        self._under_way: set[Any] = set()

    def close(self) -> None:
        """Cancel what is under way."""
        self._closed.set()
        for task in list(self._under_way):
            with contextlib.suppress(Exception):  # it may have ended meanwhile
                self._ray.cancel(task, force=True)

    def count(self, resource: str) -> int:
        """How many there are of a resource, "CPU" or "GPU", in all nodes together."""
        return int(self._ray.cluster_resources().get(resource, 0))

    def find_smallest_node(self) -> int:
        """The CPUs of the node that has the fewest; 1 if none has any."""
        nodes = (node["Resources"].get("CPU", 0) for node in self._ray.nodes() if node["Alive"])
        return min((int(cpus) for cpus in nodes if cpus >= 1), default=1)

    def bind(self, function: Callable[..., bytes], **options: Any) -> Callable[..., bytes]:
        """The function as one that runs on a node. It raises NodeLostError, EngineError, RunStoppedError."""
        remote = self._ray.remote(function).options(max_retries=_RETRIES, **options)
        return functools.partial(self._run, remote)

    def _run(self, remote: Any, *arguments: str | bytes) -> bytes:
        task = remote.remote(*arguments)
        self._under_way.add(task)
        try:
            self._wait(task)
            answer: bytes = self._ray.get(task)
        except (
            self._ray.exceptions.WorkerCrashedError,
            self._ray.exceptions.NodeDiedError,
            self._ray.exceptions.OutOfMemoryError,
            self._ray.exceptions.ObjectLostError,
        ) as exc:
            raise NodeLostError(
                f"A task was lost with its process or node {_RETRIES + 1} times."
            ) from exc
        except self._ray.exceptions.RayError as exc:
            reason = " ".join(str(exc).split())[-300:]
            raise EngineError(
                f"A node of the Ray cluster failed: {reason}",
                hint="Each node needs this version of Inhouse: pip install 'inhouse[ray]'.",
            ) from exc
        finally:
            self._under_way.discard(task)
        return answer

    def _wait(self, task: Any) -> None:
        alone_since: float | None = None
        while not self._ray.wait([task], timeout=_POLL_S)[0]:
            if self._closed.is_set():
                raise RunStoppedError("The run was stopped.")
            if self.count("CPU") > 0:
                alone_since = None
                continue
            if self._stopped():
                raise RunStoppedError("The run was stopped while the Ray cluster had no node.")
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since > self._patience_s:
                raise EngineError(
                    f"The Ray cluster has had no node for {self._patience_s:g} s.",
                    hint="See: ray status. The next run goes on from here.",
                )


class NodeLostError(EngineError):
    """A task took down, or went down with, every process that Ray gave it to."""


class RayReaders(FileReaders):
    """Opens files here, as the sandbox does, and has nodes parse their bytes."""

    def __init__(self, cluster: RayCluster, limits: IngestSettings, workers: int) -> None:
        super().__init__(workers)
        self._cluster = cluster
        self._parse = cluster.bind(parse_file, num_cpus=1)
        self._limits = json.dumps(list_parser_limits(limits))
        self._versions = list_parser_versions()
        self._max_bytes = int(limits.max_file_mb * 2**20)
        self._max_text = int(limits.max_text_mb * 2**20)
        self._max_memory = limits.memory_mb * 2**20

    def close(self) -> None:
        self._cluster.close()
        super().close()

    def _load(
        self, path: Path, media_type: str | None, identity: Identity | None = None
    ) -> Outcome:
        try:
            expected_type = media_type or guess_media_type(path.suffix)
            data = self._read(path, identity)
            answer = json.loads(
                self._parse(data, expected_type, path.suffix, self._limits, self._versions)
            )
            if "document" in answer:
                loaded = LoadedDocument.from_json(answer["document"])
                digest = hashlib.sha256(data).hexdigest()
                return check_outcome(loaded, digest, self._max_text, self._max_memory)
        except UnreadableFileError as exc:
            return exc
        except (NodeLostError, ValueError) as exc:
            return ParserCrashError(f"crashed the parser ({exc})")
        if "fault" in answer:
            raise _make_engine_error(answer)
        return make_unreadable_file_error(*map(str, answer["error"]))

    def _read(self, path: Path, identity: Identity | None) -> bytes:
        """A file's bytes. Raises UnreadableFileError."""
        with os.fdopen(open_file(path, identity), "rb", buffering=0) as file:
            try:
                data = file.read(self._max_bytes + 1)
            except OSError as exc:
                raise FileAccessError(f"cannot be read: {exc.strerror or exc}") from exc
            size = max(len(data), os.fstat(file.fileno()).st_size)
        if error := check_file_size(size, self._max_bytes):
            raise error
        return data


class RayEmbedder:
    """An embedder whose documents are embedded on the nodes."""

    def __init__(
        self,
        cluster: RayCluster,
        embedder: Embedder,
        settings: Settings,
        threads: int,
        options: dict[str, float],
    ) -> None:
        self._here = embedder
        self._embed = cluster.bind(embed_texts, **options)
        self._options = json.dumps(
            {
                "settings": settings.embedder.model_dump() | {"threads": threads},
                "identity": embedder.identity.to_json(),
            }
        )

    @property
    def identity(self) -> EmbedderIdentity:
        return self._here.identity

    @property
    def tokenizer(self) -> Tokenizer:
        return self._here.tokenizer

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        answer = self._embed(json.dumps(list(texts)).encode(), self._options)
        if not answer.startswith(VECTORS):
            raise _make_engine_error(json.loads(answer))
        shape = len(texts), self.identity.dimension
        if len(answer) != len(VECTORS) + 4 * shape[0] * shape[1]:
            raise EmbeddingError(
                "A node of the Ray cluster sent other vectors than it was asked for."
            )
        return np.frombuffer(answer, np.float32, offset=len(VECTORS)).reshape(shape)

    def embed_query(self, text: str) -> Float32:
        return self._here.embed_query(text)


def _make_engine_error(answer: dict[str, Any]) -> EngineError:
    reason, hint = map(str, answer["fault"])
    return EngineError(
        f"A node of the Ray cluster {reason}.",
        hint=hint or "Every node needs the same Inhouse and the same model.",
    )


@contextlib.contextmanager
def _connect() -> Iterator[Any]:
    """Ray, connected to the cluster at RAY_ADDRESS; a connection that is there already is used and stays."""
    require_extra("ray", "ingest.engine = ray")
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():
        yield ray
        return
    address = os.environ.get("RAY_ADDRESS", "")
    if not address:
        raise ConfigurationError(
            "ingest.engine is ray, and RAY_ADDRESS names no cluster.",
            hint="For instance: RAY_ADDRESS=10.0.0.5:6379, or auto for the one that this machine is part of.",
        )
    with _keep_signals():
        try:
            ray.init(address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as exc:
            ray.shutdown()
            reason = " ".join(str(exc).split()).partition(". ")[0][:300].rstrip(".")
            raise EngineError(
                f"The Ray cluster at {address} cannot be used: {reason}.",
                hint="See: ray status. Its token is read from RAY_AUTH_TOKEN or ~/.ray/auth_token.",
            ) from exc
    # Ray tells of lost nodes on the standard output, some of it at its end; that belongs to the run's report.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            yield ray
        finally:
            ray.shutdown()


@contextlib.contextmanager
def _keep_signals() -> Iterator[None]:
    """Leave the handlers of signals as they are: Ray sets one of its own, which ends the program."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
