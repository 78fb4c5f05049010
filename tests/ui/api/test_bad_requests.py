"""What cannot be answered is refused with OpenAI's error object, and nothing is asked or written."""

from __future__ import annotations

import concurrent.futures
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.ui.api.office import QUESTION, WEEKS, Office, open_office
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Accounts

USER = {"role": "user", "content": QUESTION}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
TURN = [USER, {"role": "assistant", "content": WEEKS}]
CHAT: dict[str, tuple[dict[str, Any], int, str | None, str | None]] = {
    "n": ({"n": 5}, 400, "n", None),
    "model": ({"model": "gpt-4o"}, 404, "model", "model_not_found"),
    "no model": ({"model": None}, 400, "model", None),
    "no messages": ({"messages": []}, 400, "messages", None),
    "no list": ({"messages": "hello"}, 400, "messages", None),
    "no question": ({"messages": TURN}, 400, "messages", None),
    "system alone": ({"messages": [{"role": "system", "content": "x"}]}, 400, "messages", None),
    "empty": ({"messages": [{"role": "user", "content": "  "}]}, 400, None, None),
    "long": ({"messages": [{"role": "user", "content": "word " * 2_000}]}, 400, None, None),
    "500 turns": ({"messages": TURN * 500 + [USER]}, 400, "messages", "context_length_exceeded"),
    "image": (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, IMAGE]}]},
        400,
        "messages[0].content[1]",
        "unsupported_content",
    ),
    "tool message": (
        {"messages": [USER, {"role": "tool", "content": "4", "tool_call_id": "c"}, USER]},
        400,
        "messages[1].role",
        "unsupported_content",
    ),
    "tool call": (
        {"messages": [USER, {"role": "assistant", "tool_calls": [{"id": "c"}]}, USER]},
        400,
        "messages[1].tool_calls",
        "unsupported_content",
    ),
    "JSON": ({"response_format": {"type": "json_object"}}, 400, "response_format", None),
    "audio": ({"modalities": ["text", "audio"]}, 400, "modalities", None),
}
RESPONSES: dict[str, tuple[dict[str, Any], int, str | None, str | None]] = {
    "no input": ({"input": None}, 400, "input", None),
    "stored": ({"previous_response_id": "resp_1"}, 400, "previous_response_id", None),
    "background": ({"background": True}, 400, "background", None),
    "image": (
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
        400,
        "input[0].content[0]",
        "unsupported_content",
    ),
    "tool output": (
        {"input": [{"type": "function_call_output", "call_id": "c", "output": "4"}]},
        400,
        "input[0]",
        "unsupported_content",
    ),
    "JSON": (
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": {}}}},
        400,
        "text.format",
        None,
    ),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office in which everybody may have two answers at once."""
    with open_office(tmp_path_factory.mktemp("small"), answers_at_once=2) as office:
        yield office


def _error(reply: httpx.Response) -> dict[str, Any]:
    """The error of a reply, which has all that OpenAI's have and nothing else."""
    body = reply.json()
    assert set(body) == {"error"}, body
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["message"].endswith((".", "LABEL"))
    assert "Traceback" not in reply.text
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", CHAT)
def test_a_chat_that_cannot_be_answered(office: Office, name: str, stream: bool) -> None:
    change, status, param, code = CHAT[name]
    office.model.requests.clear()
    body = {"model": "default", "messages": [USER], "stream": stream} | change
    with office.http() as client:
        reply = client.post("/chat/completions", json=body)
    assert reply.status_code == status, reply.text
    error = _error(reply)
    assert (error["param"], error["code"]) == (param, code)
    assert error["type"] == "invalid_request_error"
    assert not office.model.requests


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_that_cannot_be_made(office: Office, name: str) -> None:
    change, status, param, code = RESPONSES[name]
    with office.http() as client:
        reply = client.post("/responses", json={"model": "default", "input": QUESTION} | change)
    assert reply.status_code == status, reply.text
    error = _error(reply)
    assert (error["param"], error["code"]) == (param, code)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"model": 1, "messages": {}}']
)
@pytest.mark.parametrize("address", ["/chat/completions", "/responses", "/search"])
def test_garbage(office: Office, address: str, body: bytes) -> None:
    with office.http(**{"content-type": "application/json"}) as client:
        reply = client.post(address, content=body)
    assert reply.status_code == 400, reply.text
    _error(reply)


def test_a_body_of_ten_megabytes(office: Office) -> None:
    """OpenAI's own client gets the reason, and the server reads none of it."""
    client = office.client()
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": "x" * 10_000_000}]
        )
    assert refused.value.status_code == 413
    assert refused.value.code == "request_too_large"


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/nothing"),
        ("DELETE", "/models/default"),
        ("POST", "/models"),
        ("POST", "/embeddings"),
    ],
)
def test_what_is_not_there(office: Office, method: str, address: str) -> None:
    with office.http() as client:
        reply = client.request(method, address)
    assert reply.status_code == 404
    assert _error(reply)["code"] == "not_found"


