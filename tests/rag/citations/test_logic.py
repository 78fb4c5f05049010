"""How the words of a sentence are put together: numbers and dates, parts, roles, order, scope, columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Grade
from rag.citations import check
from rag.citations.contradiction.quantifiers import differs
from rag.citations.contradiction.roles import order_of_events, swaps
from rag.citations.contradiction.slots import mixes
from rag.citations.contradiction.substitution import turns_voice
from rag.citations.contradiction.table_columns import misplaces
from rag.language.claims import Claim
from rag.language.numerals import rounds_to, unify_numbers
from tests.rag.citations.test_citations import is_supported, passage


@pytest.mark.parametrize(
    ("text", "unified"),
    [
        ("3 May 2026", "3 mai 2026"),
        ("May 3rd, 2026", "3 mai 2026"),
        ("2026-05-03", "3 mai 2026"),
        ("03.05.2026", "3 mai 2026"),
        ("3. Mai 2026", "3 mai 2026"),
        ("3 de mayo de 2026", "3 mai 2026"),
        ("05/16/2026", "16 mai 2026"),  # there is no sixteenth month
        ("you may 3", "you may 3"),
        ("2026-13-03 is none", "2026-13-03 is none"),
        ("5–40 °C", "5 to 40 °C"),
        ("part 31560-2", "part 31560-2"),
        ("1\u202f200 km", "1200 km"),
    ],
)
def test_dates_and_ranges_are_written_in_one_way(text: str, unified: str) -> None:
    assert unify_numbers(text) == unified


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1.2 million euros", [("1200000", "eur")]),
        ("€4.2 to 5.1 million", [("4200000", "eur"), ("5100000", "")]),
        ("1.200.000 Euro", [("1200000", "eur")]),
        ("in 2024 to 5.1 million", [("2024", ""), ("5100000", "")]),
        ("three quarters of the staff", [("75", "percent")]),
        ("the old one arrives", []),
        ("une semaine", [("1", "week")]),
        ("5 to 40 kg", [("5", "kg"), ("40", "kg")]),
    ],
)
def test_numbers_are_put_together(text: str, numbers: list[tuple[str, str]]) -> None:
    assert [(number.stem, number.unit) for number in Claim.of(text).numbers] == numbers


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("at least 5 days", 1),
        ("no more than 5 days", -1),
        ("cannot be less than 5", 1),
        ("no later than 5 days after it", -1),
        ("no later than 5 days before it", 1),
        ("au moins 5", 1),
        ("moins de 5", -1),
        ("como máximo 5 días", -1),
        ("5 days", 0),
    ],
)
def test_a_bound_is_at_least_or_at_most(text: str, bound: int) -> None:
    """A day no later than five days before something is five days before it or more."""
    (number,) = Claim.of(text).numbers
    assert number.bound == bound


def test_a_round_number_is_what_the_exact_one_rounds_to() -> None:
    assert rounds_to("1198", "1200")
    assert not rounds_to("1198", "1100")
    assert rounds_to("2.75", "2.8")
    assert is_supported("It has about 1,200 rooms.", "The hotel has 1,198 rooms.")
    assert not is_supported("It has 1,200 rooms.", "The hotel has 1,198 rooms.")


def test_as_much_in_another_unit_is_the_same() -> None:
    assert is_supported("The rope is 1,500 metres long.", "The rope is 1.5 km long.")
    assert not is_supported("The rope is 150 metres long.", "The rope is 1.5 km long.")


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        (
            "If the bell rings once, stop; if it rings twice, leave.",
            "Leave if it rings twice.",
            "Leave if it rings once.",
        ),
        (
            "Adults pay 9 euros, children 4 euros.",
            "Children pay 4 euros.",
            "Children pay 9 euros.",
        ),
        ("Members may vote; guests may not.", "Guests may not vote.", "Guests may vote."),
        (
            "Tea is served hot, lemonade cold.",
            "Lemonade is served cold.",
            "Lemonade is served hot.",
        ),
        (
            "Ist die Lampe rot, warten Sie; ist sie grün, fahren Sie.",
            "Warten Sie, wenn die Lampe rot ist.",
            "Fahren Sie, wenn die Lampe rot ist.",
        ),
        (
            "Parcels of up to 5 kg go by post; heavier parcels go by lorry.",
            "Parcels of 5 kg go by post.",
            "Parcels of up to 5 kg go by lorry.",
        ),
        (
            "The pool opens 2 hours before lunch and 3 hours before tea; it closes 20 minutes before dusk.",
            "The pool shuts 20 minutes before dusk.",
            "The pool opens 20 minutes before dusk.",
        ),
    ],
)
def test_two_parts_of_a_sentence_are_not_mixed(source: str, right: str, wrong: str) -> None:
    assert not mixes(Claim.of(right), Claim.of(source))
    assert mixes(Claim.of(wrong), Claim.of(source))
    assert not mixes(Claim.of(source), Claim.of(source))


@pytest.mark.parametrize(
    ("source", "right"),
    [
        (
            "In 1802 a storm destroyed six of its nine bells; they were recast in bronze by 1805.",
            "Six of the bells were destroyed by the storm of 1802.",
        ),
        (
            "Der 2. und der 9. Mai sind schulfrei und werden nicht nachgeholt.",
            "Der 2. Mai wird nicht nachgeholt.",
        ),
    ],
)
def test_a_date_is_no_part_of_its_own(source: str, right: str) -> None:
    """What says no more than when belongs to what happened then."""
    assert not mixes(Claim.of(right), Claim.of(source))


@pytest.mark.parametrize(
    ("sentence", "source", "swapped"),
    [
        ("Bo reports to Ann.", "Ann reports to Bo.", True),
        ("Bo is praised by Ann.", "Ann praises Bo.", False),
        ("Ann is praised by Bo.", "Ann praises Bo.", True),
        ("On Friday the team meets.", "The team meets on Friday.", False),
        ("Am 31. März verfällt der Urlaub.", "Der Urlaub verfällt am 31. März.", False),
        ("The pump feeds the tank.", "The tank feeds the pump.", True),
        ("House A is larger than house B.", "House B is larger than house A.", True),
        ("The guard reports a card.", "A card is reported to the guard.", True),
        ("The guest network is slow.", "The network for guests is slow.", False),
    ],
)
def test_who_does_it_to_whom(sentence: str, source: str, swapped: bool) -> None:
    assert swaps(Claim.of(sentence), Claim.of(source)) is swapped


@pytest.mark.parametrize(
    ("sentence", "source", "turned"),
    [
        (
            "Both guilds supporting a militia left.",
            "Both guilds supported by a militia left.",
            True,
        ),
        ("The pump filtered by sand is old.", "The pump filtering sand is old.", True),
        ("A pump heated by steam stands here.", "A pump, heated by steam, stood here.", False),
        ("The guests are working by night.", "The guests worked by night.", False),
    ],
)
def test_what_does_it_is_not_what_it_is_done_to(sentence: str, source: str, turned: bool) -> None:
    """ "Supporting an army" and "supported by an army" say the contrary of each other."""
    assert turns_voice(Claim.of(sentence), Claim.of(source)) is turned
    assert turns_voice(Claim.of(source), Claim.of(sentence)) is turned


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        ("Close the valve before opening the drain.", 1),
        ("Before opening the drain, close the valve.", 1),
        ("Open the drain after closing the valve.", 1),
        ("Close the valve and then open the drain.", 1),
        ("Open the drain before closing the valve.", -1),
        ("Open the drain, then close the valve.", -1),
        ("Close the valve.", 0),
    ],
)
def test_what_comes_first(sentence: str, order: int) -> None:
    source = Claim.of("Close the valve before you open the drain.")
    assert order_of_events(Claim.of(sentence), source) == order


@pytest.mark.parametrize(
    ("sentence", "source", "different"),
    [
        ("All doors are locked.", "Some doors are locked.", True),
        ("Every door is locked.", "All doors are locked.", False),
        ("All five doors are locked.", "Two of the five doors are locked.", True),
        ("Everybody may vote.", "Only members may vote.", True),
        ("Alle Türen sind zu.", "Die meisten Türen sind zu.", True),
        ("Doors are locked.", "Some doors are locked.", False),
    ],
)
def test_of_how_many_it_is_said(sentence: str, source: str, different: bool) -> None:
    assert differs(Claim.of(sentence), Claim.of(source)) is different


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("The large one costs €9.", False),
        ("The large one costs €3.", True),
        ("The large one is for 3 guests.", False),
        ("The large one is for 20 guests.", True),
        ("The large one costs €9, has 20 m and is for 3 guests.", False),
    ],
)
def test_a_value_belongs_under_its_header(sentence: str, wrong: bool) -> None:
    row, header = "| Large | €9 | 20 m | 3 |", "| Size | Price | Length | Guests |"
    assert misplaces(Claim.of(sentence), row, header) is wrong


_LOGICAL = (
    "Ann Bo A B before after then and or ; , . if otherwise than by to from only all some not no one "
    "12:00 9 June 2027 5 % € million half of | except reports reported the a is was unpaid may"
)
_PIECES = st.lists(st.sampled_from(_LOGICAL.split()), max_size=24).map(" ".join)


@given(answer=_PIECES, text=_PIECES)
def test_whatever_the_words_there_is_a_verdict(answer: str, text: str) -> None:
    """No order of logical words ends in an error, and what a passage says word for word is supported."""
    checked = check(answer, [passage(text)])
    for sentence in checked.sentences:
        assert bool(sentence.citations) == (sentence.grade in (Grade.VERBATIM, Grade.PARAPHRASE))


@pytest.mark.parametrize(
    ("sentence", "source", "wrong"),
    [
        ("Keys are lent by the porter.", "Keys are lent by the gardener to visitors.", True),
        ("Keys are lent by the gardener.", "Keys are lent by the gardener to visitors.", False),
        (
            "It is cast in Ulm.",
            "It is cast in Riga and polished in Bonn.",
            True,
        ),
        ("The bell rings for minutes.", "The bell rings for hours.", True),
        ("All bikes are lent.", "Cargo bikes are lent.", True),
        ("All cargo bikes are lent.", "Cargo bikes are lent.", False),
    ],
)
def test_a_word_in_the_place_of_another_says_something_else(
    sentence: str, source: str, wrong: bool
) -> None:
    assert is_supported(sentence, source) is not wrong


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (
            "The statue was carved in Bergen and painted in Turku.",
            "The statue was painted in Turku.",
            "The statue was carved in Turku and painted in Bergen.",
        ),
        (
            "Gaskets are replaced each time they are removed; a pack of four is G-12.",
            "Gaskets are replaced each time they are removed.",
            "Gaskets are removed each time they are removed.",
        ),
        (
            "The lamp is tested before it is shipped to the site.",
            "The lamp is tested before it is shipped.",
            "The lamp is shipped before it is shipped to the site.",
        ),
        (
            "Ms Aldous calls the printer about the delay; Mr Bekker books the hall until Friday.",
            "Mr Bekker books the hall.",
            "Mr Bekker calls the printer about the delay, and Ms Aldous books the hall.",
        ),
        (
            "Badges are ordered by the porter; the front office prints them on Mondays.",
            "Badges are ordered by the porter.",
            "The porter prints the badges after the front office has ordered them.",
        ),
        (
            "The card is blocked on the first day and destroyed 20 days later.",
            "The card is destroyed 20 days after it was blocked.",
            "The card is destroyed 20 days before it was blocked.",
        ),
        (
            "The chair, Ida Norén, succeeded Jan Petit in 2020.",
            "Ida Norén succeeded Jan Petit in 2020.",
            "Jan Petit became chair after Ida Norén.",
        ),
        (
            "In 1911 a storm destroyed three of its nine ferries.",
            "Three of its nine ferries were destroyed in a storm in 1911.",
            "Nine of the ferries were destroyed in a storm in 1911.",
        ),
        (
            "The guarantee is two years, and four years for the Nordic model.",
            "For the Nordic model the guarantee is four years.",
            "For the Nordic model the guarantee is two years.",
        ),
        (
            "Stained towels go into the grey sack, unstained ones back to the rack.",
            "Stained towels go into the grey sack.",
            "Unstained towels go into the grey sack.",
        ),
        (
            "Extra beds can only be ordered within 14 days of booking.",
            "Extra beds can be ordered within 14 days of booking.",
            "Extra beds can be ordered at any time.",
        ),
        (
            "Rents were £64.2 million at 31 March 2022 (2021: £59.8 million).",
            "Rents were £64.2 million at 31 March 2022.",
            "Rents were £59.8 million at 31 March 2022.",
        ),
        (
            "The lists are compared every four years, next in April 2031.",
            "The lists are next compared in April 2031.",
            "The lists are next compared in June 2031.",
        ),
        (
            "The ticket is not refunded if the trip is cancelled less than three days before departure.",
            "If the trip is cancelled less than three days before departure, the ticket is not refunded.",
            "If the trip is cancelled less than three days before departure, the ticket is refunded.",
        ),
        (
            "| Fault | Meaning |\n| --- | --- |\n| F04 | Fan too slow |\n| F09 | Door still open |",
            "F09 means that the door is still open.",
            "F04 means that the door is still open.",
        ),
        (
            "Present: Ola Brekke, Nia Voss. The minutes are kept for a year. Mr Brekke reported on the roof.",
            "Ola Brekke reported on the roof.",
            "Nia Voss reported on the roof.",
        ),
    ],
)  # fmt: skip
def test_what_is_said_of_one_is_not_said_of_another(text: str, right: str, wrong: str) -> None:
    """Swapped places, people, years, rows, an order turned round, a part for the whole, all for some."""
    assert is_supported(right, text)
    assert not is_supported(wrong, text)


def test_a_clause_rests_on_another_row_only_if_that_is_about_the_same_subject() -> None:
    table = "| Year | Event |\n| --- | --- |\n| 2011 | Print shop bought from its founder |"
    sites = "| Site | Staff |\n| --- | --- |\n| Norrvik | 48 |"
    assert is_supported("The print shop was bought in 2011.", table, sites)
    assert not is_supported("The print shop was bought in 2011 and sits in Norrvik.", table, sites)
