"""Whether `rag`, `ingest` and `ui` are Inhouse's own: others use these names too.

Only the standard library is imported here, so that the sentence can be said whatever stands in the way.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARK = "__distribution__"
"""Each of the packages has it; its value is "inhouse"."""
_REINSTALL = "pip install --force-reinstall --no-deps inhouse"


def require_own_packages(*names: str) -> None:
    """Raise ImportError in one sentence if one of the packages is somebody else's."""
    for name in names:
        if problem := find_problem(name):
            raise ImportError(problem, name=name)


def find_problem(name: str) -> str:
    """What stands where Inhouse's package `name` should be, as a sentence; "" where it is ours.

    It is loaded if nothing stands in front of it: importing one of our packages does nothing.
    """
    module = sys.modules.get(name)
    if module is None:
        if problem := find_shadow(name):
            return problem
        module = importlib.import_module(name)
    origin = getattr(module, "__file__", None)
    if not _is_own(name, origin):
        return _shadow_text(name, origin)
    spec = module.__spec__
    is_loading = spec is not None and getattr(spec, "_initializing", False)
    if not is_loading and getattr(module, MARK, "") != "inhouse":
        return (
            f"Inhouse cannot be used here: another distribution wrote its own {name!r} over "
            f"{ROOT / name}. Uninstall that one, then run: {_REINSTALL}"
        )
    return ""


def find_shadow(name: str) -> str:
    """The sentence about another package of that name in front of ours on Python's path, or ""."""
    spec = PathFinder.find_spec(name)
    origin = spec.origin if spec else None
    return "" if _is_own(name, origin) else _shadow_text(name, origin)


def find_changed_files() -> list[str]:
    """Our files that are not as pip installed them, by their paths; none where nothing was recorded."""
    import base64
    import hashlib
    from importlib.metadata import PackageNotFoundError, distribution  # 15 ms, at every start

    try:
        files = distribution("inhouse").files or []
    except PackageNotFoundError:
        return []
    changed = []
    for file in files:
        if file.suffix != ".py" or file.hash is None or file.hash.mode != "sha256":
            continue
        path = Path(str(file.locate()))
        digest = hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            changed.append(str(file))
    return changed


def prefer_own_packages() -> None:
    """Load our own packages, whatever stands in front of them: for a process that is Inhouse's alone."""
    for name in ("rag", "ingest", "ui"):
        file = ROOT / name / "__init__.py"
        spec = importlib.util.spec_from_file_location(
            name, file, submodule_search_locations=[str(file.parent)]
        )
        if name in sys.modules or spec is None or spec.loader is None:
            continue
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)


def _is_own(name: str, origin: str | None) -> bool:
    try:
        return origin is not None and Path(origin).samefile(ROOT / name / "__init__.py")
    except OSError:
        return False


def _shadow_text(name: str, origin: str | None) -> str:
    return (
        f"Inhouse cannot be used here: Python takes {name!r} from {origin or 'nowhere'}, and Inhouse's own "
        f"package of that name is {ROOT / name}. Rename that one, or run Python from another folder."
    )
