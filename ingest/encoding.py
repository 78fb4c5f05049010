"""Bytes to text: which encoding they are in, and whether they are text at all."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from ingest.errors import MislabelledFileError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        # What the WHATWG's encoding standard reads these labels as: their writers meant the superset.
        "ascii": "cp1252",
        "iso8859-1": "cp1252",
        "iso8859-9": "cp1254",
        "iso8859-11": "cp874",
        "tis-620": "cp874",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "shift_jis": "cp932",
        "euc_kr": "cp949",
        "big5": "big5hkscs",
        "iso2022_jp": "iso2022_jp_ext",
        "utf-16": "utf-16-le",
    }
)
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        # Labels that Python does not know.
        "iso-8859-8-i": "iso8859-8",
        "iso-8859-8-e": "iso8859-8",
        "x-sjis": "cp932",
        "windows-31j": "cp932",
        "ks_c_5601-1987": "cp949",
        "windows-949": "cp949",
        "windows-874": "cp874",
        "x-gbk": "gb18030",
        "x-mac-cyrillic": "mac-cyrillic",
        "x-mac-roman": "mac-roman",
        "unicode": "utf-16-le",
        "unicode-1-1-utf-8": "utf-8",
        "x-user-defined": "cp1252",
    }
)
_DETECTED = (
    "utf-8", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "cp874", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-15", "koi8-r", "koi8-u", "cp866", "cp850",
    "cp852", "mac-roman", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949",
)  # fmt: skip
"""What companies wrote; with all encodings that there are, a short text is taken for one that nobody used."""
_LATIN = tuple(
    name
    for name in _DETECTED
    if name in ("utf-8", "cp1250", "cp1252", "cp1254", "cp1257", "cp850", "cp852", "mac-roman")
    or name.startswith(("iso8859-2", "iso8859-15"))
)
_FEW = 8  # bytes above 127, too few to tell a language by
_USUAL = frozenset("£€§°²³µ·½¼¾×®©™•«»–—‘’‚“”„…¿¡\xa0")
"""Of the signs in cp1252 those that people type; the others are letters of other encodings."""
_BETWEEN_WORDS = frozenset("£€§°«»„“”‚…¿¡•")
_SAMPLE = 64 * 1024
_SPARSE = 0.05  # share of bytes above 127, below which only the words around them tell the language
_AROUND = re.compile(rb"[^\n]{0,40}[\x80-\xff][^\n]{0,40}")
_ESCAPED = re.compile(rb"\x1b(?:\$[@B]|\([BIJ]|\$\([DOPQ]|\$\)C|\$A)")
_INVALID = "\udc80-\udcff"
_HIGH = bytes(range(0x80, 0x100))
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_C1 = re.compile("[\x80-\x9f]")
_COLOURS = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MAX_CONTROLS = (
    0.05  # share of control bytes in text; in a log with a few stray ones it is far less
)
_MAX_STRAY_NULS = 0.01  # share of NUL runs in text: a log that a power cut filled up has one
_MAX_HIGH_BYTES = (
    8  # distinct upper bytes of an alphabet's UTF-16: the alphabet, Latin, punctuation
)
_MOSTLY = 0.7
_PRINTABLE = re.compile(rb"[\t\n\r -~]")
_EAST_ASIAN = re.compile("[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")
_EBCDIC = re.compile(rb"[\x81-\x89\x91-\x99\xa2-\xa9\xc1-\xc9\xd1-\xd9\xe2-\xe9\xf0-\xf9\x40]")
_EBCDIC_CODES = ("cp1140", "cp273", "cp500")


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data` with "\\n" line ends, without a byte order mark and control characters.

    A mark at the front decides, then what the zero bytes show, then UTF-8 if it fits, then `declared` if it
    makes text of it, then detection. Raises MislabelledFileError where no encoding makes text of it.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _clean(data[len(mark) :].decode(encoding, errors="replace"))
    if wide := detect_wide_encoding(data[:_SAMPLE]):
        return _clean(data.decode(wide, errors="replace"))
    return _clean(_decode_bytes(data.replace(b"\x00", b""), find_codec(declared)))


def find_codec(label: str | None) -> str:
    """Python's codec for a declared charset, or the superset that its writers meant; empty if unknown."""
    name = (label or "").strip().strip("\"'").lower()
    try:
        # Not .encode-only codecs such as base64: they are no text encodings.
        codec = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError, UnicodeError):
        return ""
    return _LABELS.get(codec.name, codec.name) if codec._is_text_encoding else ""


def looks_binary(sample: bytes) -> bool:
    """Whether the bytes are no text in any encoding."""
    if (
        not sample
        or any(sample.startswith(mark) for mark, _ in _BOMS)
        or detect_wide_encoding(sample)
    ):
        return False
    if _is_ebcdic(sample):
        return False
    runs = len(re.findall(rb"\x00+", sample))
    if runs > max(1, len(sample) * _MAX_STRAY_NULS):
        return True
    text = sample.replace(b"\x00", b"")
    control = sum(text.count(code) for code in range(1, 32) if code not in (9, 10, 12, 13, 27))
    # Beside zero bytes, any other control byte is one too many for a log that was cut off.
    return control > len(text) * (_MAX_CONTROLS if not runs else 0.0) or not text


