"""Who comes in: by a session, a trusted proxy's word or an access token, or as whoever sits here."""

from __future__ import annotations

import logging
import unicodedata

from starlette.requests import cookie_parser

from rag.errors import UsageError
from rag.readers import EVERYBODY, asker
from rag.settings import ApiSettings, WebSettings
from ui.web.identity import LOCAL, Person, Role
from ui.web.security.client_address import ClientOrigin, Headers
from ui.web.security.delegation import DelegatedNames
from ui.web.security.rate_limit import Throttle
from ui.web.userdata.access_tokens import PREFIX, AccessTokens
from ui.web.userdata.accounts import Account, Accounts, fold_name, validate_name
from ui.web.userdata.sessions import Sessions

_COOKIE, _SECURE_COOKIE = "inhouse", "__Host-inhouse"
_log = logging.getLogger(__name__)
_MAX_COOKIE = 8_192  # characters
_KEPT_WELCOME = 10_000  # names with the addresses that they came in from


class Authentication:
    """People come in in one of the three ways of `web.sign_in`, programs with an access token."""

    def __init__(
        self,
        settings: WebSettings,
        accounts: Accounts,
        sessions: Sessions,
        tokens: AccessTokens,
        delegated: DelegatedNames | None = None,
    ) -> None:
        self.way = settings.sign_in
        self._tokens, self._delegated = tokens, delegated or DelegatedNames(ApiSettings())
        self._settings, self._accounts, self._sessions = settings, accounts, sessions
        self._longest_s = settings.session_hours * 3600
        # A stranger cannot keep somebody out from afar: what counts first is who tries from where.
        self._by_both = Throttle(5, every_s=60)
        self._by_address = Throttle(20, every_s=10)
        self._by_name = Throttle(50, every_s=20)
        self._welcome: dict[str, None] = {}

    def replace_keys(self, settings: ApiSettings) -> None:
        """Believe what these settings name, from the next request on."""
        self._delegated = DelegatedNames(settings)

    def person(self, headers: Headers, origin: ClientOrigin, *, is_click: bool) -> Person | None:
        """Who sent this request; None: nobody that is known here."""
        if self.way == "none":
            return LOCAL
        if self.way == "proxy":
            return self._proxied(headers) if origin.via_proxy else None
        token = self.token(headers, origin)
        return self._sessions.person(token, is_click=is_click) if token else None

    def by_token(self, headers: Headers) -> Person | None:
        """Who a program asks for, by its header `Authorization: Bearer …`; None: nobody that is known here.

        It is the person whom the page lets in, with the same key, role and reader tokens. Where there is no
        sign-in, a program that shows none of our tokens is whoever sits here. A service's token opens
        nothing by itself: it asks for the person whom a signed JWT names.
        """
        token = _bearer(headers)
        if self.way == "none" and not token.startswith(PREFIX):
            return LOCAL
        owner = self._tokens.owner(token)
        if owner is None:
            return None
        account: Account | None = owner.account
        if owner.for_others:
            name = self._delegated.name(headers)
            account = self._accounts.by_name(name) if name else None
            if name and account is None:
                _log.warning("A service asked for %r, who has no account.", name[:100])
        return None if account is None or account.disabled_at else self._person_of(account)

    def sign_in(self, name: str, password: str, origin: ClientOrigin) -> str | None:
        """A new session's token; None if name and password do not fit, whichever of them is wrong.

        Raises TooManyError.
        """
        name = fold_name(name[:1_000])
        keys = [f"{name} {origin.group}", origin.group, name]
        throttles = [self._by_both, self._by_address, self._by_name]
        if (
            keys[0] in self._welcome
        ):  # who came in from there before is not kept out by others' tries
            keys, throttles = keys[:2], throttles[:2]
        for throttle, key in zip(throttles, keys, strict=True):
            throttle.take(key)
        account = self._accounts.check(name, password)
        if account is None:
            return None
        for throttle, key in zip(throttles, keys, strict=True):
            throttle.give_back(key)
        self._welcome[keys[0]] = None
        while len(self._welcome) > _KEPT_WELCOME:
            del self._welcome[next(iter(self._welcome))]
        return self._sessions.begin(account)

    def sign_out(self, headers: Headers, origin: ClientOrigin) -> None:
        """End the session that this request came with."""
        token = self.token(headers, origin)
        if token:
            self._sessions.end(token)

    def token(self, headers: Headers, origin: ClientOrigin) -> str:
        """The session's token in the cookie, or nothing."""
        cookie_name = _SECURE_COOKIE if origin.is_https else _COOKIE
        cookies = "; ".join(headers.get("cookie", ()))
        return cookie_parser(cookies[:_MAX_COOKIE]).get(cookie_name, "")

    def cookie(self, token: str, origin: ClientOrigin) -> str:
        """The Set-Cookie header for a session; an empty token takes it away."""
        name, secure = (_SECURE_COOKIE, "; Secure") if origin.is_https else (_COOKIE, "")
        age = self._longest_s if token else 0
        return f"{name}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"

    def _person_of(self, account: Account) -> Person:
        """The person of an account as `person` would give it; what groups a proxy knows is not known here."""
        if self.way == "proxy":
            return Person(f"proxy:{account.name}", account.name, account.role, account.readers)
        return account.person

    def _proxied(self, headers: Headers) -> Person | None:
        """Who the proxy says it is: with the role and tokens of the account of that name, if there is one."""
        values = headers.get(self._settings.proxy_user_header, ())
        if len(values) != 1:  # two of them: somebody smuggled one past the proxy
            return None
        try:
            name = unicodedata.normalize("NFC", _utf8(values[0]).strip())
            known = validate_name(name)
            groups = self._groups(headers)
        except (UsageError, UnicodeError):
            return None
        if groups is None:
            return None
        # Two names that differ in case are two people to the proxy; accounts have lower case.
        account, key = self._accounts.by_name(known) if known == name else None, f"proxy:{name}"
        if account is None:
            return Person(key, name, Role.READER, groups | {EVERYBODY})
        if account.disabled_at is not None:
            return None
        readers = None if account.readers is None else account.readers | groups
        return Person(key, name, account.role, readers)

    def _groups(self, headers: Headers) -> frozenset[str] | None:
        """The groups in the proxy's one header; None if there are two: one was smuggled past it."""
        header = self._settings.proxy_groups_header
        values = headers.get(header, ()) if header else ()
        if len(values) > 1:
            return None
        names = (part.strip() for value in values for part in _utf8(value).split(","))
        return asker(f"group:{name}" for name in names if name)


def _bearer(headers: Headers) -> str:
    """The token of the one Authorization header, or nothing."""
    values = headers.get("authorization", ())
    scheme, _, token = values[0].strip().partition(" ") if len(values) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def _utf8(header: str) -> str:
    return header.encode("latin-1").decode("utf-8")
