"""Pages of a PDF as pictures, and the place of a quote on them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ingest.errors import DamagedFileError, FileAccessError, FileChangedError, FileTooLargeError
from ingest.page_pictures import PagePictures
from tests.ui.library import BERTH, CRANE, write_pdf


@pytest.fixture(scope="module")
def pictures() -> Iterator[PagePictures]:
    drawing = PagePictures(workers=1)
    yield drawing
    drawing.close()


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("harbour") / "rules.pdf"
    write_pdf(path)
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_frame_of_a_quote_holds_its_ink_and_no_other(
    pictures: PagePictures, rules: Path
) -> None:
    """The second line is written at 140 points from the top, in 12 points: its letters are there."""
    drawn = pictures.draw(rules, digest(rules), 1, 1190, quote=BERTH, before="Harbour rules\n")
    assert (drawn.page, drawn.pages, drawn.width) == (1, 2, 1190)
    ((left, top, right, bottom),) = drawn.boxes
    assert left * 595 == pytest.approx(72, abs=2)
    assert 125 < top * 842 < 135 < 140 <= bottom * 842 + 1 < 148
    with Image.open(io.BytesIO(drawn.png)) as image:
        page = image.convert("L").point(lambda value: 255 * (value < 128))
        edges = (left * image.width, top * image.height, right * image.width, bottom * image.height)
        inside = page.crop(tuple(round(edge) for edge in edges)).getbbox()
        assert inside is not None
        line = page.crop((0, round(edges[1]) - 8, image.width, round(edges[3]) + 8)).getbbox()
    assert line is not None
    assert line[0] >= edges[0] - 2
    assert line[2] <= edges[2] + 2, "the full stop is part of the sentence"


def test_the_lines_of_a_page_stand_where_their_ink_is(
    pictures: PagePictures, tmp_path: Path
) -> None:
    """Two columns are two lines; a page that is turned has its text where it is shown."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "columns.pdf"), pagesize=(400, 200), invariant=1)
    canvas.drawString(40, 150, "Boats <b>pay</b> here")
    canvas.drawString(300, 150, "Ferries wait")
    canvas.showPage()
    canvas.setPageRotation(90)
    canvas.drawString(40, 150, "Turned")
    canvas.save()
    path = tmp_path / "columns.pdf"
    boats, ferries = pictures.draw(path, digest(path), 1, 600).lines
    assert (boats[0], ferries[0]) == ("Boats <b>pay</b> here", "Ferries wait")
    assert boats[1] == pytest.approx(0.1, abs=0.01)
    assert ferries[1] == pytest.approx(0.75, abs=0.01)
    assert boats[2] < 0.25 < boats[4], "50 of 200 points from the top"
    (turned,) = pictures.draw(path, digest(path), 2, 600).lines
    assert turned[0] == "Turned"
    assert turned[1] < 150 / 400 < turned[3], "400 points wide, as it is shown"
    assert turned[2] == pytest.approx(40 / 200, abs=0.02)


@pytest.mark.parametrize(
    "quote", ["BERTH 7 is closed\nfrom October", "Berth 7 is clo\u00adsed from  October"]
)
def test_line_ends_and_hyphens_do_not_hide_a_quote(
    pictures: PagePictures, rules: Path, quote: str
) -> None:
    assert len(pictures.draw(rules, digest(rules), 1, 600, quote=quote).boxes) == 1


def test_a_quote_on_the_next_page_is_found_there_and_a_strange_one_nowhere(
    pictures: PagePictures, rules: Path
) -> None:
    assert pictures.draw(rules, digest(rules), 1, 600, quote=CRANE).page == 2
    strange = pictures.draw(rules, digest(rules), 1, 600, quote="The mole is painted green.")
    assert (strange.page, strange.boxes) == (1, ())


def test_a_file_that_is_not_what_was_read_in_is_not_shown(
    pictures: PagePictures, rules: Path, tmp_path: Path
) -> None:
    with pytest.raises(FileChangedError):
        pictures.draw(rules, "0" * 64, 1, 640)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 no more")
    with pytest.raises(FileChangedError):
        pictures.draw(broken, "0" * 64, 1, 640)
    with pytest.raises(DamagedFileError):
        pictures.draw(broken, digest(broken), 1, 640)
    with pytest.raises(FileAccessError):
        pictures.draw(tmp_path / "gone.pdf", "0" * 64, 1, 640)
    with pytest.raises(FileAccessError):
        pictures.draw(tmp_path, "0" * 64, 1, 640)


def test_a_page_that_is_not_there_and_a_file_too_large_are_said(rules: Path) -> None:
    drawing = PagePictures(workers=1, max_file_mb=0.0005)
    with pytest.raises(FileTooLargeError):
        drawing.draw(rules, digest(rules), 1, 640)
    drawing.close()


def test_a_page_beyond_the_last_one_is_said(pictures: PagePictures, rules: Path) -> None:
    with pytest.raises(DamagedFileError, match="has 2 pages; there is no page 3"):
        pictures.draw(rules, digest(rules), 3, 640)


def test_what_was_drawn_is_kept_and_bounded(rules: Path) -> None:
    none = PagePictures(workers=1, keep_mb=0)
    first = none.draw(rules, digest(rules), 1, 500)
    assert none.draw(rules, digest(rules), 1, 500).png is not first.png
    none.close()
    roomy = PagePictures(workers=1)
    first = roomy.draw(rules, digest(rules), 1, 500)
    assert roomy.draw(rules, digest(rules), 1, 500).png is first.png
    roomy.close()


def test_no_page_is_larger_than_the_limit(pictures: PagePictures, tmp_path: Path) -> None:
    """A page of five metres by five metres."""
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "poster.pdf"
    canvas = Canvas(str(path), pagesize=(14_000, 14_000))
    canvas.drawString(72, 72, "A large map.")
    canvas.save()
    drawn = pictures.draw(path, digest(path), 1, 100_000)
    assert drawn.width <= 2_400
    assert drawn.width * drawn.height <= 12_000_000
