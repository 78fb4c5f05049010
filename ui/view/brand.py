"""The name and mark of the organisation at the top of the page, and the list of profiles behind it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from rag.profile import DEFAULT, Profile
from ui.messages.page import Words
from ui.view.colours import render_accent_style
from ui.view.markup import escape, escape_name


def name_product(profile: Profile, words: Words) -> str:
    """What the page is called."""
    return profile.branding.product or words.product


def label_of(profile: Profile, words: Words) -> str:
    """What a profile is called in a list."""
    if profile.name == DEFAULT:
        return words.everything
    return profile.branding.product or profile.name


def style_of(profile: Profile) -> str:
    """The attribute that gives the document the profile's colour, or nothing."""
    accent = profile.branding.accent
    return f' style="{render_accent_style(accent)}"' if accent else ""


def mark(profile: Profile, words: Words) -> str:
    """The way home."""
    return (
        f'<a class="brand" href="/">{_logo(profile)}'
        f"<span>{escape_name(name_product(profile, words))}</span></a>"
    )


def address(profile: Profile, back: str) -> str:
    """Where a profile is chosen; leads on to `back`."""
    return f"/profile?{urlencode({'name': profile.name, 'back': back})}"


def render_switcher(offered: Sequence[Profile], chosen: Profile, back: str, words: Words) -> str:
    """A button that opens the list of profiles; nothing where there is no choice."""
    if len(offered) < 2:
        return ""
    items = "".join(_item(profile, chosen, back, words) for profile in offered)
    return (
        '<button id="profile" type="button" popovertarget="profiles" '
        f'aria-label="{escape(words.change_profile)}: {escape_name(label_of(chosen, words))}">'
        '<span aria-hidden="true">▾</span></button>'
        f'<nav id="profiles" popover aria-label="{escape(words.profiles)}">{items}</nav>'
    )


def links(profiles: Sequence[Profile], back: str, words: Words) -> str:
    """A link for each profile, which chooses it."""
    return "".join(_item(profile, None, back, words) for profile in profiles)


def _item(profile: Profile, chosen: Profile | None, back: str, words: Words) -> str:
    is_chosen = chosen is not None and profile.name == chosen.name
    current = ' aria-current="true"' if is_chosen else ""
    why = profile.description or (words.everything_why if profile.name == DEFAULT else "")
    more = f"<small>{escape_name(why)}</small>" if why else ""
    return (
        f'<a href="{escape(address(profile, back))}"{current}{style_of(profile)}>{_logo(profile)}'
        f"<span>{escape_name(label_of(profile, words))}{more}</span></a>"
    )


def _logo(profile: Profile) -> str:
    if not profile.branding.logo:
        return '<img src="/page/icon.svg" alt="" width="26" height="26">'
    return f'<b class="logo" aria-hidden="true">{escape_name(profile.branding.logo)}</b>'
