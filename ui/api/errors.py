"""Every error that a program gets, as the error object of OpenAI's interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ui.web.security.guard import PROGRAM_PATHS
from ui.web.security.refusals import Refusal

if TYPE_CHECKING:
    import fastapi

_SHOWN = 200  # characters of a value's complaint


def handle_errors(app: fastapi.FastAPI) -> None:
    """Answer what goes wrong below `PROGRAM_PATHS` in JSON; other paths keep their own words."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    from rag.errors import InhouseError
    from ui.web.security.refusals import refuse

    async def invalid(_: Request, exc: Exception) -> Response:
        assert isinstance(exc, RequestValidationError)  # noqa: S101 - it is registered for it
        return respond(_of_validation(exc.errors()))

    async def refused(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, InhouseError)  # noqa: S101 - it is registered for it
        return respond(Refusal.of(exc)) if _is_program(request) else await refuse(request, exc)

    async def wrong(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)  # noqa: S101 - it is registered for it
        refusal = Refusal(exc.status_code, f"{str(exc.detail).rstrip('.')}.")
        if _is_program(request):
            return respond(refusal)
        return PlainTextResponse(refusal.sentence, refusal.status, exc.headers)

    async def broken(request: Request, _: Exception) -> Response:
        sentence = "Something went wrong on the server. Its log says what."
        if _is_program(request):
            return respond(Refusal(500, sentence))
        return PlainTextResponse("Internal Server Error", 500)

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(InhouseError, refused)
    app.add_exception_handler(HTTPException, wrong)
    app.add_exception_handler(Exception, broken)


def respond(refusal: Refusal) -> JSONResponse:
    """A refusal as a response."""
    headers = {**refusal.headers, "cache-control": "no-store"}
    return JSONResponse(refusal.to_json(), refusal.status, headers)


def _is_program(request: Request) -> bool:
    return request.url.path.startswith(PROGRAM_PATHS)


def _of_validation(problems: Any) -> Refusal:
    """The first thing that is wrong with a request, and where."""
    problem = problems[0]
    path = [part for part in problem["loc"][1:] if not _is_kind(part)]  # the first: body or query
    if problem["type"] == "json_invalid" or not path:
        return Refusal(400, f"The body is no JSON object that is expected: {problem['msg']}.")
    steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    param = "".join(steps).removeprefix(".")[:_SHOWN]
    return Refusal(400, f"{param}: {problem['msg'][:_SHOWN]}.", param=param)


def _is_kind(part: str | int) -> bool:
    """Whether a step of the path names one of several kinds of value, and no field."""
    return isinstance(part, str) and (part == "str" or "[" in part)
