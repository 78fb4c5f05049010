"""The optional parts of the distribution, and the one sentence that is said where one is missing.

The core ingests, searches and quotes. An extra adds what one of the other things needs; what is in it is
imported at its first use, behind `require_extra`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

from rag.errors import MissingDependencyError

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "llm": ("langchain", "langchain_openai"),
    "api": (
        "argon2",
        "fastapi",
        "jwt",
        "langchain",
        "langchain_openai",
        "mcp",
        "starlette",
        "uvicorn",
    ),
    "web": (
        "argon2",
        "fastapi",
        "gradio",
        "jwt",
        "langchain",
        "langchain_openai",
        "starlette",
        "uvicorn",
    ),
    "postgres": ("psycopg",),
    "ray": ("ray",),
    "tracing": ("opentelemetry",),
    "eval": ("ir_measures", "sklearn"),
    "torch": ("accelerate", "gguf", "sentence_transformers", "torch", "transformers"),
}
"""What each extra of pyproject.toml makes importable, with what it takes from the ones below it."""


def require_extra(extra: str, purpose: str) -> None:
    """Raise MissingDependencyError if a module of `extra` is not installed; none is loaded.

    `purpose` begins the sentence: "The page" gives "The page needs gradio, which is not installed."
    """
    for module in EXTRAS[extra]:
        if not _is_installed(module):
            raise make_missing_extra_error(extra, module, purpose)


def has_extra(extra: str) -> bool:
    """Whether every module of `extra` is installed; none is loaded."""
    return all(map(_is_installed, EXTRAS[extra]))


def make_missing_extra_error(extra: str, module: str, purpose: str) -> MissingDependencyError:
    """The error for an extra, one of whose modules is missing or cannot be loaded."""
    return MissingDependencyError(
        f"{purpose} needs {module}, which is not installed.", hint=f"Run: {install_command(extra)}"
    )


def install_command(extra: str) -> str:
    """What installs an extra into this environment."""
    return f"pip install 'inhouse[{extra}]'"


def find_extra(module: str) -> str | None:
    """The smallest extra that makes a module importable, by its dotted name; None for one of no extra."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # a finder's refusal; a module without a spec
        return False
