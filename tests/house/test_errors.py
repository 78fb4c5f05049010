"""The two trees of errors are as they are drawn, and end the program with the promised codes."""

from __future__ import annotations

import copy
import inspect
import re
from types import ModuleType

import pytest

import ingest.errors
import rag.errors
from rag.errors import InhouseError

EXIT_CODES = {
    "ConfigurationError": 2,
    "ProfileError": 2,
    "UsageError": 2,
    "EmbedderMismatchError": 2,
    "MissingRulesError": 2,
    "IndexMissingError": 10,
    "IndexLockedError": 11,
    "ModelServerError": 12,
    "ModelServerUnreachableError": 12,
    "ModelServerBusyError": 12,
}
"""All others end with 1."""


def _errors(module: ModuleType) -> dict[str, type[Exception]]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }


@pytest.mark.parametrize("module", [rag.errors, ingest.errors])
def test_the_tree_at_the_top_is_the_tree_of_classes(module: ModuleType) -> None:
    """Every class stands there once, below its base."""
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in (module.__doc__ or "").splitlines():
        match = re.match(r"([ │├└─]*)([A-Z]\w+Error)\b", line)
        if match is None or not line.startswith("    "):
            continue
        depth, name = len(match[1]), match[2]
        path = [ancestor for ancestor in path if ancestor[0] < depth]
        drawn[name] = path[-1][1] if path else ""
        path.append((depth, name))
    drawn.pop("InhouseError")
    actual = {
        name: next(base.__name__ for base in error.__bases__ if issubclass(base, InhouseError))
        for name, error in _errors(module).items()
        if name != "InhouseError"
    }
    assert drawn == actual


@pytest.mark.parametrize("error", [*_errors(rag.errors).values(), *_errors(ingest.errors).values()])
def test_every_error_has_the_promised_exit_code(error: type[InhouseError]) -> None:
    assert error.exit_code == EXIT_CODES.get(error.__name__, 1)


@pytest.mark.parametrize("error", [*_errors(rag.errors).values(), *_errors(ingest.errors).values()])
def test_every_error_goes_to_another_process_as_it_is(error: type[InhouseError]) -> None:
    """By the protocol that pickle and copy share: one failed question does not break a pool of processes."""
    try:
        sent = error("It broke.", hint="Mend it.")
    except TypeError:  # those that make their sentence from a reason alone
        sent = error("broke")
    got = copy.deepcopy(sent)
    assert type(got) is type(sent)
    assert (str(got), got.hint, vars(got)) == (str(sent), sent.hint, vars(sent))


def test_an_error_says_what_happened_and_what_to_do() -> None:
    assert str(InhouseError("It broke.", hint="Mend it.")) == "It broke. Mend it."
    assert str(InhouseError("It broke.")) == "It broke."
