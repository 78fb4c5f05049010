"""Everything that can go wrong in `rag`, in one tree.

    InhouseError
    ├── ConfigurationError        a setting is unknown, out of bounds or missing
    │   └── ProfileError          a domain profile is not there, or not as it should be
    ├── UsageError                a call's arguments make no sense (an empty question, k of 0)
    ├── IndexMissingError         there is no index in the data folder
    ├── IndexLockedError          another run is writing to the data folder
    ├── IndexDamagedError         the index cannot be trusted, and cannot be repaired from itself
    ├── GenerationGoneError       the state that is being searched was let go of meanwhile
    ├── IndexFormatError          the index was written by a newer or foreign program
    ├── StorageError              the disk is full, read-only or failing
    ├── EmbedderMismatchError     the index was built with another embedder
    ├── EmbeddingError            the embedder gave something that is not a vector
    ├── ModelNotFoundError        no source has the model; lists each one tried
    ├── ModelRefusedError         a model's files are not what they should be, or want to run code
    ├── ModelServerError          the model server cannot answer
    │   ├── ModelServerUnreachableError
    │   ├── ModelServerBusyError  as many answers as it may write at a time are being written
    │   └── ModelServerStartError
    └── MissingDependencyError    an optional part is not installed

Each error says what happened with the real values in its message, and what to do next in `hint`.
Errors of the libraries underneath are mapped to these with `raise … from exc`.
"""

from __future__ import annotations

from typing import Any


class InhouseError(Exception):
    """Base of every error raised on purpose by `rag`, `ingest` and `ui`.

    `message` says what happened in one sentence; `hint` says what to do next, or is empty.
    `exit_code` is what the command line returns for it.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """How an error goes from one process to another: as it is, whatever made it."""
        return _restored, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


def _restored(
    kind: type[InhouseError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> InhouseError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class ConfigurationError(InhouseError):
    exit_code = 2


class ProfileError(ConfigurationError):
    pass


class UsageError(InhouseError, ValueError):
    exit_code = 2


class IndexMissingError(InhouseError):
    exit_code = 10


class IndexLockedError(InhouseError):
    exit_code = 11


class IndexDamagedError(InhouseError):
    pass


class GenerationGoneError(InhouseError):
    pass


class IndexFormatError(InhouseError):
    pass


class StorageError(InhouseError):
    pass


class EmbedderMismatchError(InhouseError):
    exit_code = 2


class EmbeddingError(InhouseError):
    pass


class ModelNotFoundError(InhouseError):
    pass


class ModelRefusedError(InhouseError):
    pass


class ModelServerError(InhouseError):
    exit_code = 12


class ModelServerUnreachableError(ModelServerError):
    pass


class ModelServerBusyError(ModelServerError):
    pass


class ModelServerStartError(ModelServerError):
    exit_code = 1


class MissingDependencyError(InhouseError, ImportError):
    """An optional part is missing; `hint` is the exact command that installs it."""
