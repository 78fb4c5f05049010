"""What is done before the first question, and what it spares that question."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder


@pytest.mark.parametrize("is_warm", [False, True])
def test_words_that_several_documents_have_are_embedded_before_the_first_question(
    data: Path, *, is_warm: bool
) -> None:
    """ "Allowed" stands in two documents of the handbook, "desks" in one."""
    embedder = HashingEmbedder()
    assistant = Assistant.open(data, settings=Settings(), embedder=embedder)
    if is_warm:
        assistant.warm_up_words()
        assert "allowed" in embedder.texts
        assert "desks" not in embedder.texts
        embedder.texts.clear()
    extracts = assistant.extracts("Is remote work allowed?")
    assert extracts[0].text.startswith("Remote work is allowed")
    assert ("allowed" in embedder.texts) is not is_warm
    assert "desks" in embedder.texts
