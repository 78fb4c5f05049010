"""What was measured, as a table that reads as text and as Markdown."""

from __future__ import annotations

import statistics
from typing import Any

PEER_RATIO, BARE_RATIO, COSINE = 4.0, 1.25, 0.9999
"""What is aimed at, on a CPU with AVX512-BF16."""

Found = dict[str, Any]


def table(run: Found) -> str:
    """A row for each folder, and what machine it was."""
    results = run["results"]
    head = ["folder", "files", "chunks", "Inhouse (s)", "chunks/s", "bare encoder (s)", "×"]
    head += ["LangChain (s)", "its chunks", "times as fast", "cosine: mean", "least", "memory (MB)"]
    head += ["CPU: Inhouse (s)", "bare (s)", "×"]
    rows = [head, *[_row(result) for result in results]]
    if not any("langchain" in result for result in results):
        rows = [[*row[:7], *row[10:]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "|" + "|".join(_rule(n, width) for n, width in enumerate(widths)) + "|")
    machine = run["machine"]
    summary = (
        f"{machine['cores']} cores ({machine['processor']}"
        f"{', AVX512-BF16' if machine['bf16'] else ''}), Python {machine['python']}, "
        f"median of {run['rounds']}."
    )
    if machine["load"] > machine["cores"] + 0.5:
        summary += f" Other programs were at work: {machine['load']:.1f} cores' worth in all."
    return "\n".join([*lines, "", summary, ""])


def _rule(number: int, width: int) -> str:
    return "-" * (width + 2) if number == 0 else "-" * (width + 1) + ":"


def _line(cells: list[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    others = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "| " + " | ".join([first, *others]) + " |"


def _row(result: Found) -> list[str]:
    ours, bare = median(result["ours"], "seconds"), median(result["bare"], "seconds")
    first, peer, cosine = result["ours"][0], result.get("langchain"), result["cosine"]
    return [
        result["name"],
        f"{first['files']:,}",
        f"{first['chunks']:,}",
        f"{ours:.1f}",
        f"{first['embedded'] / ours:.0f}",
        f"{bare:.1f}",
        f"{ours / bare:.2f}",
        f"{peer['seconds']:.1f}" if peer else "",
        f"{peer['chunks']:,}" if peer else "",
        f"{peer['seconds'] / ours:.1f}" if peer else "",
        f"{cosine['mean']:.5f}",
        f"{cosine['least']:.5f}",
        f"{max(figures['resident'] for figures in result['ours']) / 1e6:.0f}",
        f"{median(result['ours'], 'cpu'):.1f}",
        f"{median(result['bare'], 'cpu'):.1f}",
        f"{median(result['ours'], 'cpu') / median(result['bare'], 'cpu'):.2f}",
    ]


def shortfalls(run: Found) -> list[str]:
    """Each aim that was missed, in a sentence."""
    missed = []
    for result in run["results"]:
        ours = median(result["ours"], "seconds")
        ratio = ours / median(result["bare"], "seconds")
        if ratio > BARE_RATIO:
            missed.append(
                f"{result['name']}: {ratio:.2f} times the bare encoder, not {BARE_RATIO}."
            )
        if (peer := result.get("langchain")) and peer["seconds"] / ours < PEER_RATIO:
            times = peer["seconds"] / ours
            missed.append(f"{result['name']}: {times:.1f} times as fast, not {PEER_RATIO:g}.")
        if result["cosine"]["least"] < COSINE:
            least = result["cosine"]["least"]
            missed.append(f"{result['name']}: a cosine of {least:.5f}, not {COSINE}.")
    return missed


def median(rounds: list[Found], key: str) -> float:
    """The median of one figure over the rounds."""
    return float(statistics.median(figures[key] for figures in rounds))
