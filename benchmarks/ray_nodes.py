"""Measure a run on two nodes of a Ray cluster against the same run on one.

    PYTHONPATH=.:build/cluster python benchmarks/ray_nodes.py [FILES] [ROUNDS]

Each node is a set of processes of this machine with one core: it parses a file at a time, and embeds with
one thread. Both kinds of run take turns. Printed for each: passages a second from the start of the command to
its end, and, over all rounds, how many times as fast the median run on two nodes is. The run itself (cutting,
tokens, the one writer) needs a core as well, so on a machine of two cores two nodes cannot be twice as fast.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

_WORDS = ("leave", "boiler", "invoice", "travel", "laptop", "contract", "visitor", "pension")
_ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "7" * 64,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


def write_files(folder: Path, count: int) -> None:
    """Pages of HTML and Markdown with some 2,000 words each."""
    random = np.random.default_rng(1)
    for number in range(count):
        paragraphs = (
            f"{' '.join(random.choice(_WORDS, 45))} {number}-{line}." for line in range(44)
        )
        text = "\n\n".join(paragraphs)
        if number % 2:
            (folder / f"{number}.html").write_text(f"<h1>Part {number}</h1><p>{text}</p>")
        else:
            (folder / f"{number}.md").write_text(f"# Part {number}\n\n{text}\n")


def ingest(documents: Path, data: Path, address: str) -> tuple[float, int]:
    """Seconds of a run, and how many passages it embedded."""
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "inhouse", "ingest", str(documents), "--data", str(data), "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"INHOUSE_INGEST_ENGINE": "ray", "RAY_ADDRESS": address},
        check=True,
    )
    report: dict[str, Any] = json.loads(run.stdout)
    return time.perf_counter() - began, int(report["chunks_embedded"])


def main() -> None:
    """Run on one node and on two in turns, and print what each takes."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    os.environ.update(_ENVIRONMENT)
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "documents").mkdir()
        write_files(folder / "documents", files)
        try:
            cluster.add_node(num_cpus=1, include_dashboard=False)
            for turn in range(rounds):
                for nodes in seconds:
                    second = None
                    if nodes == 2:
                        second = cluster.add_node(num_cpus=1, include_dashboard=False)
                        cluster.wait_for_nodes()
                    data = folder / f"data-{turn}-{nodes}"
                    taken, chunks = ingest(folder / "documents", data, cluster.address)
                    seconds[nodes].append(taken)
                    print(
                        f"{nodes} nodes: {chunks:,} passages in {taken:.1f} s, {chunks / taken:.1f} a second",
                        flush=True,
                    )
                    if second is not None:
                        cluster.remove_node(second)
        finally:
            cluster.shutdown()
    one, two = (statistics.median(seconds[nodes]) for nodes in (1, 2))
    print(f"Two nodes are {one / two:.2f} times as fast as one.")


if __name__ == "__main__":
    main()
