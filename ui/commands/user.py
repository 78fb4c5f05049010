"""`inhouse user`: the accounts of those who may sign in on the page."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, with_settings
from rag.cli_output import print_message
from rag.errors import UsageError

if TYPE_CHECKING:
    from rag.settings import Settings
    from ui.web.userdata.access_tokens import AccessToken, AccessTokens
    from ui.web.userdata.accounts import Account, Accounts

_ROLES = ("reader", "editor", "admin")  # ui.web.identity has them, behind slow imports
_Command = Callable[..., Any]


@click.group(invoke_without_command=True)
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """List who may sign in on the page, or change it."""
    if click.get_current_context().invoked_subcommand is None:
        _show(_accounts(settings).every(), as_json)


@command.command("list")
@as_json_option
@with_settings
def list_(settings: Settings, as_json: bool) -> None:
    """List the accounts: role, reader tokens, whether disabled."""
    _show(_accounts(settings).every(), as_json)


def _role_option(default: str | None) -> Callable[[_Command], _Command]:
    return click.option(
        "--role",
        type=click.Choice(_ROLES),
        default=default,
        help="reader: asks. editor: also uploads and withdraws. admin: everything on the page.",
    )


def _reader_options(function: _Command) -> _Command:
    """Which documents the account may read."""
    tokens = click.option(
        "--reader",
        "readers",
        multiple=True,
        metavar="TOKEN",
        help="Reader token of theirs, like group:hr (repeatable); none: what is for everybody.",
    )
    every = click.option("--all-documents", is_flag=True, help="May read every document.")
    return tokens(every(function))


def _password_option(function: _Command) -> _Command:
    return click.option(
        "--password-stdin",
        is_flag=True,
        help="Read the password from standard input's first line; else it is asked for.",
    )(function)


@command.command()
@click.argument("name")
@_role_option("reader")
@_reader_options
@_password_option
@click.option("--no-password", is_flag=True, help="For web.sign_in = proxy, which asks for none.")
@with_settings
def add(
    settings: Settings,
    name: str,
    role: str,
    readers: tuple[str, ...],
    all_documents: bool,
    password_stdin: bool,
    no_password: bool,
) -> None:
    """Let NAME sign in, with a password that is asked for.

    \b
    Example:
      inhouse user add anna --role editor --reader group:hr
    """
    from ui.web.identity import Role
    from ui.web.userdata.accounts import validate_name

    name, accounts = validate_name(name), _accounts(settings)
    if accounts.by_name(name) is not None:
        raise UsageError(f"There is an account {name} already.", hint="See: inhouse user list")
    password = None if no_password else _password(name, password_stdin)
    account = accounts.add(
        name,
        role=Role(role),
        readers=None if all_documents else readers,
        password=password,
    )
    _record(settings, "add", account.name, f"{account.role}, {_documents(account)}")
    click.echo(f"{account.name} may sign in as {account.role}, and reads {_documents(account)}.")


@command.command("set")
@click.argument("name")
@_role_option(None)
@_reader_options
@with_settings
def set_(
    settings: Settings, name: str, role: str | None, readers: tuple[str, ...], all_documents: bool
) -> None:
    """Change NAME's role, or replace their reader tokens; it holds from their next click.

    `--reader '*'` alone leaves only what is for everybody.
    """
    from ui.web.identity import Role

    account = _accounts(settings).change(
        name, role=Role(role) if role else None, readers=None if all_documents else readers
    )
    _record(settings, "set", account.name, f"{account.role}, {_documents(account)}")
    click.echo(f"{account.name} is {account.role}, and reads {_documents(account)}.")


@command.command()
@click.argument("name")
@_password_option
@with_settings
def passwd(settings: Settings, name: str, password_stdin: bool) -> None:
    """Give NAME a new password, and end their sessions and access tokens."""
    accounts = _accounts(settings)
    account = accounts.change(
        name
    )  # a name that is not there is said before a password is asked for
    accounts.change(name, password=_password(account.name, password_stdin))
    _record(settings, "passwd", account.name)
    click.echo(f"{account.name} has a new password and has to sign in with it.")


@command.command()
@click.argument("name")
@with_settings
def disable(settings: Settings, name: str) -> None:
    """Keep NAME out, at once, and end their access tokens; what is kept of them stays."""
    account = _accounts(settings).change(name, disabled=True)
    _record(settings, "disable", account.name)
    click.echo(f"{account.name} can no longer sign in. To undo: inhouse user enable {account.name}")


@command.command()
@click.argument("name")
@with_settings
def enable(settings: Settings, name: str) -> None:
    """Let NAME in again."""
    account = _accounts(settings).change(name, disabled=False)
    _record(settings, "enable", account.name)
    click.echo(f"{account.name} may sign in again.")


@command.command()
@click.argument("name")
@click.option("--name", "label", required=True, metavar="LABEL", help="What the token is for.")
@click.option(
    "--days",
    type=click.FloatRange(0, 36_500, min_open=True),
    help="Days until it expires; without: it does not.",
)
@click.option(
    "--for-others",
    is_flag=True,
    help="NAME is a service, and asks for whoever is named by a JWT that it signs (api.jwt_secret).",
)
@with_settings
def token(settings: Settings, name: str, label: str, days: float | None, for_others: bool) -> None:
    """Make an access token, with which a program asks for NAME; it is shown this once.

    The program reads what NAME may read, as long as NAME may sign in. A new password ends NAME's tokens.
    With --for-others it reads nothing by itself, and for somebody else what they may read.

    \b
    Example:
      inhouse user token anna --name "Open WebUI" --days 90
    """
    secret = _tokens(settings).create(name, label, days=days, for_others=for_others)
    _record(settings, "token", _folded(name), label)
    click.echo(secret)
    line = "It is shown this once. Programs send it as the header Authorization: Bearer TOKEN"
    print_message(line, logging.INFO)


@command.command()
@click.argument("name", required=False)
@as_json_option
@with_settings
def tokens(settings: Settings, name: str | None, as_json: bool) -> None:
    """List the access tokens of NAME or of everybody: what for, until when, last used."""
    _show_tokens(_tokens(settings).every(name), as_json)


@command.command()
@click.argument("name")
@click.argument("label")
@with_settings
def revoke(settings: Settings, name: str, label: str) -> None:
    """End NAME's access token LABEL, at once."""
    _tokens(settings).revoke(name, label)
    _record(settings, "revoke", _folded(name), label)
    click.echo(f"The token {label} is ended.")


