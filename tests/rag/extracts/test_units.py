"""How passages are split into what a reader understands by itself."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.extracts.units import Unit, UnitKind, split_units
from rag.hit import Hit


def passage(text: str, **more: str) -> Hit:
    return Hit(
        rank=1, score=1, uri="/a.md", title="Handbook", text=text, start=0, end=len(text), **more
    )


def units(text: str, **more: str) -> list[Unit]:
    return split_units([passage(text, **more)])


def test_sentences_know_their_headings() -> None:
    """A heading is no unit; it stands with the sentences below it, without markup."""
    first, second = units(
        "# Leave\n\n## Carrying over\n\nUp to **6 days** carry over. They lapse in May."
    )
    assert (first.text, second.text) == ("Up to 6 days carry over.", "They lapse in May.")
    assert first.headings == ("Leave", "Carrying over")


def test_a_row_knows_its_columns() -> None:
    """The header is no unit; a row has its cells and the names of their columns."""
    text = "| Part | Price EUR |\n|---|---|\n| Pump | 611 |\n| Belt | 54 |"
    pump, belt = units(text)
    assert pump.kind is belt.kind is UnitKind.ROW
    assert pump.cells == ("Pump", "611")
    assert pump.table is not None
    assert pump.table.columns == ("Part", "Price EUR")
    assert text[belt.start : belt.end] == "| Belt | 54 |"


def test_a_row_far_below_its_header_has_it_from_the_lead() -> None:
    """Where a passage begins within a table, the header and a merged cell's label come from above."""
    lead = "| Site | Shift | Bonus |\n| --- | --- | --- |\n| North | | |"
    row, _ = units("| | Night | 40 |\n| South | Day | 10 |", lead=lead)
    assert row.table is not None
    assert row.table.columns == ("Site", "Shift", "Bonus")
    assert row.cells == ("North", "Night", "40")


def test_an_item_has_its_number_and_lead_in() -> None:
    """The sentence before a list introduces each item, and nothing behind the list."""
    text = "You need:\n\n1. a licence;\n2. a card\n   with a photo.\n\nAsk your lead."
    lead_in, licence, card, last = units(text)
    assert (licence.number, licence.lead_in) == ("1.", "You need:")
    assert (card.text, card.lead_in) == ("a card with a photo.", lead_in.text)
    assert last.lead_in == ""


def test_a_question_introduces_its_answer() -> None:
    """Of a list of questions the answers are units, each under its question."""
    answer, other = units("**Can I rent?** Yes, by the week.\n\nHow do I pay?\n\nWith the order.")
    assert (answer.text, answer.lead_in) == ("Yes, by the week.", "Can I rent?")
    assert (other.text, other.lead_in) == ("With the order.", "How do I pay?")


def test_wrapped_lines_are_one_sentence_and_short_ones_are_not() -> None:
    """A sentence of a page goes on in the next line; the lines of a table without borders do not."""
    prose = (
        "Spend the company's money as you would spend that of a friend who is careful\n"
        "but not mean. Take a photograph of the receipt on the same day and enter it."
    )
    assert len(units(prose)) == 2
    lines = "Kind Limit\nTeam meal 30 euro\nLaundry 28 euro"
    assert [unit.text for unit in units(f"{prose}\n\n{lines}")][2:] == lines.split("\n")


def test_other_ends_of_sentences() -> None:
    """Chinese, Japanese and Hindi end a sentence with signs of their own and no space."""
    assert len(units("机器必须每天清洗。滤芯每月更换一次。")) == 2
    assert len(units("मशीन रोज़ साफ़ करें। फ़िल्टर हर महीने बदलें।")) == 2
    assert len(units("¿Cuándo se limpia? Cada lunes. No use lejía.")) == 2


def test_a_list_of_part_numbers_is_cut_in_pieces() -> None:
    """A passage without a sentence is cut between its numbers, and nothing of it is lost."""
    text = ", ".join(f"OH-{number}" for number in range(10_000, 10_300))
    pieces = units(text)
    assert len(pieces) > 3
    assert all(len(piece.text) <= 700 for piece in pieces)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())


def test_keys_leaders_quotes_and_code() -> None:
    """Keys with values, dot leaders, quoted mail and fenced code are units as well."""
    pair, leader = units("Owner: People & Pay\n\nred blinking ..... memory card missing")
    assert (pair.kind, leader.text) == (UnitKind.PAIR, "red blinking … memory card missing")
    (quoted,) = units(
        "> The new washer stands two metres upwind of the condenser and blows\n> steam into it."
    )
    assert quoted.text.endswith("blows steam into it.")
    (code,) = units("```\nset S07 4.8\n```")
    assert (code.kind, code.text) == (UnitKind.CODE, "set S07 4.8")


def test_nothing_but_headings_gives_these() -> None:
    """A title slide shows its title rather than nothing; an empty passage has no units."""
    assert [unit.text for unit in units("## Spring town hall")] == ["Spring town hall"]
    assert units(" \n\n") == units("---\n") == []


@given(st.text(st.sampled_from("ab A9.:?!\n|-*#>`\t1) ¿。é§"), max_size=120))
def test_spans_are_exact(text: str) -> None:
    """Whatever a passage is: units lie in it, in order, without overlap, and hold a letter or digit."""
    spans = units(text)
    assert all(0 <= unit.start < unit.end <= len(text) for unit in spans)
    assert all(one.end <= two.start for one, two in pairwise(spans))
    assert all(any(map(str.isalnum, text[unit.start : unit.end])) for unit in spans)
