"""Embedding on a CPU with OpenVINO: the model as `openvino_export` made it, without torch.

At run time only `openvino` and `tokenizers` are loaded; a process is ready for its first query in a
fraction of the time that sentence-transformers takes to be imported.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from rag.embedder.folder import EmbedderFolder
from rag.embedder.protocol import EmbedderIdentity, Float32
from rag.embedder.vectors import normalise_vectors
from rag.errors import EmbeddingError, MissingDependencyError
from rag.models.machine import count_usable_cores

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Precision = Literal["bf16", "f32"]

MODEL_FILE = "model.xml"
TOKENIZER_FILE = "tokenizer.json"
RECEIPT = "inhouse-openvino.json"

_WINDOW = 1024  # texts whose tokens are in memory at once
_MAX_BATCH_TOKENS = 4096
"""Whatever `batch_size` says: larger ones are no faster, and the last of them keeps one core alone busy."""
_SMALL_BATCH = 4
"""A list is cut into batches of at least so many texts. Those of a question are few: in one batch they would
keep one core busy, and each be padded to the longest. 30 sentences in batches of 4 take .6 of the time."""
_BATCHES_EACH = 4
"""Batches for each that is computed at once: with fewer, the last one keeps the others waiting."""
_MAX_STREAMS = 8  # batches computed at once, each with its own working memory
_IMPORTING = threading.Lock()
_MAX_QUERY_THREADS = 4  # for one short text: more would mostly wait for each other


@dataclass(frozen=True, slots=True)
class OpenVinoForm:
    """A model as OpenVINO computes it.

    `inputs` are the model's, in order; `pad_id` and `pad_type_id` fill a batch up to its longest text.
    `folder` holds the network and a tokenizer that truncates as sentence-transformers does.
    """

    folder: Path
    inputs: tuple[str, ...]
    pad_id: int
    pad_type_id: int
    query_prompt: str
    document_prompt: str
    precision: Precision


class OpenVinoEmbedder:
    """A model's OpenVINO form; it is loaded at the first text."""

    def __init__(
        self,
        path: Path,
        name: str,
        sha256: str,
        form: OpenVinoForm,
        *,
        batch_size: int = 32,
        threads: int = 0,
    ) -> None:
        self._folder = EmbedderFolder(path, name, sha256)
        self._form, self._batch_size, self._threads = form, batch_size, threads
        self._lock = threading.Lock()
        self._loaded: dict[bool, _Network] = {}

    @property
    def identity(self) -> EmbedderIdentity:
        return self._folder.identity

    @property
    def tokenizer(self) -> Tokenizer:
        return self._folder.tokenizer

    def load(self) -> None:
        """Load the model for documents now, rather than at the first one. Raises EmbeddingError."""
        self._network(for_queries=False)

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        vectors = np.empty((len(texts), self.identity.dimension), np.float32)
        for start in range(0, len(texts), _WINDOW):
            window = texts[start : start + _WINDOW]
            network = self._network(for_queries=False)
            self._embed(
                network, self._form.document_prompt, window, vectors[start : start + _WINDOW]
            )
        return normalise_vectors(vectors, self.identity.name)

    def embed_query(self, text: str) -> Float32:
        vectors = np.empty((1, self.identity.dimension), np.float32)
        self._embed(self._network(for_queries=True), self._form.query_prompt, [text], vectors)
        vector: Float32 = normalise_vectors(vectors, self.identity.name)[0]
        return vector

    def _embed(self, network: _Network, prompt: str, texts: Sequence[str], into: Float32) -> None:
        try:
            network.embed([prompt + text for text in texts], self._batch_size, into)
        except (RuntimeError, ValueError) as exc:
            raise EmbeddingError(f"The embedder {self.identity.name} failed: {exc}.") from exc

    def _network(self, *, for_queries: bool) -> _Network:
        """The network with all its threads on one text, or spread over batches; most need but one."""
        with self._lock:
            if for_queries not in self._loaded:
                threads = self._threads or count_usable_cores()
                # Several batches at once, each on few threads, keep cores busier than one batch on all of
                # them: cores wait for each other after every operation, and batches for nobody.
                streams = 1 if for_queries else min(threads, _MAX_STREAMS)
                threads = min(threads, _MAX_QUERY_THREADS) if for_queries else threads
                try:
                    self._loaded[for_queries] = _Network(self._form, threads, streams)
                except RuntimeError as exc:
                    raise EmbeddingError(
                        f"The embedder {self.identity.name} cannot be loaded: {exc}.",
                        hint=f"Delete {self._form.folder}; it is made anew.",
                    ) from exc
            return self._loaded[for_queries]