@command.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask whether that is meant.")
@with_settings
def remove(settings: Settings, name: str, yes: bool) -> None:
    """Forget NAME with their conversations and access tokens, for good."""
    accounts = _accounts(settings)
    account = accounts.change(name)
    if not yes:
        click.confirm(f"Forget {account.name} and all of their conversations?", abort=True)
    accounts.remove(name)
    _record(settings, "remove", account.name)
    click.echo(f"{account.name} is forgotten.")


@command.command()
@click.argument("name")
@with_settings
def export(settings: Settings, name: str) -> None:
    """Print everything that is kept of NAME, as JSON; also of somebody who comes through a proxy."""
    from ui.web.userdata.erasure import export_person
    from ui.web.userdata.opening import open_people

    kept = export_person(open_people(settings), name)
    click.echo(json.dumps(kept, ensure_ascii=False, indent=2))


def _record(settings: Settings, action: str, name: str, detail: str = "") -> None:
    """Write down what was changed, for `inhouse audit`."""
    from ui.web.userdata.audit import AuditLog
    from ui.web.userdata.opening import open_people

    log = AuditLog(open_people(settings), days=settings.web.audit_days)
    log.record(None, action, name, detail)


def _folded(name: str) -> str:
    from ui.web.userdata.accounts import fold_name

    return fold_name(name)


def _accounts(settings: Settings) -> Accounts:
    from ui.web.userdata.accounts import Accounts
    from ui.web.userdata.opening import open_people

    return Accounts(open_people(settings))


def _tokens(settings: Settings) -> AccessTokens:
    from ui.web.userdata.access_tokens import AccessTokens
    from ui.web.userdata.opening import open_people

    return AccessTokens(open_people(settings))


def _password(name: str, from_stdin: bool) -> str:
    from ui.web.userdata.accounts import check_password

    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt(f"Password for {name}", hide_input=True, confirmation_prompt=True)
    else:
        raise UsageError(
            "There is no terminal to ask for the password.", hint="Use --password-stdin."
        )
    check_password(password, name)
    return password


def _documents(account: Account) -> str:
    if account.readers is None:
        return "every document"
    named = sorted(account.readers - {"*"})
    return f"what is for everybody or for {', '.join(named)}" if named else "what is for everybody"


def _show(accounts: tuple[Account, ...], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([a.to_json() for a in accounts], ensure_ascii=False, indent=2))
        return
    if not accounts:
        click.echo("There are no accounts. Add one with: inhouse user add NAME")
        return
    rows = [("name", "role", "reads", "added", "")]
    for account in accounts:
        added = time.strftime("%Y-%m-%d", time.localtime(account.created_at))
        note = "disabled" if account.disabled_at else "" if account.has_password else "no password"
        rows.append((account.name, account.role.value, _documents(account), added, note))
    _show_table(rows)


def _show_tokens(tokens: tuple[AccessToken, ...], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([t.to_json() for t in tokens], ensure_ascii=False, indent=2))
        return
    if not tokens:
        click.echo("There are no tokens. Make one with: inhouse user token NAME --name LABEL")
        return
    rows = [("account", "token", "made", "expires", "last used", "")]
    for token in tokens:
        days = (_day(token.created_at), _day(token.expires_at), _day(token.used_at))
        rows.append((token.account, token.label, *days, "for others" * token.for_others))
    _show_table(rows)


def _day(seconds: float | None) -> str:
    return "never" if seconds is None else time.strftime("%Y-%m-%d", time.localtime(seconds))


def _show_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
