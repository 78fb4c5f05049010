"""A service asks for somebody else only with a signed JWT that names them."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pydantic import ValidationError

from rag.settings import ApiSettings, WebSettings
from ui.web.identity import Person, Role
from ui.web.security.authentication import Authentication
from ui.web.security.delegation import DelegatedNames
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import Store
from ui.web.userdata.sessions import Sessions

SECRET = "a secret of the chat program, 32 characters and more"
HEADER = "x-openwebui-user-jwt"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def store() -> Store:
    store = Store()
    accounts = Accounts(store)
    accounts.add("anna@example.org", role=Role.READER, readers=("group:hr",))
    accounts.add("bert@example.org", role=Role.ADMIN, readers=None)
    accounts.add("open-webui", role=Role.READER)
    return store


class ServiceAccess:
    """Whoever comes in with the token of a service, as it is set up."""

    def __init__(self, store: Store, **api: Any) -> None:
        tokens = AccessTokens(store)
        self.service = tokens.create("open-webui", "connection", for_others=True)
        self.own = tokens.create("bert@example.org", "laptop")
        self._authentication = Authentication(
            WebSettings(sign_in="accounts"),
            Accounts(store),
            Sessions(store, idle_s=60, longest_s=60),
            tokens,
            DelegatedNames(ApiSettings(**api)),
        )

    def person(self, *jwts: str, token: str = "", **headers: str) -> Person | None:
        sent = {"authorization": [f"Bearer {token or self.service}"], HEADER: list(jwts)}
        return self._authentication.by_token(
            sent | {name.replace("_", "-"): [value] for name, value in headers.items()}
        )


def _signed(key: Any = SECRET, algorithm: str = "HS256", kid: str = "", **changes: Any) -> str:
    """A JWT as Open WebUI makes it, for anna."""
    now = int(time.time())
    claims = {
        "sub": "5f1c",
        "email": "anna@example.org",
        "name": "Anna",
        "role": "user",
        "iss": "open-webui",
        "iat": now,
        "exp": now + 300,
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def test_it_is_the_person_whom_the_jwt_names(store: Store) -> None:
    """With their rights, whatever role the chat program gives them."""
    person = ServiceAccess(store, jwt_secret=SECRET, jwt_issuer="open-webui").person(
        _signed(role="admin")
    )
    assert person is not None
    assert (person.name, person.role) == ("anna@example.org", Role.READER)
    assert person.readers == {"*", "group:hr"}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        _signed(key="another secret, which has 32 characters too"),
        _signed(exp=int(time.time()) - 60),
        _signed(exp=None),
        _signed(iss="somebody-else"),
        _signed(iss=None),
        _signed(email="nobody@example.org"),
        _signed(email=None),
        _signed(email=["anna@example.org"]),
        _signed(nbf=int(time.time()) + 600),
        _signed(key="", algorithm="none"),
        _signed(key=KEY, algorithm="RS256"),
        _signed(padding="x" * 9_000),
    ],
    ids=[
        "empty", "nonsense", "other secret", "expired", "for ever", "other issuer", "no issuer",
        "no account", "no name", "a list", "not yet", "unsigned", "other kind of key", "long",
    ],
)  # fmt: skip
def test_a_jwt_that_proves_nothing_is_refused(
    store: Store, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever runs the server finds out why; whoever asks does not."""
    programs = ServiceAccess(store, jwt_secret=SECRET, jwt_issuer="open-webui")
    with caplog.at_level(logging.WARNING):
        assert programs.person(token) is None
    assert caplog.records


def test_a_service_by_itself_is_nobody(store: Store) -> None:
    """Nor does a plain header name anybody, nor do two JWTs."""
    programs = ServiceAccess(store, jwt_secret=SECRET)
    assert programs.person() is None
    assert programs.person(x_openwebui_user_email="anna@example.org", x_remote_user="anna") is None
    assert programs.person(_signed(), _signed(email="bert@example.org")) is None
    assert ServiceAccess(_with_service()).person(_signed()) is None, "no secret is set"


def _with_service() -> Store:
    store = Store()
    Accounts(store).add("open-webui", role=Role.READER)
    Accounts(store).add("bert@example.org", role=Role.READER)
    return store


def test_a_person_s_own_token_is_theirs_alone(store: Store) -> None:
    """A JWT beside it changes nothing."""
    programs = ServiceAccess(store, jwt_secret=SECRET)
    person = programs.person(_signed(), token=programs.own)
    assert person is not None
    assert person.name == "bert@example.org"


def test_a_disabled_person_is_refused(store: Store) -> None:
    programs = ServiceAccess(store, jwt_secret=SECRET)
    assert programs.person(_signed()) is not None
    Accounts(store).change("anna@example.org", disabled=True)
    assert programs.person(_signed()) is None


def _jwks(**keys: rsa.RSAPrivateKey) -> str:
    return json.dumps(
        {
            "keys": [
                RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "alg": "RS256"}
                for kid, key in keys.items()
            ]
        }
    )


def test_public_keys_from_a_file(store: Store, tmp_path: Path) -> None:
    """A key that is not in it, and a secret that is made of a public key, sign nothing."""
    (tmp_path / "keys.json").write_text(_jwks(one=KEY))
    programs = ServiceAccess(store, jwt_keys=str(tmp_path / "keys.json"), jwt_audience="inhouse")
    assert programs.person(_signed(KEY, "RS256", "one", aud="inhouse")) is not None
    assert programs.person(_signed(KEY, "RS256", "one", aud="another")) is None
    assert programs.person(_signed(KEY, "RS256", "one")) is None
    assert programs.person(_signed(OTHER_KEY, "RS256", "one", aud="inhouse")) is None
    assert programs.person(_signed(KEY, "RS256", "two", aud="inhouse")) is None
    public = str(KEY.public_key().public_numbers().n)
    assert programs.person(_signed(public, "HS256", "one", aud="inhouse")) is None


class Keys(HTTPServer):
    """Serves a set of public keys, and counts how often it is asked."""

    body, requests = "", 0


class _Handler(BaseHTTPRequestHandler):
    server: Keys

    def do_GET(self) -> None:
        self.server.requests += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def keys() -> Iterator[Keys]:
    server = Keys(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_public_keys_from_an_address(store: Store, keys: Keys) -> None:
    """They are fetched once, also where somebody sends one unknown key after the other."""
    keys.body = _jwks(one=KEY)
    programs = ServiceAccess(store, jwt_keys=f"http://127.0.0.1:{keys.server_port}/jwks")
    for _ in range(3):
        assert programs.person(_signed(KEY, "RS256", "one")) is not None
        assert programs.person(_signed(OTHER_KEY, "RS256", "unknown")) is None
    assert keys.requests == 1


def test_keys_that_cannot_be_fetched_let_nobody_in(store: Store, keys: Keys) -> None:
    keys.body = "<html>"
    programs = ServiceAccess(store, jwt_keys=f"http://127.0.0.1:{keys.server_port}/jwks")
    assert programs.person(_signed(KEY, "RS256", "one")) is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValidationError, match="32"):
        ApiSettings(jwt_secret="too short")
