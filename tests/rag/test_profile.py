"""Domain profiles: read or refused with a reason, and what an assistant makes of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage

from rag import Assistant, Filter
from rag.answer import Status
from rag.answering.prompt import COMPACT, FULL, build_messages_without_documents, messages
from rag.errors import ProfileError
from rag.profile import DEFAULT, Profile, Term, find_profile, read_profile, read_profiles
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.conftest import SAMPLE_DOCS
from tests.rag.test_assistant import ListeningModel, open_with
from ui.cli import main

WHOLE = """
name = "people"
description = "What employees ask"
instructions = "Name the site."
tone = "plain"
refusal = "Nothing is written about that."
starters = ["How long is parental leave?"]
[[glossary]]
term = "PTO"
meaning = "paid time off"
synonyms = ["vacation", "annual leave"]
[[examples]]
question = "Is there coffee?"
answer = "Yes."
passage = "Coffee is free."
[filters]
folders = ["office"]
tags = ["hr"]
[branding]
product = "People Desk"
accent = "#1D5FA8"
logo = "PD"
"""


def written(folder: Path, text: str, name: str = "people.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_everything_of_a_profile_is_read(tmp_path: Path) -> None:
    """Folders count from the file; a colour is in lower case."""
    profile = read_profile(written(tmp_path, WHOLE))
    assert (profile.name, profile.tone, profile.branding.accent) == ("people", "plain", "#1d5fa8")
    assert profile.glossary[0].names == ("PTO", "vacation", "annual leave")
    assert profile.filter == Filter(folders=(f"{tmp_path.resolve()}/office",), tags=("hr",))


def test_an_empty_file_is_the_default_under_its_own_name(tmp_path: Path) -> None:
    profile = read_profile(written(tmp_path, "", "bare.toml"))
    assert profile == Profile(name="bare")
    assert profile.filter.is_empty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name =", "is no TOML"),
        ('nmae = "x"', "unknown key nmae.*Known here: branding, description"),
        ('[branding]\ncolour = "red"', r"unknown key branding\.colour.*Known here: accent, logo"),
        ('[branding]\naccent = "red"', r"branding\.accent is 'red': a colour is written as"),
        ('[[glossary]]\nmeaning = "x"', r"has no glossary\[1\]\.term"),
        ('starters = ["Why?", " "]', r"starters\[2\] is ' ': it is empty"),
        ("starters = 3", "starters is 3: input should be a valid tuple"),
        ('name = "a\\u0007b"', "control characters"),
        (f'instructions = "{"x" * 4001}"', "instructions is 'xxx.*at most 4000 characters"),
        (
            '[[glossary]]\nterm = "VPN"\n[[glossary]]\nterm = "Gate"\nsynonyms = ["vpn"]',
            "'vpn' twice in its glossary, for 'VPN' and for 'Gate'",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_key(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ProfileError, match=message) as caught:
        read_profile(written(tmp_path, text))
    assert str(tmp_path / "people.toml") in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_profile_is_found_by_its_name_or_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    assert find_profile("people", tmp_path) == find_profile(str(path), Path("nowhere"))
    assert find_profile(DEFAULT, tmp_path) == Profile()
    with pytest.raises(ProfileError, match=r"no profile sales in .*; there is people"):
        find_profile("sales", tmp_path)
    with pytest.raises(ProfileError, match="there is none"):
        find_profile("sales", tmp_path / "nowhere")
    with pytest.raises(ProfileError, match="cannot be read: No such file"):
        find_profile("sales.toml", tmp_path)


def test_terms_are_found_as_whole_words_in_any_case() -> None:
    pto, gate = Term(term="PTO", synonyms=("annual leave",)), Term(term="Gull Gate")
    profile = Profile(glossary=(pto, gate))
    assert profile.terms_in("How much pto do I get?") == (pto,)
    assert profile.terms_in("Annual-leave, through the GULL GATE?") == (pto, gate)
    assert profile.terms_in("Ptolemy and the gate") == ()


def test_the_model_is_told_what_the_profile_says(tmp_path: Path) -> None:
    """Instructions, tone and examples in front, the same for each question; a term beside the question."""
    profile = read_profile(written(tmp_path, WHOLE))
    prompt = messages("How much annual leave?", [], (), FULL, profile)
    front = str(prompt[0].content)
    assert front.endswith("\nName the site.\nTone: plain")
    assert profile.refusal in front
    assert prompt[1:3] == [
        HumanMessage("Passages:\n[1] Coffee is free.\n\nQuestion: Is there coffee?"),
        AIMessage("Yes."),
    ]
    assert "PTO: paid time off" in str(prompt[3].content)
    assert messages("Why?", [], (), FULL, profile)[:3] == prompt[:3]
    assert len(messages("Why?", [], (), COMPACT, profile)) == 2, "examples confuse a small model"
    alone = build_messages_without_documents("Why?", (), FULL, profile)
    assert "Name the site." in str(alone[0].content)


def test_an_assistant_with_a_profile_sees_its_documents_and_says_its_name(
    data: Path, handbook: Path
) -> None:
    model = ListeningModel(reply="Anna Weber leads the Berlin office since 2019.")
    assistant = open_with(data, model)
    assert assistant.ask("Who leads Berlin?").profile == DEFAULT
    filters = {"folders": [str(handbook / "office")]}
    office = assistant.with_profile(Profile.model_validate({"name": "office", "filters": filters}))
    assert (office.document_count, assistant.document_count) == (1, 5)
    answer = office.ask("Who leads Berlin?")
    assert (answer.profile, answer.status) == ("office", Status.GROUNDED)
    assert {hit.title for hit in office.search("leave", k=9)} == {"Berlin"}
    elsewhere = Filter(folders=(str(handbook / "nowhere"),))
    assert office.search("leave", filter=elsewhere) == [], "both filters have to pass"
    assert assistant.profile.name == DEFAULT, "the first one is as it was"


def test_a_profile_cannot_widen_what_somebody_may_read(data: Path, handbook: Path) -> None:
    stranger = open_with(data, ListeningModel()).for_readers(())
    profile = Profile.model_validate({"filters": {"folders": [str(handbook)]}})
    assert stranger.with_profile(profile).search("leave") == []


def test_the_profile_s_own_refusal_counts_as_one(data: Path) -> None:
    profile = Profile(name="p", refusal="Nothing is written about that!")
    model = ListeningModel(reply="Sorry: nothing is written about that.")
    answer = open_with(data, model).with_profile(profile).ask("Who is the king?")
    assert answer.status is Status.NOT_IN_DOCUMENTS


def test_the_setting_names_the_profile(data: Path, tmp_path: Path) -> None:
    written(tmp_path, 'name = "people"')
    settings = Settings(profiles=tmp_path, profile="people")
    model = FakeListChatModel(responses=["No."])
    assistant = Assistant.open(
        data, settings=settings, embedder=HashingEmbedder(), chat_model=model
    )
    assert assistant.profile.name == "people"
    other = Assistant.open(
        data, settings=settings, embedder=HashingEmbedder(), chat_model=model, profile=Profile()
    )
    assert other.profile.name == DEFAULT


def test_the_sample_profiles_are_in_order() -> None:
    """Three, for three fields, each looking at folders that are there."""
    profiles = read_profiles(SAMPLE_DOCS / "profiles")
    assert [profile.name for profile in profiles] == ["hr", "it", "product-support"]
    for sample_profile in profiles:
        assert sample_profile.starters
        assert sample_profile.glossary
        assert sample_profile.refusal != Profile().refusal
        assert all(Path(folder).is_dir() for folder in sample_profile.filters.folders)


def test_check_prints_what_the_model_will_see(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, WHOLE)
    with pytest.raises(SystemExit, match="0"):
        main(["profile", "check", str(path), "--data", str(data)])
    output = capsys.readouterr().out
    assert "is a profile: people." in output
    assert "Name the site.\nTone: plain" in output
    assert "PTO: paid time off" in output
    assert "not told 1 of the examples" in output
    assert "with the tag hr: 0 in the index here." in output
    with pytest.raises(SystemExit, match="0"):
        main(["profile", "check", str(path), "--data", str(tmp_path), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (report["name"], report["documents"], report["prompt"][0]["role"]) == (
        "people",
        None,
        "system",
    )


def test_check_says_what_is_wrong_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["profile", "check", str(written(tmp_path, "tone = 3"))])
    assert capsys.readouterr().err.count("\n") == 1
