"""A document that somebody may not read never shows, counts or hints, on any route or event."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ingest import ingest
from rag import Assistant
from rag.settings import AccessRule, AccessSettings, Settings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer
from tests.ui.asgi import Reply, call
from tests.ui.crowd import Crowd, gather
from tests.ui.web.security.test_allowed_routes import ROWS
from ui.messages.page import ENGLISH
from ui.web.chat.conversation import SHARED, Conversation
from ui.web.chat.redaction import export_conversations
from ui.web.identity import Person

CANARY = "zanzibarium"
"""In the secret documents' text, titles, headings, file names and folders, and nowhere else."""
SECRET, OTHER_SECRET = f"{CANARY}-hr/{CANARY}.md", f"{CANARY}-hr/{CANARY}-table.csv"
DOCUMENTS = {
    "handbook/leave.md": "# Leave\n\nParental leave is 16 weeks. Ask your lead eight weeks before.\n",
    "handbook/travel.md": "# Travel\n\nTrains are booked in second class. Flights need approval.\n",
    SECRET: f"# Project {CANARY}\n\nParental leave at {CANARY} is 99 weeks. Salaries there double.\n",
    OTHER_SECRET: f"{CANARY},weeks\nleave,98\n",
    "it/keys.md": "# Keys\n\nThe keys of the server room hang in the lobby.\n",
}
QUESTION = f"How long is parental leave at {CANARY}?"
MAY_NOT = ("other reader", "editor", "admin")


