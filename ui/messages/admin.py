"""The words of the page for admins."""

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
            "token": "made an access token for",
            "revoke": "ended an access token",
            "answered": "marked a question as done",
            "feedback": "changed the state of feedback",
        }
    )


@dataclass(frozen=True, slots=True)
class AdminWords:
    """Every word of it. Braces are filled in by the view."""

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
    download_questions: str = "Download as questions for inhouse eval"
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
