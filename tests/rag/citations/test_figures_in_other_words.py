"""Right sentences that put a document's figures in other words, and wrong ones that differ in one thing."""

from __future__ import annotations

import pytest

from rag.language.claims import Claim
from tests.rag.citations.test_citations import is_supported

LAMPS = (
    "| Model | Range | Runtime | Weight |\n| --- | --- | --- | --- |\n"
    "| Corvid L3 | 60 m | 14 hours | 310 g |\n| Corvid L5 | 90 m | 9 hours | 420 g |"
)
FAULTS = (
    "| Fault | Meaning | Shut-down |\n| --- | --- | --- |\n"
    "| F12 | Belt too loose | 8 minutes |\n| F15 | Belt too hot | 30 minutes |"
)
REEFS = "Reefs cover about 2% of the ocean floor but shelter roughly a third of all known fish."


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (  # what a change comes to is no end of a range
            "Turnover was €310 million in 2021, compared with €352 million in 2020, a decrease of 11.9%.",
            "Turnover fell by 11.9% to €310 million in 2021.",
            "Turnover fell by 11.9% to €352 million in 2021.",
        ),
        (  # "ones" takes up the noun of the part before
            "Gates open 4 hours before foreign departures and 1 hour before local ones.",
            "For a local departure, the gates open 1 hour before.",
            "For a local departure, the gates open 4 hours before.",
        ),
        (  # a limit behind a comma is no part of its own
            "The insured sum for a barge is its present value, at most £70,000.",
            "No more than £70,000 is insured per barge.",
            "No more than £90,000 is insured per barge.",
        ),
        (  # a "one" that counts nothing
            LAMPS,
            "The Corvid L5 runs for nine hours on one charge.",
            "The Corvid L5 runs for fourteen hours on one charge.",
        ),
        (  # a word of a header that is joined with another
            FAULTS,
            "After F12 the press is shut down for 8 minutes.",
            "After F12 the press is shut down for 30 minutes.",
        ),
        (  # a rounded figure belongs to what stands nearest to it
            REEFS,
            "About 33 percent of all known fish are sheltered by reefs.",
            "About thirty percent of the ocean floor is reefs.",
        ),
        (  # a year before 1900
            "In 1712 a fire burned five of its nine barns; they were rebuilt in brick by 1719.",
            "Five of the barns were burned by the fire of 1712.",
            "Nine of the barns were burned by the fire of 1712.",
        ),
        (  # a figure is no change by that figure
            "Parents get 10 paid days off per child. Vacation days are booked by mail.",
            "Parents get 10 paid days per child.",
            "Paid days off are reduced by 10 days per child.",
        ),
    ],
)
def test_figures_in_other_words(text: str, right: str, wrong: str) -> None:
    assert is_supported(right, text)
    assert not is_supported(wrong, text)


def test_a_sentence_is_read_once() -> None:
    """It is remembered; one that is long is not, so that nobody fills the memory with them."""
    sentence = "The harbour closes at nine."
    assert Claim.of(sentence) is Claim.of(sentence)
    long = sentence * 50
    assert Claim.of(long) is not Claim.of(long)
