"""Requests of a source to web servers: one at a time, within limits, and only to its own hosts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from ingest.errors import SourceError
from ingest.sources.addresses import CheckedTransport, ForbiddenAddressError
from ingest.sources.contract import SourceContext
from ingest.sources.web_page import normalize

_MOST_REDIRECTS = 5
_MOST_WAITS = 3
"""How often one request is repeated as late as the server asks for."""
_PIECE = 64 * 1024
_AGENT = "Inhouse (crawler of a private search; robots.txt: inhouse)"


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What a server answered at last. `status` 0: it did not; `reason` says why.

    `url` is where the redirects led. `redirected_to` is set where they led to another host instead, which
    was not asked.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""
    redirected_to: str = ""


class WebClient:
    """Asks the hosts of one source. Raises SourceError for what concerns the source as a whole."""

    def __init__(
        self,
        context: SourceContext,
        hosts: frozenset[str],
        *,
        allow_private: bool,
        max_bytes: int,
        delay_s: float,
        authorization: str = "",
    ) -> None:
        self._context, self._hosts = context, hosts
        self._max_bytes, self._delay_s = max_bytes, delay_s
        self._authorization = authorization
        self._last = 0.0
        self._client = httpx.Client(
            transport=CheckedTransport(allow_private=allow_private),
            timeout=context.timeout_s,
            headers={"User-Agent": _AGENT, "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> WebAnswer:
        """The answer for a page, after redirects within the hosts."""
        first_host = urlsplit(url).netloc
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._ask_patiently(url, headers or {})
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = normalize(answer.headers.get("location", ""), url)
            if not target or urlsplit(target).netloc not in self._hosts | {first_host}:
                return WebAnswer(url, answer.status, redirected_to=target or "nowhere")
            url, headers = target, None
        return WebAnswer(url, 0, reason=f"leads on more than {_MOST_REDIRECTS} times")

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def _ask_patiently(self, url: str, headers: Mapping[str, str]) -> WebAnswer:
        """The answer of a server that may ask for patience, for a time that is short enough."""
        for _ in range(_MOST_WAITS + 1):
            answer = self._ask(url, headers)
            if answer.status != 429:
                return answer
            seconds = answer.headers.get("retry-after", "")
            if not seconds.isdecimal() or int(seconds) > self._context.timeout_s:
                break
            self._sleep_until(time.monotonic() + int(seconds))
        raise SourceError("asks to wait (a rate limit); the next run tries again")

    def _ask(self, url: str, headers: Mapping[str, str]) -> WebAnswer:
        self._wait()
        started = time.monotonic()
        more = dict(headers)
        if self._authorization:
            more["Authorization"] = self._authorization
        try:
            with self._client.stream("GET", url, headers=more) as response:
                pieces, size = [], 0
                for piece in response.iter_bytes(_PIECE):
                    self._context.beat()
                    pieces.append(piece)
                    size += len(piece)
                    if size > self._max_bytes:
                        limit = self._max_bytes / 2**20
                        return WebAnswer(url, 0, reason=f"is larger than {limit:.3g} MiB")
                    if time.monotonic() - started > self._context.timeout_s:
                        return WebAnswer(
                            url, 0, reason=f"took longer than {self._context.timeout_s:g} s"
                        )
                lowered = {name.lower(): value for name, value in response.headers.items()}
                return WebAnswer(url, response.status_code, lowered, b"".join(pieces))
        except ForbiddenAddressError as exc:
            raise SourceError(f"is not read: {exc}") from exc
        except httpx.HTTPError as exc:
            return WebAnswer(url, 0, reason=f"does not answer ({exc or type(exc).__name__})")

    def _wait(self) -> None:
        """Keep the delay between two requests."""
        self._sleep_until(self._last + self._delay_s)
        self._last = time.monotonic()

    def _sleep_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            self._context.beat()
            time.sleep(min(left, 0.5))
