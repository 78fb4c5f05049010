"""Questions to begin with, made from titles and headings."""

from __future__ import annotations

import os
from pathlib import Path

from ingest import ingest
from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder
from ui.messages.page import ENGLISH
from ui.messages.page_german import GERMAN
from ui.web.assistant_service import AssistantService
from ui.web.identity import LOCAL
from ui.web.suggestions import suggest_starter_questions

FILLER = (
    "The harbour office answers within two days and keeps a copy for the files of the town. " * 12
)
GERMAN_FILLER = (
    "Das Hafenamt antwortet binnen zwei Tagen und behält eine Kopie für die Akten. " * 12
)
FILES = {
    "keys.md": f"# Keys\n\n{FILLER}\n\n## Lost keys\n\n{FILLER}\n\n## Who has one?\n\n{FILLER}\n",
    "fees.md": f"# Fees and fines\n\n## Fees\n\n{FILLER}\n\n## Paying late\n\n{FILLER}\n",
    "boote.md": f"# Boote\n\n## Liegeplätze\n\n{GERMAN_FILLER}\n\n## Kräne\n\n{GERMAN_FILLER}\n",
}


def test_starters_read_well_and_are_in_the_page_s_language_first(tmp_path: Path) -> None:
    """A heading that is a question is asked as it stands; one that only repeats the title is not."""
    (tmp_path / "files").mkdir()
    for age, (name, text) in enumerate(FILES.items(), 1):
        file = tmp_path / "files" / name
        file.write_text(text, "utf-8")
        os.utime(file, (1e9 - age, 1e9 - age))
    ingest([tmp_path / "files"], data_dir=tmp_path / "data", embedder=HashingEmbedder())
    assistant = Assistant.open(tmp_path / "data", settings=Settings(), embedder=HashingEmbedder())
    service = AssistantService(lambda: assistant)
    service.assistant_for(LOCAL)  # opens it
    english = suggest_starter_questions(service, LOCAL, "", ENGLISH)
    assert english == [
        "Who has one?",
        "What does “Fees and fines” say about “Paying late”?",
        "What does “Boote” say about “Liegeplätze”?",
    ]
    german = suggest_starter_questions(service, LOCAL, "", GERMAN)
    assert german[0] == "Was sagt „Boote“ über „Liegeplätze“?"
