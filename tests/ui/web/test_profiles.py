"""Profiles on the page: offered, chosen, and each conversation's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from starlette.testclient import TestClient

from rag import Assistant
from rag.errors import ProfileError
from rag.profile import Branding, Filters, Profile
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.library import read_in
from ui.messages.page import ENGLISH
from ui.view.brand import style_of
from ui.view.colours import measure_contrast
from ui.web.app import create_app
from ui.web.assistant_service import AssistantService
from ui.web.chat.conversation import Conversation
from ui.web.identity import LOCAL
from ui.web.profiles import Profiles, list_profiles
from ui.web.userdata.database import Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History

KEYS, LEAVE = "The keys hang in the lobby.", "Parents take 16 weeks of leave."


class Site:
    """Two folders, and a profile for each besides the one that looks at everything."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        for name, text in (("it/keys.md", KEYS), ("hr/leave.md", LEAVE)):
            (folder / "files" / name).parent.mkdir(parents=True)
            (folder / "files" / name).write_text(f"# Rules\n\n{text}\n", "utf-8")
        read_in(folder / "files", self.data)
        self.profiles = [
            Profile(),
            self._profile(folder, "hr", "HR does not say.", "How long is leave?"),
            self._profile(folder, "it & <b>", "IT does not say.", "Where are the keys?"),
        ]
        self.assistant = Assistant.open(
            self.data,
            settings=Settings(),
            embedder=HashingEmbedder(),
            chat_model=FakeListChatModel(responses=[LEAVE]),
        )

    def _profile(self, folder: Path, name: str, refusal: str, starter: str) -> Profile:
        return Profile(
            name=name,
            description=f"What {name} knows",
            refusal=refusal,
            starters=(starter,),
            filters=Filters(folders=(str((folder / "files" / name[:2]).resolve()),)),
            branding=Branding(product=f"House of {name}", accent="#ffcc00", logo=name[:2].upper()),
        )

    def client(self, *profiles: Profile) -> TestClient:
        settings = Settings(data=self.data)
        app = create_app(lambda: self.assistant, settings=settings, profiles=profiles)
        return TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("profiles"))


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with site.client(*site.profiles) as client:
        yield client


def test_the_settings_profile_comes_first_then_those_that_the_operator_offers(
    tmp_path: Path,
) -> None:
    for name in ("hr", "it"):
        (tmp_path / f"{name}.toml").write_text(f'description = "{name}"')

    def names(**changes: Any) -> list[str]:
        settings = Settings.model_validate({"profiles": str(tmp_path), **changes})
        return [profile.name for profile in list_profiles(settings)]

    assert names() == ["default", "hr", "it"]
    assert names(profile="it") == ["it", "hr"]
    assert names(web={"profiles": ["it"]}) == ["default", "it"]
    assert names(profile="hr", web={"profiles": []}) == ["hr"]
    (tmp_path / "other.toml").write_text('name = "hr"')
    with pytest.raises(ProfileError, match="called hr"):
        names()


def test_a_choice_narrows_what_is_found_for_that_browser_alone(
    client: TestClient, site: Site
) -> None:
    address = "/search?q=rules"
    assert all(text in client.get(address).text for text in (KEYS, LEAVE))
    chosen = client.get("/profile", params={"name": "hr", "back": address})
    assert (chosen.status_code, chosen.headers["location"]) == (303, address)
    html = client.get(address).text
    assert LEAVE in html
    assert KEYS not in html
    assert "House of hr" in html
    assert "How long is leave?" in client.get("/compare").text
    client.cookies.clear()
    assert KEYS in client.get(address).text
    assert (
        client.get("/profile", params={"name": "hr", "back": "//evil"}).headers["location"] == "/"
    )
    assert client.get("/profile", params={"name": "nobody"}).status_code == 404


def test_names_with_markup_are_text_and_come_back_from_the_cookie(client: TestClient) -> None:
    client.get("/profile", params={"name": "it & <b>"})
    page = client.get("/").text
    assert 'data-profile="it &amp; &lt;b&gt;"' in page
    assert "House of it &amp; &lt;b&gt;" in page
    assert "<b>" not in page.replace('<b class="logo"', "")


