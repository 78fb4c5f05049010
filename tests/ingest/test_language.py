"""A document's language, which chooses its stemmer, is told from its script or its commonest words."""

from __future__ import annotations

import pytest

from ingest.language import detect_language

TEXTS = {
    "Die Kündigungsfrist beträgt drei Monate.": "de",
    "# Katalog\n\nDie Betriebsanleitung gilt für Fräsmaschinen.": "de",
    "A naïve reading of the rule that José wrote is not for us.": "en",
    "Çalışanlar yılda yirmi gün izin kullanır ve bu süre bir yıl için geçerlidir.": "tr",
    "Οι εργαζόμενοι έχουν το δικαίωμα να λείψουν για είκοσι ημέρες από την εργασία.": "el",
    "Работники имеют право на отпуск в течение двадцати дней, и это не всё.": "ru",
    "مدة الإجازة عشرون يوما في السنة من تاريخ هذا العقد إلى نهايته على كل حال.": "ar",
    "超过五千元的采购需要两个签字。": "zh",
    "日当は三千円とする。": "ja",
    "직원은 휴가를 미리 신청해야 합니다.": "ko",
    "พนักงานลาพักร้อนได้ปีละยี่สิบวัน": "th",
    "כל עובד זכאי לחופשה": "he",
    "Part OH-40217 fits form ABCDEF12.": "",
    "a b c i o v z 1 2 3 a v z a i o": "",
    "": "",
}


@pytest.mark.parametrize(("text", "language"), TEXTS.items(), ids=TEXTS.values())
def test_language(text: str, language: str) -> None:
    assert detect_language(text) == language
