"""Sentences that give the value of one row of a table and do not say of which.

"Parental leave is 12 weeks" stands in the row of long-term foster parents. Where several rows are shown
together because the question tells none of them apart, such a sentence answers for one of them only.
"""

from __future__ import annotations

import re

from rag.answer import Extract
from rag.extracts.tables import LABEL_END
from rag.extracts.words import find_content_words

_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")


def leaves_row_open(sentence: str, extract: Extract) -> bool:
    """Whether a sentence has the figures of some of an extract's rows, and names none of these rows."""
    rows = extract.text.splitlines()
    if extract.fields or len(rows) < 2 or not all(LABEL_END in row for row in rows):
        return False
    figures = set(_NUMBER.findall(sentence))
    having = [n for n, row in enumerate(rows) if figures and figures <= set(_NUMBER.findall(row))]
    if not having or len(having) == len(rows):
        return False
    # The table's title stands in front of the first row.
    labels = [
        set(find_content_words(row.partition(LABEL_END)[0].rpartition(": ")[2])) for row in rows
    ]
    of_every_row = set.intersection(*labels)
    words = set(find_content_words(sentence))
    return all(words.isdisjoint(labels[n] - of_every_row) for n in having)
