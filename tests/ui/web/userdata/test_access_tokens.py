"""Access tokens: made once, kept as a hash, and ended with whatever ends their account's sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner, Result

from rag.errors import UsageError
from rag.settings import WebSettings
from tests.ui.web.userdata.conftest import OpenStore
from ui.cli import cli
from ui.errors import NotThereError
from ui.web.identity import LOCAL, Role
from ui.web.security.authentication import Authentication
from ui.web.userdata.access_tokens import PREFIX, AccessTokens
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.backup import _copy_database
from ui.web.userdata.database import MIGRATIONS, PEOPLE, Store
from ui.web.userdata.erasure import export_person, forget_person
from ui.web.userdata.sessions import Sessions

DAY_S = 86_400


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return _with_anna(open_store())


@pytest.fixture
def file_store(tmp_path: Path) -> Store:
    return _with_anna(Store(tmp_path / PEOPLE))


def _with_anna(store: Store) -> Store:
    Accounts(store).add("anna", role=Role.EDITOR, readers=("group:hr",))
    return store


def _authentication(store: Store, sign_in: str = "accounts") -> Authentication:
    web = WebSettings(sign_in=sign_in, proxies=("127.0.0.1",))
    sessions = Sessions(store, idle_s=60, longest_s=60)
    return Authentication(web, Accounts(store), sessions, AccessTokens(store))


def _bearer(token: str) -> dict[str, list[str]]:
    return {"authorization": [f"Bearer {token}"]}


def test_a_token_is_whom_a_session_is(store: Store) -> None:
    """Key, name, role and reader tokens are those of the person on the page."""
    token = AccessTokens(store).create("Anna", "laptop")
    sessions = Sessions(store, idle_s=60, longest_s=60)
    account = Accounts(store).by_name("anna")
    assert account is not None
    person = _authentication(store).by_token(_bearer(token))
    assert person == sessions.person(sessions.begin(account), is_click=True)
    assert person is not None
    assert person.readers == {"*", "group:hr"}


def test_behind_a_proxy_it_is_whom_the_proxy_names(store: Store) -> None:
    """With the same key, so that limits and what is kept are the same; the proxy's groups are not known."""
    token = AccessTokens(store).create("anna", "laptop")
    person = _authentication(store, "proxy").by_token(_bearer(token))
    assert person is not None
    assert (person.key, person.readers) == ("proxy:anna", {"*", "group:hr"})


def test_without_sign_in_a_program_is_whoever_sits_here(store: Store) -> None:
    """A key of another maker is no matter; a token of ours counts, and one that is over is nobody's."""
    tokens, local = AccessTokens(store), _authentication(store, "none")
    token = tokens.create("anna", "laptop")
    assert local.by_token({}) == LOCAL
    assert local.by_token(_bearer("sk-none")) == LOCAL
    person = local.by_token(_bearer(token))
    assert person is not None
    assert person.name == "anna"
    tokens.revoke("anna", "laptop")
    assert local.by_token(_bearer(token)) is None


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x", "Bearer x{}", "Bearer {} {}"],
)
def test_what_is_not_quite_a_token_is_nobody_s(store: Store, header: str) -> None:
    token = AccessTokens(store).create("anna", "laptop")
    authentication = _authentication(store)
    assert authentication.by_token({"authorization": [header.format(token, token)]}) is None
    assert authentication.by_token({"authorization": [f"Bearer {token}"] * 2}) is None, (
        "one was smuggled in"
    )
    assert authentication.by_token({"authorization": [f"bearer  {token} "]}) is not None


def test_it_is_kept_as_a_hash_and_named_in_lists(file_store: Store, tmp_path: Path) -> None:
    store = file_store
    token = AccessTokens(store).create("anna", "laptop", days=1)
    (listed,) = AccessTokens(store).every("anna")
    assert (listed.account, listed.label, listed.used_at) == ("anna", "laptop", None)
    assert listed.expires_at == pytest.approx(listed.created_at + DAY_S)
    store.compact()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"laptop" in files
    assert token.encode() not in files
    assert token.removeprefix(PREFIX).encode() not in files


def test_it_expires(store: Store) -> None:
    """To the moment; then its label is free again."""
    now = [1_000_000.0]
    tokens = AccessTokens(store, now=lambda: now[0])
    token = tokens.create("anna", "laptop", days=2)
    now[0] += 2 * DAY_S - 1
    assert tokens.owner(token) is not None
    now[0] += 1
    assert tokens.owner(token) is None
    assert tokens.every("anna")[0].used_at == now[0] - 1
    now[0] += 1
    assert tokens.owner(tokens.create("anna", "laptop")) is not None


