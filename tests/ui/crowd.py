"""A page with sign-in, and everybody who may try it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.settings import Settings, WebSettings
from tests.ui.asgi import HOST
from ui.web.identity import Role
from ui.web.userdata.access_tokens import AccessTokens
from ui.web.userdata.accounts import Account, Accounts
from ui.web.userdata.database import PEOPLE, Store
from ui.web.userdata.sessions import Sessions

PASSWORD = "a long enough secret"
WHO = ("nobody", "reader", "other reader", "editor", "admin", "expired", "disabled")
_TOKENS = {"reader": ("group:hr",), "other reader": ("group:it",), "expired": ("group:hr",)}


@dataclass(frozen=True)
class Crowd:
    """An application, and the accounts of WHO but nobody."""

    app: Any
    accounts: dict[str, Account]
    sessions: Sessions
    over: Sessions
    tokens: dict[str, str]

    @property
    def app_state(self) -> Any:
        return self.app.state.app_state

    def cookie(self, who: str) -> dict[str, str]:
        """The header that somebody's browser sends, of a session that was just begun."""
        if who == "nobody":
            return {}
        sessions = self.over if who == "expired" else self.sessions
        return {"cookie": f"__Host-inhouse={sessions.begin(self.accounts[who])}"}

    def headers(self, who: str, address: str) -> dict[str, str]:
        """What somebody sends to an address: a program's access token, or a browser's cookie."""
        if not address.startswith("/v1/"):
            return self.cookie(who)
        token = self.tokens.get(who)
        json = {"content-type": "application/json"}
        return json if token is None else json | {"authorization": f"Bearer {token}"}


def settings_in(data: Path, **web: Any) -> Settings:
    """Settings of a page with own accounts, whose people are kept below `data`."""
    chosen = {"sign_in": "accounts", "names": (HOST,), "requests_per_minute": 100_000} | web
    return Settings(data=data, web=WebSettings(questions_per_minute=10_000, **chosen))


def gather(data: Path, open_assistant: Callable[[], Any], **web: Any) -> Crowd:
    """Call it inside of a running loop, or outside of one."""
    from ui.web.app import create_app

    settings = settings_in(data, **web)
    store = Store(data / PEOPLE)
    book, accounts, tokens = Accounts(store), {}, {}
    month_s = 30 * 86_400
    long_since = AccessTokens(store, now=lambda: time.time() - month_s)
    for who in WHO[1:]:
        role = Role(who) if who in set(Role) else Role.READER
        name = who.replace(" ", ".")
        accounts[who] = book.add(name, role=role, readers=_TOKENS.get(who, ()))
        made_by = long_since if who == "expired" else AccessTokens(store)
        tokens[who] = made_by.create(name, "test", days=1)
    longest = settings.web.session_hours * 3600
    sessions = Sessions(store, idle_s=longest, longest_s=longest)
    long_ago = Sessions(
        store, idle_s=longest, longest_s=longest, now=lambda: time.time() - 2 * longest
    )
    book.change("disabled", disabled=True)
    app = create_app(open_assistant, settings=settings)
    return Crowd(app, accounts, sessions, long_ago, tokens)