def test_with_one_profile_there_is_nothing_to_choose(site: Site) -> None:
    with site.client(site.profiles[1]) as client:
        page = client.get("/").text
    assert 'id="profiles"' not in page
    assert "<title>Ask · House of hr</title>" in page


def test_documents_open_and_are_listed_whatever_the_profile(client: TestClient, site: Site) -> None:
    """A profile narrows what answers rest on; an old answer's source opens all the same."""
    client.get("/profile", params={"name": "hr"})
    shelf = site.assistant.shelf()
    uri = next(file.uri for file in shelf.files(_everything())[0] if file.uri.endswith("keys.md"))
    assert KEYS in client.get(f"/sources/{shelf.name(uri)}").text
    assert "keys.md" in client.get("/documents").text


def _everything() -> Any:
    from rag.index.views.files import FileQuery

    return FileQuery()


@pytest.fixture
def service(site: Site) -> AssistantService:
    return AssistantService(lambda: site.assistant, profiles=Profiles(site.profiles))


def test_a_conversation_keeps_the_profile_that_it_began_with(
    service: AssistantService, client: TestClient, site: Site
) -> None:
    history = History(Store())
    talk = Conversation()
    list(talk.ask("How long is leave?", service, LOCAL, history, profile="hr"))
    list(talk.ask("And zeppelins?", service, LOCAL, history, profile="it & <b>"))
    assert talk.id
    assert [turn.answer.profile for turn in history.turns(LOCAL, talk.id)] == ["hr", "hr"]
    other = Conversation()
    screen = other.open(talk.id, service, LOCAL, history, FeedbackBook(Store()))
    assert (other.profile, screen.note) == ("hr", "")
    app_state = client.app.state.app_state  # type: ignore[attr-defined]
    kept = app_state.history.create(LOCAL, profile="hr")
    client.get("/profile", params={"name": "it & <b>"})
    assert 'data-profile="hr"' in client.get(f"/?c={kept}").text
    assert 'data-profile="it' in client.get("/").text
    assert "House of hr" in client.get("/conversations").text


def test_a_refusal_is_the_profile_s_own_sentence(service: AssistantService, site: Site) -> None:
    empty = site.profiles[1].model_copy(update={"filters": Filters(folders=("/nowhere",))})
    service.profiles = Profiles([Profile(), empty])
    screens = list(Conversation().ask("How long is leave?", service, LOCAL, profile="hr"))
    assert "HR does not say." in (screens[-1].now or "")


def test_a_profile_that_is_not_offered_any_more_is_said(service: AssistantService) -> None:
    history = History(Store())
    kept = history.create(LOCAL, profile="gone")
    talk = Conversation()
    screen = talk.open(kept, service, LOCAL, history, FeedbackBook(Store()))
    assert screen.note == ENGLISH.profile_gone.format(name="gone", other="default")
    assert talk.profile == "default"


@pytest.mark.parametrize(
    "accent", ["#000000", "#ffffff", "#ffcc00", "#0f766e", "#1d4ed8", "#ff0000", "#808080"]
)
def test_any_colour_of_the_house_can_be_read_in_light_and_in_dark(accent: str) -> None:
    """Contrast AA: text in it on the page's grounds, and text on it."""
    style = style_of(Profile(branding=Branding(accent=accent)))
    pairs = {}
    for part in style.split('"')[1].rstrip(";").split(";"):
        name, _, value = part.partition(":light-dark(")
        pairs[name] = [_colour(channel) for channel in value.rstrip(")").split(",")]
    grounds = (["#f7f7f5", "#ffffff", "#f1f1ee"], ["#131618", "#1b1f22", "#23282c"])
    for mode in (0, 1):
        for ground in (*map(_colour, grounds[mode]), pairs["--brand-soft"][mode]):
            assert measure_contrast(pairs["--brand"][mode], ground) >= 4.5
        for fill in ("--brand", "--brand-hover"):
            assert measure_contrast(pairs["--on-brand"][mode], pairs[fill][mode]) >= 4.5


def _colour(text: str) -> tuple[float, float, float]:
    red, green, blue = (float(int(text[at : at + 2], 16)) for at in (1, 3, 5))
    return red, green, blue
