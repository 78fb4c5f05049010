"""The program that makes a model's OpenVINO form: MODEL_FOLDER INTO.

A model whose vectors are known (`reference`) is built from its weights and compared with them, without
torch. Any other is converted from torch and compared with sentence-transformers.

A child process runs it: it needs several times the model's size, and the ingesting process should stay small.
It leaves a receipt in INTO, of success or of refusal; without one it says nothing of the model.
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

from rag.embedder.bert_graph import INPUTS, UnknownModelError, build_network
from rag.embedder.folder import EmbedderFolder
from rag.embedder.openvino import (
    MODEL_FILE,
    RECEIPT,
    TOKENIZER_FILE,
    OpenVinoEmbedder,
    OpenVinoForm,
    Precision,
    import_openvino,
)
from rag.embedder.openvino_probes import PASSAGE
from rag.embedder.protocol import Float32
from rag.embedder.reference import embed_probes, read_reference
from rag.embedder.sentence_transformer import SentenceTransformerEmbedder
from rag.errors import InhouseError
from rag.models.machine import count_usable_cores

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

MIN_COSINE = 0.9999
_POOLING = {"mean", "cls", "max"}
_QUERY_PROMPTS = ("query",)
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")
_ROUNDS = 5
_TIMED_CHARACTERS = 600


class _RefusedError(Exception):
    """The model does not convert; the reason is for people."""


def main(source: Path, into: Path) -> None:
    """Write the form of the model in `source` to `into`, or only the reason why there is none."""
    warnings.simplefilter("ignore")  # the tracer's, about branches that do not vary here
    try:
        receipt = _make_from_weights(source, into) or _make_from_torch(source, into)
    except _RefusedError as exc:
        for path in into.iterdir():
            path.unlink()
        receipt = {"refused": str(exc)}
    (into / RECEIPT).write_text(json.dumps(receipt), encoding="utf-8")


def _make_from_weights(source: Path, into: Path) -> dict[str, Any] | None:
    """The receipt of the form built from the weights; None where it cannot be built, or is not proved."""
    expected = read_reference(source)
    if expected is None:
        return None
    try:
        network = build_network(source)
        form = _describe_plain(source, into)
        import_openvino().save_model(network, str(into / MODEL_FILE), compress_to_fp16=True)
        return _prove(source, into, form, expected)
    except (UnknownModelError, _RefusedError):
        return None


def _describe_plain(source: Path, into: Path) -> dict[str, Any]:
    """Write the tokenizer as the model's files have it; return the form's other fields."""
    from tokenizers import Tokenizer

    folder = EmbedderFolder(source, source.name, "")
    _save_tokenizer(Tokenizer.from_str(folder.tokenizer.to_str()), into, folder.identity.max_tokens)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    file = source / "config_sentence_transformers.json"
    prompting = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    prompts, default = prompting.get("prompts") or {}, prompting.get("default_prompt_name")
    return {
        "inputs": list(INPUTS),
        "pad_id": config["pad_token_id"],
        "pad_type_id": 0,
        "query_prompt": _prompt(prompts, default, _QUERY_PROMPTS),
        "document_prompt": _prompt(prompts, default, _DOCUMENT_PROMPTS),
    }


def _make_from_torch(source: Path, into: Path) -> dict[str, Any]:
    oracle = SentenceTransformerEmbedder(source, source.name, "")
    model = oracle.load()
    _require_known(model)
    inputs = _convert(model, into)
    tokenizer = _own_tokenizer(model)
    _save_tokenizer(tokenizer, into, oracle.identity.max_tokens, model.tokenizer.truncation_side)
    form = {
        "inputs": inputs,
        "pad_id": model.tokenizer.pad_token_id,
        "pad_type_id": model.tokenizer.pad_token_type_id,
        "query_prompt": _prompt(model.prompts, model.default_prompt_name, _QUERY_PROMPTS),
        "document_prompt": _prompt(model.prompts, model.default_prompt_name, _DOCUMENT_PROMPTS),
    }
    return _prove(source, into, form, embed_probes(oracle))


def _prove(source: Path, into: Path, form: dict[str, Any], expected: Float32) -> dict[str, Any]:
    """Compare the form's vectors with those expected, in each format; the receipt of the fastest good one."""
    # What is lost by rounding to bf16 is not the same for every model.
    proved: dict[Precision, tuple[OpenVinoEmbedder, dict[str, Any]]] = {}
    reasons = []
    for precision in _precisions():
        form_embedder = OpenVinoForm(folder=into, precision=precision, **form)
        embedder = OpenVinoEmbedder(source, source.name, "", form_embedder)
        try:
            actual = embed_probes(embedder)
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
    texts = [PASSAGE[:_TIMED_CHARACTERS]] * (2 * count_usable_cores())
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
    inputs = [name for name in INPUTS if name in features]

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


def _own_tokenizer(model: SentenceTransformer) -> Tokenizer:
    """The tokenizer as transformers set it up, which may differ from the model's own file."""
    from tokenizers import Tokenizer

    return Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())


def _save_tokenizer(
    tokenizer: Tokenizer, into: Path, max_tokens: int, truncation_side: str = "right"
) -> None:
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, direction=truncation_side, strategy="longest_first")
    tokenizer.save(str(into / TOKENIZER_FILE))


def _prompt(prompts: Mapping[str, str | None], default: str | None, names: Sequence[str]) -> str:
    """The text that sentence-transformers puts in front, by its own rule for queries and documents."""
    for name in [*names, default]:
        if name is not None and name in prompts:
            return str(prompts[name] or "")
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
