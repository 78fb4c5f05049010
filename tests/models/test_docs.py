"""`docs/models.md` says of each model what the catalogue says."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rag.models import catalogue
from ui.terminal.models import count

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
_TABLE = re.compile(r"(?<=<!-- licences: )([^\n]*-->\n)(.*?)(?=<!-- end of licences -->)", re.S)


def _made() -> str:
    head = "model | parameters | licence | for companies | weights | training data | code"
    lines = [f"| {head} |", "|---|---|---|---|---|---|---|"]
    for kind in ("llm", "embedder"):
        for card in catalogue():
            if card.kind == kind:
                cells = (
                    f"`{card.name}`",
                    count(card.parameters),
                    card.licence,
                    card.commercial_use,
                    card.weights_public,
                    card.training_data_public,
                    card.code_public,
                )
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def test_the_licences_at_a_glance_are_those_of_the_catalogue() -> None:
    """UPDATE_DOCS=1 writes the table anew."""
    text = PAGE.read_text("utf-8")
    if os.environ.get("UPDATE_DOCS") == "1":
        PAGE.write_text(_TABLE.sub(lambda match: match[1] + _made(), text), "utf-8")
        text = PAGE.read_text("utf-8")
    table = _TABLE.search(text)
    assert table is not None
    assert table[2] == _made()


def test_every_model_that_the_page_names_is_in_the_catalogue() -> None:
    names = {card.name for card in catalogue()}
    text = PAGE.read_text("utf-8")
    for named in re.findall(r'(?:model = "|pull |show |--model )([a-z0-9.][a-z0-9.-]+)', text):
        assert named in names | {"auto"}, named
