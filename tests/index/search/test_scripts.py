"""Words of every script are found by the lexical search, whichever way they are written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ingest.language import detect_language
from rag.index import Filter, Snapshot
from rag.index.search.analysis import build_analyzer
from rag.language.search_text import prepare_for_search
from tests.index.world import SmallIndex, document

PAIRS = {
    "Chinese": ("供应商", "超过五千元的采购需要两个签字。供应商每年评估一次。"),
    "one Chinese character": ("茶", "办公室每天提供热茶和咖啡。"),
    "Japanese": ("日当", "出張旅費は領収書を添えて経理部へ提出する。日当は三千円とする。"),
    "half-width kana": ("ガイドライン", "安全ｶﾞｲﾄﾞﾗｲﾝを読むこと。"),
    "Korean with a particle": ("휴가", "직원은 휴가를 미리 신청해야 합니다."),
    "Thai": ("ลาพักร้อน", "พนักงานลาพักร้อนได้ปีละยี่สิบวัน"),
    "one Thai syllable": ("ลา", "พนักงานลาพักร้อนได้ปีละยี่สิบวัน"),
    "Lao": ("ວັນພັກ", "ພະນັກງານມີວັນພັກຊາວວັນຕໍ່ປີ"),
    "Khmer": ("ឈប់សម្រាក", "បុគ្គលិកអាចឈប់សម្រាកម្ភៃថ្ងៃក្នុងមួយឆ្នាំ"),
    "Burmese": ("ခွင့်ရက်", "ဝန်ထမ်းများသည်ခွင့်ရက်နှစ်ဆယ်ရသည်"),
    "full width": ("KX777", "部品ＫＸ７７７は青い。"),
    "soft hyphens": ("Betriebsanleitung", "Die Be­triebs­an­lei­tung gilt für Fräs­maschinen."),
    "zero-width space": ("spreadsheet", "Open the spread\u200bsheet first."),
    "ligature": ("workflow", "The work\ufb02ow has three steps."),
    "no accents": ("naive", "A naïve reading of the rule."),
    "an accent of its own": ("Kündigung", "Die Ku\u0308ndigung ist schriftlich."),
    "Turkish capital": ("istanbul", "Merkez İSTANBUL'dadır."),
    "Turkish dotless i": ("ISPARTA", "Depo ısparta ilindedir."),
    "Greek accents": ("ΑΔΕΙΑ", "Η ετήσια άδεια είναι είκοσι ημέρες."),
    "Arabic vowels": ("كتاب", "هذا كِتَابٌ جديد."),
    "Arabic hamza": ("الاجازة", "مدة الإجازة عشرون يوما."),
    "Hebrew points": ("שלום", "שָׁלוֹם לכולם."),
    "Hindi": ("छुट्टी", "कर्मचारी को बीस दिन की छुट्टी मिलती है।"),
    "other digits": ("2024", "التقرير السنوي ٢٠٢٤"),
    "a trade mark": ("Fenwick", "Fenwick™ pumps are blue."),
    "a part of a compound": ("Anleitung", "Die Betriebsanleitung gilt für alle Fräsmaschinen."),
    "parts of a compound apart": (
        "Frist der Kündigung",
        "Die Kündigungsfrist ist für alle gleich und gilt nach der Probezeit.",
    ),
    "plural of a part": ("Anleitungen", "Die Betriebsanleitung gilt für alle Fräsmaschinen."),
    "Dutch compound": ("verzekering", "De ziektekostenverzekering is voor het personeel."),
    "Swedish compound": ("försäkring", "Det är en sjukförsäkring som gäller för alla."),
}  # fmt: skip
OTHER = "Bicycles are parked behind the second hall."


def searched(world: SmallIndex, texts: Iterable[str], query: str) -> list[str]:
    """The texts that the query finds by words, best first, in an index of them and of another text."""
    texts = list(texts)
    world.publish(
        *(
            document(f"/{number}.txt", [text], language=detect_language(text))
            for number, text in enumerate([*texts, OTHER])
        )
    )
    return texts_of(world.snapshot(), query)


def texts_of(snapshot: Snapshot, query: str, filter: Filter | None = None) -> list[str]:
    ids = snapshot.lexical(query, 10, filter or Filter()).chunk_ids.tolist()
    rows = snapshot.chunks(ids)
    return [rows[chunk_id].text for chunk_id in ids]


@pytest.mark.parametrize(("word", "text"), PAIRS.values(), ids=PAIRS.keys())
def test_word_finds_text(world: SmallIndex, word: str, text: str) -> None:
    assert searched(world, [text], word) == [text]


OF_COMPOUNDS = {
    "a part of a compound": "Die Anleitung liegt im Schrank.",
    "parts of a compound apart": "Die Frist der Kündigung ist drei Monate.",
    "plural of a part": "Alle Anleitungen liegen im Schrank.",
    "Dutch compound": "De verzekering is voor het personeel.",
    "Swedish compound": "Det är en försäkring som gäller för alla.",
}


@pytest.mark.parametrize("name", [name for name in PAIRS if not name.startswith("one ")])
def test_text_finds_word(world: SmallIndex, name: str) -> None:
    """What is written one way in the question is found written the other way in the documents."""
    word, text = PAIRS[name]
    said = OF_COMPOUNDS.get(name, f"List: {word}.")
    assert searched(world, [said], text)[:1] == [said]


def test_exact_accents_come_first(world: SmallIndex) -> None:
    """Words that differ in their accents alone find each other, the same spelling first."""
    texts = ["El ano es parte del cuerpo.", "El año es parte del tiempo."]
    assert searched(world, texts, "año")[0] == texts[1]
    assert searched(world, texts, "ano")[0] == texts[0]


def test_compound_after_the_word(world: SmallIndex) -> None:
    """A document with the word itself stands before those with a compound of it."""
    texts = [
        "Die Betriebsanleitung und die Montageanleitung sind für die Halle.",
        "Die Anleitung und der Plan sind für die Halle.",
    ]
    assert searched(world, texts, "Anleitung") == texts[::-1]


@pytest.mark.parametrize("word", ["Trag", "Licht", "Stand", "Ring"])
def test_no_parts_by_chance(world: SmallIndex, word: str) -> None:
    """Letters at the end of a word are no part of a compound."""
    text = "Der Vertrag ist die Pflicht und der Verstand; für den Hering gilt das auch."
    assert searched(world, [text], word) == []


def test_hidden_compounds_are_not_told(tmp_path: Path) -> None:
    """Compounds and parts that only others may read change neither what is found nor its scores."""
    texts = ["Die Fensterputzerleiter ist die Leiter des Hauses.", "Das Haus hat die Putzerei."]
    hidden = [f"Die Putzer und der Fenster{chr(97 + n)}leiter sind da." for n in range(26)]
    results: list[list[str]] = []
    for name, also in (("alone", []), ("beside", hidden)):
        (tmp_path / name).mkdir()
        world = SmallIndex(tmp_path / name)
        world.publish(
            document("/shown.txt", texts, language="de", readers=("all",)),
            document("/hidden.txt", also or ["Nichts."] * 2, language="de", readers=("few",)),
        )
        reader = Filter(readers=frozenset({"all"}))
        queries = ("Leiter", "Fenster", "Putzerleiter", "Fensterputzer", "Haus")
        results += [texts_of(world.snapshot(), query, reader) for query in queries]
    assert results[:5] == results[5:]
    assert results[0] == [texts[0]]


def test_marks_do_not_cut_words() -> None:
    """Every mark at which tantivy would cut a word is taken out or joined before."""
    marks = [
        "\u00ad",
        "\u0308",
        "\u05b8",
        "\u064b",
        "\u094d",
        "\u0e48",
        "\u1039",
        "\u200b",
        "\ufe0f",
    ]
    words: Any = build_analyzer(None)
    assert all(len(words.analyze(prepare_for_search(f"ab{mark}cd"))) == 1 for mark in marks)
