"""The profiles among which people choose, and which one a request is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from rag.errors import ProfileError
from rag.profile import Profile, find_profile, read_profiles
from rag.settings import Settings

COOKIE = "inhouse_profile"
_ALL = "*"


class Profiles:
    """What the operator offers; the first is everybody's until they choose another.

    A profile narrows what is found and keeps no secret, so everybody may choose each of them.
    """

    def __init__(self, profiles: Iterable[Profile] = ()) -> None:
        self.offer(profiles)

    def offer(self, profiles: Iterable[Profile]) -> None:
        """Offer these from now on; none: the one without restrictions."""
        by_name = {profile.name: profile for profile in profiles}
        self._by_name = by_name or {Profile().name: Profile()}

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @property
    def first(self) -> Profile:
        """Whoever chose none has this one."""
        return next(iter(self))

    def named(self, name: str | None) -> Profile:
        """The profile of this name; the first one where it is not offered."""
        return self._by_name.get(name or "", self.first)

    def of(self, request: Any) -> Profile:
        """The one that a request names, or else the one that was chosen in this browser."""
        named = request.query_params.get("profile")
        return self.named(unquote(request.cookies.get(COOKIE, "")) if named is None else named)


def encode_cookie_value(profile: Profile) -> str:
    """The profile's name, as a cookie takes it."""
    return quote(profile.name, safe="")


def list_profiles(settings: Settings) -> tuple[Profile, ...]:
    """The profile of the settings, then those of `web.profiles`. Raises ProfileError."""
    profiles = [find_profile(settings.profile, settings.profiles)]
    for name in settings.web.profiles:
        if name == _ALL:
            profiles += read_profiles(settings.profiles)
        else:
            profiles.append(find_profile(name, settings.profiles))
    known: dict[str, Profile] = {}
    for profile in profiles:
        if known.setdefault(profile.name, profile) != profile:
            raise ProfileError(
                f"Two of the profiles that the page offers are called {profile.name}.",
                hint="Give one of them another name, or list those to offer as web.profiles.",
            )
    return tuple(known.values())
