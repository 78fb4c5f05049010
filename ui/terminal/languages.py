"""What a person is told of the documents' languages and the embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.language.names import name_language

if TYPE_CHECKING:
    from rag.index.views.overview import Overview
    from rag.settings import Settings


def describe_language_gap(overview: Overview, settings: Settings) -> str:
    """That the index's embedder is not made for many of its documents, and what to do; "" if it is."""
    from rag.embedder import AUTO
    from rag.models import get_card, this_machine
    from rag.models.recommend import list_uncovered_languages, recommend_embedder

    card = get_card(str(overview.embedder["name"]))
    missing = list_uncovered_languages(card, overview.languages) if card else []
    if card is None or not missing:
        return ""
    better = recommend_embedder(this_machine(), [code for code in overview.languages if code])
    if better.name == card.name:
        return ""
    many = " and ".join(name_language(code) for code in missing[:3])
    change = f"set embedder.model to {better.name} and run: inhouse reembed"
    if settings.embedder.model in (AUTO, better.name):
        change = "run: inhouse reembed"
    return f"{card.name} is not made for {many}, which many documents are in: {change}"
