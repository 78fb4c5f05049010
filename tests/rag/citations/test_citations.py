"""What counts as supported. The passages are the only witness; the model's own word counts nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Grade, Status
from rag.citations import check
from rag.citations.statements import PassageSentences
from rag.citations.support import find_support
from rag.document import Box
from rag.hit import Hit
from rag.index.catalog.rows import stored_boxes
from rag.profile import REFUSAL

HANDBOOK = (
    "Parental leave is 16 weeks. Remote work is allowed two days a week. Smoking is not allowed. "
    "Anna Weber leads the Berlin office since 2019."
)
FEES = "# Fees\nThe trial costs 1,500 euros. Cancel in writing by 31 March."


def passage(text: str, rank: int = 1, start: int = 100) -> Hit:
    return Hit(
        rank=rank, score=1 / rank, uri=f"/docs/{rank}.md", title=f"Title {rank}", page=rank,
        section="A > B", text=text, start=start, end=start + len(text),
        stored_boxes=(stored_boxes([Box(rank, 1, 2, 3, 4)]),),
    )  # fmt: skip


PASSAGES = (passage(HANDBOOK), passage(FEES, 2, 7))


def is_supported(sentence: str, *texts: str) -> bool:
    texts = texts or (HANDBOOK, FEES)
    support = find_support(
        sentence, PassageSentences([passage(text, n) for n, text in enumerate(texts, 1)])
    )
    return bool(support.evidence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Parental leave is 16 weeks.",
        "Parental leave lasts sixteen weeks.",
        "The leave for parents, parental leave, is 16 weeks.",
        "Remote work is allowed two days a week.",
        "Remote work is allowed 2 days a week.",
        "Smoking is not allowed.",
        "Smoking isn’t allowed.",
        "Anna Weber leads the Berlin office.",
        "The Berlin office is led by Anna Weber, who leads it since 2019.",
        "The trial costs 1500 euros.",
        "**The trial** costs 1,500 euros!",
        "Yes, smoking is not allowed.",
    ],
)
def test_what_a_passage_says_is_supported(sentence: str) -> None:
    assert is_supported(sentence)


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Parental leave is 18 weeks.", "an invented number"),
        ("Parental leave is eighteen weeks.", "an invented number, in words"),
        ("Parental leave is 16 weeks and 3 days.", "one number of two is invented"),
        ("The trial costs 1,600 euros.", "an invented amount"),
        ("Cancel in writing by 30 March.", "another day"),
        ("Anna Klein leads the Berlin office.", "a swapped name"),
        ("Anna Weber leads the Munich office.", "a swapped place"),
        ("Munich office is led by Anna Weber.", "a swapped place at the beginning"),
        ("Karin Weber leads the Berlin office since 2019.", "a swapped first name"),
        ("Smoking is allowed.", "the negation is missing"),
        ("Parental leave isn't 16 weeks.", "a negation was added"),
        ("Remote work is not allowed.", "the negation is that of another sentence"),
        ("Employees never get 16 weeks of parental leave.", "denied in other words"),
        ("Bananas are yellow.", "unrelated"),
        ("Remote printers are expensive.", "shares hardly a word"),
        ("Yes.", "claims nothing"),
        ("!!!", "says nothing"),
    ],
)
def test_what_no_passage_says_is_not_supported(sentence: str, why: str) -> None:
    assert not is_supported(sentence), why


@pytest.mark.parametrize(
    ("sentence", "source", "supported"),
    [
        ("Elternzeit dauert 16 Wochen.", "Die Elternzeit dauert 16 Wochen. Keine Ausnahme.", True),
        (
            "Elternzeit dauert keine 16 Wochen.",
            "Die Elternzeit dauert 16 Wochen. Keine Ausnahme.",
            False,
        ),
        ("Frist ist der 3. Oktober.", "Die Frist ist am 3. Oktober.", True),
        ("Frist ist der 4. Oktober.", "Die Frist ist am 3. Oktober.", False),
        ("Le congé dure 16 semaines.", "Le congé parental dure 16 semaines.", True),
        ("Le congé ne dure pas 16 semaines.", "Le congé parental dure 16 semaines.", False),
        ("Ce n’est pas le congé parental.", "C’est le congé parental.", False),
        ("Berlin has 20 desks for guests.", "Paris has 20 desks for guests.", False),
        ("Jon Erik Falk visited us.", "Guests: Anna Jon Lund, Nils Erik Falk visited us.", False),
        ("Nils Erik Falk visited us.", "Guests: Anna Jon Lund, Nils Erik Falk visited us.", True),
        (
            "The site manager signs the bills of the site manager.",
            "Bills of the site manager are signed by the chair of the board.",
            False,
        ),
        (
            "The chair of the board signs the bills of the site manager.",
            "Bills of the site manager are signed by the chair of the board.",
            True,
        ),
        ("Policies cover the houses.", "The policy covers each house.", True),
        ("The desk costs twenty-one euros.", "The desk costs 21 euros.", True),
        ("Weber's office is big.", "The office of Weber is big.", True),
    ],
)
def test_other_languages_and_forms(sentence: str, source: str, supported: bool) -> None:
    assert is_supported(sentence, source) is supported


def test_a_citation_is_the_shortest_quote_with_all_that_leads_there() -> None:
    """Number, file, page, section, boxes; the span counts the document's characters."""
    checked = check("The trial costs 1,500 euros.", PASSAGES)
    (citation,) = checked.citations
    assert citation.quote == "The trial costs 1,500 euros."
    assert (citation.n, citation.uri, citation.title) == (1, "/docs/2.md", "Title 2")
    assert (citation.page, citation.section, citation.boxes) == (2, "A > B", (Box(2, 1, 2, 3, 4),))
    assert (citation.start, citation.end) == (7 + 7, 7 + 7 + 28)
    assert checked.cited == {1}