class _Network:
    """The compiled network, its tokenizer, and requests to compute with: one per batch under way."""

    def __init__(self, form: OpenVinoForm, threads: int, streams: int) -> None:
        from tokenizers import Tokenizer

        self._form = form
        self._tokenizer = Tokenizer.from_file(str(form.folder / TOKENIZER_FILE))
        self._streams = streams
        options = {
            "INFERENCE_PRECISION_HINT": form.precision,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
        }
        core = import_openvino().Core()
        self._compiled = core.compile_model(str(form.folder / MODEL_FILE), "CPU", options)
        # A list's append and pop are atomic: no lock is held while computing.
        self._idle: list[Any] = []

    def embed(self, texts: list[str], batch_size: int, into: Float32) -> None:
        """Write the vectors of `texts` to the rows of `into`."""
        encodings = self._tokenizer.encode_batch(texts)
        # Longest first: a batch is padded to its longest text, so that like should go with like, and a
        # batch that is too large for the memory fails at once.
        order = sorted(range(len(texts)), key=lambda row: -len(encodings[row]))
        under_way: list[tuple[Any, list[int]]] = []
        spread = max(_SMALL_BATCH, len(texts) // (_BATCHES_EACH * self._streams))
        try:
            for rows in _batches(order, encodings, min(batch_size, spread)):
                if len(under_way) == self._streams:
                    self._finish(*under_way.pop(0), into)
                request = self._request()
                request.start_async(self._inputs([encodings[row] for row in rows]))
                under_way.append((request, rows))
            while under_way:
                self._finish(*under_way.pop(0), into)
        finally:
            for request, _ in under_way:  # after an error: nobody else may get a busy request
                with contextlib.suppress(RuntimeError):
                    request.wait()

    def _request(self) -> Any:
        try:
            return self._idle.pop()
        except IndexError:
            return self._compiled.create_infer_request()

    def _finish(self, request: Any, rows: list[int], into: Float32) -> None:
        request.wait()
        into[rows] = request.get_output_tensor(0).data
        self._idle.append(request)

    def _inputs(self, batch: list[Encoding]) -> list[npt.NDArray[np.int64]]:
        shape = len(batch), len(batch[0])
        fill = {"input_ids": self._form.pad_id, "token_type_ids": self._form.pad_type_id}
        arrays = {name: np.full(shape, fill.get(name, 0), np.int64) for name in self._form.inputs}
        for row, encoding in enumerate(batch):
            columns = {
                "input_ids": encoding.ids,
                "token_type_ids": encoding.type_ids,
                "attention_mask": encoding.attention_mask,
            }
            for name, array in arrays.items():
                array[row, : len(encoding)] = columns[name]
        return [arrays[name] for name in self._form.inputs]


def _batches(order: list[int], encodings: list[Encoding], batch_size: int) -> Iterator[list[int]]:
    start = 0
    while start < len(order):
        longest = max(1, len(encodings[order[start]]))
        size = max(1, min(batch_size, _MAX_BATCH_TOKENS // longest))
        yield order[start : start + size]
        start += size


def import_openvino() -> Any:
    """The module `openvino`, without its telemetry. The only place that imports it.

    `import openvino` by itself reports to Google Analytics, without asking, unless a file in the home
    folder says no. It does so through the package `openvino_telemetry`, and does without where that
    cannot be imported: None in `sys.modules` is how Python is told so.
    """
    with _IMPORTING:
        if "openvino" not in sys.modules:
            sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        try:
            import openvino
        except ImportError as exc:
            raise MissingDependencyError(
                f"OpenVINO cannot be loaded: {exc}.", hint="Install it with: pip install openvino"
            ) from exc
        # The first array that it shows sets up its tie to NumPy. Where two threads do so at once, one holds
        # the interpreter's lock and waits for the set-up, which waits for that lock: for ever.
        _ = openvino.Tensor(np.zeros(1, np.float32)).data
    return openvino
