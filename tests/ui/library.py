"""A small library of real files, and a real assistant on it whose model says what it is told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.language_models import FakeListChatModel

from ingest import ingest
from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder

BERTH = "Berth 7 is closed from October to March."
CRANE = "The crane lifts 40 tonnes at most."
PAGE_2 = ("Safety", CRANE, "Nobody stands under a load.")
NOTES = (
    "# Harbour notes\n\n"
    "The pilot boards at buoy **A4** and leaves\nthe ship at the inner mole, in any weather.\n\n"
    "## Fees\n\n| Ship | Fee |\n| --- | --- |\n| Ferry | 120 EUR |\n| Yacht | 15 EUR |\n\n"
    "- Fees are paid in advance.\n"
)


def write_pdf(path: Path) -> None:
    """Two A4 pages: lines of 12 points, the first one 100 points from the top, 40 points apart."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(595, 842), invariant=1)
    for lines in (("Harbour rules", BERTH, "Lights stay on at night."), PAGE_2):
        canvas.setFont("Helvetica", 12)
        for number, line in enumerate(lines):
            canvas.drawString(72, 842 - 100 - 40 * number, line)
        canvas.showPage()
    canvas.save()


def fill(folder: Path) -> None:
    """The library's files."""
    folder.mkdir(parents=True, exist_ok=True)
    write_pdf(folder / "rules.pdf")
    (folder / "notes.md").write_text(NOTES, "utf-8")
    rows = "".join(f"{n},Bollard {n},{n * 3} kN\n" for n in range(1, 2001))
    (folder / "bollards.csv").write_text("Number,Name,Pull\n" + rows, "utf-8")


def read_in(folder: Path, data: Path) -> None:
    """An ingest run over the folder."""
    assert not ingest(
        [folder], data_dir=data, settings=Settings(), embedder=HashingEmbedder()
    ).failed


def open_library(data: Path, *replies: str, **changes: Any) -> Assistant:
    """The assistant; its model gives these replies, in turn."""
    return Assistant.open(
        data,
        settings=Settings.model_validate(changes),
        embedder=HashingEmbedder(),
        chat_model=FakeListChatModel(responses=list(replies) or [BERTH]),
    )
