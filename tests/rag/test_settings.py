"""Settings: where they come from, which one wins, and what is said when one is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ConfigurationError
from rag.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `inhouse.toml` of the checkout is read by accident."""
    monkeypatch.chdir(tmp_path)


def write(text: str, path: str = "inhouse.toml") -> Path:
    Path(path).write_text(text, "utf-8")
    return Path(path)


def test_without_anything_the_defaults_hold() -> None:
    assert load_settings() == Settings()


def test_the_file_beats_the_default_the_environment_the_file_and_the_caller_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load_settings().retrieval.k == 8
    write("[retrieval]\nk = 9")
    assert load_settings().retrieval.k == 9
    monkeypatch.setenv("INHOUSE_RETRIEVAL_K", "10")
    assert load_settings().retrieval.k == 10
    assert load_settings(retrieval__k=11).retrieval.k == 11
    assert load_settings(retrieval__k=None).retrieval.k == 10


def test_what_one_place_does_not_say_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections are merged key by key, not replaced."""
    write('data = "d"\n[llm]\nmodel = "m"\nurl = "u"')
    monkeypatch.setenv("INHOUSE_LLM_URL", "v")
    settings = load_settings(llm__temperature=0.5)
    assert (settings.llm.model, settings.llm.url, settings.llm.temperature) == ("m", "v", 0.5)
    assert settings.llm.max_tokens == Settings().llm.max_tokens
    assert settings.data == Path("d")


def test_the_file_that_is_named_is_the_one_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument beats INHOUSE_CONFIG, which beats ./inhouse.toml."""
    write("[retrieval]\nk = 1")
    monkeypatch.setenv("INHOUSE_CONFIG", str(write("[retrieval]\nk = 2", "two.toml")))
    assert load_settings().retrieval.k == 2
    assert load_settings(write("[retrieval]\nk = 3", "three.toml")).retrieval.k == 3


def test_a_variable_in_the_file_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KEY", "s3cret")
    write('[llm]\napi_key = "Bearer ${LLM_KEY}!"')
    assert load_settings().llm.api_key == "Bearer s3cret!"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "dta = 'x'",
            "inhouse.toml: dta is not a setting. Known here: access, answers, api, cache, chunker,",
        ),
        ("[llm]\nurll = 'x'", "inhouse.toml: llm.urll is not a setting. Known here: api_key,"),
        ("[lm]\nurl = 'x'", "inhouse.toml: lm is not a setting. Known here: "),
        ("[retrieval]\nk = 0", "inhouse.toml: retrieval.k is 0: input should be greater"),
        ("[retrieval]\nk = 'many'", "inhouse.toml: retrieval.k is 'many': input should be a valid"),
        ("[llm]\ntimeout_s = nan", "inhouse.toml: llm.timeout_s is nan: input should be"),
        ("llm = 'x'", "inhouse.toml: llm is 'x': input should be"),
        ("log_format = 'xml'", "inhouse.toml: log_format is 'xml': input should be 'text' or"),
        (
            "data = '${NOWHERE}'",
            "inhouse.toml: data uses the environment variable NOWHERE, which is not set. Set NOWHERE",
        ),
        (
            "[llm]\napi_key = '${NOWHERE}'",
            "inhouse.toml: llm.api_key uses the environment variable",
        ),
        ("= nonsense", "The configuration file inhouse.toml cannot be read: "),
        ("data = 'a'\ndata = 'b'", "The configuration file inhouse.toml cannot be read: "),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, message: str) -> None:
    """Key, value and file stand in one sentence."""
    write(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"INHOUSE_DTA": "x"}, "INHOUSE_DTA is not a setting. Known here: access, answers,"),
        ({"INHOUSE_LLM_URLL": "x"}, "INHOUSE_LLM_URLL is not a setting. Known here: api_key,"),
        ({"INHOUSE_RETRIEVAL_K": "201"}, "INHOUSE_RETRIEVAL_K is '201': input should be less"),
        ({"INHOUSE_LLM": "x"}, "INHOUSE_LLM is 'x': input should be"),
        ({"INHOUSE_LLM": "x", "INHOUSE_LLM_URL": "u"}, "INHOUSE_LLM is "),
        ({"INHOUSE_LLM_URL": "u", "INHOUSE_LLM": "x"}, "INHOUSE_LLM is "),
        ({"INHOUSE_CONFIG": "nowhere.toml"}, "There is no configuration file nowhere.toml."),
    ],
)
def test_a_mistake_in_the_environment_is_named(
    variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert str(caught.value).startswith(message)


def test_a_mistake_on_the_command_line_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"^--llm-max-tokens is 3: input should be"):
        load_settings(llm__max_tokens=3)


def test_a_file_that_is_no_text_is_said_to_be_unreadable() -> None:
    Path("inhouse.toml").write_bytes(b"\xff\xfe\x00data")
    with pytest.raises(ConfigurationError, match=r"inhouse\.toml cannot be read"):
        load_settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().llm.url = "x"  # type: ignore[misc]


@given(st.text())
def test_any_file_gives_settings_or_one_sentence(text: str) -> None:
    """Whatever stands in the file, nothing but a ConfigurationError is raised."""
    path = write(text.encode("utf-8", "replace").decode(), "any.toml")
    message = ""
    try:
        assert load_settings(path) == Settings()
    except ConfigurationError as exc:
        message = str(exc)
    assert "any.toml" in message or not tomllib.loads(path.read_text("utf-8"))
