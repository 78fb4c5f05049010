"""Whether an embedder's vectors may be compared with an index's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.errors import EmbedderMismatchError


def check_embedder(place: object, built_with: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise EmbedderMismatchError, with both names and the way on, unless they are the same.

    `place`: where the index is kept, as it is shown.
    """
    if dict(built_with) == dict(given):
        return
    old, new = str(built_with.get("name")), str(given.get("name"))
    if old == new:
        keys = ("dimension", "max_tokens", "sha256")
        differing = next((k for k in keys if built_with.get(k) != given.get(k)), "name")
        old, new = (
            f"{identity.get('name')} ({differing} {str(identity.get(differing))[:12]})"
            for identity in (built_with, given)
        )
    raise EmbedderMismatchError(
        f"The index in {place} was built with the embedder {old}, not with {new}.",
        hint="Use that embedder (embedder.model), or switch the index to the new one with: "
        "inhouse reembed (rag.reembed from Python).",
    )
