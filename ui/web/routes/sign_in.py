"""Signing in and out, with own accounts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ui.errors import TooManyError
from ui.messages.sign_in import SIGN_IN, SignInWords
from ui.web.app_state import AppState
from ui.web.identity import requires
from ui.web.language import choose_words
from ui.web.layout import version
from ui.web.profiles import COOKIE as PROFILE
from ui.web.security.client_address import ClientOrigin, Headers, keep_own_address, read_headers
from ui.web.security.work_pool import WorkPool
from ui.web.userdata.accounts import fold_name

if TYPE_CHECKING:
    from fastapi import APIRouter

_MAX_FORM = 16 * 1024  # bytes
_NO_STORE = {"cache-control": "no-store"}


def routes(app_state: AppState) -> APIRouter:
    """`/sign-in` and `/sign-out`; without own accounts there is nothing to do at either."""
    from fastapi import APIRouter

    router = APIRouter()
    admission = app_state.admission
    # As many at a time as hash at a time: who waits in line holds no thread that others need.
    hashing = WorkPool("sign-in", 2, waiting=30, per_person=4)

    @router.get("/sign-in")
    @requires(None)
    async def form(request: Request) -> Response:
        if admission.way != "accounts":
            return RedirectResponse("/", 303, headers=_NO_STORE)
        return _page(app_state, request, keep_own_address(request.query_params.get("next", "/")))

    @router.post("/sign-in")
    @requires(None, max_body=_MAX_FORM)
    async def sign_in(request: Request) -> Response:
        if admission.way != "accounts":
            return RedirectResponse("/", 303, headers=_NO_STORE)
        form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        name, password, onwards = (form.get(key, [""])[0] for key in ("name", "password", "next"))
        headers, origin = _from(app_state, request)
        words = _words(request)
        try:
            token = await hashing.run(origin.group, admission.sign_in, name, password, origin)
        except TooManyError as exc:
            app_state.metrics.sign_ins.labels("throttled").inc()
            wait = f"{exc.retry_after_s:.0f}"
            problem = words.too_often.format(n=wait)
            retry = {"retry-after": wait}
            return _page(app_state, request, onwards, problem, 429, retry, name=name)
        if token is None:
            app_state.metrics.sign_ins.labels("wrong").inc()
            await run_in_threadpool(_note_failure, app_state, name, origin)
            return _page(app_state, request, onwards, words.wrong, 401, name=name)
        app_state.metrics.sign_ins.labels("right").inc()
        await run_in_threadpool(app_state.audit.signed_in, fold_name(name), origin.group)
        admission.sign_out(headers, origin)  # one browser, one session
        return RedirectResponse(
            keep_own_address(onwards),
            303,
            {**_NO_STORE, "set-cookie": admission.cookie(token, origin)},
        )

    @router.post("/sign-out")
    @requires(None, max_body=_MAX_FORM)
    async def sign_out(request: Request) -> Response:
        headers, origin = _from(app_state, request)
        gone = {**_NO_STORE, "clear-site-data": '"cache", "storage"'}
        if admission.way == "accounts":
            admission.sign_out(headers, origin)
            gone["set-cookie"] = admission.cookie("", origin)
        answer = RedirectResponse("/sign-in", 303, gone)
        answer.delete_cookie(PROFILE)  # whoever comes next begins anew
        return answer

    return router


def _note_failure(app_state: AppState, name: str, origin: ClientOrigin) -> None:
    account = app_state.accounts.by_name(fold_name(name[:1_000]))
    app_state.audit.sign_in_failed(account.name if account else "", origin.group)


def _from(app_state: AppState, request: Request) -> tuple[Headers, ClientOrigin]:
    headers = read_headers(request.scope)
    return headers, app_state.proxies.origin(request.scope, headers)


def _words(request: Request) -> SignInWords:
    return SIGN_IN[choose_words(request).language]


def _page(
    app_state: AppState,
    request: Request,
    onwards: str,
    problem: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
    *,
    name: str = "",
) -> HTMLResponse:
    """`name`: what was typed before, so that only the password has to be typed again."""
    words = _words(request)
    language = choose_words(request).language
    w = {name: escape(getattr(words, name)) for name in SignInWords.__slots__}
    product = escape(app_state.words.product)
    problem_html = (
        f'<p class="problem" id="problem" role="alert">{escape(problem)}</p>' if problem else ""
    )
    about = ' aria-describedby="problem" aria-invalid="true"' if problem else ""
    assets_version = version()
    return HTMLResponse(
        f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{w["title"]} · {product}</title>
<link rel="icon" href="/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page/base.css?v={assets_version}">
<link rel="stylesheet" href="/page/sign-in.css?v={assets_version}">
</head>
<body class="sign-in">
<main>
<p class="mark"><img src="/page/icon.svg" alt="" width="32" height="32"> {product}</p>
<h1>{w["title"]}</h1>
<p class="why">{w["why"]}</p>
{problem_html}
<form method="post" action="/sign-in">
<input type="hidden" name="next" value="{escape(keep_own_address(onwards))}">
<label for="name">{w["first_label"]}</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false"
maxlength="64" required{"" if name else " autofocus"} value="{escape(name[:64])}"{about}>
<label for="password">{w["second_label"]}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
maxlength="500" required{" autofocus" if name else ""}{about}>
<button type="submit">{w["submit"]}</button>
</form>
<p class="help">{w["no_account"]}</p>
</main>
</body>
</html>
""",
        status,
        {**_NO_STORE, **(headers or {})},
    )
