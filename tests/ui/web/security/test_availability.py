"""One person, or a stranger, does not keep the others from the page."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.ui.asgi import call
from tests.ui.crowd import PASSWORD, Crowd, gather
from tests.ui.stand_in import StandIn
from ui.errors import TooManyError
from ui.web import slow_clients
from ui.web.identity import Role
from ui.web.security.client_address import ClientOrigin, Proxies
from ui.web.security.guard import MAX_HEAD
from ui.web.security.work_pool import WorkPool
from ui.web.server import _server, listen, reload_certificate, serve
from ui.web.slow_clients import MOST_SILENT
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import Store
from ui.web.userdata.sessions import Sessions


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return gather(tmp_path_factory.mktemp("people"), StandIn)


async def test_headers_that_are_too_long_are_refused(crowd: Crowd) -> None:
    reply = await call(crowd.app, "GET", "/healthz", headers={"x-padding": "x" * MAX_HEAD})
    assert reply.status == 431
    assert (await call(crowd.app, "GET", "/healthz", headers={"x-padding": "x"})).status == 200


async def test_what_a_stranger_is_refused_is_counted(tmp_path: Path) -> None:
    """By the address, whatever is asked for; who has signed in goes on."""
    page = gather(tmp_path, StandIn, requests_per_minute=10)
    strangers = [
        (await call(page.app, "GET", "/state", client="203.0.113.9")).status for _ in range(15)
    ]
    assert strangers == [401] * 10 + [429] * 5
    signed_in = await call(
        page.app, "GET", "/state", headers=page.cookie("reader"), client="203.0.113.9"
    )
    assert signed_in.status == 200


async def test_a_pool_has_places_for_others_and_an_end(crowd: Crowd) -> None:
    """Of `each` calls one key has under way another is refused; so is everybody when the line is full."""
    pool, go_on = WorkPool("test", 1, waiting=3, per_person=2), threading.Event()
    first_calls = [asyncio.ensure_future(pool.run("me", go_on.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyError):
        await pool.run("me", go_on.wait)
    others = [asyncio.ensure_future(pool.run(f"{n}", go_on.wait)) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyError):
        await pool.run("late", go_on.wait)
    go_on.set()
    assert await asyncio.gather(*first_calls, *others) == [True] * 4
    assert await pool.run("late", go_on.wait)


@pytest.mark.parametrize(
    ("written", "group"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("203.0.113.5:50123", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("garbage", "garbage"),
    ],
)
def test_limits_count_subscribers_and_not_ports_or_addresses_of_one_network(
    written: str, group: str
) -> None:
    proxies = Proxies(["192.0.2.1"])
    scope = {"client": ("192.0.2.1", 1), "scheme": "http"}
    assert proxies.origin(scope, {"x-forwarded-for": [written]}).group == group


def test_others_tries_do_not_keep_somebody_out_where_they_came_in_before(crowd: Crowd) -> None:
    """A name whose tries are used up from many addresses still signs in from its own."""
    admission = crowd.app_state.admission
    from ui.web.userdata.accounts import Accounts

    Accounts(crowd.app_state.history._store).change("reader", password=PASSWORD)
    home = ClientOrigin("203.0.113.77", is_https=True, via_proxy=False)
    assert admission.sign_in("reader", PASSWORD, home)
    with contextlib.suppress(TooManyError):
        for number in range(60):
            admission._by_name.take("reader")
            del number
    stranger = ClientOrigin("203.0.113.78", is_https=True, via_proxy=False)
    with pytest.raises(TooManyError):
        admission.sign_in("reader", PASSWORD, stranger)
    assert admission.sign_in("reader", PASSWORD, home)


@pytest.fixture
def servers() -> list[uvicorn.Server]:
    """Those that a test has started."""
    return []


@pytest.fixture
def served(
    crowd: Crowd, servers: list[uvicorn.Server], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, int]]:
    """The page on a port of loopback, by the server that `inhouse web` uses."""
    original = uvicorn.Server.__init__

    def remember(self: uvicorn.Server, config: uvicorn.Config) -> None:
        original(self, config)
        servers.append(self)

    monkeypatch.setattr(uvicorn.Server, "__init__", remember)
    monkeypatch.setattr(uvicorn.Server, "install_signal_handlers", lambda _: None, raising=False)
    sock = listen("127.0.0.1", 0)
    address = sock.getsockname()
    thread = threading.Thread(target=serve, args=(crowd.app, sock), daemon=True)
    thread.start()
    while not (servers and servers[0].started):
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.05)
    yield address
    servers[0].should_exit = True
    thread.join()


def test_silent_connections_take_nobody_s_place(served: tuple[str, int]) -> None:
    """More of them than the server keeps: the oldest are let go of, and the page answers all the while."""
    silent: list[socket.socket] = []
    try:
        silent.extend(socket.create_connection(served) for _ in range(MOST_SILENT + 50))
        answer = httpx.get(f"http://127.0.0.1:{served[1]}/healthz", trust_env=False)
        assert answer.status_code == 200
        silent[0].settimeout(30)
        with contextlib.suppress(ConnectionResetError):
            assert silent[0].recv(1) == b""
        silent[-1].sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        assert silent[-1].recv(15) == b"HTTP/1.1 200 OK"
    finally:
        for connection in silent:
            connection.close()


def test_a_head_without_end_is_not_kept(served: tuple[str, int]) -> None:
    """Of a header of megabytes no more is read than a head may have."""
    with socket.create_connection(served) as connection:
        connection.settimeout(30)
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-padding: ")
            for _ in range(50):
                connection.sendall(b"x" * 100_000)
        with contextlib.suppress(ConnectionError):
            assert connection.recv(100).startswith((b"HTTP/1.1 4", b""))


_POST = (
    b"POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\norigin: http://127.0.0.1\r\n"
    b"content-length: 900\r\n\r\n"
)


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server has closed it, after whatever it still sends."""
    connection.settimeout(30)
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(65_536):
            pass
    return True


