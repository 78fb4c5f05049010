"""What was measured, as a table and as a picture."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

OPEN_S, COMMIT_S, RESIDENT, SEARCH_RATIO = 2.0, 1.0, 1.2e9, 1.3
"""What is aimed at, for a million chunks; the last one at any size, hybrid search."""
SEARCHES = ("dense", "lexical", "hybrid", "dense, 1 %", "lexical, 1 %", "hybrid, 1 %")
_OURS, _BARE = "#2563eb", "#9a9a9a"

Cell = Callable[[dict[str, Any]], str]


def table(run: dict[str, Any]) -> str:
    """Markdown: a row for each thing that was measured, three columns for each size."""
    results, machine = run["results"], run["machine"]
    head = "| |" + "".join(f" {r['size']:,} chunks | bare | × |" for r in results)
    lines = [head, "|---|" + "--:|" * (3 * len(results))]
    lines += [f"| {name} |" + "".join(cell(r) for r in results) for name, cell in _rows()]
    lines += [
        "",
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory'] / 1e9:.0f} GB of memory, "
        f"Python {machine['python']}; other programs kept {machine['load']:.1f} cores busy at the end."
        if machine["load"] > machine["cores"]
        else f"{machine['cores']} cores ({machine['processor']}), {machine['memory'] / 1e9:.0f} GB of "
        f"memory, Python {machine['python']}.",
        "",
    ]
    return "\n".join(lines)


def _rows() -> list[tuple[str, Cell]]:
    rows: list[tuple[str, Cell]] = [
        ("open (s)", _against("open_ours", "open_bare", "open", _seconds)),
        ("open, nothing cached (s)", _alone(lambda r: _seconds(r["open_cold"]["open"]))),
        ("first search (ms)", _against("open_ours", "open_bare", "first search", _ms)),
    ]
    for kind in SEARCHES:
        for share, name in ((0.5, "p50"), (0.95, "p95")):
            rows.append((f"{kind}: {name} (ms)", _search(kind, share)))
        rows.append((f"{kind}: p50 of a core's time (ms)", _search(kind, 0.5, "cpu")))
    for kind, what in (("passages", "passages"), ("passages, 1 %", "passages, 1 %")):
        rows += [
            (f"{what}: {name} (ms)", _alone(lambda r, k=kind, s=share: _ms(_at(r, "ours", k, s))))
            for share, name in ((0.5, "p50"), (0.95, "p95"))
        ]
    rows += [
        ("recall@10, dense", _recall),
        ("commit of 100 chunks: median (s)", _commit(statistics.median)),
        ("commit of 100 chunks: worst (s)", _commit(max)),
        (
            "a reader follows (ms)",
            _alone(lambda r: _ms(statistics.median(r["commit_ours"]["follow"]))),
        ),
        ("on disk (MB)", _pair(lambda r: (r["disk"]["ours"], r["disk"]["bare"]), _mb)),
        (
            "of it FAISS and tantivy (MB)",
            _alone(lambda r: _mb(r["disk"]["ours"] - r["disk"]["catalogue"])),
        ),
        ("resident (MB)", _against("open_ours", "open_bare", "resident", _mb)),
        ("of it the process's own (MB)", _against("open_ours", "open_bare", "anonymous", _mb)),
        ("build (s)", _alone(lambda r: f"{r['build']['ours']:.0f}")),
    ]
    return rows


def _at(result: dict[str, Any], side: str, kind: str, share: float, what: str = "times") -> float:
    return quantile(result["search"][what][side][kind], share)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _search(kind: str, share: float, what: str = "times") -> Cell:
    def values(result: dict[str, Any]) -> tuple[float, float]:
        ours, bare = (_at(result, side, kind, share, what) for side in ("ours", "bare"))
        return ours, bare

    return _pair(values, _ms)


def _against(ours: str, bare: str, key: str, show: Callable[[float], str]) -> Cell:
    return _pair(lambda r: (r[ours][key], r[bare][key]), show)


def _commit(pick: Callable[[Sequence[float]], float]) -> Cell:
    return _pair(
        lambda r: (pick(r["commit_ours"]["commit"]), pick(r["commit_bare"]["commit"])), _seconds
    )


def _recall(result: dict[str, Any]) -> str:
    recall = result["search"]["recall"]
    return f" {recall['ours']:.3f} | {recall['bare']:.3f} | |"


def _pair(
    values: Callable[[dict[str, Any]], tuple[float, float]], show: Callable[[float], str]
) -> Cell:
    def cell(result: dict[str, Any]) -> str:
        ours, bare = values(result)
        return f" {show(ours)} | {show(bare)} | {ours / bare:.2f} |"

    return cell


def _alone(show: Cell) -> Cell:
    return lambda result: f" {show(result)} | | |"


def _seconds(value: float) -> str:
    return f"{value:.2f}"


def _ms(value: float) -> str:
    return f"{value * 1e3:.2f}"


def _mb(value: float) -> str:
    return f"{value / 1e6:,.0f}"


def plot(run: dict[str, Any], path: Path) -> None:
    """Write the picture: search times above, what else was measured below, by size."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    results = run["results"]
    sizes = [r["size"] for r in results]
    figure, axes = plt.subplots(2, 4, figsize=(13, 6), layout="constrained")
    for axis, kind in zip(axes[0], ("dense", "lexical", "hybrid", "hybrid, 1 %"), strict=True):
        for side, colour in (("ours", _OURS), ("bare", _BARE)):
            for share, style in ((0.5, "-o"), (0.95, ":o")):
                values = [_at(r, side, kind, share) * 1e3 for r in results]
                axis.plot(sizes, values, style, color=colour, markersize=4)
        axis.set_title(f"{kind} (ms)", loc="left")
    others: list[tuple[str, Callable[[dict[str, Any]], tuple[float, float]], float | None]] = [
        ("open (s)", lambda r: (r["open_ours"]["open"], r["open_bare"]["open"]), OPEN_S),
        (
            "commit of 100 chunks (s)",
            lambda r: (
                statistics.median(r["commit_ours"]["commit"]),
                statistics.median(r["commit_bare"]["commit"]),
            ),
            COMMIT_S,
        ),
        (
            "resident (MB)",
            lambda r: (r["open_ours"]["resident"] / 1e6, r["open_bare"]["resident"] / 1e6),
            RESIDENT / 1e6,
        ),
        ("on disk (MB)", lambda r: (r["disk"]["ours"] / 1e6, r["disk"]["bare"] / 1e6), None),
    ]
    for axis, (title, values_of, aim) in zip(axes[1], others, strict=True):
        for number, colour in ((0, _OURS), (1, _BARE)):
            axis.plot(
                sizes, [values_of(r)[number] for r in results], "-o", color=colour, markersize=4
            )
        if aim is not None:
            axis.plot([sizes[-1]], [aim], "_", color="#b91c1c", markersize=16)
            axis.annotate(
                "aim", (sizes[-1], aim), (-10, 0), textcoords="offset points",
                ha="right", va="center", color="#b91c1c", fontsize=8,
            )  # fmt: skip
        axis.set_title(title, loc="left")
    for axis in axes.flat:
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter("{x:g}")
        axis.set_xticks(
            sizes, [f"{size / 1e6:g} M" if size >= 1e6 else f"{size / 1e3:g} k" for size in sizes]
        )
        axis.minorticks_off()
        axis.grid(axis="y", linewidth=0.4)
        axis.spines[["top", "right"]].set_visible(False)
    handles = [
        plt.Line2D([], [], color=_OURS, marker="o", markersize=4, label="Inhouse"),
        plt.Line2D([], [], color=_BARE, marker="o", markersize=4, label="bare FAISS and tantivy"),
        plt.Line2D([], [], color="#555", linestyle="-", label="p50 (above)"),
        plt.Line2D([], [], color="#555", linestyle=":", label="p95 (above)"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=4, frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
