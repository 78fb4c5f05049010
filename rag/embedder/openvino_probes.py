"""Texts on which a converted model has to agree with the original."""

from __future__ import annotations

from rag.embedder.protocol import Embedder

_SENTENCES = (
    "What is the refund period?",
    "Employees may carry over up to five days of unused leave into the first quarter of the next year.",
    "The contract ends on 31 December 2027 unless either party gives notice three months before.",
    "Die Kündigungsfrist beträgt drei Monate zum Quartalsende; maßgeblich ist der Eingang des Schreibens.",
    "Le remboursement est effectué sous quatorze jours à compter de la réception de la marchandise.",
    "El proveedor deberá avisar al cliente con treinta días de antelación.",
    "Il garante ha approvato il bilancio dell'esercizio precedente.",
    "O relatório anual será publicado até o final de março.",
    "Wypowiedzenie umowy wymaga formy pisemnej pod rygorem nieważności.",
    "Dodavatel odpovídá za škodu způsobenou vadou výrobku.",
    "Договор вступает в силу с момента подписания обеими сторонами.",
    "Η σύμβαση λήγει στο τέλος του έτους.",
    "يجب على الموظف إخطار المدير قبل ثلاثين يومًا.",
    "ההסכם ייכנס לתוקף עם חתימתו.",
    "अनुबंध दोनों पक्षों के हस्ताक्षर के बाद लागू होगा।",
    "合同自双方签字之日起生效，有效期为三年。",
    "契約は両当事者が署名した日から効力を生じる。",
    "계약은 양 당사자가 서명한 날부터 효력이 발생한다.",
    "สัญญานี้มีผลตั้งแต่วันที่ลงนาม",
    "Sözleşme her iki tarafın imzasıyla yürürlüğe girer.",
)
PASSAGE = " ".join(_SENTENCES)
_ODD = (
    "",
    " ",
    "\n\t \n",
    "refund",
    "7",
    "…",
    "  leading and trailing white space, and a line\n\nbreak  ",
    "UPPER CASE, Mixed Case, naïve café, ﬁne ligature, e\u0301 in two parts, İstanbul",
    "👩‍🔬 emoji 🇨🇭, zero\u200bwidth, right-to-left \u202emark\u202c and a nul \x00 byte",
    "| Region | 2024 | 2025 |\n|---|---:|---:|\n| North | 1,204.50 | 1,310.00 |\n| South | -12 % | n/a |",
    "def total(rows: list[int]) -> int:\n    return sum(row for row in rows if row > 0)  # keep",
    "https://example.com/a/very/long/path?query=1&other=two#part and someone@example.com, +41 44 000 00 00",
    "[CLS] special [SEP] tokens [MASK] </s> <s> <pad> in the text itself",
)


def probes(embedder: Embedder) -> list[str]:
    """Some 40 texts: many scripts, odd ones, and lengths from nothing to more than the model reads."""
    tokens = max(1, len(embedder.tokenizer.encode(PASSAGE).ids))
    limit = embedder.identity.max_tokens
    long = []
    for share in (0.25, 0.6, 0.95, 1.5):
        target = min(limit, 2048) * share if share < 1 else limit * share
        repeated = (PASSAGE + " ") * (int(target / tokens) + 1)
        long.append(repeated[: int(len(PASSAGE) * target / tokens)])
    return [*_SENTENCES, *_ODD, *long]