@dataclass(frozen=True)
class CanaryPage:
    """A page over a real index in which the secret is for group:hr alone."""

    crowd: Crowd
    secret: Path
    name: str
    model: ModelServer
    url: str

    def person(self, who: str) -> Person:
        return self.crowd.accounts[who].person


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CanaryPage]:
    import uvicorn

    from ui.web.server import listen

    folder, data = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("data")
    for name, text in DOCUMENTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    rules = (
        AccessRule(glob="**/handbook/", readers=("*",)),
        AccessRule(glob=f"**/{CANARY}-hr/", readers=("group:hr",)),
        AccessRule(glob="**/it/", readers=("group:it",)),
    )
    settings = Settings(access=AccessSettings(rules=rules))
    report = ingest([folder], data_dir=data, settings=settings, embedder=HashingEmbedder())
    assert (report.added, report.failed) == (len(DOCUMENTS), ())
    with ModelServer() as model:
        llm = settings.llm.model_copy(update={"url": model.url, "model": model.name})
        asking = settings.model_copy(update={"llm": llm})

        def open_assistant() -> Assistant:
            return Assistant.open(data, settings=asking, embedder=HashingEmbedder())

        sock = listen("127.0.0.1", 0)
        crowd = gather(data, open_assistant, originals=True, inbox=folder / "inbox", api=True)
        server = uvicorn.Server(
            uvicorn.Config(crowd.app, log_level="warning", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        secret = (folder / SECRET).resolve()
        name = open_assistant().reading().name(str(secret))
        yield CanaryPage(crowd, secret, name, model, f"http://127.0.0.1:{sock.getsockname()[1]}")
        server.should_exit = True
        thread.join(10)


def _addresses(world: CanaryPage, name: str) -> list[str]:
    """Every GET route, at the secret document and at what mentions it."""
    addresses, secret = [], world.secret
    queries = [
        f"q={quote(QUESTION)}",
        f"q={CANARY}&folder={quote(str(secret.parent))}",
        f"name={CANARY}",
        f"folder={CANARY}-hr&order=state&down=1",
        "state=indexed",
        f"type=text/csv&tag={CANARY}",
        "page=99&start=0&end=40&text=1",
        "show=reader",
        f"against={name}",
        f"c={CANARY}&back=/documents/{name}&next=/documents/{name}",
    ]
    for row in ROWS:
        method, path = row.split(" ")
        if method != "GET" or path.startswith(("/gradio_api", "/page", "/assets", "/language")):
            continue
        path = path.replace("{page}", "1").replace("{position}", "1-2-")
        for address in {
            path.replace("{name}", name).replace("{document_id}", name),
            path.replace("{name}", quote(str(secret), safe="")),
        }:
            addresses += [address, *(f"{address}?{query}" for query in queries)]
    return addresses


async def _get(world: CanaryPage, who: str, address: str) -> Reply:
    headers = world.crowd.headers(who, address)
    return await call(world.crowd.app, "GET", address, headers=headers, whole=True)


async def test_the_canary_sings_for_who_may_read_it(world: CanaryPage) -> None:
    """Else none of the tests below says anything."""
    assert (await _get(world, "reader", f"/sources/{world.name}")).text.count(CANARY) > 1
    assert (await _get(world, "reader", f"/search?q={quote(QUESTION)}")).text.count("99 weeks")
    assert (await _get(world, "reader", "/documents")).text.count(CANARY)
    assert CANARY in (await _get(world, "reader", f"/sources/{world.name}/original")).text


@pytest.mark.parametrize("who", MAY_NOT)
async def test_no_route_shows_it(world: CanaryPage, who: str) -> None:
    """What was asked for comes back as it was asked, and nothing else that has the canary in it."""
    for address in _addresses(world, world.name):
        reply = await _get(world, who, address)
        assert "99 weeks" not in reply.text, address
        assert "leave,98" not in reply.text, address
        typed = address.partition("?")[2] or address
        text = reply.text.replace(QUESTION, "").casefold()  # their own, in their history
        if CANARY not in typed.casefold():
            assert CANARY not in text, address
        assert f"project {CANARY}" not in text, address
        assert f"{CANARY}-table" not in text, address


@pytest.mark.parametrize("who", MAY_NOT)
async def test_no_route_tells_it_from_what_does_not_exist(world: CanaryPage, who: str) -> None:
    """The answer at the secret document's name is the answer at a made-up one, byte for byte."""
    made_up = "A" * len(world.name)
    for row in ROWS:
        method, path = row.split(" ")
        path = path.replace("{document_id}", "{name}")
        if method == "GET" and path.startswith(
            ("/sources/{name}", "/documents/{name}", "/v1/documents/{name}")
        ):
            path = path.replace("{page}", "1")
            real = await _get(world, who, path.replace("{name}", world.name))
            other = await _get(world, who, path.replace("{name}", made_up))
            assert real.status == other.status == 404, path
            assert real.text.replace(world.name, made_up) == other.text


@pytest.mark.parametrize(
    ("who", "documents"), [("reader", 4), ("other reader", 3), ("editor", 2), ("admin", 2)]
)
async def test_every_count_is_of_what_one_may_read(
    world: CanaryPage, who: str, documents: int
) -> None:
    state = json.loads((await _get(world, who, "/state")).text)
    assert state["index"]["text"] == f"{documents} documents"
    passages = state["index"]["more"]  # only those who run the server are told
    assert passages == "" or passages.startswith(f"{documents} passages")


def _ask(world: CanaryPage, who: str, question: str) -> str:
    """Everything that comes back over the queue for a question, as the page gets it."""
    cookie = world.crowd.cookie(who)["cookie"].replace("__Host-inhouse", "inhouse")
    tab = f"tab{who}{time.monotonic_ns()}".replace(" ", "")
    config = httpx.Client(
        base_url=world.url, headers={"cookie": cookie, "origin": world.url}, timeout=30
    )
    with config as client:
        events = client.get("/config").raise_for_status().json()["dependencies"]
        event = max(events, key=lambda each: len(each["inputs"]))  # that which asks
        joined = client.post(
            "/gradio_api/queue/join",
            json={
                "fn_index": event["id"],
                "session_hash": tab,
                "data": [question, *[None] * (len(event["inputs"]) - 1)],
            },
        )
        assert joined.status_code == 200, joined.text
        heard = ""
        with client.stream("GET", f"/gradio_api/queue/data?session_hash={tab}") as stream:
            for line in stream.iter_lines():
                heard += f"{line}\n"
                if "process_completed" in line:
                    break
    assert '"success":true' in heard, heard[-2_000:]
    return heard


def test_an_answer_rests_on_what_one_may_read(world: CanaryPage) -> None:
    """Somebody who may asks first; then the same question finds, and tells the model, nothing of it."""
    assert "99 weeks" in _ask(world, "reader", QUESTION)
    assert any("99 weeks" in json.dumps(request) for request in world.model.requests)
    for who in MAY_NOT:
        world.model.requests.clear()
        heard = _ask(world, who, QUESTION).replace(QUESTION, "").casefold()
        assert CANARY not in heard
        sent = json.dumps(world.model.requests).replace(QUESTION, "")
        assert CANARY not in sent
        assert world.model.requests, "the model was asked, of what is left"


async def test_a_comparison_rests_on_what_one_may_read(world: CanaryPage) -> None:
    """Neither pane, nor what the model is told for either, has it."""

    async def compared(who: str) -> str:
        cookie = world.crowd.cookie(who)
        body = QUESTION.encode()
        reply = await call(
            world.crowd.app, "POST", "/compare", headers=cookie, body=body, whole=True
        )
        assert reply.status == 200, reply.text
        return reply.text

    assert "99 weeks" in await compared("reader")
    for who in MAY_NOT:
        world.model.requests.clear()
        assert CANARY not in (await compared(who)).replace(QUESTION, "").casefold()
        assert CANARY not in json.dumps(world.model.requests).replace(QUESTION, "")
        assert len(world.model.requests) == 2, "the model was asked twice, of what is left"


PROGRAMS = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}]},
    "/v1/responses": {"input": QUESTION},
    "/v1/search": {"query": QUESTION, "k": 50},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("address", PROGRAMS)