@pytest.mark.parametrize(
    "begun",
    [
        _POST + b"name=reader&pass",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\nGET /healthz HTTP/1.1\r\nhost: 127.",
    ],
)
def test_a_request_that_does_not_come_to_its_end_takes_nobody_s_place(
    served: tuple[str, int], begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that stops, and the head of a second request on one connection."""
    monkeypatch.setattr(slow_clients, "_HEAD_S", 0.5)
    monkeypatch.setattr(slow_clients, "_LOOK_S", 0.5)
    with socket.create_connection(served) as connection:
        connection.sendall(begun)
        assert is_closed(connection)


def test_an_answer_that_nobody_reads_takes_nobody_s_place(
    served: tuple[str, int], servers: list[uvicorn.Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the page are for strangers too, and larger than what a system keeps for a connection."""
    import gradio

    monkeypatch.setattr(slow_clients, "_LOOK_S", 0.5)
    assets = Path(gradio.__file__).parent / "templates/frontend/assets"
    largest = max(assets.iterdir(), key=lambda file: file.stat().st_size)
    connections = servers[0].server_state.connections
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.connect(served)
        connection.sendall(
            f"GET /assets/{largest.name} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()
        )
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        for _ in range(600):
            if not connections:
                break
            threading.Event().wait(0.05)
        assert not connections
    # Whoever reads gets all of it.
    address = f"http://127.0.0.1:{served[1]}/assets/{largest.name}"
    assert len(httpx.get(address, trust_env=False, timeout=60).content) == largest.stat().st_size


def test_who_leaves_in_the_middle_of_a_request_is_no_fault(
    served: tuple[str, int], servers: list[uvicorn.Server], caplog: pytest.LogCaptureFixture
) -> None:
    """A stranger could fill the log's disk."""
    with socket.create_connection(served) as connection:
        connection.sendall(_POST + b"name=reader&pass")
    for _ in range(600):
        if not servers[0].server_state.tasks:
            break
        threading.Event().wait(0.05)
    httpx.get(f"http://127.0.0.1:{served[1]}/healthz", trust_env=False)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_an_answer_that_is_being_written_comes_to_its_end_when_the_page_is_stopped() -> None:
    """Nobody new is let in meanwhile; without an answer under way, or when the time is over, it stops."""
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        begun.set()
        await may_end.wait()
        await send({"type": "http.response.body", "body": b" and ended"})

    sock = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{sock.getsockname()[1]}"
    config = uvicorn.Config(app, lifespan="off", timeout_graceful_shutdown=0, log_level="critical")
    server = _server(config, lambda: int(not may_end.is_set()), 60.0)
    serving = asyncio.ensure_future(server.serve(sockets=[sock]))
    async with httpx.AsyncClient(timeout=30) as client:
        answer = asyncio.ensure_future(client.get(address))
        await begun.wait()
        server.should_exit = True
        while sock.fileno() != -1:  # nobody new is let in
            await asyncio.sleep(0.01)
        may_end.set()
        assert (await answer).text == "begun and ended"
    await serving


def test_a_new_certificate_is_read_without_a_pause(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """New connections get it, an open one goes on; a broken one is said, and the one before stays."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def write(name: str) -> None:
        private = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=1))
            .sign(private, hashes.SHA256())
        )
        certificate.write_bytes(made.public_bytes(Encoding.PEM))
        key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def presented(port: int) -> str:
        pem = ssl.get_server_certificate(("127.0.0.1", port))
        subject = x509.load_pem_x509_certificate(pem.encode()).subject
        return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    write("first")
    config = uvicorn.Config(
        app, log_level="warning", lifespan="off", loop="asyncio",
        ssl_certfile=certificate, ssl_keyfile=key, timeout_graceful_shutdown=1,
    )  # fmt: skip
    sock = listen("127.0.0.1", 0)
    server, port = _server(config, lambda: 0, 0.0), sock.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    trusting = ssl.create_default_context(cafile=str(certificate))
    trusting.check_hostname = False
    with httpx.Client(verify=trusting) as client:
        assert client.get(f"https://127.0.0.1:{port}/").text == "ok"
        assert presented(port) == "first"
        write("second")
        reload_certificate(config)
        assert presented(port) == "second"
        key.write_text("no key")
        reload_certificate(config)
        assert presented(port) == "second"
        assert "the one before stays" in caplog.text
        assert client.get(f"https://127.0.0.1:{port}/").text == "ok"
    server.should_exit = True
    thread.join(10)


def test_who_is_looked_up_waits_for_no_write(tmp_path: Path) -> None:
    """Neither of another thread nor its own: a disk may take a second, and the loop serves everybody."""
    path, now = tmp_path / "people.db", 1_000.0
    store, door = Store(path), Store(path)
    account = Accounts(store).add("anna", role=Role.READER)
    sessions = Sessions(door, idle_s=600, longest_s=6_000, now=lambda: now, writing=store)
    tokens = AccessTokens(door, now=lambda: now, writing=store)
    session, token = sessions.begin(account), AccessTokens(store).create("anna", "test")
    now += 100
    with store.writing():
        assert sessions.person(session, is_click=True) == account.person
        assert tokens.owner(token) is not None
    for later in (sessions._later, tokens._later):
        later._executor.shutdown()
    with store.reading() as connection:
        seen = connection.execute("SELECT seen_at FROM sessions").fetchall()
        used = connection.execute("SELECT used_at FROM access_tokens").fetchall()
    assert (seen, used) == ([(now,)], [(now,)])
