"""Measure the index against bare FAISS and tantivy; `python benchmarks/index.py --help` says how."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent))

from index_parts import build, report, synthetic
from index_parts.measure import QUERIES
from index_parts.oracle import Oracle

_MEASURE = Path(__file__).parent / "index_parts" / "measure.py"
_BYTES_PER_CHUNK = 8_000
"""On disk while it runs: ours and the bare ones, and copies of both to commit into."""
_BATCH = synthetic.BATCH


def _parse_sizes(_context: object, _parameter: object, value: str) -> list[int]:
    try:
        sizes = [int(size.replace("_", "")) for size in value.split(",")]
    except ValueError as exc:
        raise click.BadParameter(f"{value!r} is no list of numbers such as 10000,100000.") from exc
    if any(size < 1_000 for size in sizes):
        raise click.BadParameter("An index of less than 1,000 chunks measures nothing.")
    return sizes


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--sizes",
    default="10000,100000,1000000",
    show_default=True,
    callback=_parse_sizes,
    help="Chunks in each index, with commas between.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/bench"),
    show_default=True,
    help="Folder for index.md, index.json and index.png.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the indexes that are made; default: work/ in --out.",
)
@click.option("--keep", is_flag=True, help="Keep the indexes there, and use those of the last run.")
def main(sizes: list[int], out: Path, work: Path | None, keep: bool) -> None:
    """Measure the index against bare FAISS and bare tantivy, side by side in one run.

    Synthetic chunks of 384 dimensions and about 100 words. Prints a table, and writes it with a picture
    to --out. A million chunks take some ten minutes and 8 GB of disk; run it on a quiet machine.

    \b
    Examples:
      python benchmarks/index.py
      python benchmarks/index.py --sizes 10000,100000
      python benchmarks/index.py --sizes 1000000 --out /tmp/bench --keep
      make bench ARGS="--sizes 10000"
    """
    work = work or out / "work"
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    needed, free = _BYTES_PER_CHUNK * max(sizes), shutil.disk_usage(work).free
    if free < needed:
        raise click.ClickException(
            f"{work} needs {needed / 1e9:.0f} GB; {free / 1e9:.0f} are free."
        )
    results = []
    for size in sizes:
        folder = work / str(size)
        try:
            results.append(_measure(folder, size))
        finally:
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)
    if not keep:
        work.rmdir()
    run = {"machine": _machine(), "results": results}
    (out / "index.json").write_text(json.dumps(run, indent=1))
    table = report.table(run)
    (out / "index.md").write_text(table)
    report.plot(run, out / "index.png")
    print(table)
    print(f"Written to {out}: index.md, index.json, index.png", file=sys.stderr)


def _measure(folder: Path, size: int) -> dict[str, Any]:
    build_report = folder / "made.json"
    if not build_report.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build_report.write_text(json.dumps(_build(folder, size)))
    figures: dict[str, Any] = {"size": size, "build": json.loads(build_report.read_text())}
    figures["disk"] = {
        "ours": _bytes(folder / "ours"),
        "catalogue": _bytes(folder / "ours" / "catalog.db"),
        "bare": _bytes(folder / "bare"),
    }
    steps = ("open_ours", "open_bare", "open_cold", "search", "commit_ours", "commit_bare")
    for step in tqdm(steps, desc=f"{size:,}: measuring", leave=False):
        figures[step] = _run(step, folder, size)
    return figures


def _build(folder: Path, size: int) -> dict[str, float]:
    """Make the indexes, and find out the true neighbours meanwhile; seconds for each side."""
    oracle, seconds = Oracle(synthetic.queries(QUERIES)[1]), {}
    with tqdm(total=size, desc=f"{size:,}: building ours", unit=" chunks", leave=False) as bar:
        started = time.perf_counter()
        build.ours(folder / "ours", size, oracle, bar.update)
        seconds["ours"] = time.perf_counter() - started
    (folder / "truth.json").write_text(json.dumps(oracle.numbers))
    with tqdm(total=size, desc=f"{size:,}: building bare", unit=" chunks", leave=False) as bar:
        started = time.perf_counter()
        build.beside(folder / "bare", folder / "ours", size, bar.update)
        seconds["bare"] = time.perf_counter() - started
    return seconds


def _run(step: str, folder: Path, size: int) -> dict[str, Any]:
    """One measurement in a fresh process; one that commits gets a copy."""
    if step.startswith("commit"):
        copy = folder / "copy"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("copy"))
        os.sync()
        try:
            return _fresh_process(step, copy, size)
        finally:
            shutil.rmtree(copy)
    return _fresh_process(step, folder, size)


def _fresh_process(step: str, folder: Path, size: int) -> dict[str, Any]:
    command = [sys.executable, str(_MEASURE), step, str(folder), str(size)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def _machine() -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": cores,
        "memory": memory,
        "processor": platform.machine(),
        "python": platform.python_version(),
        "load": os.getloadavg()[1],
    }


if __name__ == "__main__":
    main()
