"""Any encoding of text: the bytes that programs really wrote, declared rightly, wrongly or not at all."""

from __future__ import annotations

import pytest

from ingest.encoding import decode, find_codec, looks_binary
from ingest.loader import load_bytes
from ingest.media_type import CSV, EMAIL, HTML, PLAIN_TEXT

GERMAN = "Die Gebühr beträgt 20 € – „größere“ Geräte kosten mehr, siehe Prüfung in Köln."
RUSSIAN = "Сотрудники имеют право на ежегодный оплачиваемый отпуск."
JAPANESE = "従業員は一年間勤務した後、年次有給休暇を取得する権利があります。"
CHINESE = "員工在工作滿一年後有權享受帶薪年假，請提前兩週提交申請表格。"
ASCII = "Ordinary words of an ordinary page stand here for the crew. " * 60


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        (GERMAN.replace("€ – „", "").replace("“", ""), "mac_roman"),
        ("Müller Köln", "cp850"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "big5"),
        ("THE MONTHLY REPORT OF THE MAINFRAME SAYS 42 UNITS", "cp037"),
        *((GERMAN, encoding) for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")),
        *((RUSSIAN, encoding) for encoding in ("utf-16-le", "utf-16-be", "utf-16", "utf-32")),
        (f"{CHINESE}\n{CHINESE}", "utf-16-le"),
    ],
)
def test_undeclared(text: str, encoding: str) -> None:
    """The bytes alone tell; they are text, whatever the name says."""
    data = text.encode(encoding)
    assert decode(data) == text
    assert not looks_binary(data)


@pytest.mark.parametrize("sign", ["£", "é", "ß", "–", "€", "’"])
@pytest.mark.parametrize("before", [0, 1])
def test_one_legacy_byte_in_a_long_text(sign: str, before: int) -> None:
    """As in files of cp1252 with one name or price in them."""
    text = f"{ASCII * before}It costs 450 {sign} here. {ASCII}"
    assert decode(text.encode("cp1252")) == text


def test_a_utf_8_text_with_a_pasted_line() -> None:
    """UTF-8 stays UTF-8; the few bytes that are none are read as cp1252."""
    data = f"Zażółć gęślą jaźń. {GERMAN}\n".encode() + "Preis: 5 €".encode("cp1252")
    assert decode(data) == f"Zażółć gęślą jaźń. {GERMAN}\nPreis: 5 €"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("iso-8859-8-i", "iso8859-8"),
        ("x-sjis", "cp932"),
        ("gb2312", "gb18030"),
        ("base64", ""),
        ("x-unknown", ""),
        (None, ""),
    ],
)
def test_a_declared_label_means_what_browsers_take_it_for(label: str | None, codec: str) -> None:
    assert find_codec(label) == codec


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "x-nonsense", "shift_jis"])
def test_a_lying_charset(declared: str) -> None:
    """The bytes are believed where the declaration makes no text of them."""
    assert decode(RUSSIAN.encode(), declared) == RUSSIAN
    assert decode(GERMAN.encode("cp1252"), declared) == GERMAN


def test_a_declared_charset_counts_in_html_and_mail() -> None:
    page = f'<meta charset="iso-8859-1"><p>{GERMAN}</p>'.encode("cp1252")
    assert GERMAN in load_bytes(page, HTML).text
    mail = b"From: a@b.c\nSubject: x\nContent-Type: text/plain; charset=iso-8859-8-i\n\n"
    assert "שלום" in load_bytes(mail + "שלום".encode("iso8859-8"), EMAIL).text


def test_stray_zero_bytes_are_left_out() -> None:
    """One in a CSV, and the block at which a power cut ended a log."""
    assert load_bytes(b"a,b\n1,\x002\n", CSV).text.endswith("| 1 | 2 |")
    log = b"\x00" * 4000 + b"2026-01-01 started\n" * 100
    assert load_bytes(log, PLAIN_TEXT).text.startswith("2026-01-01 started")


def test_colours_and_control_characters_are_no_text() -> None:
    assert decode(b"\x1b[31mred\x1b[0m line\x07\r\nnext") == "red line\nnext"


@pytest.mark.parametrize("data", [b"\x00\x01 binary \x00" * 40, bytes(range(256)) * 8])
def test_binary_data_is_no_text(data: bytes) -> None:
    assert looks_binary(data)