def test_a_claim_from_two_sentences_quotes_both() -> None:
    checked = check(
        "Remote work is allowed two days a week and parental leave is 16 weeks.", PASSAGES
    )
    assert checked.citations[0].quote == (
        "Parental leave is 16 weeks. Remote work is allowed two days a week."
    )


def test_the_same_quote_has_one_number_and_others_count_on() -> None:
    checked = check(
        "Parental leave is 16 weeks. The trial costs 1,500 euros. It is 16 weeks of leave, parental.",
        PASSAGES,
    )
    assert [sentence.citations for sentence in checked.sentences] == [(1,), (2,), (1,)]
    assert [citation.n for citation in checked.citations] == [1, 2]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Parental leave is 16 weeks.", Status.GROUNDED),
        ("Parental leave is 16 weeks. Smoking is not allowed.", Status.GROUNDED),
        ("Parental leave is 16 weeks. Bananas are yellow.", Status.PARTIAL),
        ("Bananas are yellow. Apples are red.", Status.UNSUPPORTED),
        ("", Status.UNSUPPORTED),
        (" \n ", Status.UNSUPPORTED),
        (REFUSAL, Status.NOT_IN_DOCUMENTS),
        (REFUSAL.upper().rstrip("."), Status.NOT_IN_DOCUMENTS),
        (f"I am sorry. {REFUSAL}", Status.NOT_IN_DOCUMENTS),
    ],
)
def test_the_status_says_how_much_is_supported(text: str, status: Status) -> None:
    checked = check(text, PASSAGES)
    assert checked.status is status
    if status is Status.NOT_IN_DOCUMENTS:
        assert checked.citations == ()
        assert not any(sentence.supported for sentence in checked.sentences)


def test_without_passages_nothing_is_supported() -> None:
    assert check("Parental leave is 16 weeks.", ()).status is Status.UNSUPPORTED


@pytest.mark.parametrize(
    "text",
    [
        "Parental leave is 16 weeks [1].",
        "Parental leave is 16 weeks [7].",
        "Parental leave is 16 weeks. [1, 2]",
        "Parental leave [99] is 16 weeks [1] [2].",
    ],
)
def test_the_model_s_own_markers_are_taken_out_and_not_believed(text: str) -> None:
    """Whatever number the model wrote, the citation is the one that was found."""
    checked = check(text, PASSAGES)
    assert [sentence.text for sentence in checked.sentences] == ["Parental leave is 16 weeks."]
    assert [citation.uri for citation in checked.citations] == ["/docs/1.md"]


