"""`inhouse init`: settings and units for this machine."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

import click

from rag.errors import StorageError, UsageError
from rag.files import replace_file

_CONFIG = "inhouse.toml"
_SERVICE_USER = "inhouse"
_NEXT = """\
Next:
1. Name the folders to read under [[ingest.roots]] in {config}.
2. Let the user {user} own {folder} and read those folders.
3. For a model on this machine, as {user}: HOME={folder} inhouse models engine install
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
    click.echo(_NEXT.format(folder=folder, config=folder / _CONFIG, user=user))


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
