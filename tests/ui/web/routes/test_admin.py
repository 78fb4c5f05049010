"""The page for admins: what it changes, what it writes down, and what it keeps from a restricted admin."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest

from ingest import ingest
from rag import Assistant
from rag.answer import Status, Verdict
from rag.evaluation.questions import read_questions
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.ui.asgi import HOST, Reply, call
from tests.ui.crowd import PASSWORD, Crowd, gather
from tests.ui.stand_in import make_answer
from ui.web.identity import LOCAL, Person, Role
from ui.web.userdata.database import Store
from ui.web.userdata.erasure import forget_person

NEW_PASSWORD = "quite another secret"
RULES = {
    "access": {
        "rules": [
            {"glob": "**/open/", "readers": ["*"]},
            {"glob": "**/hr/", "readers": ["group:hr"]},
            {"glob": "**/board/", "readers": ["group:board"]},
        ]
    }
}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    folder = tmp_path_factory.mktemp("admin")
    for name in ("open/keys.md", "hr/pay.md", "board/plan.md"):
        (folder / name).parent.mkdir()
        (folder / name).write_text(f"# The {Path(name).stem} “of” 🗝️\n\nA sentence.\n", "utf-8")
    settings = Settings.model_validate(RULES)
    files = [folder / name for name in ("open", "hr", "board")]
    ingest(files, data_dir=folder / "data", settings=settings, embedder=HashingEmbedder())
    return gather(
        folder / "data",
        lambda: Assistant.open(folder / "data", settings=settings, embedder=HashingEmbedder()),
    )


async def post(crowd: Crowd, path: str, who: str = "admin", **form: str) -> Reply:
    body = urlencode(form).encode()
    return await call(crowd.app, "POST", path, headers=crowd.cookie(who), body=body)


async def look(crowd: Crowd, query: str = "") -> str:
    reply = await call(crowd.app, "GET", f"/admin{query}", headers=crowd.cookie("admin"))
    assert reply.status == 200
    return reply.text


async def test_people_are_added_changed_kept_out_and_removed_and_each_change_is_written_down(
    crowd: Crowd,
) -> None:
    accounts, audit = crowd.app_state.accounts, crowd.app_state.audit
    before = len(audit.latest(1000))
    steps: list[tuple[str, dict[str, str]]] = [
        ("add", {"role": "reader", "readers": "", "password": PASSWORD}),
        ("set", {"role": "editor", "readers": ""}),
        ("passwd", {"password": NEW_PASSWORD}),
        ("disable", {}),
    ]
    for action, form in steps:
        reply = await post(crowd, f"/admin/people/{action}", name="Zoe", **form)
        assert (reply.status, reply.headers["location"]) == (303, "/admin#people"), reply.text
    account = accounts.by_name("zoe")
    assert (account.role, account.readers) == (Role.EDITOR, frozenset({"*"}))
    assert account.disabled_at is not None
    assert (await post(crowd, "/admin/people/enable", name="zoe")).status == 303
    assert accounts.check("zoe", NEW_PASSWORD) is not None
    assert (await post(crowd, "/admin/people/remove", name="zoe", again="zo")).status == 422
    assert accounts.by_name("zoe") is not None
    assert (await post(crowd, "/admin/people/remove", name="zoe", again="Zoe")).status == 303
    assert accounts.by_name("zoe") is None
    lines = audit.latest(1000)[: len(audit.latest(1000)) - before]
    assert [line.action for line in reversed(lines)] == [
        *("add", "set", "passwd", "disable", "enable", "remove")
    ]
    assert {(line.person, line.target) for line in lines} == {("admin", "zoe")}
    assert NEW_PASSWORD not in repr(lines)


async def test_what_the_command_line_refuses_is_refused_here_in_the_same_words(
    crowd: Crowd,
) -> None:
    """Nothing is changed, and nothing is written down."""
    before = crowd.app_state.audit.latest(1000)
    attempts: list[tuple[str, dict[str, str], str]] = [
        ("add", {"name": "reader", "password": PASSWORD}, "There is an account reader already."),
        ("add", {"name": "a b", "password": PASSWORD}, "is no name for an account"),
        ("add", {"name": "new", "password": "short"}, "A password has 10 to 500 characters."),
        ("add", {"name": "new", "password": PASSWORD, "role": "root"}, "is no role"),
        ("set", {"name": "nobody", "readers": ""}, "There is no account nobody."),
        ("revoke", {"name": "reader", "label": "x"}, "has no token"),
        ("disable", {"name": "ADMIN"}, "Your own account is not changed here"),
        ("explode", {"name": "reader"}, "Nobody is changed by"),
    ]
    for action, form, sentence in attempts:
        reply = await post(crowd, f"/admin/people/{action}", **form)
        assert reply.status == 422, action
        assert sentence in reply.text, action
    assert crowd.app_state.audit.latest(1000) == before


async def test_an_admin_gives_and_takes_over_no_more_than_they_may_read(crowd: Crowd) -> None:
    """The admin of this page may read what is for everybody; hr's account and documents stay shut."""
    attempts: list[tuple[str, dict[str, str]]] = [
        ("add", {"name": "spy", "password": PASSWORD, "all": "1"}),
        ("add", {"name": "spy", "password": PASSWORD, "readers": "group:hr"}),
        ("set", {"name": "disabled", "readers": "group:hr"}),
        ("set", {"name": "reader", "readers": ""}),
        ("passwd", {"name": "reader", "password": NEW_PASSWORD}),
    ]
    for action, form in attempts:
        reply = await post(crowd, f"/admin/people/{action}", **form)
        assert reply.status in {403, 422}, action
        assert "more than you may read yourself" in reply.text
    assert crowd.app_state.accounts.by_name("spy") is None
    text = await look(crowd, "?show=reader")
    assert "The keys “of” 🗝️" in text
    for hidden in ("The pay", "The plan"):
        assert hidden not in text, hidden
    assert "reader sees 1 document" in text


