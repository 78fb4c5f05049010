"""For whom a service asks: the name in a JWT that a party we trust has signed."""

from __future__ import annotations

import logging
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.settings import ApiSettings
from ui.web.security.client_address import Headers

if TYPE_CHECKING:
    from jwt import PyJWK

_log = logging.getLogger(__name__)
_MAX_JWT = 8_192  # characters; those of Open WebUI have some 300
_LEEWAY_S = 30.0  # by which two machines' clocks may differ
_PUBLIC_KEY_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
_FRESH_S, _RETRY_S, _FETCH_S = 600.0, 60.0, 3.0  # seconds: of keys, between tries, of one try
_MAX_KEYS = 1 << 20  # bytes


class DelegatedNames:
    """Reads the JWTs of `api.jwt_header`; no other header names anybody."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._keys = _PublicKeys(settings.jwt_keys) if settings.jwt_keys else None

    def name(self, headers: Headers) -> str | None:
        """The name that a request's JWT vouches for; None without one that is valid. Says why to the log."""
        import jwt

        values = headers.get(self._settings.jwt_header, ())
        if len(values) != 1 or len(values[0]) > _MAX_JWT:
            _log.warning("A service asked without one JWT in %s.", self._settings.jwt_header)
            return None
        token = values[0].strip().removeprefix("Bearer ")
        try:
            key, algorithms = self._key(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                leeway=_LEEWAY_S,
                issuer=self._settings.jwt_issuer or None,
                audience=self._settings.jwt_audience or None,
                options={
                    "require": ["exp", self._settings.jwt_claim],
                    "verify_aud": bool(self._settings.jwt_audience),
                },
            )
            name = claims[self._settings.jwt_claim]
            if not isinstance(name, str):
                raise LookupError(f"its {self._settings.jwt_claim} is no name")
        except (jwt.PyJWTError, LookupError) as exc:
            _log.warning("A service's JWT is refused: %s", exc)
            return None
        return name

    def _key(self, header: Mapping[str, Any]) -> tuple[Any, list[str]]:
        """The key for a JWT, and what it may be signed with: a public key never checks an HS256."""
        if header.get("alg") == "HS256":
            if not self._settings.jwt_secret:
                raise LookupError("it is signed with a secret, and api.jwt_secret is not set")
            return self._settings.jwt_secret, ["HS256"]
        if self._keys is None:
            raise LookupError("it is signed with a private key, and api.jwt_keys is not set")
        return self._keys.get(str(header.get("kid", ""))), list(_PUBLIC_KEY_ALGORITHMS)


class _PublicKeys:
    """The keys of a JWKS, at an address or in a file. They are kept when they cannot be fetched anew.

    A request waits for them only where its key is not known, a few seconds at most and once a minute.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._keys: dict[str, PyJWK] = {}
        self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def get(self, key_id: str) -> PyJWK:
        """The key with this id, or the only key for a JWT that names none. Raises LookupError."""
        is_known = key_id in self._keys
        with self._lock:
            age_s = time.monotonic() - self._tried_at
            is_due = age_s > (_FRESH_S if is_known else _RETRY_S)
            if is_due:
                self._tried_at = time.monotonic()
        if is_due:
            fetching = threading.Thread(target=self._fetch, name="inhouse-jwks", daemon=True)
            fetching.start()
            if not is_known:
                fetching.join(_FETCH_S + 0.5)
        if not key_id and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        try:
            return self._keys[key_id]
        except KeyError:
            raise LookupError(f"{self._source} has no key {key_id[:80]!r}") from None

    def _fetch(self) -> None:
        from jwt import PyJWKSet, PyJWTError

        try:
            keys = PyJWKSet.from_json(_read(self._source)).keys
        except (PyJWTError, OSError, ValueError) as exc:
            _log.warning("The keys of %s cannot be read: %s", self._source, exc)
            return
        self._keys = {key.key_id or "": key for key in keys}


def _read(source: str) -> str:
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source, timeout=_FETCH_S) as reply:  # noqa: S310 - checked above
            text: bytes = reply.read(_MAX_KEYS)
            return text.decode("utf-8")
    with Path(source).open("rb") as file:
        return file.read(_MAX_KEYS).decode("utf-8")
