"""A running page takes over changed settings when it is told to, and names those that it cannot."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from rag.errors import ModelNotFoundError
from rag.settings import Settings, load_settings
from tests.ui.stand_in import StandIn
from ui.errors import TooManyError
from ui.messages.page import ENGLISH
from ui.web.app_state import build_app_state
from ui.web.identity import LOCAL
from ui.web.reloading import SettingsReload

FIRST = '[llm]\napi_key = "old"\n[web]\nmetrics_token = "first"\nport = 7000\n'
SECOND = (
    '[llm]\napi_key = "new"\n[api]\njwt_header = "x-asks-for"\n'
    '[web]\nmetrics_token = "second"\nport = 7001\nnames = ["docs.example.org"]\n'
)


class RunningPage:
    """What a page has in memory, with its settings in a file; `opened` are those of each assistant."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "inhouse.toml"
        self.file.write_text(FIRST)
        self.opened: list[Settings] = []
        settings = load_settings(self.file)
        self.state = build_app_state(lambda: self.open(settings), settings, ENGLISH)
        self.rules = self.state.guard_rules(())
        self.reload = SettingsReload(
            self.state, self.rules, lambda: load_settings(self.file), self.open
        ).reload
        self.first = self.state.service.assistant()

    def open(self, settings: Settings) -> StandIn:
        if settings.llm.api_key == "wrong":
            raise ModelNotFoundError("There is no such model.")
        self.opened.append(settings)
        return StandIn()


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunningPage:
    monkeypatch.chdir(tmp_path)
    return RunningPage(tmp_path)


def test_keys_are_taken_over(page: RunningPage, caplog: pytest.LogCaptureFixture) -> None:
    """The model's key by a new assistant, the others at once; the port has to wait, and is named."""
    page.file.write_text(SECOND)
    with caplog.at_level(logging.INFO, "ui"):
        page.reload()
    assert page.state.service.assistant() is not page.first
    assert [settings.llm.api_key for settings in page.opened] == ["old", "new"]
    assert page.rules.metrics_token == "second"
    assert "docs.example.org" in page.rules.hosts
    assert page.state.settings.api.jwt_header == "x-asks-for"
    assert page.state.settings.web.port == 7000
    assert "Changed: api.jwt_header, llm.api_key, web.metrics_token, web.names." in caplog.text
    assert "These settings take effect after a restart: web.port." in caplog.text
    assert "second" not in caplog.text


def test_limits_and_profiles_are_taken_over(page: RunningPage) -> None:
    """What somebody has used of a limit stays used; a profile's file is read again as well."""
    page.state.questions.take("anna")
    folder = page.file.parent / "profiles"
    folder.mkdir()
    (folder / "hr.toml").write_text('name = "hr"\ndescription = "Leave"\n')
    page.file.write_text(
        FIRST
        + 'profiles = ["hr"]\nquestions_per_minute = 2\nrequests_per_minute = 10\nanswers_at_once = 1\n'
    )
    page.reload()
    assert "hr" in page.state.profiles
    page.state.questions.take("anna")
    with pytest.raises(TooManyError):
        page.state.questions.take("anna")
    for _ in range(10):
        page.rules.requests.take("bert")
    with pytest.raises(TooManyError):
        page.rules.requests.take("bert")
    with page.state.places.of(LOCAL), page.state.places.of(LOCAL) as is_free:
        assert not is_free
    (folder / "hr.toml").write_text('name = "hr"\ndescription = "Leave and money"\n')
    page.reload()
    assert page.state.profiles.named("hr").description == "Leave and money"


@pytest.mark.parametrize("text", ['[llm]\nkey = "x"\n', '[llm]\napi_key = "wrong"\n', "[llm"])
def test_what_is_wrong_changes_nothing(
    page: RunningPage, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither an unknown key nor settings with which nothing can be opened; the log says which."""
    page.file.write_text(text)
    page.reload()
    assert page.state.service.assistant() is page.first
    assert page.state.settings.llm.api_key == "old"
    assert page.rules.metrics_token == "first"
    assert "those before stay" in caplog.text
