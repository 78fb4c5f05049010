"""Answers that say no, in one plain sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse

from rag.errors import IndexMissingError, InhouseError, UsageError
from ui.errors import FrontEndError, InvalidRequestError, TooManyError
from ui.messages.page import Words
from ui.messages.refusals import translate_refusal
from ui.web.language import choose_words, choose_words_in_scope

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope, Send


_ERROR_KINDS: Mapping[int, tuple[str, str | None]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", "forbidden"),
    404: ("invalid_request_error", "not_found"),
    411: ("invalid_request_error", "length_required"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    503: ("server_error", "service_unavailable"),
}
"""Type and code of an error object by its HTTP status, as OpenAI's interfaces write them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status, a sentence, and headers that go with it.

    For programs: `param` is the field that it is about, `code` says in a word what is wrong.
    """

    status: int
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)
    param: str | None = None
    code: str | None = None

    @classmethod
    def of(cls, error: InhouseError) -> Refusal:
        """The answer to an error that was raised on purpose."""
        status = 500
        if isinstance(error, FrontEndError):
            status = error.status
        elif isinstance(error, UsageError):
            status = 400
        elif isinstance(error, IndexMissingError):
            status = 503
        wait = (
            {"retry-after": f"{error.retry_after_s:.0f}"} if isinstance(error, TooManyError) else {}
        )
        if isinstance(error, InvalidRequestError):
            return cls(status, str(error), wait, error.param, error.code)
        return cls(status, str(error), wait)

    def to_json(self) -> dict[str, Any]:
        """The error object of OpenAI's interfaces, which programs read."""
        kind, code = _ERROR_KINDS.get(self.status, ("invalid_request_error", None))
        if self.status >= 500:
            kind = "server_error"
        code = self.code or code
        return {
            "error": {"message": self.sentence, "type": kind, "param": self.param, "code": code}
        }

    def translate(self, words: Words) -> Refusal:
        """The same in the language of the page."""
        return replace(self, sentence=translate_refusal(self.sentence, words))

    async def send(self, scope: Scope, send: Send, *, as_json: bool = False) -> None:
        """Send a refusal without involving the application; programs get it in English."""
        if not as_json:
            self = self.translate(choose_words_in_scope(scope))
        body = json.dumps(self.to_json()).encode() if as_json else f"{self.sentence}\n".encode()
        headers = {
            "content-type": "application/json" if as_json else "text/plain; charset=utf-8",
            "content-length": str(len(body)),
            "cache-control": "no-store",
            **self.headers,
        }
        raw = [(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


async def refuse(request: Request, error: Exception) -> PlainTextResponse:
    """What a route that raised one of our errors answers."""
    assert isinstance(error, InhouseError)  # noqa: S101 - that is what it is registered for
    refusal = Refusal.of(error).translate(choose_words(request))
    return PlainTextResponse(
        f"{refusal.sentence}\n", refusal.status, {**refusal.headers, "cache-control": "no-store"}
    )
