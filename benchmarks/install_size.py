"""How large Inhouse is with each extra: `python benchmarks/install_size.py WHEEL [EXTRA …]`.

Each is installed from the wheel into a clean environment of its own with the pip settings of this machine;
the sizes are those of the whole environment, pip included.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
import venv
from pathlib import Path


def main() -> None:
    """Print one line for the core, then one for each extra named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("extras", nargs="*")
    options = parser.parse_args()
    print(f"{'':10} {'MB':>6} {'packages':>9} {'seconds':>8}")
    for extra in ["", *options.extras]:
        with tempfile.TemporaryDirectory(prefix="inhouse-size-") as folder:
            environment = Path(folder, "environment")
            started = time.monotonic()
            install(environment, options.wheel.resolve(), extra)
            seconds = time.monotonic() - started
            packages = len(list(environment.rglob("*.dist-info")))
            size = megabytes(environment)
            print(f"{extra or 'core':10} {size:6.0f} {packages:9} {seconds:8.0f}", flush=True)


def install(environment: Path, wheel: Path, extra: str) -> None:
    """Make an environment and install the wheel into it, with an extra, several with commas, or ""."""
    venv.create(environment, with_pip=True)
    pip = environment / "bin" / "pip"
    requirement = f"{wheel}[{extra}]" if extra else str(wheel)
    subprocess.run([pip, "install", "-q", "--no-compile", requirement], check=True)
    subprocess.run([pip, "check"], check=True, stdout=subprocess.DEVNULL)


def megabytes(folder: Path) -> float:
    """What the files take on the disk, in units of 10**6 bytes."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / 1e6


if __name__ == "__main__":
    main()
