"""Units for systemd: the model server, the page, and the run that keeps the index up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HOMES = ("/home", "/root")
_HARDENING = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
PrivateMounts=yes
PrivateTmp=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=~@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap
ProtectSystem=strict
"""
"""What each service goes without. Landlock and seccomp stay: parsers lock themselves in with them."""
_WITHOUT_PARSERS = """\
ProtectControlGroups=yes
RestrictNamespaces=yes
"""
_WITH_PARSERS = """\
# Parsers lock themselves into namespaces of these kinds.
RestrictNamespaces=user net ipc
# Parsers are child processes, whose memory is bounded in control groups of their own.
Delegate=memory pids
"""
_MODEL = """\
[Unit]
Description=The language model of Inhouse
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart={program} serve --config {config}
Restart=on-failure
RestartSec=10
# Weights take a while to load, and a model on a GPU a while to let go of it.
TimeoutStartSec=15min
TimeoutStopSec=1min
{common}{without_parsers}
[Install]
WantedBy=multi-user.target
"""
_WEB = """\
[Unit]
Description=The page of Inhouse
Wants=network-online.target inhouse-model.service
After=network-online.target

[Service]
Type=exec
ExecStart={program} web --config {config}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2
# web.stop_s lets answers come to their end; a little more than that.
TimeoutStopSec=40
LimitNOFILE=8192
{common}{with_parsers}
[Install]
WantedBy=multi-user.target
"""
_INGEST = """\
[Unit]
Description=Bring the Inhouse index up to the files
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={program} ingest --config {config} --quiet
# 3: finished, but some files could not be read. 11: another run is still at work.
SuccessExitStatus=3 11
# A first run may take hours. When it is stopped, what is finished is kept.
TimeoutStartSec=infinity
TimeoutStopSec=2min
Nice=10
{common}{with_parsers}"""
_TIMER = """\
[Unit]
Description=Bring the Inhouse index up to the files every night

[Timer]
OnCalendar=*-*-* 02:00
RandomizedDelaySec=10min
Persistent=yes

[Install]
WantedBy=timers.target
"""
_TEMPLATES = {
    "inhouse-model.service": _MODEL,
    "inhouse-web.service": _WEB,
    "inhouse-ingest.service": _INGEST,
    "inhouse-ingest.timer": _TIMER,
}


@dataclass(frozen=True, slots=True)
class Installation:
    """Where Inhouse stands on a machine; every path is absolute.

    `program` is the command with its first arguments; `folder` is the only one that the services write to.
    With a GPU the services see the machine's devices.
    """

    program: tuple[str, ...]
    folder: Path
    config: Path
    user: str
    has_gpu: bool = False


def render_units(installation: Installation) -> Mapping[str, str]:
    """The units' texts by their file names."""
    path, *arguments = installation.program
    fields = {
        "program": " ".join([_quote(path, variables=False), *map(_quote, arguments)]),
        "config": _quote(str(installation.config)),
        "common": _common(installation),
        "with_parsers": _WITH_PARSERS,
        "without_parsers": _WITHOUT_PARSERS,
    }
    return {name: template.format(**fields) for name, template in _TEMPLATES.items()}


def _common(installation: Installation) -> str:
    paths = (installation.program[0], str(installation.folder), str(installation.config))
    in_a_home = any(path.startswith(f"{home}/") for path in paths for home in _HOMES)
    return (
        f"User={installation.user}\n"
        # The index holds what the documents say: not for everybody on the machine.
        "UMask=0027\n"
        # Logs and caches of the libraries go there as well.
        f"Environment={_quote(f'HOME={installation.folder}', variables=False)}\n"
        f"WorkingDirectory={_escape(str(installation.folder))}\n"
        f"{_HARDENING}"
        f"ProtectHome={'read-only' if in_a_home else 'yes'}\n"
        f"{'' if installation.has_gpu else 'PrivateDevices=yes' + chr(10)}"
        f"ReadWritePaths={_quote(str(installation.folder), variables=False)}\n"
    )


def _escape(text: str) -> str:
    """Without systemd's own signs for what it fills in."""
    return text.replace("%", "%%")


def _quote(text: str, *, variables: bool = True) -> str:
    """One word of a line, whatever is in it; with `variables` of a line in which $ begins one."""
    escaped = _escape(text).replace("\\", "\\\\").replace('"', '\\"')
    if variables:
        escaped = escaped.replace("$", "$$")
    return f'"{escaped}"' if any(sign in text for sign in " \t'\"\\;") else escaped