async def test_a_program_s_answer_rests_on_what_its_person_may_read(
    world: CanaryPage, address: str, stream: bool
) -> None:
    """In no field, event or header, and the model is told nothing of it."""

    async def ask(who: str) -> Reply:
        body = json.dumps(PROGRAMS[address] | {"model": "default", "stream": stream}).encode()
        headers = world.crowd.headers(who, address) | {"x-openwebui-user-name": "anna"}
        app = world.crowd.app
        return await call(app, "POST", address, headers=headers, body=body, whole=True)

    assert "99 weeks" in (await ask("reader")).text
    for who in MAY_NOT:
        world.model.requests.clear()
        reply = await ask(who)
        assert reply.status == 200, reply.text
        assert CANARY not in reply.text.replace(QUESTION, "").casefold()
        assert CANARY not in json.dumps(reply.headers)
        assert CANARY not in json.dumps(world.model.requests).replace(QUESTION, "")


@pytest.mark.parametrize("who", ["editor", "admin"])
@pytest.mark.parametrize("act", ["ingest", "withdraw"])
async def test_an_editor_can_do_nothing_with_what_they_may_not_read(
    world: CanaryPage, who: str, act: str
) -> None:
    """Nor tell it from what does not exist."""
    replies = []
    for name in (world.name, "A" * len(world.name)):
        address, cookie = f"/documents/{name}/{act}", world.crowd.cookie(who)
        reply = await call(world.crowd.app, "POST", address, headers=cookie, whole=True)
        replies.append((reply.status, reply.text))
    assert replies[0] == replies[1]
    assert replies[0][0] == 404
    assert world.secret.exists()
    assert world.crowd.app_state.ingesting.run.state == "none"


async def test_a_conversation_of_somebody_else_does_not_even_tell_its_profile(
    world: CanaryPage,
) -> None:
    conversation = world.crowd.app_state.history.create(
        world.person("reader"), profile=f"{CANARY}-profile"
    )
    for who in MAY_NOT:
        assert CANARY not in (await _get(world, who, f"/?c={conversation}")).text


