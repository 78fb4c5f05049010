"""The program that makes a model's OpenVINO form: MODEL_FOLDER INTO.

A child process runs it: it needs torch and several times the model's size, and the ingesting process
should stay small. It leaves a receipt in INTO, of success or of refusal; without one it says nothing of
the model.
"""

from __future__ import annotations

import json
import math
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.embedder.openvino import (
    MODEL_FILE,
    RECEIPT,
    TOKENIZER_FILE,
    OpenVinoEmbedder,
    OpenVinoForm,
    Precision,
    available_cores,
    import_openvino,
)
from rag.embedder.openvino_probes import PASSAGE, probes
from rag.embedder.sentence_transformer import SentenceTransformerEmbedder
from rag.errors import InhouseError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MIN_COSINE = 0.9999
_POOLING = {"mean", "cls", "max"}
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_ROUNDS = 5
_TIMED_CHARACTERS = 600


class _RefusedError(Exception):
    """The model does not convert; the reason is for people."""


def main(source: Path, into: Path) -> None:
    """Write the form of the model in `source` to `into`, or only the reason why there is none."""
    warnings.simplefilter("ignore")  # the tracer's, about branches that do not vary here
    oracle = SentenceTransformerEmbedder(source, source.name, "")
    try:
        receipt = _make(source, into, oracle)
    except _RefusedError as exc:
        for path in into.iterdir():
            path.unlink()
        receipt = {"refused": str(exc)}
    (into / RECEIPT).write_text(json.dumps(receipt), encoding="utf-8")


def _make(source: Path, into: Path, oracle: SentenceTransformerEmbedder) -> dict[str, Any]:
    model = oracle.load()
    _require_known(model)
    inputs = _convert(model, into)
    _save_tokenizer(model, into, oracle.identity.max_tokens)
    form = {
        "inputs": inputs,
        "pad_id": model.tokenizer.pad_token_id,
        "pad_type_id": model.tokenizer.pad_token_type_id,
        "query_prompt": _prompt(model, ["query"]),
        "document_prompt": _prompt(model, ["document", "passage", "corpus"]),
    }
    texts = probes(oracle)
    expected = _vectors(oracle, texts)
    # What is lost by rounding to bf16 is not the same for every model.
    proved: dict[Precision, tuple[OpenVinoEmbedder, dict[str, Any]]] = {}
    reasons = []
    for precision in _precisions():
        form_embedder = OpenVinoForm(folder=into, precision=precision, **form)
        embedder = OpenVinoEmbedder(source, source.name, "", form_embedder)
        try:
            actual = _vectors(embedder, texts)
        except InhouseError as exc:
            raise _RefusedError(exc.message.rstrip(".")) from exc
        cosines = (expected * actual).sum(axis=1)
        proof = {"probes": len(cosines), "mean": float(cosines.mean()), "min": float(cosines.min())}
        if proof["min"] >= MIN_COSINE:
            proved[precision] = embedder, proof
        else:
            reasons.append(
                f"in {precision} a vector has a cosine of {proof['min']:.6f} to sentence-transformers'"
            )
    if not proved:
        raise _RefusedError(f"{' and '.join(reasons)}, at least {MIN_COSINE} is asked")
    seconds = _seconds({precision: embedder for precision, (embedder, _) in proved.items()})
    fastest = min(seconds, key=seconds.__getitem__)
    return {
        "form": {**form, "precision": fastest},
        "proof": proved[fastest][1],
        "seconds": seconds,
    }


def _precisions() -> list[Precision]:
    """The formats that the CPU has multiplications for; the others would be emulated, very slowly."""
    has = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ["bf16", "f32"] if "BF16" in has else ["f32"]


def _seconds(embedders: Mapping[Precision, OpenVinoEmbedder]) -> dict[Precision, float]:
    """The least that each takes for the same few passages, in turns.

    That a CPU has bf16 does not say that it is fast at it: without AMX some need twice as long as in f32.
    """
    texts = [PASSAGE[:_TIMED_CHARACTERS]] * (2 * available_cores())
    seconds = dict.fromkeys(embedders, math.inf)
    for _ in range(_ROUNDS if len(embedders) > 1 else 1):
        for precision, embedder in embedders.items():
            started = time.perf_counter()
            embedder.embed_documents(texts)
            seconds[precision] = min(seconds[precision], time.perf_counter() - started)
    return seconds


def _require_known(model: SentenceTransformer) -> None:
    """Refuse what is not encoder, pooling and normalising, each of a kind that is known here."""
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    parts = list(model)
    if [type(part) for part in parts] not in (
        [Transformer, Pooling],
        [Transformer, Pooling, Normalize],
    ):
        names = ", ".join(type(part).__name__ for part in parts)
        raise _RefusedError(f"its parts are {names}")
    pooling: Any = parts[1]
    if pooling.pooling_mode not in _POOLING:
        raise _RefusedError(f"its pooling is {pooling.pooling_mode}")
    if not pooling.include_prompt:
        raise _RefusedError("its pooling leaves the prompt out")
    if model.truncate_dim is not None:
        raise _RefusedError("its vectors are cut")
    if not getattr(model.tokenizer, "is_fast", False):
        raise _RefusedError("its tokenizer is not one of the tokenizers library")
    if model.tokenizer.padding_side != "right":
        raise _RefusedError("it pads on the left")


def _convert(model: SentenceTransformer, into: Path) -> list[str]:
    """Write the network, from token ids to vectors of length 1; return its inputs' names in order."""
    import torch

    features = model.preprocess(["a text", "a text that is a little longer"])
    inputs = [name for name in _INPUTS if name in features]

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = model

        def forward(self, *arguments: torch.Tensor) -> torch.Tensor:
            values: dict[str, Any] = dict(zip(inputs, arguments, strict=True))
            for part in self.parts:
                values = part(values)
            return torch.nn.functional.normalize(values["sentence_embedding"], p=2, dim=1)

    openvino = import_openvino()
    whole = Whole().eval()
    try:
        with torch.no_grad():
            network = openvino.convert_model(
                whole,
                example_input=tuple(features[name] for name in inputs),
                input=[(openvino.PartialShape([-1, -1]), openvino.Type.i64)] * len(inputs),
            )
    except Exception as exc:  # the converter raises what its many parts raise
        reason = str(exc).strip().splitlines() or [type(exc).__name__]
        raise _RefusedError(f"OpenVINO cannot convert it ({reason[-1].strip()[:200]})") from exc
    openvino.save_model(network, str(into / MODEL_FILE), compress_to_fp16=True)
    return inputs


def _save_tokenizer(model: SentenceTransformer, into: Path, max_tokens: int) -> None:
    """Write the tokenizer as transformers set it up, which may differ from the model's own file."""
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(
        max_tokens, direction=model.tokenizer.truncation_side, strategy="longest_first"
    )
    tokenizer.save(str(into / TOKENIZER_FILE))


def _prompt(model: SentenceTransformer, names: list[str]) -> str:
    """The text that sentence-transformers puts in front, by its own rule for queries and documents."""
    for name in [*names, model.default_prompt_name]:
        if name is not None and name in model.prompts:
            return str(model.prompts[name] or "")
    return ""


def _vectors(
    embedder: SentenceTransformerEmbedder | OpenVinoEmbedder, texts: Sequence[str]
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Of all texts as documents, and of each again as a query."""
    queries = [embedder.embed_query(text) for text in texts]
    return np.vstack([embedder.embed_documents(texts), *queries])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