def detect_wide_encoding(sample: bytes) -> str:
    """UTF-32 or UTF-16 that has no mark, as its zero bytes show; empty if it is neither."""
    length = len(sample)
    if length < 4 or not sample.count(0):
        return ""
    zeros = [sample[offset::4].count(0) / (length // 4) for offset in range(4)]
    if zeros[2] > 0.9 and zeros[3] > 0.9 and zeros[0] < 0.1:
        return "utf-32-le"
    if zeros[0] > 0.9 and zeros[1] > 0.9 and zeros[3] < 0.1:
        return "utf-32-be"
    if len(_PRINTABLE.findall(sample)) > length * 0.8:
        return ""  # a text with a few stray zero bytes, which would pass for Chinese
    for encoding, upper in (("utf-16-le", 1), ("utf-16-be", 0)):
        high = sample[upper::2]
        lower_zeros = sample[1 - upper :: 2].count(0)
        if high.count(0) and lower_zeros <= len(high) * 0.05:
            text = sample[: length // 2 * 2].decode(encoding, errors="replace")
            few = len(set(high)) <= _MAX_HIGH_BYTES
            if (few or len(_EAST_ASIAN.findall(text)) > len(text) * _MOSTLY) and _is_text(text):
                return encoding
    return ""


def _is_text(text: str) -> bool:
    """Whether nearly all of the characters are assigned, and no control characters."""
    sample = text[:4096]
    odd = sum(
        unicodedata.category(char) in ("Cn", "Co", "Cs", "Cc") and char not in "\t\n\r\f\x00"
        for char in sample
    )
    return odd <= len(sample) * 0.02


def _decode_bytes(data: bytes, declared: str) -> str:
    is_seven_bit = data.isascii()
    if is_seven_bit and (declared in ("hz", "utf-7") or _ESCAPED.search(data)):
        japanese = "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_ext"
        encoding = declared if declared in ("hz", "utf-7") else japanese
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if (text := _mostly_utf_8(data)) is not None:
        return text
    if declared and (text := _declared(data, declared)) is not None:
        return text
    return _detected(data)


def _mostly_utf_8(data: bytes) -> str | None:
    """UTF-8 that was cut in the middle of a character, or into which lines in cp1252 were pasted."""
    text = data.decode("utf-8", errors="surrogateescape")
    wrong = len(re.findall(f"[{_INVALID}]", text))
    right = sum(1 for char in text if char > "\x7f") - wrong
    if wrong == 0 or right <= wrong:
        return None
    return re.sub(
        f"[{_INVALID}]+",
        lambda match: match[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace"),
        text,
    )


def _declared(data: bytes, declared: str) -> str | None:
    """The text in the declared encoding; None where it is none in it."""
    try:
        text = data.decode(declared, errors="strict" if declared != "cp1252" else "replace")
    except (UnicodeDecodeError, LookupError):
        return None
    odd = len(_C1.findall(text)) + text.count("\ufffd")
    high = sum(1 for char in text if char > "\x7f")
    return text if odd <= high * 0.1 else None


def _detected(data: bytes) -> str:
    import chardet

    if _is_ebcdic(data[:_SAMPLE]):
        guess = chardet.detect(data[:_SAMPLE], include_encodings=_EBCDIC_CODES, compat_names=False)
        text = data.decode(guess["encoding"] or _EBCDIC_CODES[0], errors="replace")
        return text.replace("\x85", "\n")
    high = len(data) - len(data.translate(None, _HIGH))
    sample = data
    candidates: tuple[str, ...] = _DETECTED
    if high < len(data) * _SPARSE:
        sample = b"\n".join(_AROUND.findall(data))
        candidates = _LATIN  # the words around are in Latin letters
    if high <= _FEW and candidates is _LATIN and _is_usual(sample.decode("cp1252", "replace")):
        return data.decode("cp1252", errors="replace")
    guess = chardet.detect(sample[:_SAMPLE], include_encodings=candidates, compat_names=False)
    encoding = guess["encoding"]
    if encoding is None:
        raise MislabelledFileError("is not text in any known encoding, although it is called so")
    return data.decode(find_codec(encoding), errors="replace")


def _is_usual(text: str) -> bool:
    """Whether the characters beyond ASCII are letters or signs that people type, where they type them."""
    for match in _BEYOND_ASCII.finditer(text):
        char = match[0]
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if not (char.isalpha() or char in _USUAL):
            return False
        if char in _BETWEEN_WORDS and before.isalpha() and after.isalpha():
            return False
    return True


def _is_ebcdic(sample: bytes) -> bool:
    """Whether most bytes are letters, digits or blanks of a mainframe's code, and blanks are frequent."""
    letters = len(_EBCDIC.findall(sample))
    ascii_blanks = sample.count(b" ") + sample.count(b"\n")
    return (
        letters > len(sample) * _MOSTLY
        and sample.count(b"\x40") > len(sample) * 0.05
        and ascii_blanks < len(sample) * 0.02
    )


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    return _CONTROLS.sub("", text)
