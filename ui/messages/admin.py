"""The words of the page for admins, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def _english_actions() -> Mapping[str, str]:
    return MappingProxyType(
        {
            "add": "let in",
            "set": "changed role or documents",
            "passwd": "gave a new password",
            "disable": "kept out",
            "enable": "let in again",
            "remove": "removed",
            "revoke": "ended an access token",
            "answered": "marked a question as done",
            "feedback": "changed the state of feedback",
        }
    )


@dataclass(frozen=True, slots=True)
class AdminWords:
    """English; `GERMAN_ADMIN` is the other language."""

    lead: str = (
        "Everything here can also be done with the command inhouse. Each change is written down."
    )
    people: str = "People"
    no_people: str = "Nobody has an account here yet."
    name: str = "Name"
    role: str = "Role"
    reads: str = "May read"
    everything: str = "every document"
    for_all: str = "what is for everybody"
    sessions: str = "Signed in"
    last_seen: str = "last click {when}"
    nobody_in: str = "no"
    is_disabled: str = "kept out"
    no_password: str = "no password"
    reader: str = "reader: asks"
    editor: str = "editor: also uploads and withdraws"
    admin: str = "admin: everything on the page"
    readers: str = "Reader tokens, with spaces between, like group:hr"
    all_documents: str = "May read every document"
    password: str = "New password"
    save: str = "Save"
    change: str = "Change"
    set_password: str = "Set the password"
    disable: str = "Keep out"
    enable: str = "Let in again"
    remove: str = "Remove with all conversations"
    remove_sure: str = "Type the name to remove it for good"
    add: str = "Let somebody in"
    own_account: str = "Your own account is changed with the command inhouse user."
    tokens: str = "Access tokens"
    no_tokens: str = "Programs have no access token."
    token_for: str = "{label}, of {name}"
    token_until: str = "until {day}"
    token_used: str = "last used {day}"
    revoke: str = "End"
    rights: str = "Who may read what"
    rights_not_applied: str = "The rules are newer than the index."
    rights_command: str = "To apply them, run:"
    rules: str = "Rules of the settings"
    no_rules: str = "There is no rule: every document is for everybody."
    admitted: str = "Documents by who may read them"
    reads_it: str = "Who may read it"
    everybody: str = "everybody"
    nobody: str = "nobody"
    show_as: str = "Show what somebody sees"
    show: str = "Show"
    sees: str = "{name} sees {documents}, as far as you may see them yourself."
    sees_more: str = "and {n} more"
    unanswered: str = "Questions without an answer"
    unanswered_lead: str = (
        "Of the last {n} days, without names; none about documents that you may not read."
    )
    no_unanswered: str = "No question was left without an answer."
    asked: tuple[str, str] = ("asked once", "asked {n} times")
    done: str = "Done"
    feedback: str = "Feedback"
    feedback_open: str = "{n} not dealt with"
    reopen: str = "Open again"
    is_done: str = "done"
    runs: str = "Reading in"
    last_run: str = "Last run that changed something"
    last_look: str = "Last run"
    files: str = "Files"
    not_read: str = "See the files that were not read"
    storage: str = "Storage"
    index_size: str = "Index"
    people_size: str = "Accounts and conversations"
    inbox_size: str = "Uploads"
    retention: str = "How long things are kept"
    kept_conversations: str = "Conversations"
    kept_until: str = "until their owner deletes them ({n} now)"
    kept_sessions: str = "Sessions"
    kept_idle: str = "{minutes} minutes without a click, {hours} hours at most"
    kept_states: str = "Old states of the index"
    kept_days: str = "{n} days"
    kept_command: str = "To erase what is kept of somebody: inhouse forget --person NAME"
    hidden: str = "Only for those who may read every document."
    log: str = "What was changed here"
    no_log: str = "Nothing yet."
    actions: Mapping[str, str] = field(default_factory=_english_actions)


ENGLISH_ADMIN = AdminWords()

GERMAN_ADMIN = AdminWords(
    lead="Alles hier geht auch mit dem Befehl inhouse. Jede Änderung wird aufgeschrieben.",
    people="Personen",
    no_people="Noch hat hier niemand ein Konto.",
    name="Wer",
    role="Rolle",
    reads="Darf lesen",
    everything="jedes Dokument",
    for_all="was für alle ist",
    sessions="Angemeldet",
    last_seen="letzter Klick {when}",
    nobody_in="nein",
    is_disabled="ausgesperrt",
    no_password="kein Passwort",
    reader="reader: fragt",
    editor="editor: lädt auch hoch und zieht zurück",
    admin="admin: alles auf der Seite",
    readers="Lesemarken, mit Leerzeichen dazwischen, etwa group:hr",
    all_documents="Darf jedes Dokument lesen",
    password="Neues Passwort",
    save="Speichern",
    change="Ändern",
    set_password="Passwort setzen",
    disable="Aussperren",
    enable="Wieder zulassen",
    remove="Mit allen Gesprächen entfernen",
    remove_sure="Zum endgültigen Entfernen den Namen eingeben",
    add="Jemanden zulassen",
    own_account="Ihr eigenes Konto ändern Sie mit dem Befehl inhouse user.",
    tokens="Zugangsschlüssel",
    no_tokens="Kein Programm hat einen Zugangsschlüssel.",
    token_for="{label}, von {name}",
    token_until="bis {day}",
    token_used="zuletzt benutzt {day}",
    revoke="Beenden",
    rights="Wer was lesen darf",
    rights_not_applied="Die Regeln sind neuer als der Index.",
    rights_command="Damit sie gelten, führen Sie aus:",
    rules="Regeln der Einstellungen",
    no_rules="Es gibt keine Regel: Jedes Dokument ist für alle.",
    admitted="Dokumente danach, wer sie lesen darf",
    reads_it="Wer es lesen darf",
    everybody="alle",
    nobody="niemand",
    show_as="Zeigen, was jemand sieht",
    show="Zeigen",
    sees="{name} sieht {documents}, soweit Sie sie selbst sehen dürfen.",
    sees_more="und {n} weitere",
    unanswered="Fragen ohne Antwort",
    unanswered_lead=(
        "Der letzten {n} Tage, ohne Namen. Solche zu Dokumenten, die Sie nicht lesen dürfen, fehlen."
    ),
    no_unanswered="Keine Frage blieb ohne Antwort.",
    asked=("einmal gefragt", "{n}-mal gefragt"),
    done="Erledigt",
    feedback="Rückmeldungen",
    feedback_open="{n} nicht erledigt",
    reopen="Wieder öffnen",
    is_done="erledigt",
    runs="Einlesen",
    last_run="Letzter Lauf, der etwas änderte",
    last_look="Letzter Lauf",
    files="Dateien",
    not_read="Die Dateien zeigen, die nicht gelesen wurden",
    storage="Speicher",
    index_size="Bestand",
    people_size="Konten und Gespräche",
    inbox_size="Hochgeladenes",
    retention="Wie lange etwas aufbewahrt wird",
    kept_conversations="Gespräche",
    kept_until="bis ihr Besitzer sie löscht (jetzt {n})",
    kept_sessions="Anmeldungen",
    kept_idle="{minutes} Minuten ohne Klick, höchstens {hours} Stunden",
    kept_states="Alte Stände des Index",
    kept_days="{n} Tage",
    kept_command="Was von jemandem aufbewahrt wird, löscht: inhouse forget --person NAME",
    hidden="Nur für die, die jedes Dokument lesen dürfen.",
    log="Was hier geändert wurde",
    no_log="Noch nichts.",
    actions=MappingProxyType(
        {
            "add": "hat zugelassen",
            "set": "hat Rolle oder Dokumente geändert",
            "passwd": "hat ein neues Passwort gesetzt",
            "disable": "hat ausgesperrt",
            "enable": "hat wieder zugelassen",
            "remove": "hat entfernt",
            "revoke": "hat einen Zugangsschlüssel beendet",
            "answered": "hat eine Frage als erledigt markiert",
            "feedback": "hat den Stand einer Rückmeldung geändert",
        }
    ),
)