def test_tokens_that_are_none(office: Office) -> None:
    """Wrong, expired, revoked, of somebody disabled, or missing: the same words for all."""
    accounts, tokens = Accounts(office.store), AccessTokens(office.store)
    accounts.add("carl", role=accounts.every()[0].role)
    revoked = tokens.create("carl", "revoked")
    tokens.revoke("carl", "revoked")
    long_ago = AccessTokens(office.store, now=lambda: time.time() - 86_401)
    expired = long_ago.create("carl", "expired", days=1)
    disabled = tokens.create("carl", "disabled")
    accounts.change("carl", disabled=True)
    errors = []
    for token in ("inhouse_wrong", revoked, expired, disabled, "sk-none", ""):
        with office.http(authorization=f"Bearer {token}".strip()) as client:
            for reply in (
                client.get("/models"),
                client.post("/chat/completions", json={"model": "default", "messages": [USER]}),
            ):
                assert reply.status_code == 401
                assert reply.headers["www-authenticate"] == "Bearer"
                errors.append(_error(reply))
    assert all(error == errors[0] for error in errors)
    assert errors[0]["code"] == "invalid_api_key"
    accounts.remove("carl")


def test_fifty_streams_of_one_person(small: Office) -> None:
    """As many as one may have are answered; the rest are told to come back; another person is answered."""
    small.model.behaviour = "endless"
    body = {"model": "default", "messages": [USER], "stream": True}
    limits = httpx.Limits(max_connections=60)
    headers = {"authorization": f"Bearer {small.tokens['anna']}"}
    with httpx.Client(
        base_url=f"{small.url}/v1", headers=headers, limits=limits, timeout=30
    ) as client:

        def ask(_: int) -> httpx.Response:
            request = client.build_request("POST", "/chat/completions", json=body)
            return client.send(request, stream=True)

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            replies = list(pool.map(ask, range(50)))
        statuses = sorted(reply.status_code for reply in replies)
        assert statuses == [200] * 2 + [429] * 48
        for reply in replies:
            if reply.status_code == 429:
                assert int(reply.headers["retry-after"]) >= 1
                error = json.loads(reply.read())["error"]
                assert error["code"] == "rate_limit_exceeded"
        small.model.behaviour = "answer"
        whole = {"model": "default", "messages": [USER]}
        with small.http("bert") as other:
            assert other.post("/chat/completions", json=whole).status_code == 200
        for reply in replies:
            reply.close()
    assert _comes(lambda: not small.app.state.app_state.places.under_way)


@pytest.mark.parametrize("stream", [False, True])
def test_who_goes_away_stops_the_model(small: Office, stream: bool) -> None:
    """A stream and a whole answer alike: the model server is let go of, and the place is free."""
    small.model.behaviour = "endless"
    small.model.left.clear()
    body = {"model": "default", "messages": [USER], "stream": stream}
    with small.http() as client:
        if stream:
            with client.stream("POST", "/chat/completions", json=body) as reply:
                lines = reply.iter_lines()  # to let go of it ends the stream
                next(lines)
                assert _comes(lambda: small.model.under_way == 1)
        else:
            with pytest.raises(httpx.ReadTimeout):
                client.post("/chat/completions", json=body, timeout=1)
    assert small.model.left.wait(10)
    assert _comes(lambda: not small.app.state.app_state.places.under_way)


def test_a_token_that_is_revoked_ends_what_it_asked_for(small: Office) -> None:
    """Within a second or two, in the stream's own error."""
    small.model.behaviour = "endless"
    small.model.left.clear()
    tokens = AccessTokens(small.store)
    token = tokens.create("bert", "short")
    body = {"model": "default", "messages": [USER], "stream": True}
    with (
        small.http(authorization=f"Bearer {token}") as client,
        client.stream("POST", "/chat/completions", json=body) as reply,
    ):
        lines = reply.iter_lines()
        next(lines)
        tokens.revoke("bert", "short")
        rest = list(lines)
    errors = [line for line in rest if '"error"' in line]
    assert json.loads(errors[0].removeprefix("data: "))["error"]["code"] == "forbidden"
    assert small.model.left.wait(10)


def test_nothing_is_written(small: Office, tmp_path: Path) -> None:
    """Questions of programs are not kept: a chat program has its own history."""
    small.says(WEEKS)
    before = {path.name for path in small.settings.data.iterdir()}
    small.client().chat.completions.create(
        model="default", messages=[{"role": "user", "content": QUESTION}]
    )
    assert {path.name for path in small.settings.data.iterdir()} == before
    with small.store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (0,)


def _comes(is_so: Any) -> bool:
    """Whether it comes about, soon."""
    for _ in range(500):
        if is_so():
            return True
        time.sleep(0.02)
    return False
