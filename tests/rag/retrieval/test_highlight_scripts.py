"""The words that a search is marked by stand where they stand, in every script."""

from __future__ import annotations

import pytest

from rag.retrieval.highlight import best_start, spans

MARKED = {
    "Chinese": ("供应商", "采购规定。供应商每年评估一次。", ["供应商"], "zh"),
    "Chinese, one character": ("茶", "每天提供热茶。", ["茶"], "zh"),
    "Japanese": ("日当はいくら", "出張の日当は三千円。", ["日当は"], "ja"),
    "Thai": ("ลาพักร้อน", "พนักงานลาพักร้อนได้", ["ลาพักร้อน"], "th"),
    "Korean": ("휴가", "직원은 휴가를 신청", ["휴가"], "ko"),
    "full width": ("KX777", "部品ＫＸ７７７は青い。", ["ＫＸ７７７"], "ja"),
    "soft hyphens": ("Betriebsanleitung", "Die Be\u00adtriebs\u00adan\u00adlei\u00adtung gilt.",
                     ["Be\u00adtriebs\u00adan\u00adlei\u00adtung"], "de"),
    "compound": ("Anleitung", "Die Betriebsanleitung gilt.", ["Betriebsanleitung"], "de"),
    "Arabic": ("كتاب", "هذا كِتَابٌ جديد", ["كِتَابٌ"], "ar"),
    "Hebrew": ("שלום", "אמר שָׁלוֹם לכולם", ["שָׁלוֹם"], "he"),
    "Hindi": ("छुट्टी", "बीस दिन की छुट्टी मिलती है", ["छुट्टी"], "hi"),
    "accent of its own": ("naive", "A nai\u0308ve rule", ["nai\u0308ve"], "en"),
    "English": ("expenses claim", "Claim the expense.", ["Claim", "expense"], "en"),
}  # fmt: skip


@pytest.mark.parametrize(("query", "text", "words", "language"), MARKED.values(), ids=MARKED.keys())
def test_marked_words(query: str, text: str, words: list[str], language: str) -> None:
    """A span is of the text as it stands, marks and all."""
    assert [text[start:end] for start, end in spans(query, text, [language])] == words


def test_an_excerpt_begins_at_a_chinese_sentence() -> None:
    text = "本规定适用于全体员工。" * 12 + "供应商每年评估一次。" + "其他事项另行通知。" * 8
    start = best_start("供应商评估", text, 60)
    assert text[start:].startswith("供应商每年评估一次。")
