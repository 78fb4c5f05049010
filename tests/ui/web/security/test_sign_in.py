"""Signing in: accounts, sessions, throttling, the proxy's word."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from rag.errors import ConfigurationError, UsageError
from rag.settings import WebSettings, load_settings
from tests.ui.asgi import HOST, Reply, call
from tests.ui.crowd import PASSWORD, Crowd, gather
from tests.ui.stand_in import StandIn
from ui.cli import cli
from ui.errors import NotThereError, TooManyError
from ui.web.identity import Role
from ui.web.security.rate_limit import Throttle
from ui.web.server import list_warnings, listen
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import PEOPLE, Store
from ui.web.userdata.sessions import Sessions


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(Store(tmp_path / PEOPLE))


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    people = gather(tmp_path_factory.mktemp("people"), StandIn)
    Accounts(people.app_state.history._store).change("reader", password=PASSWORD)
    return people


async def _sign_in(crowd: Crowd, name: str, password: str, client: str, **more: str) -> Reply:
    body = urlencode({"name": name, "password": password, **more}).encode()
    return await call(crowd.app, "POST", "/sign-in", body=body, client=client, whole=True)


def _cookie(reply: Reply) -> dict[str, str]:
    return {"cookie": reply.headers["set-cookie"].partition(";")[0]}


async def test_a_session_begins_with_the_right_password_and_ends_with_sign_out(
    crowd: Crowd,
) -> None:
    reply = await _sign_in(crowd, "Reader", PASSWORD, "198.51.100.1", next="/state?a=b")
    assert (reply.status, reply.headers["location"]) == (303, "/state?a=b")
    set_cookie = reply.headers["set-cookie"]
    assert set_cookie.startswith("__Host-inhouse=")
    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} <= set(set_cookie.split("; "))
    cookie = _cookie(reply)
    assert (await call(crowd.app, "GET", "/state", headers=cookie)).status == 200
    out = await call(crowd.app, "POST", "/sign-out", headers=cookie)
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert (await call(crowd.app, "GET", "/state", headers=cookie)).status == 401


async def test_over_http_the_cookie_is_not_secure(crowd: Crowd) -> None:
    """It would not come back; so a session of http is none of https."""
    body = urlencode({"name": "reader", "password": PASSWORD}).encode()
    reply = await call(crowd.app, "POST", "/sign-in", body=body, scheme="http")
    assert "Secure" not in reply.headers["set-cookie"]
    cookie = _cookie(reply)
    assert (await call(crowd.app, "GET", "/state", headers=cookie, scheme="http")).status == 200
    assert (await call(crowd.app, "GET", "/state", headers=cookie)).status == 401


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("reader", "wrong password"),
        ("reader", ""),
        ("reader", PASSWORD + "x" * 1_000_000),
        ("nobody.at.all", PASSWORD),
        ("disabled", PASSWORD),
        ("admin", ""),
        ("admin", "None"),
        ("\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")),
    ],
)
async def test_every_wrong_attempt_gets_the_same_answer(
    crowd: Crowd, name: str, password: str
) -> None:
    """A name that nobody has, one without a password, one that is disabled: no telling them apart."""
    reply = await _sign_in(crowd, name, password, f"198.51.100.{len(name) + len(password) % 200}")
    if len(password) > 100_000:
        assert reply.status == 413
        return
    assert reply.status == 401
    assert "set-cookie" not in reply.headers
    assert "That name and password do not fit together." in reply.text
    other = await _sign_in(crowd, f"not.{abs(hash((name, password)))}", "wrong", "198.51.100.250")
    assert _without_name(reply.text) == _without_name(other.text)


def _without_name(page: str) -> str:
    """The name that was typed stands in its box again, and the focus is on what is left to type."""
    return re.sub(r' value="[^"]*"| autofocus', "", page)


async def test_attempts_are_throttled_by_who_and_from_where(crowd: Crowd) -> None:
    """The sixth is not looked at; from elsewhere the right one still gets in."""
    for _ in range(5):
        assert (await _sign_in(crowd, "reader", "wrong", "203.0.113.1")).status == 401
    sixth = await _sign_in(crowd, "READER", PASSWORD, "203.0.113.1")
    assert sixth.status == 429
    assert int(sixth.headers["retry-after"]) > 10
    assert "Too many attempts" in sixth.text
    assert (await _sign_in(crowd, "reader", PASSWORD, "203.0.113.2")).status == 303


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-out", "x\n/y", ""],
)
async def test_signing_in_leads_to_this_page_only(crowd: Crowd, address: str) -> None:
    reply = await _sign_in(crowd, "reader", PASSWORD, "203.0.113.9", next=address)
    assert reply.headers["location"] == "/"


async def test_a_page_asks_who_is_there_and_a_script_is_told(crowd: Crowd) -> None:
    page = await call(crowd.app, "GET", "/", headers={"accept": "text/html,*/*"})
    assert (page.status, page.headers["location"]) == (303, "/sign-in?next=/")
    assert (await call(crowd.app, "GET", "/state")).status == 401
    form = await call(crowd.app, "GET", "/sign-in?next=%22%3E%3Cscript%3E")
    assert "<script" not in form.text
    for code, title in {"de": "Anmelden", "fr": "Se connecter", "es": "Iniciar sesión"}.items():
        headers = {"accept-language": f"{code}-CH,en;q=0.5"}
        form = await call(crowd.app, "GET", "/sign-in", headers=headers)
        assert f'<html lang="{code}">' in form.text
        assert f"<h1>{title}</h1>" in form.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"https://{HOST}.evil.example"])
@pytest.mark.parametrize("address", ["/sign-in", "/sign-out", "/gradio_api/queue/join"])
async def test_another_site_s_form_does_nothing(crowd: Crowd, origin: str, address: str) -> None:
    headers = crowd.cookie("admin") | {"origin": origin}
    reply = await call(crowd.app, "POST", address, headers=headers, body=b"{}")
    assert (reply.status, reply.text) == (403, "Requests from other sites are refused.\n")


def test_sessions_end_when_idle_and_after_the_longest_time(accounts: Accounts) -> None:
    """A click keeps one alive, a page that is merely open does not, and nothing does for ever."""
    clock = [1_000.0]
    sessions = Sessions(accounts._store, idle_s=100, longest_s=1_000, now=lambda: clock[0])
    token = sessions.begin(accounts.add("anna", role=Role.READER))
    for _ in range(9):
        clock[0] += 90
        assert sessions.person(token, is_click=True)
    clock[0] += 90
    assert sessions.person(token, is_click=False)
    clock[0] += 20
    assert sessions.person(token, is_click=True) is None, "idle"
    token = sessions.begin(accounts.add("bert", role=Role.READER))
    for _ in range(11):
        clock[0] += 90
        assert sessions.person(token, is_click=True)
    clock[0] += 50
    assert sessions.person(token, is_click=True) is None, "too long, clicks or not"


def test_the_store_holds_no_token(accounts: Accounts, tmp_path: Path) -> None:
    token = Sessions(accounts._store, idle_s=9, longest_s=9).begin(
        accounts.add("anna", role=Role.READER, password=PASSWORD)
    )
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert token.encode() not in content
        assert PASSWORD.encode() not in content


@pytest.mark.parametrize(
    "end",
    [
        lambda accounts: accounts.change("anna", disabled=True),
        lambda accounts: accounts.change("anna", password="another long one"),
        lambda accounts: accounts.remove("anna"),
    ],
)
def test_what_an_operator_does_ends_sessions_at_once(
    accounts: Accounts, end: Callable[[Accounts], object]
) -> None:
    sessions = Sessions(accounts._store, idle_s=100, longest_s=100)
    token = sessions.begin(accounts.add("anna", role=Role.READER, password=PASSWORD))
    assert sessions.person(token, is_click=False)
    end(accounts)
    assert sessions.person(token, is_click=False) is None


def test_a_changed_role_holds_from_the_next_click(accounts: Accounts) -> None:
    sessions = Sessions(accounts._store, idle_s=100, longest_s=100)
    token = sessions.begin(accounts.add("anna", role=Role.ADMIN, readers=None))
    accounts.change("anna", role=Role.READER, readers=["group:hr"])
    person = sessions.person(token, is_click=True)
    assert person is not None
    assert (person.role, person.readers) == (Role.READER, {"*", "group:hr"})


def test_somebody_new_of_an_old_name_is_somebody_else(accounts: Accounts) -> None:
    old = accounts.add("anna", role=Role.READER)
    accounts.remove("anna")
    assert accounts.add("anna", role=Role.READER).person.key != old.person.key


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a" * 65, "<script>", "a\nb", "a;b"])
def test_an_impossible_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(UsageError, match="no name for an account"):
        accounts.add(name, role=Role.READER)


@pytest.mark.parametrize("password", ["", "short", "x" * 501, "anna-12345"])
def test_a_bad_password_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(UsageError):
        accounts.add("anna", role=Role.READER, password=password)
    assert accounts.every() == ()


def test_names_are_the_same_however_they_are_typed(accounts: Accounts) -> None:
    accounts.add("Jürgen", role=Role.READER, password=PASSWORD)
    assert accounts.check(" JU\u0308RGEN ", PASSWORD)
    with pytest.raises(UsageError, match="already"):
        accounts.add("jürgen", role=Role.READER)
    with pytest.raises(NotThereError):
        accounts.change("jurgen")


def test_a_bucket_fills_again() -> None:
    clock = [0.0]
    throttle = Throttle(2, every_s=10, now=lambda: clock[0])
    throttle.take("a")
    throttle.take("a")
    throttle.take("b")
    with pytest.raises(TooManyError, match="Try again in 10 seconds") as caught:
        throttle.take("a")
    clock[0] += caught.value.retry_after_s
    throttle.take("a")
    throttle.give_back("b")
    throttle.give_back("b")
    throttle.take("b")
    throttle.take("b")
    with pytest.raises(TooManyError):
        throttle.take("b")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return gather(
        tmp_path_factory.mktemp("proxied"),
        StandIn,
        sign_in="proxy",
        proxies=("192.0.2.0/24",),
        proxy_groups_header="x-groups",
    )


@pytest.mark.parametrize(
    ("client", "name", "status"),
    [
        ("192.0.2.1", "admin", 200),
        ("192.0.2.1", "ADMIN", 403),
        ("192.0.2.1", "reader", 403),
        ("192.0.2.1", "somebody.new", 403),
        ("192.0.2.1", "disabled", 401),
        ("192.0.2.1", "", 401),
        ("192.0.2.1", "a b", 401),
        ("198.51.100.1", "admin", 401),
        ("127.0.0.1", "admin", 401),
    ],
)
async def test_a_proxy_s_word_counts_from_its_own_address_only(
    proxied: Crowd, client: str, name: str, status: int
) -> None:
    headers = {"x-remote-user": name, "x-forwarded-for": "203.0.113.4"}
    reply = await call(proxied.app, "GET", "/metrics", headers=headers, client=client)
    assert reply.status == status


def test_a_name_that_was_smuggled_past_the_proxy_is_nobody(proxied: Crowd) -> None:
    from ui.web.security.client_address import ClientOrigin

    origin = ClientOrigin("203.0.113.1", is_https=True, via_proxy=True)

    def person(**headers: list[str]) -> object:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return proxied.app_state.admission.person(named, origin, is_click=True)

    assert person(x_remote_user=["admin", "reader"]) is None
    assert person(x_remote_user=["anna"], x_groups=["staff", "hr"]) is None
    anna = person(x_remote_user=["anna"], x_groups=["hr, staff"])
    other = person(x_remote_user=["Anna"], x_groups=["hr, staff"])
    assert anna.key != other.key  # type: ignore[attr-defined]
    assert anna.readers == {"*", "group:hr", "group:staff"}  # type: ignore[attr-defined]
    assert anna.role is Role.READER  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("10.9.9.9, 203.0.113.5", "203.0.113.5"),
        ("203.0.113.5, 192.0.2.9", "203.0.113.5"),
        ("203.0.113.5, garbage, 192.0.2.9", "garbage"),
        ("", "192.0.2.1"),
    ],
)
def test_the_browser_s_address_is_the_last_that_no_proxy_has(chain: str, address: str) -> None:
    """What a browser writes itself at the front of the chain changes nothing."""
    from ui.web.security.client_address import Proxies

    proxies = Proxies(["192.0.2.0/24"])
    headers = {"x-forwarded-for": [chain], "x-forwarded-proto": ["https"]}
    origin = proxies.origin({"client": ("192.0.2.1", 1), "scheme": "http"}, headers)
    assert (origin.address, origin.is_https, origin.via_proxy) == (address, True, True)
    other = proxies.origin({"client": ("198.51.100.1", 1), "scheme": "http"}, headers)
    assert (other.address, other.is_https, other.via_proxy) == ("198.51.100.1", False, False)


def test_beyond_loopback_the_page_listens_with_sign_in_and_a_name() -> None:
    with pytest.raises(ConfigurationError, match="no sign-in is set up"):
        listen("0.0.0.0", 0, WebSettings())
    with pytest.raises(ConfigurationError, match="its own name"):
        listen("0.0.0.0", 0, WebSettings(sign_in="accounts"))
    web = WebSettings(host="0.0.0.0", sign_in="accounts", names=("inhouse.example",))
    with listen("0.0.0.0", 0, web) as sock:
        assert sock.getsockname()[1]
    assert len(list(list_warnings(web, has_accounts=False))) == 2
    assert list(list_warnings(WebSettings(), has_accounts=False)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('sign_in = "proxy"', "proxies has to name"),
        ('proxies = ["10.0.0.0/99"]', "neither an IP address nor a network"),
        ('names = ["https://inhouse.example"]', "is no host name"),
        ('tls_key = "key.pem"', "go together"),
        ('proxy_user_header = "X User"', "letters, digits and hyphens"),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "inhouse.toml").write_text(f"[web]\n{text}\n")
    with pytest.raises(ConfigurationError, match=message):
        load_settings(tmp_path / "inhouse.toml")


def test_the_command_adds_lists_changes_and_removes(tmp_path: Path) -> None:
    run = CliRunner()

    def inhouse(*arguments: str, typed: str = "") -> str:
        done = run.invoke(cli, ["user", *arguments, "--data", str(tmp_path)], input=typed)
        assert done.exception is None, done.exception
        return done.output

    output = inhouse("add", "Anna", "--role", "editor", "--reader", "group:hr", "--password-stdin",
                   typed=f"{PASSWORD}\n")  # fmt: skip
    assert (
        output == "anna may sign in as editor, and reads what is for everybody or for group:hr.\n"
    )
    inhouse("add", "bert", "--all-documents", "--no-password")
    inhouse("passwd", "anna", "--password-stdin", typed="another long one\n")
    inhouse("disable", "bert")
    listed = json.loads(inhouse("list", "--json"))
    assert [(a["name"], a["role"], a["readers"], a["has_password"]) for a in listed] == [
        ("anna", "editor", ["*", "group:hr"], True),
        ("bert", "reader", None, False),
    ]
    assert "password" not in listed[0]
    accounts = Accounts(Store(tmp_path / PEOPLE))
    assert accounts.check("anna", PASSWORD) is None
    assert accounts.check("anna", "another long one")
    assert "disabled" in inhouse("list")
    inhouse("enable", "bert")
    inhouse("set", "bert", "--reader", "*", "--role", "admin")
    assert inhouse("remove", "anna", "--yes") == "anna is forgotten.\n"
    bert = accounts.by_name("bert")
    assert bert is not None
    assert (bert.role, bert.readers, bert.disabled_at) == (Role.ADMIN, {"*"}, None)


def test_without_a_terminal_a_password_is_not_guessed(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["user", "add", "anna", "--data", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert "--password-stdin" in str(done.exception)
    assert Accounts(Store(tmp_path / PEOPLE)).every() == ()
