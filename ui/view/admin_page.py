"""The page for admins: people, rights, questions without an answer, feedback, runs, storage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ui.messages.numbers import count, day, format_day_and_time, number
from ui.messages.page import Words
from ui.view.markup import escape, escape_name

MOST = 100
"""So many rows of each list are shown."""
ROLES = ("reader", "editor", "admin")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """An account. `readers` None: every document. Times are seconds since the epoch, None: never."""

    name: str
    role: str
    readers: Sequence[str] | None
    sessions: int
    seen_at: float | None
    is_disabled: bool
    has_password: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An access token of a program."""

    account: str
    label: str
    expires_at: float | None
    used_at: float | None


@dataclass(frozen=True, slots=True)
class Rights:
    """`rules`: glob and readers. `documents`: how many there are for each set of readers."""

    rules: Sequence[tuple[str, Sequence[str]]] = ()
    documents: Sequence[tuple[Sequence[str], int]] = ()
    not_applied: str = ""


@dataclass(frozen=True, slots=True)
class SeenBy:
    """What somebody sees: how many documents, and the titles of the first."""

    name: str
    total: int
    titles: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question that found no answer."""

    question: str
    times: int
    asked_at: float


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """What somebody said of an answer, and whether that is dealt with."""

    id: str
    question: str
    name: str
    given_at: float
    helpful: bool
    reason: str
    note: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """Facts of the server, only for those who may read everything: label and value.

    `notice`: that the index's embedder does not suit the documents' languages, and what to do; or "".
    """

    runs: Mapping[str, str]
    storage: Mapping[str, str]
    retention: Mapping[str, str]
    notice: str = ""


@dataclass(frozen=True, slots=True)
class AdminPage:
    """All of it. `operation` None: for somebody who may not know. `complaint` is what went wrong just now."""

    people: Sequence[PersonRow]
    tokens: Sequence[TokenRow]
    rights: Rights
    unanswered: Sequence[QuestionRow]
    unanswered_days: int
    feedback: Sequence[FeedbackRow]
    operation: Operation | None
    log: Sequence[tuple[float, str, str, str]]
    seen_by: SeenBy | None = None
    complaint: str = ""
    roles: Sequence[str] = field(default=ROLES)


def render_admin_page(view: AdminPage, words: Words) -> str:
    """The room."""
    admin = words.admin
    complaint = (
        f'<p class="complaint" role="alert">{escape(view.complaint)}</p>' if view.complaint else ""
    )
    return (
        f'<h1>{escape(words.rooms.admin)}</h1><p class="lead">{escape(admin.lead)}</p>{complaint}'
        f"{_people(view, words)}{_rights(view, words)}{_unanswered(view, words)}"
        f"{_feedback(view, words)}{_operation(view, words)}{_log(view, words)}"
    )


def _section(name: str, title: str, inner: str) -> str:
    return f'<section id="{name}"><h2>{escape(title)}</h2>{inner}</section>'


def _people(view: AdminPage, words: Words) -> str:
    admin = words.admin
    rows = "".join(_person(person, words) for person in view.people)
    listed = (
        f'<ol class="cards">{rows}</ol>'
        if rows
        else f'<p class="none">{escape(admin.no_people)}</p>'
    )
    add = (
        f'<details class="card add"><summary>{escape(admin.add)}</summary>'
        f'<form method="post" action="/admin/people/add" autocomplete="off">'
        f"{_field('name', admin.name, required=True)}{_role('reader', words)}{_readers((), words)}"
        f"{_password(words)}{_button(admin.save)}</form></details>"
    )
    return _section("people", admin.people, f"{listed}{add}{_tokens(view.tokens, words)}")


def _person(person: PersonRow, words: Words) -> str:
    admin, name = words.admin, escape_name(person.name)
    role = getattr(admin, person.role).partition(":")[0].strip()
    notes = [role, _reads(person.readers, words)]
    if person.sessions and person.seen_at is not None:
        seen = admin.last_seen.format(when=format_day_and_time(person.seen_at, words))
        notes.append(f"{admin.sessions}: {seen}")
    tags = [admin.is_disabled] * person.is_disabled + [admin.no_password] * (
        not person.has_password
    )
    marks = "".join(f' <span class="state-tag">{escape(tag)}</span>' for tag in tags)
    if person.is_own:
        change = f'<p class="quiet">{escape(admin.own_account)}</p>'
    else:
        change = (
            f"<details><summary>{escape(admin.change)}</summary>{_change(person, words)}</details>"
        )
    where = " · ".join(escape_name(note) for note in notes)
    return f'<li class="card"><h3>{name}{marks}</h3><p class="where">{where}</p>{change}</li>'


def _change(person: PersonRow, words: Words) -> str:
    admin = words.admin
    hidden = f'<input type="hidden" name="name" value="{escape(person.name)}">'
    turn, label = ("enable", admin.enable) if person.is_disabled else ("disable", admin.disable)

    def form(action: str, inner: str) -> str:
        return f'<form method="post" action="/admin/people/{action}">{hidden}{inner}</form>'

    return (
        form(
            "set", _role(person.role, words) + _readers(person.readers, words) + _button(admin.save)
        )
        + form("passwd", _password(words) + _button(admin.set_password))
        + form(turn, _button(label))
        + form(
            "remove",
            _field("again", admin.remove_sure, required=True) + _button(admin.remove, "danger"),
        )
    )


def _field(name: str, label: str, value: str = "", *, required: bool = False) -> str:
    needed = " required" if required else ""
    return (
        f'<label>{escape(label)}<input name="{name}" value="{escape(value)}" '
        f'autocomplete="off"{needed}></label>'
    )


def _role(chosen: str, words: Words) -> str:
    labels = {name: getattr(words.admin, name) for name in ROLES}
    options = "".join(
        f'<option value="{name}"{" selected" if name == chosen else ""}>{escape(label)}</option>'
        for name, label in labels.items()
    )
    return f'<label>{escape(words.admin.role)}<select name="role">{options}</select></label>'


def _readers(readers: Sequence[str] | None, words: Words) -> str:
    named = [reader for reader in readers or () if reader != "*"]
    checked = " checked" if readers is None else ""
    return (
        f"{_field('readers', words.admin.readers, ' '.join(named))}"
        f'<label class="tick"><input type="checkbox" name="all" value="1"{checked}> '
        f"{escape(words.admin.all_documents)}</label>"
    )


def _password(words: Words) -> str:
    return (
        f'<label>{escape(words.admin.password)}<input type="password" name="password" minlength="10" '
        'autocomplete="new-password" required></label>'
    )


def _button(label: str, kind: str = "") -> str:
    return f'<button class="{kind}">{escape(label)}</button>'


def _reads(readers: Sequence[str] | None, words: Words) -> str:
    if readers is None:
        return words.admin.everything
    named = [reader for reader in readers if reader != "*"]
    return ", ".join([words.admin.for_all, *named])


def _tokens(tokens: Sequence[TokenRow], words: Words) -> str:
    admin = words.admin
    rows = ""
    for token in tokens[:MOST]:
        facts = [admin.token_for.format(label=token.label, name=token.account)]
        if token.expires_at is not None:
            facts.append(admin.token_until.format(day=day(token.expires_at, words)))
        if token.used_at is not None:
            facts.append(admin.token_used.format(day=day(token.used_at, words)))
        text = " · ".join(escape_name(fact) for fact in facts)
        rows += (
            f'<li class="line"><span>{text}</span><form method="post" action="/admin/people/revoke">'
            f'<input type="hidden" name="name" value="{escape(token.account)}">'
            f'<input type="hidden" name="label" value="{escape(token.label)}">'
            f"{_button(admin.revoke)}</form></li>"
        )
    inner = f"<ul>{rows}</ul>" if rows else f'<p class="quiet">{escape(admin.no_tokens)}</p>'
    return f"<h3>{escape(admin.tokens)}</h3>{inner}"


def _rights(view: AdminPage, words: Words) -> str:
    admin, rights = words.admin, view.rights
    behind = ""
    if rights.not_applied:
        behind = (
            f'<p class="complaint is-bad"><b>{escape(admin.rights_not_applied)}</b> '
            f'<span lang="en">{escape(rights.not_applied)}</span> {escape(admin.rights_command)} '
            "<code>inhouse ingest</code></p>"
        )
    rules = "".join(
        f'<li class="line"><code>{escape_name(glob)}</code> <span>{_admits(readers, words)}</span></li>'
        for glob, readers in rights.rules
    )
    documents = "".join(
        f'<li class="line"><span>{_admits(readers, words)}</span> '
        f"<span>{escape(count(words.document_count, total, words))}</span></li>"
        for readers, total in rights.documents[:MOST]
    )
    listed = f"<ul>{rules}</ul>" if rules else f'<p class="quiet">{escape(admin.no_rules)}</p>'
    inner = (
        f"{behind}<h3>{escape(admin.rules)}</h3>{listed}"
        f"<h3>{escape(admin.admitted)}</h3><ul>{documents}</ul>{_seen_by(view, words)}"
    )
    return _section("rights", admin.rights, inner)


def _admits(readers: Iterable[str], words: Words) -> str:
    names = [words.admin.everybody if reader == "*" else reader for reader in readers]
    return escape_name(", ".join(names) or words.admin.nobody)


def _seen_by(view: AdminPage, words: Words) -> str:
    admin = words.admin
    if not view.people:
        return ""
    chosen = view.seen_by.name if view.seen_by else ""
    options = "".join(
        f"<option{' selected' if person.name == chosen else ''}>{escape_name(person.name)}</option>"
        for person in view.people
    )
    form = (
        f'<form class="line" action="/admin#rights"><label>{escape(admin.show_as)}'
        f'<select name="show">{options}</select></label>{_button(admin.show)}</form>'
    )
    if view.seen_by is None:
        return form
    documents = count(words.document_count, view.seen_by.total, words)
    text = admin.sees.format(name=view.seen_by.name, documents=documents)
    titles = "".join(
        f"<li>{escape_name(title)} <span class=quiet>{escape_name(folder)}</span></li>"
        for title, folder in view.seen_by.titles
    )
    more = view.seen_by.total - len(view.seen_by.titles)
    rest = (
        f'<p class="quiet">{escape(admin.sees_more.format(n=number(more, words)))}</p>'
        if more > 0
        else ""
    )
    return f'{form}<p id="seen">{escape_name(text)}</p><ul class="plain">{titles}</ul>{rest}'


def _unanswered(view: AdminPage, words: Words) -> str:
    admin = words.admin
    rows = "".join(
        f'<li class="line"><span>{escape_name(row.question)} <span class="quiet">'
        f"{escape(count(admin.asked, row.times, words))} · {escape(day(row.asked_at, words))}</span>"
        f'</span><form method="post" action="/admin/unanswered"><input type="hidden" name="question" '
        f'value="{escape(row.question)}">{_button(admin.done)}</form></li>'
        for row in view.unanswered[:MOST]
    )
    lead = admin.unanswered_lead.format(n=view.unanswered_days)
    download = f'<p><a href="/admin/questions.jsonl">{escape(admin.download_questions)}</a></p>'
    nothing = f'<p class="none">{escape(admin.no_unanswered)}</p>'
    inner = f"<ul>{rows}</ul>{download}" if rows else nothing
    return _section("unanswered", admin.unanswered, f'<p class="quiet">{escape(lead)}</p>{inner}')


def _feedback(view: AdminPage, words: Words) -> str:
    admin = words.admin
    if not view.feedback:
        inner = f'<p class="none">{escape(words.rooms.no_feedback)}</p>'
    else:
        still_open = sum(not row.is_done for row in view.feedback)
        cards = "".join(_feedback_card(row, words) for row in view.feedback[:MOST])
        text = admin.feedback_open.format(n=number(still_open, words))
        inner = f'<p class="quiet">{escape(text)}</p><ol class="cards">{cards}</ol>'
    return _section("feedback", admin.feedback, inner)


def _feedback_card(row: FeedbackRow, words: Words) -> str:
    admin, rooms = words.admin, words.rooms
    kind, label = ("indexed", rooms.helpful) if row.helpful else ("failed", rooms.not_helpful)
    parts = [
        row.name,
        format_day_and_time(row.given_at, words),
        words.reasons.get(row.reason, row.reason),
    ]
    note = f"<blockquote>{escape(row.note)}</blockquote>" if row.note else ""
    done = f' <span class="state-tag">{escape(admin.is_done)}</span>' if row.is_done else ""
    state = "open" if row.is_done else "done"
    return (
        f'<li class="card"><h3>{escape_name(row.question)}</h3><p class="where">'
        f'<span class="state-tag state-{kind}">{escape(label)}</span>{done} '
        f"{' · '.join(escape_name(part) for part in parts if part)}</p>{note}"
        f'<form method="post" action="/admin/feedback"><input type="hidden" name="id" '
        f'value="{escape(row.id)}"><input type="hidden" name="state" value="{state}">'
        f"{_button(admin.reopen if row.is_done else admin.done)}</form></li>"
    )


def _operation(view: AdminPage, words: Words) -> str:
    admin, operation = words.admin, view.operation
    if operation is None:
        return _section("runs", admin.runs, f'<p class="none">{escape(admin.hidden)}</p>')
    failed = f'<p><a href="/documents?state=failed">{escape(admin.not_read)}</a></p>'
    kept = f'<p class="quiet">{escape(admin.kept_command)}</p>'
    notice = ""
    if operation.notice:
        notice = f'<p class="complaint"><span lang="en">{escape(operation.notice)}.</span></p>'
    return (
        _section("runs", admin.runs, _facts(operation.runs) + failed)
        + _section("storage", admin.storage, _facts(operation.storage) + notice)
        + _section("retention", admin.retention, _facts(operation.retention) + kept)
    )


def _facts(facts: Mapping[str, str]) -> str:
    items = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape_name(value)}</dd></div>"
        for label, value in facts.items()
    )
    return f'<dl class="facts card">{items}</dl>'


def _log(view: AdminPage, words: Words) -> str:
    admin = words.admin
    rows = "".join(
        f'<li class="line"><span>{escape_name(person)} {escape(admin.actions.get(action, action))}'
        f"{': ' + escape_name(target) if target else ''}</span> "
        f'<span class="quiet">{escape(format_day_and_time(at, words))}</span></li>'
        for at, person, action, target in view.log
    )
    inner = f"<ul>{rows}</ul>" if rows else f'<p class="quiet">{escape(admin.no_log)}</p>'
    return _section("log", admin.log, inner)
