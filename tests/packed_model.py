"""A multilingual embedder of one layer, packed in 4 bits as the package packs the real one."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

HIDDEN, WIDE, PIECES = (
    32,
    64,
    ["<s>", "<pad>", "</s>", "<unk>", "\u2581", "\u2581ab", "ab", "c", "日当", "fi"],
)


def packed_model(file: Path) -> dict[str, np.ndarray]:
    """A model of one layer as the package packs it; returns the numbers of its tensors of 4 bits."""
    random = np.random.default_rng(7)
    exact: dict[str, np.ndarray] = {}
    tensors: list[tuple[str, int, bytes]] = []

    def quantised(name: str, rows: int, columns: int) -> None:
        blocks = rows * columns // 32
        steps = random.integers(0, 16, (blocks, 32))
        scales = random.random(blocks).astype(np.float16)
        raw = b"".join(
            scale.tobytes() + (low | high << 4).astype(np.uint8).tobytes()
            for scale, low, high in zip(scales, steps[:, :16], steps[:, 16:], strict=True)
        )
        tensors.append((name, 1, raw))
        values = (steps - 8) * scales.astype(np.float32)[:, None]
        exact[name] = values.reshape(rows, columns)

    def plain(name: str, count: int) -> None:
        tensors.append((name, 0, random.random(count).astype(np.float32).tobytes()))

    quantised("emb.word", len(PIECES) + 1, HIDDEN)
    for name, count in (
        ("emb.pos", 8 * HIDDEN),
        ("emb.type", 2 * HIDDEN),
        ("emb.ln.w", HIDDEN),
        ("emb.ln.b", HIDDEN),
    ):
        plain(name, count)
    shapes = dict.fromkeys(("q", "k", "v", "ao"), (HIDDEN, HIDDEN))
    shapes |= {"fi": (WIDE, HIDDEN), "fo": (HIDDEN, WIDE)}
    for name, (rows, columns) in shapes.items():
        quantised(f"l0.{name}.w", rows, columns)
        plain(f"l0.{name}.b", rows)
    for name in ("aln.w", "aln.b", "oln.w", "oln.b"):
        plain(f"l0.{name}", HIDDEN)
    blob = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, blob)]).astype("<u4")
    scores = np.array([0, 0, 0, 0, -4, -2, -3, -4, -2, -2], "<f4")
    normalise = struct.pack("<IBII", ord("\ufb01"), 2, ord("f"), ord("i")) + struct.pack(
        "<IB", 1, 0
    )
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, WIDE, len(PIECES) + 1, 8, 2, 1e-12, 32)
    head += (
        struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1]))
        + ends.tobytes()
        + scores.tobytes()
    )
    head += b"".join(blob) + struct.pack("<iI", 2, len(normalise)) + normalise
    head += struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name, _, _ in tensors)
    body = b""
    for name, kind, raw in tensors:
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, 0, at + len(body), len(raw))
        body += raw
    file.write_bytes(head + body)
    return exact
