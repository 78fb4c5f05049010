"""What a question may be restricted to, for whom, and what the search then sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest import ingest
from rag import Assistant
from rag.answer import Status
from rag.settings import AccessRule, AccessSettings, Settings
from rag.testing import HashingEmbedder
from tests.ui.stand_in import make_answer
from ui.errors import NotThereError
from ui.messages.page import ENGLISH
from ui.web.assistant_service import AssistantService
from ui.web.chat.conversation import SHARED, Conversation
from ui.web.identity import Person, Role
from ui.web.scope import (
    MAX_ITEMS,
    ScopeFinder,
    make_scope_filter,
    name_scope_items,
    parse_scope,
    scope_names,
    shown_scope,
)
from ui.web.userdata.database import Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History
from ui.web.userdata.shared_links import SharedLinks

FILES = {
    "open/hr/leave.md": "# Leave “16 weeks” 🌴\n\nLeave is 16 weeks.\n",
    "open/hr/pay.md": "# Pay\n\nPay day is the 25th.\n",
    "open/it/keys.md": "# Keys\n\nKeys hang in the lobby.\n",
    "policies/travel.md": "# Travel\n\nTrains are booked in second class.\n",
    "secret/plan.md": "# Plan\n\nThe plan is secret.\n",
}
EVERYTHING = Person("a", "a", Role.ADMIN, None)
READER = Person("b", "b", Role.READER)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> AssistantService:
    folder = tmp_path_factory.mktemp("scope")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    roots = [folder / "open", folder / "policies", folder / "secret"]
    settings = Settings.model_validate(
        {
            "data": folder / "data",
            "ingest": {"roots": [{"path": str(roots[1]), "tags": ["policy"]}]},
            "access": AccessSettings(
                rules=(
                    AccessRule(glob="**/open/", readers=("*",)),
                    AccessRule(glob="**/policies/", readers=("*",)),
                    AccessRule(glob="**/secret/", readers=("group:board",)),
                )
            ),
        }
    )
    assert not ingest(
        roots, data_dir=folder / "data", settings=settings, embedder=HashingEmbedder()
    ).failed
    assistant = Assistant.open(folder / "data", settings=settings, embedder=HashingEmbedder())
    return AssistantService(lambda: assistant)


def found(service: AssistantService, person: Person, *ids: str) -> set[str]:
    assistant = service.assistant_for(person)
    hits = assistant.search("the", k=20, filter=make_scope_filter(ids, assistant, ENGLISH))
    return {Path(hit.uri).name for hit in hits}


def test_folders_tags_and_documents_are_asked_together(service: AssistantService) -> None:
    """Each alone and all at once: what fits any of them is searched, and nothing else."""
    (leave,) = (i for i in ScopeFinder(service).find(READER, "", "leave") if i.kind == "d")
    assert leave.label == "Leave “16 weeks” 🌴"
    assert found(service, READER, leave.id) == {"leave.md"}
    assert found(service, READER, "f:open/hr") == {"leave.md", "pay.md"}
    assert found(service, READER, "t:policy") == {"travel.md"}
    assert found(service, READER, leave.id, "f:open/it", "t:policy") == {
        *("leave.md", "keys.md", "travel.md")
    }
    assert found(service, EVERYTHING) == {Path(name).name for name in FILES}


def test_nothing_is_offered_or_asked_that_one_may_not_read(service: AssistantService) -> None:
    """A folder or document of others is as absent as one that never was."""
    finder = ScopeFinder(service)
    names = {
        item.label
        for text in ("", "plan", "secret", "polic", "keys")
        for item in finder.find(READER, "", text)
    }
    assert {"open", "open/hr", "policies", "policy", "Keys"} <= names
    assert not names & {"secret", "Plan"}
    (plan,) = (i for i in finder.find(EVERYTHING, "", "plan") if i.kind == "d")
    for id_ in (plan.id, "d:" + "0" * 24, "f:secret", "f:nowhere", "t:nothing"):
        (item,) = name_scope_items([id_], service.assistant_for(READER))
        assert not item.exists
        assert item.label in {"", id_[2:]}
        assert item == shown_scope([id_], service, READER)[0]
        with pytest.raises(NotThereError, match="is not there any more"):
            make_scope_filter(["f:open", id_], service.assistant_for(READER), ENGLISH)


def test_ids_from_a_link_are_few_and_well_formed() -> None:
    """Whatever an address or a browser sends becomes a short list of ids, or nothing."""
    assert parse_scope('["f:hr", "x:1", 3, null, "f:hr", "t:"]') == ("f:hr", "t:")
    for junk in ("", "{", "3", "null", '"f:hr"', "[[]]", json.dumps(["f:" + "x" * 2000])):
        assert parse_scope(junk) == ()
    assert len(parse_scope([f"f:{n}" for n in range(1000)])) == MAX_ITEMS
    assert parse_scope(None) == ()


def test_a_past_answer_says_what_was_asked(service: AssistantService, tmp_path: Path) -> None:
    """By the names that whoever looks may see: the owner, and a colleague who opens the link."""
    store = Store(tmp_path / "people.db")
    history, links, feedback = History(store), SharedLinks(store), FeedbackBook(store)
    (plan,) = ScopeFinder(service).find(EVERYTHING, "", "Plan")
    kept = history.create(EVERYTHING)
    answer = make_answer("When?", Status.NOT_IN_DOCUMENTS)
    scope = ("f:open/hr", "f:secret", plan.id)
    history.append(EVERYTHING, kept, answer, scope=scope)
    history.append(EVERYTHING, kept, answer)
    history.keep_scope(EVERYTHING, kept, scope)
    assert scope_names(scope, service, EVERYTHING, ENGLISH) == ("open/hr", "secret", "Plan")
    token = links.create(EVERYTHING, kept)
    for person, name, line in (
        (EVERYTHING, kept, "Only in: open/hr, secret, Plan"),
        (READER, SHARED + token, "Only in: open/hr, Folder, A document"),
    ):
        screen = Conversation().open(name, service, person, history, feedback, links)
        assert f'<p class="asked-in">{line}</p>' in (screen.earlier or "")
        assert "asked-in" not in (screen.now or ""), "the second question asked all documents"
    assert links.open(token).scope == scope
