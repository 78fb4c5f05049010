"""The newer version of a document comes first, and the older one is shown as older; nothing else moves."""

from __future__ import annotations

import pytest

from rag import Assistant
from rag.answering.prompt import FULL, messages
from rag.hit import Hit
from rag.retrieval.version_names import read_version
from rag.retrieval.versions import find_newer
from tests.rag.houses import open_house
from ui.messages.page import ENGLISH
from ui.terminal.answers import format_hits
from ui.view.also_found_in import render_other_documents


def older(*documents: tuple[str, str, str]) -> dict[str, str]:
    """Of (file, title, beginning): which file is older than which."""
    newer = find_newer(
        {
            n: read_version(f"/house/{document[0]}", *document[1:])
            for n, document in enumerate(documents)
        }
    )
    return {documents[a][0]: documents[b][0] for a, b in newer.items()}


POLICY = "Business travel policy. Owner: People and Pay. What this is for."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("policy-2024.md", "policy-2026.md"),
        ("policy_2024-03.md", "policy_2024-11.pdf"),
        ("policy 01.02.2023.docx", "policy 15.01.2024.docx"),
        ("policy-v2.txt", "policy-v3.md"),
        ("policy v2.9.txt", "policy v2.10.md"),
        ("policy version 2.txt", "policy version 3.md"),
        ("Richtlinie Fassung 1.md", "Richtlinie Fassung 2.md"),
        ("policy-old.md", "policy.md"),
        ("policy (draft).md", "policy (final).md"),
        ("Richtlinie_alt.md", "Richtlinie_neu.md"),
    ],
)
def test_names_tell_which_version_is_older(old: str, new: str) -> None:
    assert older((old, "T", POLICY), (new, "T", POLICY)) == {old: new}
    assert older((new, "T", POLICY), (old, "T", POLICY)) == {old: new}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("policy-2024.md", "handbook-2026.md"),
        ("hr/policy-2024.md", "it/policy-2026.md"),
        ("policy.md", "policy.pdf"),
        ("R-22.pdf", "R-290.pdf"),
        ("BOEING_2021_10K.pdf", "BOEING_2022_10Q.pdf"),
        ("machine-400.md", "machine-900.md"),
        ("2024.md", "2026.md"),
    ],
)
def test_other_names_tell_nothing(one: str, other: str) -> None:
    assert older((one, "T", POLICY), (other, "T", POLICY)) == {}


def test_dates_alone_are_not_enough() -> None:
    """The minutes of one month do not replace those of the month before."""
    january = "Minutes of the forum. Present: Bea, Cem. The canteen wants a second dishwasher."
    february = "Minutes of the forum. Bicycle racks were ordered, five of them; delivery in spring by Holt."
    assert older(("minutes-01.2026.md", "M", january), ("minutes-02.2026.md", "M", february)) == {}


@pytest.mark.parametrize(
    ("sentence", "newer_says"),
    [
        ("This supersedes the Business travel policy 2024 (issue 3).", True),
        ("It replaces Business Travel Policy 2024 in full.", True),
        ("Diese Fassung ersetzt die Business travel policy 2024.", True),
        ("Ce texte remplace la Business travel policy 2024.", True),
        ("Superseded by Rules for trips.", False),
        ("This was replaced by the Rules for Trips in May.", False),
        ("Ersetzt durch: Rules for trips", False),
    ],
)
def test_a_document_may_say_it_itself(sentence: str, newer_says: bool) -> None:
    """Whatever the files are called."""
    old = ("a.md", "Business travel policy 2024", "" if newer_says else sentence)
    new = ("b.md", "Rules for trips", sentence if newer_says else "")
    assert older(old, new) == {"a.md": "b.md"}


@pytest.mark.parametrize(
    "sentence",
    [
        "This supersedes all earlier rules.",
        "The new pump replaces the old one.",
        "Superseded parts are listed on page 4 of the Business travel policy 2024.",
        "Each trip replaces a day at the office.",
    ],
)
def test_talk_of_replacing_something_else_tells_nothing(sentence: str) -> None:
    old = ("a.md", "Business travel policy 2024", POLICY)
    assert older(old, ("b.md", "Rules for trips", sentence)) == {}


def test_what_a_document_says_counts_more_than_names() -> None:
    """Version 2 is in force again; and of three versions, each older one leads to the newest."""
    again = "Version 2 is in force again; this replaces version 3."
    assert older(("p-v2.md", "P", again), ("p-v3.md", "P", POLICY)) == {"p-v3.md": "p-v2.md"}
    three = [(f"p-v{n}.md", "P", POLICY) for n in (2, 1, 3)]
    assert older(*three) == {"p-v1.md": "p-v3.md", "p-v2.md": "p-v3.md"}


HOUSE = {
    "travel-2024.md": "# Travel rules 2024\n\nA private car is paid at 0.34 a kilometre, private or not.\n",
    "travel-2026.md": "# Travel rules 2026\n\nFor each kilometre by car 0.38 is paid. Trains come first.\n",
    "soup.md": "# Soup\n\nThe canteen opens at noon.\n",
}
QUERY = "What is paid for a private car?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return open_house(tmp_path_factory.mktemp("versions"), HOUSE)


def titles(hits: list[Hit]) -> list[str]:
    return [hit.title for hit in hits]


def test_the_newer_one_is_first_and_the_other_is_shown_as_older(assistant: Assistant) -> None:
    """Though the older one shares more words with the question."""
    hits = assistant.search(QUERY, k=3)
    assert titles(hits)[:2] == ["Travel rules 2026", "Travel rules 2024"]
    assert [hit.newer is not None for hit in hits] == [False, True, False]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    old = hits[1]
    assert old.newer is not None
    assert old.to_json()["newer"]["uri"] == old.newer.uri == hits[0].uri
    assert "Older version; the newer one: Travel rules 2026" in "\n".join(format_hits(hits, QUERY))
    html = render_other_documents(old, None, ENGLISH)
    assert f"{ENGLISH.newer_version} Travel rules 2026 (travel-2026.md)" in html
    assert render_other_documents(hits[0], None, ENGLISH) == ""
    prompt = str(messages(QUERY, hits, (), FULL)[-1].content)
    assert "(older version; the newer one: Travel rules 2026)\n# Travel rules 2024\n" in prompt
    assert prompt.count("older version") == 1


def test_who_asks_for_the_older_one_gets_it(assistant: Assistant) -> None:
    """By its year; it is shown as older all the same."""
    hits = assistant.search(f"{QUERY[:-1]} under the rules of 2024?", k=3)
    assert titles(hits)[0] == "Travel rules 2024"
    assert hits[0].newer is not None


def test_an_older_one_alone_is_just_a_document(assistant: Assistant) -> None:
    """What was not found is not named."""
    (only,) = assistant.search("What is paid for a private car under the rules of 2024?", k=1)
    assert only.title == "Travel rules 2024"
    assert only.newer is None
