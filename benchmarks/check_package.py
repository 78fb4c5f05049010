"""Whether a built wheel works where it is installed: `python benchmarks/check_package.py WHEEL`.

It is installed into two clean environments outside the repository with the pip settings of this machine, once
alone and once with extras, and each shows its demo in an empty folder, with an empty cache. In the first one
every missing extra has to be named in one sentence, and so has another package in the place of ours.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from install_size import install, megabytes

_NEEDS = {
    "api": ["api"],
    "web": ["web"],
    "eval": ["calibrate"],
    "postgres": ["search", "plate", "--data", "postgresql://127.0.0.1/company"],
    "torch": ["search", "plate", "--config", "reference.toml"],
    "ray": ["ingest", "note.md", "--data", "other", "--config", "cluster.toml"],
    "tracing": ["search", "plate", "--config", "traced.toml"],
    "llm": ["ask", "By what time must the late plate be ordered?"],
}
"""For each extra a command that needs it."""
_WITH = "web,eval,postgres,tracing"
_PORT = 17860
_START_S = 60


def main() -> None:
    """Print a line for each promise that the wheel keeps; end with 1 at the first that it does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    wheel = parser.parse_args().wheel.resolve()
    with tempfile.TemporaryDirectory(prefix="inhouse-package-") as folder:
        core = Installed(Path(folder, "core"), wheel, "")
        core.show_demo()
        core.name_missing_extras()
        core.name_another_package()
        core.remove()
        complete = Installed(Path(folder, "complete"), wheel, _WITH)
        complete.show_demo()
        complete.serve_page()


class Installed:
    """The wheel in an environment of its own, and an empty folder to work in."""

    def __init__(self, root: Path, wheel: Path, extras: str) -> None:
        self._root, self._folder = root, root / "empty"
        self._folder.mkdir(parents=True)
        self._bin = root / "environment" / "bin"
        self._variables = {**os.environ, "HOME": str(root), "XDG_CACHE_HOME": str(root / "cache")}
        self._variables.pop("PYTHONPATH", None)
        started = time.monotonic()
        install(root / "environment", wheel, extras)
        size = megabytes(root / "environment")
        name = f"inhouse[{extras}]" if extras else "inhouse"
        _report(f"{name} installed in {time.monotonic() - started:.0f} s: {size:.0f} MB")

    def show_demo(self) -> None:
        """Every question of the demo is answered from the documents."""
        started = time.monotonic()
        done = self._run("demo", "--once")
        text = " ".join(done.stdout.split())
        _check(done.returncode == 0 and "plate has to be ordered by 15:00" in text, done)
        _report(f"inhouse demo --once: {time.monotonic() - started:.0f} s")

    def name_missing_extras(self) -> None:
        """Each extra of the distribution is named, with the command that installs it."""
        (self._folder / "reference.toml").write_text(
            '[embedder]\nbackend = "sentence-transformers"\n'
        )
        (self._folder / "cluster.toml").write_text('[ingest]\nengine = "ray"\n')
        (self._folder / "note.md").write_text("# Note\n\nNobody has read this.\n")
        (self._folder / "traced.toml").write_text("[tracing]\nspans = true\n")
        done = self._python("import json, rag.extras; print(json.dumps(list(rag.extras.EXTRAS)))")
        extras = json.loads(done.stdout)
        _check(set(extras) == set(_NEEDS), done)
        for extra in extras:
            done = self._run(*_NEEDS[extra])
            text = " ".join((done.stdout + done.stderr).split())
            _check(done.returncode in (1, 12) and "Traceback" not in text, done)
            _check(f"pip install 'inhouse[{extra}]'" in text, done)
        _report(f"without an extra, one sentence names it: {', '.join(extras)}")

    def name_another_package(self) -> None:
        """A project with its own `rag` is told so at import, and has the command all the same."""
        package = self._folder / "rag"
        package.mkdir()
        (package / "__init__.py").write_text("def answer(): return 42\n")
        done = self._python("from inhouse import Assistant")
        last = done.stderr.splitlines()[-1] if done.stderr else ""
        _check(
            last.startswith("ImportError: Inhouse cannot be used here: Python takes 'rag'"), done
        )
        done = self._run("search", "late plate")
        _check(done.returncode == 0 and "plate" in done.stdout, done)
        _report("another package called rag: one sentence at import, and the command works")

    def serve_page(self) -> None:
        """The page starts, and is healthy."""
        command = [self._bin / "inhouse", "web"]
        variables = {**self._variables, "INHOUSE_WEB_PORT": str(_PORT)}
        with subprocess.Popen(command, cwd=self._folder, env=variables) as page:
            try:
                _wait_until_healthy()
            finally:
                page.terminate()
        _report("inhouse web: healthy")

    def remove(self) -> None:
        """Give the disk back."""
        shutil.rmtree(self._root)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run([self._bin / "inhouse", *arguments], self._folder, self._variables)

    def _python(self, program: str) -> subprocess.CompletedProcess[str]:
        return _run([self._bin / "python", "-c", program], self._folder, self._variables)


def _run(
    command: Sequence[str | Path], folder: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


def _wait_until_healthy() -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.5)
        if time.monotonic() > deadline:
            sys.exit(f"The page did not answer at port {_PORT} within {_START_S} s.")


def _check(is_kept: bool, done: subprocess.CompletedProcess[str]) -> None:
    if not is_kept:
        sys.exit(f"{done.args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def _report(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
