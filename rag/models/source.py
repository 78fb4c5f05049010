"""What every source of models has in common."""

from __future__ import annotations


class SourceUnavailableError(Exception):
    """This source does not have the model, or cannot be reached; another one may.

    Its text is the reason, as a clause without a full stop. It never leaves `rag.models`: when no
    source is left, the reasons together become a ModelNotFoundError.
    """
