"""What the newer version of a document says comes before what the older one says."""

from __future__ import annotations

import pytest

from rag.embedder import Embedder
from rag.extracts import select_extracts
from rag.hit import Hit, Place

OLD = "The standard applies to all staff. A password has to be changed every 120 days."
NEW = "The standard applies to all staff. Passwords are changed only when somebody else knows them."


def versions() -> list[Hit]:
    """A passage of each version; the older one knows that there is a newer one."""
    old = Hit(
        rank=1, score=1, uri="/it/passwords-v2.md", title="Passwords v2 (2021)", text=OLD, start=0,
        end=len(OLD), newer=Place(uri="/it/passwords-v3.md", title="Passwords v3 (2025)"),
    )  # fmt: skip
    new = Hit(
        rank=2, score=0.9, uri="/it/passwords-v3.md", title="Passwords v3 (2025)", text=NEW,
        start=0, end=len(NEW),
    )  # fmt: skip
    return [old, new]


def test_the_newer_version_answers_first(embedder: Embedder) -> None:
    """The older one follows, with the newer document's name."""
    selection = select_extracts("How often is a password changed?", versions(), embedder)
    first, *others = selection.extracts
    assert (first.uri, first.newer) == ("/it/passwords-v3.md", None)
    assert "only when" in first.text
    older = next(extract for extract in others if "120 days" in extract.text)
    assert older.newer == Place(uri="/it/passwords-v3.md", title="Passwords v3 (2025)")


@pytest.mark.parametrize("named", ["in 2021", "under v2"])
def test_a_version_that_is_asked_for_answers_first(embedder: Embedder, named: str) -> None:
    question = f"How often had a password to be changed {named}?"
    (first, *_) = select_extracts(question, versions(), embedder).extracts
    assert first.uri == "/it/passwords-v2.md"


def test_a_newer_version_that_says_nothing_of_it_stays_behind(embedder: Embedder) -> None:
    """Nothing beside the point comes first only because it is new."""
    old, new = versions()
    text = "The canteen opens at eleven."
    other = new.model_copy(update={"text": text, "end": len(text)})
    (first, *_) = select_extracts(
        "How often is a password changed?", [old, other], embedder
    ).extracts
    assert "120 days" in first.text
