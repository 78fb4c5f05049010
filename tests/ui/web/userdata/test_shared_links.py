"""Links to conversations: whose they are, what they lead to, how they end."""

from __future__ import annotations

import pytest

from rag.answer import Status
from tests.ui.stand_in import StandIn, make_answer
from ui.errors import NotThereError
from ui.messages.languages import LANGUAGES
from ui.web.assistant_service import AssistantService
from ui.web.chat.conversation import SHARED, Conversation
from ui.web.identity import Person, Role
from ui.web.userdata.database import Store
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History
from ui.web.userdata.shared_links import SharedLinks

ANNA, BEN = (Person(f"account:{name}", name, Role.READER) for name in ("anna", "ben"))


def keep(store: Store, question: str = "How long is leave?") -> str:
    conversation = History(store).create(ANNA)
    History(store).append(ANNA, conversation, make_answer(question, Status.GROUNDED))
    return conversation


def test_a_link_is_its_owner_s_and_ends_when_it_is_revoked_or_the_conversation_is_gone(
    store: Store,
) -> None:
    links, kept = SharedLinks(store), keep(store)
    with pytest.raises(NotThereError):
        links.create(BEN, kept)
    token = links.create(ANNA, kept)
    assert links.create(ANNA, kept) == token
    assert (links.find(ANNA), links.find(BEN)) == ({kept: token}, {})
    (turn,) = links.open(token).turns
    assert turn.answer.question == "How long is leave?"
    with pytest.raises(NotThereError):
        links.revoke(BEN, kept)
    links.revoke(ANNA, kept)
    assert links.find(ANNA) == {}
    again = links.create(ANNA, kept)
    assert again != token
    History(store).delete(ANNA, kept)
    for gone in (token, again, "", kept):
        with pytest.raises(NotThereError):
            links.open(gone)


def test_what_a_colleague_asks_in_a_shared_conversation_becomes_their_own(store: Store) -> None:
    """The owner's stays as it was; the colleague's begins with what they may see of it."""
    links, history, kept = SharedLinks(store), History(store), keep(store)
    service, feedback = AssistantService(StandIn), FeedbackBook(store)
    conversation = Conversation()
    name = SHARED + links.create(ANNA, kept)
    screen = conversation.open(name, service, BEN, history, feedback, links)
    assert screen.now
    assert "16 weeks" in screen.now
    assert history.find(BEN) == []
    *_, last = conversation.ask("And then?", service, BEN, history, feedback=feedback, links=links)
    assert not last.busy
    (own,) = history.find(BEN)
    questions = [turn.answer.question for turn in history.turns(BEN, own.id)]
    assert questions == ["How long is leave?", "And then?"]
    assert len(history.turns(ANNA, kept)) == 1


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_link_that_leads_nowhere_and_a_stranger_s_conversation_say_one_plain_sentence(
    store: Store, language: str
) -> None:
    links, history, kept = SharedLinks(store), History(store), keep(store)
    service, feedback, words = AssistantService(StandIn), FeedbackBook(store), LANGUAGES[language]
    expected = {
        f"{SHARED}nothing": words.link_gone,
        SHARED: words.link_gone,
        f"{SHARED}{kept}": words.link_gone,
        kept: words.conversation_gone,
        "nothing": words.conversation_gone,
    }
    for name, sentence in expected.items():
        screen = Conversation(language).open(name, service, BEN, history, feedback, links)
        assert (screen.note, screen.busy) == (sentence, False)
