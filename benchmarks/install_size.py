"""How large Inhouse is with each extra: `python benchmarks/install_size.py WHEEL [EXTRA …] [--demo]`.

Each is installed from the wheel into a clean environment of its own with the pip settings of this machine;
the sizes are those of the whole environment, pip included. With --demo, `inhouse demo --once` runs from an
empty folder in the core's, with an empty cache: the default embedder is fetched and prepared there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path


def main() -> None:
    """Print one line for the core, then one for each extra named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("extras", nargs="*")
    parser.add_argument("--demo", action="store_true")
    options = parser.parse_args()
    print(f"{'':10} {'MB':>6} {'packages':>9} {'seconds':>8}")
    for extra in ["", *options.extras]:
        with tempfile.TemporaryDirectory(prefix="inhouse-size-") as folder:
            environment = Path(folder, "environment")
            started = time.monotonic()
            _install(environment, options.wheel.resolve(), extra)
            seconds = time.monotonic() - started
            packages = len(list(environment.rglob("*.dist-info")))
            size = _megabytes(environment)
            print(f"{extra or 'core':10} {size:6.0f} {packages:9} {seconds:8.0f}", flush=True)
            if options.demo and not extra:
                _show_demo(environment, Path(folder))


def _install(environment: Path, wheel: Path, extra: str) -> None:
    venv.create(environment, with_pip=True)
    pip = environment / "bin" / "pip"
    requirement = f"{wheel}[{extra}]" if extra else str(wheel)
    subprocess.run([pip, "install", "-q", "--no-compile", requirement], check=True)
    subprocess.run([pip, "check"], check=True, stdout=subprocess.DEVNULL)


def _show_demo(environment: Path, folder: Path) -> None:
    empty, home = folder / "empty", folder / "home"
    for path in (empty, home):
        path.mkdir()
    variables = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    variables.pop("PYTHONPATH", None)
    started = time.monotonic()
    command = [environment / "bin" / "inhouse", "demo", "--once"]
    done = subprocess.run(command, cwd=empty, env=variables, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr or done.stdout)
    print(f"inhouse demo --once: {time.monotonic() - started:.0f} s")
    shutil.rmtree(home)


def _megabytes(folder: Path) -> float:
    """What the files take on the disk, in units of 10**6 bytes."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / 1e6


if __name__ == "__main__":
    main()