async def test_questions_without_an_answer_are_grouped_without_names_until_they_are_done(
    crowd: Crowd, tmp_path: Path
) -> None:
    """Asked again, they come back; those for which other people's documents were found are left out.

    They are downloaded as a file that `inhouse eval` reads.
    """
    history, person = crowd.app_state.history, Person("account:x", "xaver", Role.READER)

    def ask(question: str, **changes: object) -> None:
        answer = make_answer(question, Status.NOT_IN_DOCUMENTS)
        empty = answer.context.model_copy(update={"retrieved": (), "read": (), "cited": ()})
        update = {"verdict": Verdict.NOT_IN_DOCUMENTS, "context": empty} | changes
        history.append(person, kept, answer.model_copy(update=update))

    kept = history.create(person)
    ask("Is there a crèche?")
    ask("is there a CRÈCHE?")
    ask("Where is berth 7?")
    ask("What does board earn?", context=make_answer("x", Status.NOT_ASKED).context)
    groups = crowd.app_state.unanswered.find(lambda _: frozenset())
    assert [(group.question, group.times) for group in groups] == [
        ("is there a CRÈCHE?", 2),
        ("Where is berth 7?", 1),
    ]
    text = await look(crowd)
    assert "asked 2 times" in text
    assert "xaver" not in text
    download = await call(crowd.app, "GET", "/admin/questions.jsonl", headers=crowd.cookie("admin"))
    (tmp_path / "asked.jsonl").write_text(download.text, "utf-8")
    questions = read_questions(tmp_path / "asked.jsonl").questions
    assert [question.question for question in questions] == [group.question for group in groups]
    assert (await post(crowd, "/admin/unanswered", question=groups[0].question)).status == 303
    assert "CRÈCHE" not in await look(crowd)
    ask("Is there a crèche?")
    assert "crèche" in await look(crowd)
    history.delete(person, kept)
    assert "crèche" not in await look(crowd), "what its owner deletes is gone here as well"


async def test_feedback_is_dealt_with_and_opened_again(crowd: Crowd) -> None:
    given = crowd.app_state.feedback.give(
        LOCAL, make_answer("Helpful?", Status.NOT_IN_DOCUMENTS), helpful=False, reason="wrong"
    )

    def is_done() -> bool:
        (entry,) = (e for e in crowd.app_state.feedback.find(None) if e.id == given)
        return bool(entry.is_done)

    assert not is_done()
    assert (await post(crowd, "/admin/feedback", id=given, state="done")).status == 303
    assert is_done()
    assert (await post(crowd, "/admin/feedback", id=given, state="open")).status == 303
    assert not is_done()
    assert (await post(crowd, "/admin/feedback", id="nothing", state="done")).status == 422


async def test_whoever_is_forgotten_is_in_no_line_of_the_log(crowd: Crowd) -> None:
    crowd.app_state.accounts.add("gone.soon", role=Role.READER)
    await post(crowd, "/admin/people/disable", name="gone.soon")
    assert "gone.soon" in {line.target for line in crowd.app_state.audit.latest(1000)}
    store: Store = crowd.app_state.history._store
    forget_person(store, "gone.soon")
    assert "gone.soon" not in {line.target for line in crowd.app_state.audit.latest(1000)}


async def test_rules_that_the_index_does_not_know_stand_in_red_with_the_command(
    tmp_path: Path,
) -> None:
    """To somebody who may read every document, since the sentence names folders."""
    from ui.web.app import create_app

    (tmp_path / "files").mkdir()
    (tmp_path / "files/a.md").write_text("# A\n\nA sentence.\n")
    data = tmp_path / "data"
    ingest([tmp_path / "files"], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    settings = Settings.model_validate({"data": data, "web": {"names": [HOST]}} | RULES)
    app = create_app(
        lambda: Assistant.open(data, settings=settings, embedder=HashingEmbedder()),
        settings=settings,
    )
    reply = await call(app, "GET", "/admin")
    assert "The rules are newer than the index." in reply.text
    assert "<code>inhouse ingest</code>" in reply.text
    assert "1 document still has the readers and tags of earlier settings" in reply.text
