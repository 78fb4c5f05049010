"""The id of the request that is being answered, for log lines and records of one request."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

_CURRENT: contextvars.ContextVar[str] = contextvars.ContextVar("inhouse_request", default="")


def get_current_request() -> str:
    """The id of the request that this task or thread works for; "" outside of one."""
    return _CURRENT.get()


@contextlib.contextmanager
def working_for(request_id: str) -> Iterator[None]:
    """What is done inside is done for this request."""
    token = _CURRENT.set(request_id)
    try:
        yield
    finally:
        _CURRENT.reset(token)
