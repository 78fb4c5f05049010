"""Ingest on a real Ray cluster of two nodes: what a run on one machine makes of the same folder.

Each node is a set of processes with one core of its own. `make test-scale` installs Ray for this.
`CRASH_MOMENTS` says how many processes are killed at work; `make crash-scale` takes a hundred.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from rag.errors import IndexMissingError
from rag.index import open_store
from rag.index.views.next_run import read_index_state

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="Ray is installed by make test-scale"
    ),
]
MOMENTS = int(os.environ.get("CRASH_MOMENTS", "1"))
KILLED_IN_A_RUN = 5
"""Ray does a task six times at most: were all of them of one task, it would still be done."""
WORDS = ("leave", "boiler", "invoice", "travel", "laptop", "contract", "visitor", "pension")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster with token authentication whose head runs nothing, and two nodes of one core each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "7" * 64)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            for _ in range(2):
                add_node(cluster)
            yield cluster
        finally:
            cluster.shutdown()


def add_node(cluster: Any) -> Any:
    return cluster.add_node(num_cpus=1, include_dashboard=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of several formats, among them one that is empty and one that cannot be read."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(40):
        paragraphs = (
            f"{' '.join(WORDS[(number * line + n) % 8] for n in range(40))} {number}-{line}."
            for line in range(1, 12)
        )
        text = "\n\n".join(paragraphs)
        if number % 3 == 0:
            (docs / f"{number}.html").write_text(f"<h1>Part {number}</h1><p>{text}</p>")
        else:
            (docs / f"{number}.md").write_text(f"# Part {number}\n\n{text}\n")
    (docs / "empty.txt").touch()
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    return docs


def environment(address: str | None, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    engine = {} if address is None else {"INHOUSE_INGEST_ENGINE": "ray", "RAY_ADDRESS": address}
    return kept | engine | settings


def command(docs: Path, data: Path) -> list[str]:
    return [
        sys.executable, "-m", "inhouse", "ingest", str(docs), "--data", str(data), "--json",
        "--progress-json",
    ]  # fmt: skip


def ingest(docs: Path, data: Path, address: str | None, **settings: str) -> tuple[int, str, str]:
    """The exit code of a run, and what it says."""
    run = subprocess.run(
        command(docs, data),
        capture_output=True,
        text=True,
        env=environment(address, **settings),
        check=False,
    )
    return run.returncode, run.stdout, run.stderr


def read_report(output: str) -> dict[str, Any]:
    """The report of a run without its duration."""
    return {key: value for key, value in json.loads(output).items() if key != "seconds"}


def describe_index(data: Path) -> dict[str, Any]:
    """By file: its state, reason and recipe in the ledger, and its chunks with their places."""
    snapshot = open_store(data).open_reader().snapshot()
    state = read_index_state(data)
    assert state is not None
    files = {Path(r.uri).name: [r.state, r.reason, r.source_sha256, r.recipe] for r in state.files}
    for document in snapshot.list_documents():
        chunks = snapshot.chunks(list(snapshot.chunk_texts(document.document_id))).values()
        files[Path(document.uri).name] += [
            document.title,
            [(c.ordinal, c.start, c.end, c.text, c.section) for c in chunks],
        ]
    return files


def read_vectors(data: Path) -> dict[str, Any]:
    """The vector of each text."""
    snapshot = open_store(data).open_reader().snapshot()
    ids = [
        chunk_id
        for document in snapshot.list_documents()
        for chunk_id in snapshot.chunk_texts(document.document_id)
    ]
    texts = snapshot.chunks(ids)
    return {
        texts[chunk_id].text: vector
        for chunk_id, vector in zip(ids, snapshot.stored_vectors(ids), strict=True)
    }


def test_two_nodes_make_the_index_of_one_machine(
    cluster: Any, folder: Path, tmp_path: Path
) -> None:
    """File for file and chunk for chunk, with the same report and exit code; again, nothing is done."""
    here, there = tmp_path / "here", tmp_path / "there"
    reports = []
    for data, address in ((here, None), (there, cluster.address)):
        code, output, errors = ingest(folder, data, address)
        assert code == 3, errors
        reports.append(read_report(output))
    assert reports[0] == reports[1]
    assert describe_index(here) == describe_index(there)
    mine, theirs = read_vectors(here), read_vectors(there)
    assert mine.keys() == theirs.keys()
    for text, vector in mine.items():
        assert float(np.dot(vector, theirs[text])) > 0.999
    code, output, _ = ingest(folder, there, "127.0.0.1:1")  # no node is asked for anything
    assert json.loads(output)["added"] == 0, "the second run reads nothing"


def test_files_of_a_node_that_is_killed_are_read_by_another(
    cluster: Any, folder: Path, tmp_path: Path
) -> None:
    data, node = tmp_path / "data", add_node(cluster)
    run = subprocess.Popen(
        command(folder, data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(cluster.address),
    )
    assert run.stderr is not None
    for line in run.stderr:
        if line.startswith('{"progress') and json.loads(line)["progress"]["chunks"]:
            break
    cluster.remove_node(node, allow_graceful=False)
    output, errors = run.communicate()
    assert run.returncode == 3, errors
    _, expected, _ = ingest(folder, tmp_path / "here", None)
    report = read_report(output)
    assert report["added"] == 40, "each file is there once"
    assert report == read_report(expected)
    assert describe_index(data) == describe_index(tmp_path / "here")


def kill_worker(cluster: Any) -> bool:
    """Kill a process that parses or embeds for this cluster; False if there is none now."""
    at_work: list[psutil.Process] = []
    for node in cluster.list_all_nodes():
        raylet = node.all_processes["raylet"][0].process.pid
        with contextlib.suppress(psutil.Error):
            at_work += [
                process
                for process in psutil.Process(raylet).children()
                if process.cmdline()[:1] in (["ray::parse_file"], ["ray::embed_texts"])
            ]
    with contextlib.suppress(psutil.Error):
        if at_work:
            random.choice(at_work).kill()
            return True
    return False


def test_processes_that_are_killed_at_work_cost_no_file(
    cluster: Any, folder: Path, tmp_path: Path
) -> None:
    """At MOMENTS moments, a few in each run."""
    ingest(folder, tmp_path / "here", None)
    expected, killed, runs = describe_index(tmp_path / "here"), 0, 0
    while killed < MOMENTS:
        data, runs = tmp_path / f"run-{runs}", runs + 1
        run = subprocess.Popen(
            command(folder, data),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(cluster.address),
        )
        left = min(KILLED_IN_A_RUN, MOMENTS - killed)
        while run.poll() is None and left:
            if kill_worker(cluster):
                left, killed = left - 1, killed + 1
                time.sleep(random.uniform(0, 2))
            time.sleep(random.uniform(0, 0.1))
        _, errors = run.communicate()
        assert run.returncode == 3, errors
        assert describe_index(data) == expected


@pytest.mark.parametrize(
    ("address", "settings", "code", "sentence"),
    [
        ("", {}, 2, "RAY_ADDRESS names no cluster"),
        (None, {"RAY_AUTH_TOKEN": "8" * 64}, 1, "cannot be used"),
    ],
    ids=["no address", "wrong token"],
)
def test_a_cluster_that_cannot_be_used_is_named(
    cluster: Any,
    folder: Path,
    tmp_path: Path,
    address: str | None,
    settings: dict[str, str],
    code: int,
    sentence: str,
) -> None:
    """Nothing is indexed then."""
    address = cluster.address if address is None else address
    exit_code, _, errors = ingest(folder, tmp_path / "data", address, **settings)
    assert exit_code == code
    assert sentence in errors
    with pytest.raises(IndexMissingError):
        open_store(tmp_path / "data").open_reader().snapshot()
