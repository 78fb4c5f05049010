"""`inhouse init`: settings and units for this machine."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.errors import StorageError, UsageError
from rag.files import replace_file

if TYPE_CHECKING:
    from ui.setup import Installation

_CONFIG = "inhouse.toml"
_SERVICE_USER = "inhouse"
_NEXT = """\
Next:
1. Name the folders to read under [[ingest.roots]] in {config}.
2. {own}
   That user has to be able to read those folders.
3. For a model on this machine: {as_user}{program} models engine install
4. As root: cp {folder}/units/* /etc/systemd/system/ && systemctl daemon-reload
   systemctl enable --now inhouse-ingest.timer inhouse-web inhouse-model"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option("--force", is_flag=True, help="Overwrite the files that are there.")
def command(folder: Path, force: bool) -> None:
    """Write inhouse.toml, with every setting in a comment, and systemd units for this machine into FOLDER.

    FOLDER also becomes the place of the index and of the models: the services write nowhere
    else. Nothing is installed or started; the last lines say how to. A file that is there stays, unless
    --force is given.

    \b
    Example:
      inhouse init /srv/inhouse
    """
    from ui.setup import Installation, config_file, render_units

    folder = folder.resolve()
    user = _service_user()
    installation = Installation(
        _program(), folder, folder / _CONFIG, user, has_gpu=Path("/dev/nvidiactl").exists()
    )
    files = {
        _CONFIG: config_file({"data": folder / "index", "cache": folder / "models"}),
        **{f"units/{name}": text for name, text in render_units(installation).items()},
    }
    _write(folder, files, force=force)
    click.echo(f"Wrote to {folder}: {', '.join(files)}.")
    click.echo(_describe_next_steps(installation))


def _describe_next_steps(installation: Installation) -> str:
    """What is left to do, with commands that can be copied."""
    folder, user = shlex.quote(str(installation.folder)), installation.user
    own, as_user = f"The user {user} owns {folder} and runs all of it.", ""
    if user == _SERVICE_USER:
        make = "" if _has_user(user) else f"useradd --system --home-dir {folder} {user} && "
        own = f"As root: {make}chown -R {user} {folder}"
        as_user = f"runuser -u {user} -- env HOME={folder} "
    return _NEXT.format(
        folder=folder,
        config=installation.config,
        own=own,
        as_user=as_user,
        program=shlex.join(installation.program),
    )


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _write(folder: Path, files: dict[str, str], *, force: bool) -> None:
    existing = [name for name in files if (folder / name).exists()]
    if existing and not force:
        raise UsageError(
            f"{folder} has {', '.join(existing)} already; nothing was written.",
            hint="Name another folder, or overwrite them with --force.",
        )
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replace_file(path) as temporary:
                temporary.write_text(text, "utf-8")
        except OSError as exc:
            raise StorageError(f"{path} cannot be written: {exc.strerror or exc}.") from exc


def _program() -> tuple[str, ...]:
    """How a unit starts this installation of Inhouse."""
    script = Path(sys.executable).with_name("inhouse")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "inhouse")


def _service_user() -> str:
    """Whoever runs this; for root the user `inhouse`, which is still to be made."""
    return pwd.getpwuid(os.getuid()).pw_name if os.getuid() else _SERVICE_USER
