"""The way from an open source to its document's own page."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pytest

from ingest import ingest
from rag import Assistant
from rag.index.catalog.ledger import FileState
from rag.index.views.files import FileQuery
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.asgi import HOST, call
from tests.ui.crowd import gather
from ui.messages.page import ENGLISH
from ui.web.app import create_app


async def test_an_open_source_leads_to_its_document_s_page(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/keys.md").write_text("# Keys\n\nKeys hang in the lobby.\n")
    data = tmp_path / "data"
    ingest([tmp_path / "files"], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    settings = Settings.model_validate({"data": data, "web": {"names": [HOST]}})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    app = create_app(lambda: assistant, settings=settings)
    ((file,), _) = assistant.shelf().files(FileQuery())
    name = assistant.shelf().name(file.uri)
    source = await call(app, "GET", f"/sources/{name}")
    assert f'href="/documents/{name}"' in source.text
    assert (await call(app, "GET", f"/documents/{name}")).status == 200


@pytest.mark.parametrize(("author", "is_shown"), [("Ada  Byron\n", True), ("python-docx", False)])
async def test_a_document_s_page_says_who_wrote_it(
    tmp_path: Path, author: str, is_shown: bool
) -> None:
    """As the file names them, unless that is the program which made it."""
    (tmp_path / "files").mkdir()
    document = docx.Document()
    document.add_paragraph("Keys hang in the lobby.")
    document.core_properties.author = author
    document.save(str(tmp_path / "files/keys.docx"))
    data = tmp_path / "data"
    ingest([tmp_path / "files"], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    settings = Settings.model_validate({"data": data, "web": {"names": [HOST]}})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    ((file,), _) = assistant.shelf().files(FileQuery())
    app = create_app(lambda: assistant, settings=settings)
    name = assistant.shelf().name(file.uri)
    opened = await call(app, "GET", f"/sources/{name}")
    assert ("Written by Ada Byron" in opened.text) is is_shown, "also where it is read"
    page = await call(app, "GET", f"/documents/{name}")
    assert ("<dt>Written by</dt><dd>Ada Byron</dd>" in page.text) is is_shown
    assert ("not named in the file" in page.text) is not is_shown


async def test_who_only_reads_is_told_no_states_of_files(tmp_path: Path) -> None:
    """What became of a file, and in which generation, is for those who look after the documents."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/keys.md").write_text("# Keys\n\nKeys hang in the lobby.\n")
    data = tmp_path / "data"
    ingest([tmp_path / "files"], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    assistant = Assistant.open(data, settings=Settings(), embedder=HashingEmbedder())
    crowd = gather(tmp_path / "people", lambda: assistant)
    crowd.app_state.service.prepare()
    texts = ENGLISH.rooms
    for who, is_told in (("reader", False), ("editor", True)):
        page = await call(crowd.app, "GET", "/documents", headers=crowd.cookie(who))
        assert ">Keys</a>" in page.text
        for told in ("generation 1", f">{texts.states[FileState.INDEXED]}<", texts.any_state):
            assert (told in page.text) is is_told, (who, told)
        assert (texts.documents_lead_plain in page.text) is not is_told


async def test_a_document_s_page_says_how_it_begins_and_what_it_is_about(tmp_path: Path) -> None:
    """Its first paragraphs as they are read, and its headings, each with a link that opens it there."""
    (tmp_path / "files").mkdir()
    text = (
        "# Keys\n\nPeople & Pay, <2026>. See the *old* list, 2*3*4.\n\n- an item\n\n"
        "## Who has one\n\nThe night shift.\n\n### Lost keys\n\nTell us at once.\n"
    )
    (tmp_path / "files/keys.md").write_text(text)
    (tmp_path / "files/prices.csv").write_text("name,price\nkey,3\n")
    data = tmp_path / "data"
    ingest([tmp_path / "files"], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    settings = Settings.model_validate({"data": data, "web": {"names": [HOST]}})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    app = create_app(lambda: assistant, settings=settings)
    pages = {}
    for file in assistant.shelf().files(FileQuery())[0]:
        name = assistant.shelf().name(file.uri)
        pages[Path(file.uri).name] = (await call(app, "GET", f"/documents/{name}")).text
    page = pages["keys.md"]
    assert "<title>Keys · Inhouse</title>" in page
    assert "People &amp; Pay, &lt;2026&gt;. See the <em>old</em> list, 2*3*4.</p>" in page
    links = re.findall(r'<li class="level(.)"><a href="#source/\w+/(\d+)-(\d+)-\w+">', page)
    headings = [(level, text[int(start) : int(end)]) for level, start, end in links]
    assert headings == [("0", "Who has one"), ("1", "Lost keys")]
    assert 'class="outline"' not in pages["prices.csv"]
