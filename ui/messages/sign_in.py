"""The words around signing in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class SignInWords:
    """What stands on the page where one signs in."""

    title: str = "Sign in"
    first_label: str = "Name"
    second_label: str = "Password"
    submit: str = "Sign in"
    wrong: str = "That name and password do not fit together."
    too_often: str = "Too many attempts. Try again in {n} seconds."
    why: str = "Answers come from your company’s own documents, so it matters who asks."
    signed_out: str = "You have been signed out. What you typed is still here."
    again: str = "Sign in again"
    no_account: str = "No account, or no password any more? Ask whoever runs this page."


ENGLISH_SIGN_IN = SignInWords()
GERMAN_SIGN_IN = SignInWords(
    title="Anmelden",
    first_label="Name",
    second_label="Passwort",
    submit="Anmelden",
    wrong="Name und Passwort passen nicht zusammen.",
    too_often="Zu viele Versuche. Bitte in {n} Sekunden noch einmal.",
    why="Die Antworten stammen aus den Dokumenten Ihres Hauses. Deshalb kommt es darauf an, wer fragt.",
    signed_out="Sie sind abgemeldet. Was Sie geschrieben haben, ist noch da.",
    again="Wieder anmelden",
    no_account="Kein Konto oder das Passwort vergessen? Wer diese Seite betreibt, kann helfen.",
)
SIGN_IN: Mapping[str, SignInWords] = MappingProxyType({"en": ENGLISH_SIGN_IN, "de": GERMAN_SIGN_IN})
"""By language."""