def _set_password(accounts: Accounts) -> None:
    accounts.change("anna", password="another long secret")


@pytest.mark.parametrize(
    "end",
    [
        lambda accounts: accounts.change("anna", disabled=True),
        _set_password,
        lambda accounts: accounts.remove("anna"),
    ],
    ids=["disabled", "new password", "removed"],
)
def test_what_ends_sessions_ends_tokens(store: Store, end: Callable[[Accounts], object]) -> None:
    """For good: to enable the account again, or to make a new one of its name, brings none back."""
    accounts, tokens = Accounts(store), AccessTokens(store)
    token = tokens.create("anna", "laptop")
    end(accounts)
    assert tokens.owner(token) is None
    if accounts.by_name("anna") is None:
        accounts.add("anna", role=Role.READER)
    accounts.change("anna", disabled=False)
    assert tokens.owner(token) is None
    assert tokens.every() == ()


def test_rights_are_those_of_the_account_now(store: Store) -> None:
    token = AccessTokens(store).create("anna", "laptop")
    Accounts(store).change("anna", role=Role.READER, readers=("group:it",))
    owner = AccessTokens(store).owner(token)
    assert owner is not None
    assert (owner.account.role, owner.account.readers) == (Role.READER, {"*", "group:it"})


def test_what_cannot_be_is_refused(store: Store) -> None:
    tokens = AccessTokens(store)
    tokens.create("anna", "laptop")
    for label in ("laptop", "", "x" * 65, "a\nb"):
        with pytest.raises(UsageError):
            tokens.create("anna", label)
    with pytest.raises(NotThereError):
        tokens.create("nobody", "laptop")
    with pytest.raises(NotThereError):
        tokens.revoke("anna", "desk")
    Accounts(store).change("anna", disabled=True)
    with pytest.raises(UsageError, match="disabled"):
        tokens.create("anna", "desk")


def test_an_export_lists_them_and_forgetting_ends_them(store: Store) -> None:
    token = AccessTokens(store).create("anna", "laptop")
    exported = export_person(store, "anna")
    assert [token["label"] for token in exported["access_tokens"]] == ["laptop"]
    assert token not in json.dumps(exported)
    forget_person(store, "anna")
    assert AccessTokens(store).owner(token) is None
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM access_tokens").fetchone() == (0,)


def test_a_backup_has_them(file_store: Store, tmp_path: Path) -> None:
    store = file_store
    token = AccessTokens(store).create("anna", "laptop")
    _copy_database(tmp_path / PEOPLE, tmp_path / "copy.db")
    assert AccessTokens(Store(tmp_path / "copy.db")).owner(token) is not None


def test_a_file_of_the_release_before_gets_the_table(tmp_path: Path) -> None:
    """Its accounts stay, and get tokens."""
    old = apsw.Connection(str(tmp_path / PEOPLE))
    for step in MIGRATIONS[:3]:
        old.execute(step).fetchall()
    old.execute(
        "PRAGMA user_version = 3; "
        "INSERT INTO accounts VALUES ('k', 'anna', NULL, 'reader', '[\"*\"]', 1.0, NULL)"
    ).fetchall()
    old.close()
    tokens = AccessTokens(Store(tmp_path / PEOPLE))
    assert tokens.owner(tokens.create("anna", "laptop")) is not None


def test_the_command_line_makes_lists_and_revokes(tmp_path: Path) -> None:
    def inhouse(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["user", *arguments, "--data", str(tmp_path)])

    assert inhouse("add", "anna", "--no-password").exit_code == 0
    result = inhouse("token", "anna", "--name", "laptop", "--days", "30")
    token = result.stdout.strip()
    assert token.startswith(PREFIX)
    assert AccessTokens(Store(tmp_path / PEOPLE)).owner(token) is not None
    (listed,) = json.loads(inhouse("tokens", "--json").stdout)
    assert (listed["account"], listed["label"]) == ("anna", "laptop")
    assert "laptop" in inhouse("tokens", "anna").stdout
    assert inhouse("revoke", "anna", "laptop").exit_code == 0
    assert AccessTokens(Store(tmp_path / PEOPLE)).owner(token) is None
    assert "no tokens" in inhouse("tokens").stdout
