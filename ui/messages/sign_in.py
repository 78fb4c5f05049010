"""The words around signing in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ui.messages.typography import set_french_spacing


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
FRENCH_SIGN_IN = set_french_spacing(
    SignInWords(
        title="Se connecter",
        first_label="Nom",
        second_label="Mot de passe",
        submit="Se connecter",
        wrong="Ce nom et ce mot de passe ne vont pas ensemble.",
        too_often="Trop de tentatives. Réessayez dans {n} secondes.",
        why=(
            "Les réponses viennent des documents de votre entreprise ; il importe donc de savoir qui demande."
        ),
        signed_out="Vous avez été déconnecté. Ce que vous avez écrit est toujours là.",
        again="Se reconnecter",
        no_account=(
            "Pas de compte, ou mot de passe oublié ? Adressez-vous à la personne qui s’occupe de cette page."
        ),
    )
)
SPANISH_SIGN_IN = SignInWords(
    title="Iniciar sesión",
    first_label="Nombre",
    second_label="Contraseña",
    submit="Iniciar sesión",
    wrong="Ese nombre y esa contraseña no corresponden.",
    too_often="Demasiados intentos. Inténtelo de nuevo en {n} segundos.",
    why="Las respuestas salen de los documentos de su empresa; por eso importa quién pregunta.",
    signed_out="Su sesión se ha cerrado. Lo que escribió sigue aquí.",
    again="Volver a iniciar sesión",
    no_account=(
        "¿No tiene cuenta o ha olvidado la contraseña? Consulte a quien se encarga de esta página."
    ),
)
SIGN_IN: Mapping[str, SignInWords] = MappingProxyType(
    {
        "en": ENGLISH_SIGN_IN,
        "de": GERMAN_SIGN_IN,
        "fr": FRENCH_SIGN_IN,
        "es": SPANISH_SIGN_IN,
    }
)
"""By language."""
