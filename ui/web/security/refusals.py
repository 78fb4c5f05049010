"""Answers that say no, in one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from rag.errors import IndexMissingError, InhouseError, UsageError
from ui.errors import FrontEndError, TooManyError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Send


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status, a sentence, and headers that go with it."""

    status: int
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)

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
        return cls(status, str(error), wait)

    async def send(self, send: Send) -> None:
        """Send a refusal without involving the application."""
        body = f"{self.sentence}\n".encode()
        headers = {
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(body)),
            "cache-control": "no-store",
            **self.headers,
        }
        raw = [(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


async def refuse(_: Request, error: Exception) -> PlainTextResponse:
    """What a route that raised one of our errors answers."""
    assert isinstance(error, InhouseError)  # noqa: S101 - that is what it is registered for
    refusal = Refusal.of(error)
    return PlainTextResponse(
        f"{refusal.sentence}\n", refusal.status, {**refusal.headers, "cache-control": "no-store"}
    )