async def test_the_numbers_are_no_reader_s(world: CanaryPage) -> None:
    """They count every document; Prometheus and admins get them, and they name nothing."""
    for who in ("reader", "other reader", "editor"):
        assert (await _get(world, who, "/metrics")).status == 403
    reply = await _get(world, "admin", "/metrics")
    assert "inhouse_web_documents 5.0" in reply.text
    assert "inhouse_web_first_evidence_seconds_count" in reply.text
    assert CANARY not in reply.text


def test_another_s_history_and_feedback_show_nothing_of_it(world: CanaryPage) -> None:
    app_state, hr = world.crowd.app_state, world.person("reader")
    events = list(app_state.service.assistant_for(hr).stream(QUESTION))
    answer, conversation = events[-1].answer, app_state.history.create(hr)
    assert CANARY in answer.model_dump_json()
    app_state.history.append(hr, conversation, answer)
    app_state.feedback.give(
        hr, answer, helpful=True, note=f"{CANARY}!", conversation=conversation, turn=1
    )
    for who in MAY_NOT:
        person = world.person(who)
        # Their own questions may hold the word; nothing that was answered to somebody else does.
        assert conversation not in {
            listed.id for listed in app_state.history.find(person, search=CANARY)
        }
        kept = export_conversations(app_state.history, app_state.service, person, ENGLISH)[
            "conversations"
        ]
        assert CANARY not in json.dumps(kept).replace(QUESTION, "")
        assert app_state.feedback.of(person, conversation) == {}
        assert (
            app_state.feedback.find(lambda uris, p=person: app_state.service.readable(p, uris))
            == []
        )
    (kept,) = app_state.feedback.find(lambda uris: app_state.service.readable(hr, uris))
    assert kept.note == f"{CANARY}!"


def test_what_is_readable_is_said_of_what_one_may_read_alone(world: CanaryPage) -> None:
    uris = [
        str(world.secret),
        str(world.secret.parent.parent / "handbook" / "leave.md"),
        "/nothing",
    ]
    service = world.crowd.app_state.service
    assert service.readable(world.person("reader"), uris) == set(map(_real, uris[:2]))
    for who in MAY_NOT:
        assert service.readable(world.person(who), uris) == {_real(uris[1])}


def _real(uri: Any) -> str:
    return str(Path(uri).resolve())


async def test_the_inbox_shows_others_uploads_to_who_may_read_them(world: CanaryPage) -> None:
    async def pieces() -> Any:
        yield b"words"

    app_state = world.crowd.app_state
    await app_state.inbox.receive(world.person("admin"), "nightjar.md", pieces())
    reply = await _get(world, "editor", "/inbox")
    assert "nightjar" not in reply.text
    assert "nightjar" in (await _get(world, "admin", "/inbox")).text


async def test_a_shared_conversation_shows_each_colleague_what_they_may_read(
    world: CanaryPage,
) -> None:
    """Its owner's quotes, names and sentences of the secret are in no part of it for others."""
    app_state, owner = world.crowd.app_state, world.person("reader")
    answer = app_state.service.assistant_for(owner).ask(
        "How long is parental leave, and who gets 99 weeks?"
    )
    assert CANARY in answer.model_dump_json()
    kept = app_state.history.create(owner, "Leave")
    app_state.history.append(owner, kept, answer)
    name = SHARED + app_state.links.create(owner, kept)

    def opened(person: Person) -> str:
        screen = Conversation().open(
            name, app_state.service, person, app_state.history, app_state.feedback, app_state.links
        )
        return f"{screen.now}{screen.now_evidence}{screen.earlier}{screen.earlier_evidence}{screen.note}"

    assert CANARY in opened(owner)
    for who in MAY_NOT:
        text = opened(world.person(who))
        assert "How long is parental leave" in text
        assert CANARY not in text, who
        for path in (f"/conversations/{kept}.docx", f"/conversations/{kept}/1.docx", f"/?c={kept}"):
            reply = await call(world.crowd.app, "GET", path, headers=world.crowd.cookie(who))
            assert CANARY not in reply.text, (who, path)
            assert reply.status == (200 if "?" in path else 404)