_WORDS = st.sampled_from(
    [
        *(
            "Anna",
            "Berlin",
            "leave",
            "desk",
            "desks",
            "not",
            "16",
            "17",
            "the",
            "is",
            "two",
            "e.g.",
            "z. B.",
        ),
        *(".", "!", "\n", "\n\n- ", "# ", "[1]", "“", "’s", "é", "第", "。", "\u202e", "😀"),
    ]
)
_TEXT = st.lists(_WORDS, max_size=30).map(" ".join)


@given(
    answer=st.one_of(_TEXT, st.text(max_size=60)),
    texts=st.lists(_TEXT, max_size=3),
    start=st.integers(0, 10_000),
)
def test_every_quote_stands_word_for_word_at_its_span(
    answer: str, texts: list[str], start: int
) -> None:
    """For any answer and any passages; and statuses, numbers and sentences agree with each other."""
    passages = [passage(text, n, start * n) for n, text in enumerate(texts, 1)]
    checked = check(answer, passages)
    by_uri = {hit.uri: hit for hit in passages}
    for citation in checked.citations:
        hit = by_uri[citation.uri]
        assert hit.start <= citation.start < citation.end <= hit.end
        assert hit.text[citation.start - hit.start : citation.end - hit.start] == citation.quote
    used = [n for sentence in checked.sentences for n in sentence.citations]
    assert sorted(set(used)) == [citation.n for citation in checked.citations]
    supported = (Grade.VERBATIM, Grade.PARAPHRASE)
    assert all(bool(s.citations) == (s.grade in supported) for s in checked.sentences)
    assert all(s.grade in supported for s in checked.sentences if s.supported)
    if checked.status is Status.GROUNDED:
        assert any(s.supported for s in checked.sentences)
    assert {passages[n].uri for n in checked.cited} == {c.uri for c in checked.citations}


@given(text=_TEXT)
def test_a_passage_supports_its_own_sentences(text: str) -> None:
    """What is quoted word for word is never called unsupported, if it claims anything and denies nothing."""
    from rag.language.sentences import spans

    for start, end in spans(text):
        sentence = text[start:end]
        plain = [
            word for word in sentence.split() if word.isalnum() and word not in ("the", "is", "not")
        ]
        # A heading claims nothing.
        if plain and "[" not in sentence and "#" not in text:
            assert find_support(sentence, PassageSentences([passage(text)])).evidence


@pytest.mark.parametrize(
    ("sentence", "grade", "supported"),
    [
        ("The answer is: The trial costs 1,500 euros.", Grade.VERBATIM, True),
        ("Die Antwort lautet: The trial costs 1,500 euros.", Grade.VERBATIM, True),
        ("The answer to this question is that the trial is 1,500 euros.", Grade.PARAPHRASE, True),
        ("The answer is 16.", Grade.PARAPHRASE, False),  # of how many things there are 16?
        ("The answer is: 17", Grade.NOT_FOUND, False),
    ],
)
def test_what_stands_in_front_of_an_answer_is_not_checked(
    sentence: str, grade: Grade, supported: bool
) -> None:
    (checked,) = check(sentence, PASSAGES).sentences
    assert (checked.grade, checked.supported) == (grade, supported)


@pytest.mark.parametrize(
    ("sentence", "source", "supported"),
    [
        (r"The bolts take $25\,\mathrm{Nm}$.", "The bolts take 25 Nm.", True),
        (r"The bolts take $52\,\mathrm{Nm}$.", "The bolts take 25 Nm.", False),
        (r"It is kept at $-18^\circ\text{C}$.", "It is kept at -18 °C.", True),
        (r"It is kept at $18^\circ\text{C}$.", "It is kept at -18 °C.", False),
        ("It costs $5 and then $10 a year.", "It costs $5 and then $10 a year.", True),
        ("It costs $5 and then $10 a year.", "It costs €5 and then €10 a year.", False),
    ],
)
def test_a_formula_is_read_as_what_it_shows(sentence: str, source: str, supported: bool) -> None:
    (checked,) = check(sentence, [passage(source)]).sentences
    assert (checked.supported, checked.text) == (supported, sentence)
