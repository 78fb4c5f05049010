"""Which language somebody on the page reads."""

from __future__ import annotations

from typing import Any

from ui.messages.languages import choose_language
from ui.messages.page import Words

COOKIE = "inhouse_language"


def choose_words(request: Any) -> Words:
    """The words for a FastAPI request or a `gradio.Request`: the language chosen, or the browser's."""
    request = getattr(request, "request", request)  # Gradio's holds FastAPI's
    return choose_language(request.cookies.get(COOKIE), request.headers.get("accept-language", ""))


def choose_words_in_scope(scope: Any) -> Words:
    """The words for an ASGI scope."""
    from starlette.requests import Request

    return choose_words(Request(scope))
