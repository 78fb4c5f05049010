"""The HTML document around every room.

Gradio's own document carries inline scripts, which a strict content security policy refuses, and
links to other hosts. This one has neither: Gradio then fetches its configuration by itself.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag.errors import MissingDependencyError
from rag.profile import Profile
from ui.messages.languages import LANGUAGES
from ui.messages.page import Words
from ui.messages.sign_in import SIGN_IN
from ui.view import ask_page as view
from ui.view import brand
from ui.view.history import render_drawers
from ui.view.scope import ScopeItem
from ui.web.identity import Person, find_person
from ui.web.language import choose_words
from ui.web.navigation import Room
from ui.web.profiles import Profiles

if TYPE_CHECKING:
    from starlette.requests import Request

STATIC = Path(__file__).with_name("static")

_SCRIPT = re.compile(r'<script type="module"[^>]* src="\./(assets/[\w.-]+\.js)"')
_STYLE = re.compile(r'<link rel="stylesheet"[^>]* href="\./(assets/[\w.-]+\.css)"')


@functools.cache
def find_gradio_assets() -> tuple[str, str]:
    """Paths of the script and the style sheet that start Gradio's front end."""
    import gradio

    document = Path(gradio.__file__).parent / "templates" / "frontend" / "index.html"
    text = document.read_text(encoding="utf-8")
    script, style = _SCRIPT.search(text), _STYLE.search(text)
    if script is None or style is None:
        raise MissingDependencyError(
            f"The page does not know Gradio {gradio.__version__}: its start script was not found.",
            hint="Install a tested one with: pip install 'gradio>=6.25,<7'",
        )
    return script[1], style[1]


