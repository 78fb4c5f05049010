"""Measure ingest against LangChain and the bare encoder; `python benchmarks/ingest.py --help` says how."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

sys.path.append(sys.path.pop(0))  # behind ours: this file is not the `ingest` that is meant

from ingest_parts import report

from rag.models import resolve_model

_HERE = Path(__file__).parent
_MEASURE = _HERE / "ingest_parts" / "measure.py"
_RECIPE = _HERE / "ingest_parts" / "langchain_recipe.py"
_MODEL = "all-minilm-l6-v2"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--peers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PYTHON",
    help="The Python of an environment with LangChain, which then runs beside ours.",
)
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/bench"),
    show_default=True,
    help="Folder for ingest.md and ingest.json.",
)
def main(folders: tuple[Path, ...], peers: Path | None, rounds: int, out: Path) -> None:
    """Measure how long it takes to make an index of each folder.

    Beside it, with the same model: the bare encoder over the same texts, and LangChain's tutorial recipe
    (its loaders, 1,000/200 characters, FAISS). Every measurement is a process of its own; imports and the
    model's loading are in its time. The vectors that the index holds are compared with those of
    sentence-transformers in fp32. Run it on a quiet machine.

    \b
    The environment for --peers:
      python3 -m venv /tmp/peers
      /tmp/peers/bin/pip install langchain-community langchain-huggingface \\
        langchain-text-splitters pypdf docx2txt beautifulsoup4 lxml \\
        unstructured python-pptx sentence-transformers faiss-cpu
    \b
    Example:
      python benchmarks/ingest.py sample_docs --peers /tmp/peers/bin/python
    """
    out.mkdir(parents=True, exist_ok=True)
    model = resolve_model(_MODEL, kind="embedder").path
    results = [_measure(folder, model, peers, rounds) for folder in folders]
    run = {"machine": _machine(), "rounds": rounds, "results": results}
    (out / "ingest.json").write_text(json.dumps(run, indent=1))
    table = report.table(run)
    (out / "ingest.md").write_text(table)
    print(table)
    for line in report.shortfalls(run):
        print(f"Falls short: {line}", file=sys.stderr)


def _measure(folder: Path, model: Path, peers: Path | None, rounds: int) -> dict[str, Any]:
    data = Path(tempfile.mkdtemp(prefix="inhouse-bench-"))
    figures: dict[str, Any] = {
        "name": "/".join(folder.resolve().parts[-2:]),
        "ours": [],
        "bare": [],
    }
    try:
        # Our own two alternate: what else the machine does meets both.
        for step in tqdm(["ours", "bare"] * rounds, desc=figures["name"], leave=False):
            figures[step].append(_child([sys.executable, _MEASURE, step, folder, data]))
        figures["cosine"] = _child([sys.executable, _MEASURE, "cosine", folder, data])
    finally:
        shutil.rmtree(data)
    if peers:
        figures["langchain"] = _child([peers, _RECIPE, folder, model])
    return figures


def _child(command: list[str | Path]) -> dict[str, Any]:
    environment = os.environ | {
        "PYTHONPATH": str(_HERE.parent),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "true",
    }
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, env=environment, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _machine() -> dict[str, Any]:
    flags = Path("/proc/cpuinfo")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "bf16": flags.exists() and "avx512_bf16" in flags.read_text(),
        "load": os.getloadavg()[1],
    }


if __name__ == "__main__":
    main()
