"""Measure a run that finds nothing to do; `python benchmarks/unchanged.py --help` says how."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

_CONTENTS = 200
"""So many files differ; the others are copies, so that the first run is over in a minute."""
_FOLDERS = 100


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--files", type=click.IntRange(1, 10_000_000), default=10_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
def main(files: int, rounds: int) -> None:
    """Ingest many small files, then measure `inhouse ingest` over the same, unchanged.

    Seconds are those of the whole program, from its start to its end; memory is the most that it held.
    Fails if a run changes any file of the data folder.
    """
    with tempfile.TemporaryDirectory(prefix="inhouse-bench-") as folder:
        docs, data = Path(folder, "docs"), Path(folder, "data")
        _write(docs, files)
        seconds, _ = _ingest(docs, data)
        print(f"{files:,} files, first run: {seconds:.1f} s")
        before = _state(data)
        for number in range(1, rounds + 1):
            seconds, used = _ingest(docs, data)
            cpu, resident = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
            print(
                f"run {number}, nothing changed: {seconds:.2f} s ({cpu:.2f} s of a core), "
                f"{resident / 1e6:.0f} MB"
            )
        if _state(data) != before:
            raise click.ClickException("A run over unchanged files has changed the data folder.")
        print("No file of the data folder has changed.")


def _write(docs: Path, files: int) -> None:
    for number in range(files):
        folder = docs / f"{number % _FOLDERS:02}"
        folder.mkdir(parents=True, exist_ok=True)
        about = number % _CONTENTS
        text = f"# Note {about}\n\nThe office in building {about} closes at six in the evening.\n"
        (folder / f"note-{about}-{number}.md").write_text(text)


def _ingest(docs: Path, data: Path) -> tuple[float, resource.struct_rusage]:
    """Seconds from the program's start to its end, and what it used."""
    command = [sys.executable, "-m", "ingest", str(docs), "--data", str(data), "--quiet"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise click.ClickException(f"{' '.join(command)} ended with {process.returncode}.")
    return seconds, usage


def _state(data: Path) -> dict[str, tuple[str, int]]:
    """SHA-256 and time of change of every file."""
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(data.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    main()