@functools.cache
def version() -> str:
    """What changes with our own style and scripts."""
    files = sorted(file for file in STATIC.iterdir() if file.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands around a room for somebody. `here` is the address of the page, with its query.

    `profile` is the one that it shows itself in, one of those `offered`.
    """

    words: Words
    person: Person
    room: Room
    here: str
    profile: Profile = field(default_factory=Profile)
    offered: Sequence[Profile] = ()

    def page(
        self,
        main: str,
        *,
        title: str = "",
        styles: Sequence[str] = (),
        scripts: Sequence[str] = (),
    ) -> str:
        """A room of our own. `main` is HTML; `styles` and `scripts` are names of files in `static`."""
        body = f'<main id="main" class="room" tabindex="-1">{main}</main>'
        styles = [_own_style(name) for name in ("base", "source", "rooms", *styles)]
        loaded = [_own_script(name) for name in ("base", "source", "rooms", *scripts)]
        words = self.words.rooms
        return self._document(
            body, title or self.room.label(self.words), [*styles, *loaded], "main", words.skip, ""
        )

    def ask(self, starters: Sequence[str] = (), scope: Sequence[ScopeItem] = ()) -> str:
        """The room in which one asks; Gradio draws the conversation in it.

        What one needs for the first question is here, so that nobody waits for Gradio. `starters` are
        questions to begin with; `scope` is what is asked, if it is not all documents.
        """
        words, (script, style) = self.words, find_gradio_assets()
        head = [
            '<base href="/">',  # Gradio's front end asks for its files relative to it
            *map(_own_style, ("base", "ask", "source", "talk", "icons")),
            *map(
                _own_script, ("stream", "base", "scope", "box", "talk", "ask", "source", "keys")
            ),  # before Gradio's
        ]
        texts = view.AskTexts(
            heading=self.profile.branding.product or words.heading,
            description=_sentence(self.profile),
            placeholder=words.ask_profile.format(name=self.profile.branding.product)
            if self.profile.branding.product
            else words.placeholder,
        )
        is_first = bool(self.offered) and self.profile.name == self.offered[0].name
        fields = brand.links(self.offered[1:], "/", words) if is_first else ""
        gradio = (
            f'<link rel="stylesheet" href="/{style}">'
            f'<script type="module" src="/{script}"></script>'
        )
        body = view.ask_page(
            texts, starters, "" if scope else fields, scope, gradio, words
        ) + render_drawers(words)
        # A new conversation goes on with the profile of this one.
        begin = brand.address(self.profile, "/") if len(self.offered) > 1 else "/"
        first, _, rest = words.new.partition(" ")  # where there is little room, one word does
        new = (
            '<button type="button" class="new" id="open-history">'
            f"<span>{escape(words.history)}</span></button>"
            f'<a class="new" href="{escape(begin)}"><span>{escape(first)}'
            f'<span class="long"> {escape(rest)}</span></span></a>'
        )
        return self._document(body, words.rooms.ask, head, "question", words.skip, new)

    def _document(
        self, body: str, title: str, head: Iterable[str], target: str, skip: str, extra: str
    ) -> str:
        words, lines = self.words, "\n".join(head)
        sign_in = SIGN_IN[words.language]
        product = brand.name_product(self.profile, words)
        full_title = f"{title} · {product}" if title else product
        data = {
            "product": product,
            "lost": words.lost,
            "broken": words.broken,
            "close": words.close,
            "details": words.details,
            "sources": words.sources,
            "signed-out": sign_in.signed_out,
            "again": sign_in.again,
            "profile": self.profile.name,
            "role": self.person.role.value,
        }
        attributes = " ".join(f'data-{name}="{escape(text)}"' for name, text in data.items())
        return f"""<!doctype html>
<html lang="{escape(words.language)}"{brand.style_of(self.profile)}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>{escape(full_title)}</title>
<link rel="icon" href="/page/icon.svg" type="image/svg+xml">
<link rel="apple-touch-icon" href="/page/icon-192.png">
<link rel="manifest" href="/page/manifest.json">
{lines}
</head>
<body {attributes}>
<a class="skip" href="{escape(self.here)}#{target}">{escape(skip)}</a>
{self._header(extra)}
<div id="notices" role="status"></div>
<noscript><p class="banner">{escape(words.no_script)}</p></noscript>
{body}
{self._viewer()}
</body>
</html>
"""

    def _viewer(self) -> str:
        """Where a document is opened, over whichever room one is in."""
        words = self.words
        return (
            f'<dialog id="viewer" aria-label="{escape(words.source)}" '
            f'data-opening="{escape(words.opening)}">'
            f'<button type="button" class="viewer-close" aria-label="{escape(words.close_source)}">'
            '✕</button><div class="viewer-inside"></div></dialog>'
        )

    def _header(self, extra: str) -> str:
        words = self.words
        back = "/" if self.room is Room.ASK else self.here
        choice = (
            brand.render_switcher(self.offered, self.profile, back, words)
            if self.room.asks_a_profile
            else ""
        )
        menu = (
            '<button id="menu" type="button" popovertarget="rooms" '
            f'aria-label="{escape(words.rooms.menu)}"><span aria-hidden="true">☰</span></button>'
        )
        return (
            f'<header id="top">{brand.mark(self.profile, words)}{choice}{self._rooms()}'
            '<p id="state" aria-live="polite"><span id="index-state"></span>'
            f'<span id="model-state"></span></p>{extra}{menu}</header>'
        )

    def _rooms(self) -> str:
        words = self.words
        links = "".join(
            f'<a href="{room.path}"{self._current(room)}>{escape(room.label(words))}</a>'
            for room in Room
            if room.admits(self.person)
        )
        label = escape(words.rooms.rooms)
        return (
            f'<nav id="rooms" popover aria-label="{label}">{links}{self._languages()}'
            f"{self._account()}</nav>"
        )

    def _languages(self) -> str:
        """The language of the page, which opens the list of the others."""
        texts, back = self.words.rooms, quote(self.here, safe="/")
        others = "".join(
            f'<a lang="{code}" hreflang="{code}" href="/language/{code}?back={back}">'
            f"{escape(words.rooms.own_language)}</a>"
            for code, words in LANGUAGES.items()
            if code != self.words.language
        )
        return (
            f'<details class="language"><summary title="{escape(texts.language)}">'
            f'<span class="sr">{escape(texts.language)}: </span>'
            f'<span class="long">{escape(texts.own_language)}</span>'
            f'<span class="short" aria-hidden="true">{escape(self.words.language)}</span></summary>'
            f"<div>{others}</div></details>"
        )

    def _account(self) -> str:
        """Who is signed in, and the way out; nothing where no sign-in of ours let them in."""
        if not self.person.has_account:
            return ""
        return (
            '<form class="account" method="post" action="/sign-out">'
            f"<span>{escape(self.person.name)}</span>"
            f"<button>{escape(self.words.rooms.sign_out)}</button></form>"
        )

    def _current(self, room: Room) -> str:
        return ' aria-current="page"' if room is self.room else ""


def _sentence(profile: Profile) -> str:
    """The profile's description, with a full stop."""
    description = profile.description
    return (
        description
        if description.endswith((".", "!", "?")) or not description
        else f"{description}."
    )


def _own_style(name: str) -> str:
    return f'<link rel="stylesheet" href="/page/{name}.css?v={version()}">'


def _own_script(name: str) -> str:
    return f'<script type="module" src="/page/{name}.js?v={version()}"></script>'


def frame(request: Request, room: Room, profile: Profile | None = None) -> Layout:
    """The frame in the language of whoever asks, with the rooms that they may enter.

    `profile`: the one that the room is about, where that is not the one that the request or browser names.
    """
    query = request.url.query
    here = f"{request.url.path}?{query}" if query else request.url.path
    profiles: Profiles = request.app.state.app_state.profiles
    return Layout(
        choose_words(request),
        find_person(request),
        room,
        here,
        profile or profiles.of(request),
        tuple(profiles),
    )
