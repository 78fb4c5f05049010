"""RTF: merged cells, hidden and moved text, powers, notes and comments, headers, properties of shapes."""

from __future__ import annotations

import pytest

from ingest.loader import load_bytes
from ingest.media_type import RTF
from ingest.unread import Unread


def text(body: str) -> str:
    return load_bytes(rf"{{\rtf1\ansi {body}\par}}".encode("cp1252"), RTF).text


def test_cells_stand_in_their_columns() -> None:
    """Merged by mark, or wider than the others; a label that goes on stands in each row."""
    body = (
        r"\trowd\clvmgf\cellx1000\clmgf\cellx2000\clmrg\cellx3000\cellx4000"
        r" Crane\cell Day\cell\cell Night\cell\row"
        r"\trowd\clvmrg\cellx1000\cellx2000\cellx3000\cellx4000 \cell 1\cell 2\cell 3\cell\row"
        r"\trowd\cellx1000\cellx3000\cellx4000 Paint\cell none\cell 8\cell\row\pard end"
    )
    assert text(body).split("\n") == [
        "| Crane | Day |  | Night |", "| --- | --- | --- | --- |", "| Crane | 1 | 2 | 3 |",
        "| Paint | none |  | 8 |", "", "end",
    ]  # fmt: skip


def test_what_nobody_sees_is_not_read() -> None:
    """Hidden, deleted and moved-away text, properties of shapes, the ANSI copy of Unicode text."""
    body = (
        r"{\v margin 62}{\deleted gone}{\mvf moved}{\shp{\*\shpinst{\sp{\sn lTxid}{\sv 65536}}"
        r"{\shptxt \pard box\par}}}{\upr{ansi}{\*\ud{\u937?mega}}} end"
    )
    assert text(body) == "box\n\nΩmega end"


def test_powers_and_marks_stay_apart() -> None:
    assert text(r"10{\super 6} of 500{\super 2} euros, CO{\sub 2}") == "10^6 of 500 [2] euros, CO2"


def test_notes_and_comments_come_behind_their_paragraph() -> None:
    body = (
        r"Fee 500{\footnote Since May.}{\*\atnid A}{\*\atnauthor Ada}{\*\annotation {\*\atnref 1}Too high?}"
        r"\par Next"
    )
    assert text(body) == "Fee 500\n\nSince May.\n\nComment by Ada: Too high?\n\nNext"


def test_headers_and_footers_are_read_once_at_the_end() -> None:
    """Without numbers of pages; a footer that is nothing else is left out."""
    page = r"{\footer Page {\field{\*\fldinst PAGE}{\fldrslt 3}}\par}"
    body = rf"{{\header Rules QM-017\par}}{page}{{\headerl Rules QM-017\par}}Words"
    assert text(body) == "Words\n\nHeader: Rules QM-017"


@pytest.mark.parametrize(
    ("marker", "number"),
    [("1.1", "1.1 a"), ("(e)", "(e) a"), ("§ 2", "§ 2 a"), (r"\'b7", "- a"), ("o", "- a")],
)
def test_numbers_of_items_are_kept(marker: str, number: str) -> None:
    assert text(rf"{{\listtext {marker}\tab}}\ls1 a") == number


def test_pictures_and_objects_are_counted() -> None:
    data = rb"{\rtf1 a{\pict 00}{\object{\*\objdata 01}{\result b}}{\mmath{\*\moMath x}}\par}"
    document = load_bytes(data, RTF)
    assert document.text == "ab"
    assert document.unread == {Unread.PICTURE: 1, Unread.EMBEDDED_FILE: 1, Unread.EQUATION: 1}
