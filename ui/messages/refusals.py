"""What the server refuses, in the page's language: each sentence is written in English where it is raised.

The English sentence is the key, as with gettext; what stands in braces is carried over. A sentence that is
not here, such as one for whoever runs the server, stays as it is.
"""

from __future__ import annotations

import functools
import re

from ui.messages.numbers import number
from ui.messages.page import Words
from ui.messages.typography import set_french_spacing

_TRANSLATIONS: dict[str, tuple[str, str, str]] = {
    "There is no index in {folder}. Make one with: inhouse ingest FOLDER": (
        "In {folder} gibt es noch keinen Index. Das ändert: inhouse ingest FOLDER",
        "Il n’y a pas encore d’index dans {folder}. Pour en créer un : inhouse ingest FOLDER",
        "Todavía no hay ningún índice en {folder}. Para crear uno: inhouse ingest FOLDER",
    ),
    "Nothing was ingested into {folder} yet. Do it with: inhouse ingest FOLDER": (
        "In {folder} wurde noch nichts eingelesen. Das ändert: inhouse ingest FOLDER",
        "Rien n’a encore été indexé dans {folder}. Pour le faire : inhouse ingest FOLDER",
        "Todavía no se ha indexado nada en {folder}. Para hacerlo: inhouse ingest FOLDER",
    ),
    "Sign in first.": (
        "Melden Sie sich zuerst an.",
        "Connectez-vous d’abord.",
        "Inicie sesión primero.",
    ),
    "Nobody is signed in. Open this page through your company's address.": (
        "Niemand ist angemeldet. Öffnen Sie diese Seite über die Adresse Ihrer Firma.",
        "Personne n’est connecté. Ouvrez cette page par l’adresse de votre entreprise.",
        "Nadie ha iniciado sesión. Abra esta página desde la dirección de su empresa.",
    ),
    "This needs the role {role}.": (
        "Dafür braucht es die Rolle {role}.",
        "Il faut pour cela le rôle {role}.",
        "Para esto se necesita el rol {role}.",
    ),
    "There is nothing here.": (
        "Hier ist nichts.",
        "Il n’y a rien ici.",
        "Aquí no hay nada.",
    ),
    "That was too often in a short time. Try again in {seconds} second.": (
        "Das war zu oft in kurzer Zeit. Versuchen Sie es in {seconds} Sekunde noch einmal.",
        "C’était trop souvent en peu de temps. Réessayez dans {seconds} seconde.",
        "Ha sido demasiado seguido. Inténtelo de nuevo dentro de {seconds} segundo.",
    ),
    "That was too often in a short time. Try again in {seconds} seconds.": (
        "Das war zu oft in kurzer Zeit. Versuchen Sie es in {seconds} Sekunden noch einmal.",
        "C’était trop souvent en peu de temps. Réessayez dans {seconds} secondes.",
        "Ha sido demasiado seguido. Inténtelo de nuevo dentro de {seconds} segundos.",
    ),
    "Too many requests of yours are open. Close a tab.": (
        "Von Ihnen sind zu viele Anfragen offen. Schließen Sie einen Tab.",
        "Trop de vos requêtes sont ouvertes. Fermez un onglet.",
        "Tiene demasiadas solicitudes abiertas. Cierre una pestaña.",
    ),
    "Too much of this is being done already. Try again in a moment.": (
        "Davon läuft gerade zu viel. Versuchen Sie es gleich noch einmal.",
        "Le serveur en traite déjà trop. Réessayez dans un instant.",
        "El servidor ya atiende demasiadas. Inténtelo de nuevo en un momento.",
    ),
    "{n} files are being uploaded already. Try again in a moment.": (
        "Es werden schon {n} Dateien hochgeladen. Versuchen Sie es gleich noch einmal.",
        "{n} fichiers sont déjà en cours d’envoi. Réessayez dans un instant.",
        "Ya se están subiendo {n} archivos. Inténtelo de nuevo en un momento.",
    ),
    "There is a file {name} already. Rename yours, or replace it.": (
        "Es gibt schon eine Datei {name}. Benennen Sie Ihre um, oder ersetzen Sie jene.",
        "Il y a déjà un fichier {name}. Renommez le vôtre, ou remplacez-le.",
        "Ya hay un archivo {name}. Cambie el nombre del suyo o reemplácelo.",
    ),
    "{name} is larger than {size} MB.": (
        "{name} ist größer als {size} MB.",
        "{name} dépasse {size} Mo.",
        "{name} ocupa más de {size} MB.",
    ),
    "{name} is empty.": (
        "{name} ist leer.",
        "{name} est vide.",
        "{name} está vacío.",
    ),
    "There is no room for {name} in the inbox.": (
        "Für {name} ist im Eingangsordner kein Platz.",
        "Il n’y a pas de place pour {name} dans le dossier d’arrivée.",
        "No hay espacio para {name} en la carpeta de entrada.",
    ),
    "This document is read from a folder outside of the inbox. "
    "Take it out of that folder; the next ingest notices.": (
        "Dieses Dokument kommt aus einem Ordner außerhalb des Eingangsordners. Nehmen Sie es dort heraus; "
        "die nächste Aufnahme merkt es.",
        "Ce document vient d’un dossier autre que le dossier d’arrivée. Retirez-le de ce dossier ; la "
        "prochaine indexation le verra.",
        "Este documento viene de una carpeta distinta de la de entrada. Quítelo de esa carpeta; la próxima "
        "indexación lo notará.",
    ),
    "Nothing can be uploaded here. The operator can name a folder as web.inbox.": (
        "Hier kann nichts hochgeladen werden. Wer den Server betreibt, kann als web.inbox "
        "einen Ordner nennen.",
        "On ne peut rien envoyer ici. L’exploitant peut nommer un dossier dans web.inbox.",
        "Aquí no se puede subir nada. Quien administra el servidor puede indicar una carpeta en web.inbox.",
    ),
    "That is no name for a file here. It has no path, no control character, none of {signs}, "
    "and begins with no dot.": (
        "So kann hier keine Datei heißen. Ein Name hat keinen Pfad, kein Steuerzeichen, keines von {signs} "
        "und beginnt nicht mit einem Punkt.",
        "Un fichier ne peut pas porter ce nom ici : ni chemin, ni caractère de commande, aucun de {signs}, "
        "et pas de point au début.",
        "Un archivo no puede llamarse así aquí: sin ruta, sin caracteres de control, ninguno de {signs} y "
        "sin punto al principio.",
    ),
    "The file's name has more than {n} bytes. Shorten it.": (
        "Der Name der Datei hat mehr als {n} Bytes. Kürzen Sie ihn.",
        "Le nom du fichier dépasse {n} octets. Raccourcissez-le.",
        "El nombre del archivo tiene más de {n} bytes. Acórtelo.",
    ),
    "Files of the kind {kind} are not taken. These are: {kinds}.": (
        "Dateien der Art {kind} werden nicht genommen, aber diese: {kinds}.",
        "Les fichiers du type {kind} ne sont pas acceptés. Ceux-ci le sont : {kinds}.",
        "No se aceptan archivos del tipo {kind}. Se aceptan: {kinds}.",
    ),
    "This conversation is not there; it may have been deleted.": (
        "Diese Unterhaltung ist nicht da; vielleicht wurde sie gelöscht.",
        "Cette conversation n’existe pas ; elle a peut-être été supprimée.",
        "Esta conversación no existe; quizá se ha eliminado.",
    ),
    "This answer was stopped; there is nothing to judge.": (
        "Diese Antwort wurde angehalten; es gibt nichts zu bewerten.",
        "Cette réponse a été arrêtée ; il n’y a rien à évaluer.",
        "Esta respuesta se detuvo; no hay nada que valorar.",
    ),
    "This document is not there.": (
        "Dieses Dokument ist nicht da.",
        "Ce document n’existe pas.",
        "Este documento no existe.",
    ),
    "This feedback is not there; it may have been withdrawn.": (
        "Diese Rückmeldung ist nicht da; vielleicht wurde sie zurückgenommen.",
        "Cet avis n’existe pas ; il a peut-être été retiré.",
        "Esta valoración no existe; quizá se ha retirado.",
    ),
    "There is an account {name} already.": (
        "Es gibt schon ein Konto {name}.",
        "Il y a déjà un compte {name}.",
        "Ya hay una cuenta {name}.",
    ),
    "{name} is no name for an account. It has 1 to 64 letters, digits, and . _ @ + -": (
        "{name} ist kein Name für ein Konto. Ein Name hat 1 bis 64 Buchstaben, Ziffern und . _ @ + -",
        "{name} ne peut pas être le nom d’un compte : 1 à 64 lettres, chiffres et . _ @ + -",
        "{name} no puede ser el nombre de una cuenta: de 1 a 64 letras, cifras y . _ @ + -",
    ),
    "A password has {least} to {most} characters.": (
        "Ein Passwort hat {least} bis {most} Zeichen.",
        "Un mot de passe a de {least} à {most} caractères.",
        "Una contraseña tiene de {least} a {most} caracteres.",
    ),
    "The password is hardly more than the name.": (
        "Das Passwort ist kaum mehr als der Name.",
        "Le mot de passe n’est guère plus que le nom.",
        "La contraseña es casi igual que el nombre.",
    ),
    "There is no account {name}. See: inhouse user list": (
        "Es gibt kein Konto {name}. Alle zeigt: inhouse user list",
        "Il n’y a pas de compte {name}. Pour les voir : inhouse user list",
        "No hay ninguna cuenta {name}. Para verlas: inhouse user list",
    ),
    "Your own account is not changed here: you could lock yourself out. Use: {command}": (
        "Ihr eigenes Konto wird hier nicht geändert: Sie könnten sich aussperren. Dafür: {command}",
        "Votre propre compte ne se modifie pas ici : vous pourriez vous exclure. Utilisez : {command}",
        "Su propia cuenta no se cambia aquí: podría quedarse fuera. Use: {command}",
    ),
    "To remove {name}, type that name.": (
        "Um {name} zu entfernen, geben Sie diesen Namen ein.",
        "Pour supprimer {name}, saisissez ce nom.",
        "Para quitar a {name}, escriba ese nombre.",
    ),
    "This account would read, or reads, more than you may read yourself. "
    "Somebody who may read every document can change it, or the command inhouse user.": (
        "Dieses Konto läse, oder liest, mehr als Sie selbst. Ändern kann es, wer alle Dokumente lesen darf, "
        "oder der Befehl inhouse user.",
        "Ce compte lirait, ou lit, plus que vous. Peuvent le modifier ceux qui lisent tous les documents, ou "
        "la commande inhouse user.",
        "Esta cuenta leería, o lee, más que usted. Puede cambiarla quien lea todos los documentos, o la "
        "orden inhouse user.",
    ),
    "This page belongs to somebody else. Reload it.": (
        "Diese Seite gehört jemand anderem. Laden Sie sie neu.",
        "Cette page est à quelqu’un d’autre. Rechargez-la.",
        "Esta página es de otra persona. Recárguela.",
    ),
    "Accounts cannot be looked up just now.": (
        "Die Konten sind gerade nicht erreichbar.",
        "Les comptes ne sont pas accessibles pour le moment.",
        "Las cuentas no están disponibles en este momento.",
    ),
    "A request may have {n} bytes at most.": (
        "Eine Anfrage darf höchstens {n} Bytes haben.",
        "Une requête peut avoir {n} octets au plus.",
        "Una solicitud puede tener {n} bytes como máximo.",
    ),
}
_LANGUAGES = ("de", "fr", "es")
_GAP = re.compile(r"\\\{(\w+)\\\}")
_NUMBER = re.compile(r"\d{1,3}(,\d{3})*")


def list_refusal_templates() -> tuple[str, ...]:
    """The English sentences that have a translation, with their gaps in braces."""
    return tuple(_TRANSLATIONS)


def translate_refusal(sentence: str, words: Words) -> str:
    """The sentence in the language of `words`; as it is where there is none."""
    if words.language not in _LANGUAGES:
        return sentence
    column = _LANGUAGES.index(words.language)
    for pattern, template in _patterns():
        if match := pattern.fullmatch(sentence.strip()):
            values = {name: _value(value, words) for name, value in match.groupdict().items()}
            translation = _TRANSLATIONS[template][column]
            if words.language == "fr":
                translation = set_french_spacing(translation)
            return translation.format(**values)
    return sentence


def _value(value: str, words: Words) -> str:
    return number(int(value.replace(",", "")), words) if _NUMBER.fullmatch(value) else value


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Those with the fewest gaps come first: they are the most exact."""
    templates = sorted(_TRANSLATIONS, key=lambda template: (template.count("{"), -len(template)))
    return tuple(
        (re.compile(_GAP.sub(r"(?P<\1>.+)", re.escape(template)), re.DOTALL), template)
        for template in templates
    )
